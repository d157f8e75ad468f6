//! Sentences out of a byte stream that may begin anywhere and hold anything.

use nmea::SENTENCE_MAX_LEN;

use super::super::Monotonic;

/// Finds sentences in the bytes of a serial port, and finds its way back after garbage.
///
/// It holds one line of at most [`SENTENCE_MAX_LEN`] bytes: the standard allows 82, receivers with more digits send
/// more, and what is longer is two sentences that ran together.
#[derive(Debug)]
pub(in super::super) struct Framer {
    line: String,
    inside: bool,
    began: Monotonic,
    counts: LineCounts,
}

/// A sentence whose checksum holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Line<'a> {
    /// From `$` to the checksum, printable ASCII, without the line's end.
    pub text: &'a str,
    /// When its first byte came. The first, because that does not depend on how long the sentence is, nor on how many
    /// follow it.
    pub arrived: Monotonic,
}

/// What came over the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineCounts {
    /// Sentences whose checksum held.
    pub sentences: u64,
    /// Lines that began as a sentence, but whose checksum was wrong or missing.
    pub bad_checksums: u64,
    /// Bytes that belonged to no sentence. Many of them and no sentence: the wrong baud rate.
    pub garbage_bytes: u64,
}

impl Framer {
    /// A framer that has seen nothing.
    pub fn new() -> Self {
        Self {
            line: String::with_capacity(SENTENCE_MAX_LEN),
            inside: false,
            began: Monotonic::from_nanos(0),
            counts: LineCounts::default(),
        }
    }

    /// Takes the next byte, which came at `at`; the sentence, if that byte ended one.
    pub fn push(&mut self, byte: u8, at: Monotonic) -> Option<Line<'_>> {
        match byte {
            b'$' => {
                self.discard();
                self.line.clear();
                self.line.push('$');
                self.inside = true;
                self.began = at;
            }
            b'\r' | b'\n' if self.inside => {
                self.inside = false;
                if checksum_holds(&self.line) {
                    self.counts.sentences += 1;
                    return Some(Line {
                        text: &self.line,
                        arrived: self.began,
                    });
                }
                self.counts.bad_checksums += 1;
            }
            b'\r' | b'\n' => {}
            b' '..=b'~' if self.inside && self.line.len() < SENTENCE_MAX_LEN => {
                self.line.push(char::from(byte));
            }
            _ => {
                self.discard();
                self.counts.garbage_bytes += 1;
            }
        }
        None
    }

    /// What has come so far.
    pub fn counts(&self) -> LineCounts {
        self.counts
    }

    /// Gives up the line begun, if any.
    fn discard(&mut self) {
        if self.inside {
            self.counts.garbage_bytes += self.line.len() as u64;
            self.inside = false;
        }
    }
}

/// Whether a line ends in `*` and the two hexadecimal digits of its checksum.
fn checksum_holds(line: &str) -> bool {
    let Some((body, digits)) = line.strip_prefix('$').and_then(|l| l.rsplit_once('*')) else {
        return false;
    };
    // The digits are compared as text, because number parsers also take signs.
    digits.eq_ignore_ascii_case(&format!("{:02X}", checksum(body)))
}

