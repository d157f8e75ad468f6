//! What was heard before says of a fault.

use std::time::{Duration, SystemTime};

use quinn::ConnectionError;

use crate::{connection_fault::Fault, tls::IDLE_TIMEOUT_MS};

/// What is known of whether the ground station can be reached.
#[derive(Default)]
pub struct Reachability {
    /// How one of the station's addresses failed at the present attempt to connect; an answer rather than anything else.
    address: Option<Fault>,
    /// The present attempt got as far as the end of the handshake.
    shook_hands: bool,
    /// How the station last turned this aircraft away, since it last took it.
    refused: Option<ConnectionError>,
    /// When a station was last heard that is silent now.
    heard: Option<SystemTime>,
}

impl Reachability {
    /// An attempt to connect begins.
    pub fn attempt(&mut self) {
        self.address = None;
        self.shook_hands = false;
    }

    /// One of the station's addresses has failed.
    pub fn address_failed(&mut self, fault: Fault) {
        if !self.address.as_ref().is_some_and(Fault::is_answer) {
            self.address = Some(fault);
        }
    }

    /// The handshake is over at this end; whether the station takes this aircraft is not known yet.
    pub fn shook_hands(&mut self) {
        self.shook_hands = true;
    }

    /// The ground station has answered.
    pub fn connected(&mut self) {
        *self = Self::default();
    }

    /// Why the attempt failed, all addresses of which have failed.
    pub fn none_left(&mut self) -> Fault {
        self.address.take().unwrap_or(Fault::NoAnswer)
    }

    /// What `fault`, met at `now`, really is. Silence is nothing where another address has answered, or the handshake. From a station
    /// that was heard before it means that this is out of reach.
    pub fn judge(&mut self, fault: Fault, now: SystemTime) -> Fault {
        let answer = self.address.take().filter(Fault::is_answer);
        let fault = match (fault, answer) {
            (Fault::NoAnswer, Some(answer)) => answer,
            (fault, _) => fault,
        };
        match fault {
            Fault::Lost(ConnectionError::TimedOut) => {
                let idle = Duration::from_millis(IDLE_TIMEOUT_MS.into());
                let since = now.checked_sub(idle).unwrap_or(now);
                self.heard = Some(since);
                Fault::OutOfReach(since)
            }
            Fault::Refused(error) if error != ConnectionError::TimedOut => {
                self.heard = Some(now);
                self.refused = Some(error.clone());
                Fault::Refused(error)
            }
            Fault::NoAnswer if self.shook_hands => match &self.refused {
                Some(error) => Fault::Refused(error.clone()),
                None => Fault::FellSilent,
            },
            Fault::NoAnswer => self.heard.map_or(Fault::NoAnswer, Fault::OutOfReach),
            fault => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, time::UNIX_EPOCH};

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn judge(known: &mut Reachability, fault: Fault, second: u64) -> String {
        known.judge(fault, at(second)).describe("10.0.0.2:4433")
    }

    #[test]
    fn a_station_that_had_answered_and_falls_silent_is_out_of_reach_since_then_until_it_answers() {
        let mut known = Reachability::default();
        assert!(judge(&mut known, Fault::NoAnswer, 10).contains("no answer"));
        let timed_out = Fault::Lost(ConnectionError::TimedOut);
        let told = judge(&mut known, timed_out, 3600 + 75);
        assert!(told.contains("out of reach since 01:01:00Z"), "{told}");
        known.attempt();
        assert_eq!(judge(&mut known, Fault::NoAnswer, 5000), told);
        known.connected();
        assert!(judge(&mut known, Fault::NoAnswer, 6000).contains("no answer"));
    }

    #[test]
    fn what_one_address_answers_is_told_rather_than_the_silence_of_the_others() {
        let mut known = Reachability::default();
        let socket = || Fault::Socket(ErrorKind::Unsupported.into());
        known.attempt();
        known.address_failed(socket());
        let told = judge(&mut known, Fault::NoAnswer, 0);
        assert!(told.contains("no answer"), "{told}");
        known.attempt();
        known.address_failed(Fault::Refused(ConnectionError::Reset));
        known.address_failed(socket());
        let told = judge(&mut known, Fault::NoAnswer, 0);
        assert!(told.contains("broke off the handshake"), "{told}");
        known.attempt();
        known.address_failed(socket());
        let told = known.none_left().describe("station");
        assert!(told.contains("no network socket"), "{told}");
    }

    #[test]
    fn silence_after_the_handshake_is_not_taken_for_a_path_that_does_not_let_udp_pass() {
        let mut known = Reachability::default();
        known.attempt();
        known.shook_hands();
        let told = judge(&mut known, Fault::NoAnswer, 0);
        assert!(told.contains("may not accept this drone's keys"), "{told}");
        let refused = judge(&mut known, Fault::Refused(ConnectionError::Reset), 1);
        known.attempt();
        known.shook_hands();
        assert_eq!(judge(&mut known, Fault::NoAnswer, 2), refused);
        known.attempt();
        let told = judge(&mut known, Fault::NoAnswer, 3);
        assert!(told.contains("out of reach since 00:00:01Z"), "{told}");
    }
}
