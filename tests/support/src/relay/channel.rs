//! One direction of a radio link as a queue: time comes as an argument, nothing here sleeps or sends.

use std::{collections::VecDeque, ops::Range, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// What a packet of UDP is longer by on the air than its payload: the headers of IPv4 and UDP.
pub const HEADER_BYTES: usize = 28;

/// What a direction is like.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// Bits that go out in a second, headers counted.
    pub rate_bit_s: u64,
    /// From the last bit of a packet going out to its arrival.
    pub delay: Duration,
    /// Share of the packets that take their time on the air and do not arrive, each by chance of its own; 0 to 1.
    pub loss: f64,
    /// Bytes that may wait to go out, the packet that is going out and headers counted. A packet that does not fit is dropped.
    pub queue_bytes: usize,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives at this time.
    Arrives(Duration),
    /// It is lost by chance.
    Lost,
    /// The queue is full.
    Dropped,
    /// Its last bit goes out while nothing gets through.
    BlackedOut,
}

/// Packets by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that arrive.
    pub arrived: u64,
    /// Those lost by chance.
    pub lost: u64,
    /// Those that found the queue full.
    pub dropped: u64,
    /// Those that went out while nothing got through.
    pub blacked_out: u64,
}

/// One direction of a link. Times count from any one instant and never go back from call to call.
pub struct Channel {
    conditions: Conditions,
    chance: StdRng,
    /// When the last bit of each packet that waits has gone out, and its bytes.
    waiting: VecDeque<(Duration, usize)>,
    waiting_bytes: usize,
    free_from: Duration,
    blackout: Range<Duration>,
    tally: Tally,
}

impl Channel {
    /// A direction in which nothing waits yet; its losses follow from `seed`.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            chance: StdRng::seed_from_u64(seed),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            free_from: Duration::ZERO,
            blackout: Duration::ZERO..Duration::ZERO,
            tally: Tally::default(),
        }
    }

    /// Lets nothing through whose last bit goes out in `blackout`, of what is handed over from now on.
    pub fn black_out(&mut self, blackout: Range<Duration>) {
        self.blackout = blackout;
    }

    /// Hands a packet with this payload over at `now`.
    pub fn send(&mut self, now: Duration, payload_bytes: usize) -> Fate {
        let fate = self.queue(now, payload_bytes + HEADER_BYTES);
        match fate {
            Fate::Arrives(_) => self.tally.arrived += 1,
            Fate::Lost => self.tally.lost += 1,
            Fate::Dropped => self.tally.dropped += 1,
            Fate::BlackedOut => self.tally.blacked_out += 1,
        }
        fate
    }

    fn queue(&mut self, now: Duration, bytes: usize) -> Fate {
        while let Some(&(gone, bytes)) = self.waiting.front()
            && gone <= now
        {
            self.waiting.pop_front();
            self.waiting_bytes -= bytes;
        }
        if self.waiting_bytes + bytes > self.conditions.queue_bytes {
            return Fate::Dropped;
        }
        let gone = self.free_from.max(now) + self.time_on_air(bytes);
        self.free_from = gone;
        self.waiting.push_back((gone, bytes));
        self.waiting_bytes += bytes;
        // Drawn for each packet that goes out, so that a blackout does not change what comes after it.
        let lost = self.chance.random_bool(self.conditions.loss);
        if self.blackout.contains(&gone) {
            Fate::BlackedOut
        } else if lost {
            Fate::Lost
        } else {
            Fate::Arrives(gone + self.conditions.delay)
        }
    }

    /// What became of the packets so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn time_on_air(&self, bytes: usize) -> Duration {
        Duration::from_nanos(bytes as u64 * 8_000_000_000 / self.conditions.rate_bit_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBIT: Conditions = Conditions {
        rate_bit_s: 1_000_000,
        delay: Duration::from_millis(40),
        loss: 0.0,
        queue_bytes: 64_000,
    };
    /// With headers 1000 bytes, which are 8 ms at 1 Mbit/s.
    const PAYLOAD: usize = 1000 - HEADER_BYTES;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn packets_follow_one_another_at_the_rate_and_arrive_after_the_delay() {
        let mut channel = Channel::new(MBIT, 1);
        for nth in 1..=50 {
            assert_eq!(
                channel.send(ms(0), PAYLOAD),
                Fate::Arrives(ms(8 * nth + 40))
            );
        }
        // After a pause the line is free at once: no time is saved up.
        assert_eq!(channel.send(ms(5000), PAYLOAD), Fate::Arrives(ms(5048)));
    }

    #[test]
    fn a_channel_offered_twice_its_rate_carries_its_rate() {
        let mut channel = Channel::new(MBIT, 1);
        let arrived = (0..10_000)
            .map(|nth| channel.send(ms(4 * nth), PAYLOAD))
            .filter(|fate| matches!(fate, Fate::Arrives(at) if *at < ms(40_000 + 40)))
            .count();
        // 40 s of 1 Mbit/s are 5000 packets of 1000 bytes; the last one may be on its way.
        assert!((4999..=5000).contains(&arrived), "{arrived}");
    }

    #[test]
    fn the_queue_takes_its_bytes_and_not_one_more_and_room_comes_with_each_packet_gone() {
        let mut channel = Channel::new(MBIT, 1);
        for _ in 0..63 {
            channel.send(ms(0), PAYLOAD);
        }
        assert_eq!(channel.send(ms(0), PAYLOAD + 1), Fate::Dropped);
        assert_eq!(channel.send(ms(0), PAYLOAD), Fate::Arrives(ms(64 * 8 + 40)));
        assert_eq!(channel.send(ms(0), 0), Fate::Dropped);
        assert_eq!(
            channel.send(Duration::from_nanos(7_999_999), 0),
            Fate::Dropped
        );
        assert_eq!(channel.send(ms(8), PAYLOAD), Fate::Arrives(ms(65 * 8 + 40)));
        assert_eq!(channel.tally().dropped, 3);
    }

    #[test]
    fn losses_are_as_many_as_said_and_each_direction_has_its_own() {
        let conditions = Conditions { loss: 0.3, ..MBIT };
        let mut ways = [1, 2].map(|seed| Channel::new(conditions, seed));
        let packets = 100_000;
        let mut both = 0;
        for nth in 0..packets {
            let lost = ways
                .each_mut()
                .map(|way| way.send(ms(8 * nth), PAYLOAD) == Fate::Lost);
            both += u64::from(lost == [true, true]);
        }
        // Five standard deviations of the binomial distribution.
        let within = |count: u64, share: f64| {
            let mean = packets as f64 * share;
            let bound = 5.0 * (mean * (1.0 - share)).sqrt();
            assert!((count as f64 - mean).abs() < bound, "{count}, not {mean}");
        };
        for way in &ways {
            within(way.tally().lost, 0.3);
        }
        within(both, 0.09);
    }

    #[test]
    fn the_same_seed_loses_the_same_packets_whatever_is_blacked_out() {
        let conditions = Conditions { loss: 0.3, ..MBIT };
        let [mut plain, mut dark] = [7, 7].map(|seed| Channel::new(conditions, seed));
        dark.black_out(ms(800)..ms(1600));
        for nth in 0..1000 {
            let [seen, other] = [&mut plain, &mut dark].map(|way| way.send(ms(8 * nth), PAYLOAD));
            let gone = 8 * nth + 8;
            if (800..1600).contains(&gone) {
                assert_eq!(other, Fate::BlackedOut);
            } else {
                assert_eq!(other, seen);
            }
        }
        assert_eq!(dark.tally().blacked_out, 100);
    }
}
