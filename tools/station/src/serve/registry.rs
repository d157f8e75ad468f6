//! Which aircraft are connected, each once, and who gives way to whom.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Instant,
};

use log::Level;
use parking_lot::Mutex;
use quinn::Connection;
use scarp_link::{CloseCode, tls::Peer};

use super::quiet_log::QuietLog;

/// Aircraft connected at once. Where one more comes, the one that has been idle longest gives way.
///
/// An aircraft that sends batches of the usual 32 KiB holds about 100 KiB here, so 128 of them 13 MiB. The most that one can make us hold
/// is a batch read but for its end (1 MiB, in a buffer of up to twice that), a window of bytes not read yet (256 KiB) and a receipt
/// that it does not take (272 KiB): 2.6 MiB, 328 MiB for 128 that all mean ill. What batches take once decoded is bounded apart from
/// this, by the turns at the store.
pub const MAX_CONNECTIONS: usize = 128;
/// Lines that an aircraft may cause in the log in one period.
const LINES: u32 = 6;

/// The aircraft that are connected, by their names: a renewed certificate is no other aircraft.
#[derive(Default)]
pub struct Registry {
    connected: HashMap<String, Place>,
    /// Kept beyond the connection, so that an aircraft that comes and goes all the time has no new lines each time.
    logs: HashMap<String, QuietLog>,
}

struct Place {
    connection: Connection,
    active: Arc<Mutex<Instant>>,
}

/// What the task that serves a connection knows of the aircraft.
#[derive(Clone)]
pub struct Seat {
    /// The aircraft.
    pub peer: Peer,
    log: QuietLog,
    active: Arc<Mutex<Instant>>,
}

impl Seat {
    /// Says `what` of the aircraft.
    pub fn say(&self, level: Level, what: &str) {
        self.log.say(level, &format!("{} {what}", self.peer.name));
    }

    /// The aircraft has just delivered something.
    pub fn delivered(&self) {
        *self.active.lock() = Instant::now();
    }
}

impl Registry {
    /// Gives `peer` its place. Its earlier connection, if any, is closed: it has come back, by another address or after a restart that
    /// the idle timeout has not shown yet.
    pub fn join(&mut self, peer: Peer, connection: Connection) -> Seat {
        let log = self.logs.entry(peer.name.clone());
        let seat = Seat {
            log: log.or_insert_with(|| QuietLog::new(LINES)).clone(),
            active: Arc::new(Mutex::new(Instant::now())),
            peer,
        };
        let from = connection.remote_address();
        let place = Place {
            connection,
            active: Arc::clone(&seat.active),
        };
        if let Some(earlier) = self.connected.insert(seat.peer.name.clone(), place) {
            give_way(&earlier, "a newer connection with the same keys came");
            let before = earlier.connection.remote_address();
            seat.say(
                Level::Info,
                &format!("came back from {from}; its connection from {before} is closed"),
            );
        } else {
            seat.say(Level::Info, &format!("connected from {from}"));
            self.make_room(&seat.peer.name);
        }
        seat
    }

    /// Takes back the place of the aircraft whose connection has ended.
    pub fn leave(&mut self, name: &str, connection: usize) {
        // The place may be a newer connection's by now.
        if let Entry::Occupied(place) = self.connected.entry(name.to_owned())
            && place.get().connection.stable_id() == connection
        {
            place.remove();
        }
    }

    /// Begins a period of all aircraft's lines in the log.
    pub fn turn_logs(&mut self) {
        let connected = &self.connected;
        self.logs
            .retain(|name, log| !log.turn() || connected.contains_key(name));
    }

    /// Closes the connection that has been idle longest, where there is one too many. It is never the one of `newest`.
    fn make_room(&mut self, newest: &str) {
        if self.connected.len() <= MAX_CONNECTIONS {
            return;
        }
        let others = self.connected.iter().filter(|(name, _)| *name != newest);
        let idlest = others.min_by_key(|(_, place)| *place.active.lock());
        let Some(name) = idlest.map(|(name, _)| name.clone()) else {
            return;
        };
        if let Some(place) = self.connected.remove(&name) {
            give_way(&place, "others came, and this aircraft was idle longest");
            if let Some(log) = self.logs.get(&name) {
                let what = format!(
                    "{name} gives way: {MAX_CONNECTIONS} aircraft are connected, and it was idle longest"
                );
                log.say(Level::Warn, &what);
            }
        }
    }
}

fn give_way(place: &Place, reason: &str) {
    place
        .connection
        .close(CloseCode::GaveWay.into(), reason.as_bytes());
}