/// The exclusive or of all characters between `$` and `*` (NMEA 0183).
pub(in super::super) fn checksum(body: &str) -> u8 {
    body.bytes().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GGA: &str = "$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76";

    /// The sentences of a stream whose bytes come a millisecond apart, each with its millisecond, and the counts.
    fn framed(bytes: &[u8]) -> (Vec<(String, i64)>, LineCounts) {
        let mut framer = Framer::new();
        let mut lines = Vec::new();
        for (ms, byte) in (0..).zip(bytes) {
            if let Some(line) = framer.push(*byte, Monotonic::from_nanos(ms * 1_000_000)) {
                lines.push((line.text.to_owned(), line.arrived.nanos() / 1_000_000));
            }
        }
        (lines, framer.counts())
    }

    #[test]
    fn a_sentence_carries_the_instant_of_its_first_byte() {
        let (lines, counts) = framed(format!("{GGA}\r\n{GGA}\r\n").as_bytes());
        let second = GGA.len() as i64 + 2;
        assert_eq!(lines, [(GGA.to_owned(), 0), (GGA.to_owned(), second)]);
        assert_eq!(
            counts,
            LineCounts {
                sentences: 2,
                ..LineCounts::default()
            }
        );
    }

    #[test]
    fn a_stream_that_begins_inside_a_sentence_gives_the_next_one() {
        let (lines, counts) = framed(format!("{}\r\n{GGA}\r\n", &GGA[20..]).as_bytes());
        assert_eq!(lines.len(), 1);
        assert_eq!(counts.garbage_bytes, GGA.len() as u64 - 20);
    }

    #[test]
    fn a_wrong_or_missing_checksum_is_counted_and_gives_nothing() {
        for damaged in [
            GGA.replace("61.7", "61.8"),
            GGA.replace("*76", ""),
            GGA.replace("*76", "*7"),
            GGA.replace("*76", "*+6"),
            "$*".to_owned(),
            "$".to_owned(),
        ] {
            let (lines, counts) = framed(format!("{damaged}\r\n").as_bytes());
            assert!(lines.is_empty(), "{damaged}");
            assert_eq!(counts.bad_checksums, 1, "{damaged}");
        }
    }

    #[test]
    fn a_sentence_cut_short_does_not_spoil_the_next() {
        let (lines, counts) = framed(format!("{}{GGA}\r\n", &GGA[..30]).as_bytes());
        assert_eq!(lines, [(GGA.to_owned(), 30)]);
        assert_eq!(counts.garbage_bytes, 30);
    }

    #[test]
    fn lower_case_checksums_and_lines_ended_by_line_feed_alone_are_read() {
        let zda = b"$GPZDA,160012.71,11,03,2004,-1,00*7D\n$GPZDA,160012.71,11,03,2004,-1,00*7d\n";
        let (lines, _) = framed(zda);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_line_without_end_is_garbage_and_takes_no_memory() {
        let mut stream = vec![b'$'];
        stream.extend(std::iter::repeat_n(b'A', 100_000));
        stream.extend(format!("\r\n{GGA}\r\n").bytes());
        let (lines, counts) = framed(&stream);
        assert_eq!(lines.len(), 1);
        assert_eq!(counts.garbage_bytes, 100_001);
    }

    #[test]
    fn the_wrong_baud_rate_gives_garbage_and_no_sentence() {
        // Each byte as a receiver at half the sender's rate would see it: every second bit.
        let halved = |byte: u8| (0..4).fold(0x80, |b, bit| b | ((byte >> (2 * bit)) & 1) << bit);
        let stream: Vec<u8> = format!("{GGA}\r\n")
            .repeat(50)
            .bytes()
            .map(halved)
            .collect();
        let (lines, counts) = framed(&stream);
        assert!(lines.is_empty());
        assert_eq!(counts.garbage_bytes, stream.len() as u64);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_keep_it_from_the_next_sentence(bytes: Vec<u8>) {
            let mut stream = bytes;
            stream.extend(format!("\r\n{GGA}\r\n").bytes());
            let (lines, counts) = framed(&stream);
            prop_assert_eq!(&lines.last().unwrap().0, GGA);
            prop_assert_eq!(counts.sentences, lines.len() as u64);
        }

        #[test]
        fn every_line_handed_out_is_ascii_and_short(bytes in proptest::collection::vec(prop_oneof![Just(b'$'), Just(b'*'), Just(b'\r'), any::<u8>()], 0..2000)) {
            for (line, _) in framed(&bytes).0 {
                prop_assert!(line.is_ascii() && line.len() <= SENTENCE_MAX_LEN);
            }
        }
    }
}
