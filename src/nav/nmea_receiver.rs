//! From the bytes of a serial port to fixes with their instants.

use thiserror::Error;

use super::{
    ClockDoubt, Fix, FixSettings, GnssClock, GnssDelay, LineCounts, Monotonic, NoFix, Pulse,
    PulseDoubt, TimedFix,
    nmea::{EpochAssembler, Framer, parse},
};

/// Reads NMEA 0183 to fixes; when each was true on this computer's clock, it does not know.
#[derive(Debug)]
pub struct FixReader {
    framer: Framer,
    assembler: EpochAssembler,
    unreadable: u64,
}

/// A GNSS receiver that speaks NMEA 0183, without the port.
#[derive(Debug)]
pub struct GnssReceiver {
    reader: FixReader,
    clock: GnssClock,
}

/// What came from the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiverCounts {
    /// Sentences and what lay between them.
    pub lines: LineCounts,
    /// Sentences with a good checksum that could not be read.
    pub unreadable: u64,
}

/// Why an epoch of the receiver cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Doubtful {
    /// There is no fix to rely on.
    #[error(transparent)]
    Fix(#[from] NoFix),
    /// There is one, but its instant is not known.
    #[error(transparent)]
    Clock(#[from] ClockDoubt),
}

impl FixReader {
    /// Nothing has been read yet.
    #[must_use]
    pub fn new(settings: FixSettings) -> Self {
        Self {
            framer: Framer::new(),
            assembler: EpochAssembler::new(settings),
            unreadable: 0,
        }
    }

    /// Takes the next byte, which came at `at`. When it ends an epoch: its fix, or why it cannot be used.
    pub fn push(&mut self, byte: u8, at: Monotonic) -> Option<Result<Fix, NoFix>> {
        let line = self.framer.push(byte, at)?;
        let Ok(sentence) = parse(line.text) else {
            self.unreadable += 1;
            return None;
        };
        self.assembler.push(sentence?, line.arrived)
    }

    /// What has come so far.
    #[must_use]
    pub fn counts(&self) -> ReceiverCounts {
        ReceiverCounts {
            lines: self.framer.counts(),
            unreadable: self.unreadable,
        }
    }
}

impl GnssReceiver {
    /// A receiver that has sent nothing yet.
    #[must_use]
    pub fn new(settings: FixSettings, delay: GnssDelay) -> Self {
        Self {
            reader: FixReader::new(settings),
            clock: GnssClock::new(delay),
        }
    }

    /// Takes the next byte, which came at `at`. When it ends an epoch: its fix, or why it cannot be used.
    pub fn push(&mut self, byte: u8, at: Monotonic) -> Option<Result<TimedFix, Doubtful>> {
        let fix = self.reader.push(byte, at)?;
        Some(fix.map_err(Doubtful::from).and_then(|fix| {
            let (at, sigma_time_s) = self.clock.instant_of(fix.time, fix.arrived)?;
            Ok(TimedFix {
                at,
                sigma_time_s,
                fix,
            })
        }))
    }

    /// Takes a pulse of the receiver, in the order of time.
    pub fn pulse(&mut self, pulse: Pulse) {
        self.clock.pulse(pulse);
    }

    /// Why the newest fix does not have its instant from the pulse; `None` when it has.
    #[must_use]
    pub fn pulse_doubt(&self) -> Option<PulseDoubt> {
        self.clock.pulse_doubt()
    }

    /// What has come so far.
    #[must_use]
    pub fn counts(&self) -> ReceiverCounts {
        self.reader.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut receiver = GnssReceiver::new(FixSettings::default(), GnssDelay::default());
            for byte in bytes {
                receiver.push(byte, Monotonic::from_nanos(0));
            }
        }
    }
}
