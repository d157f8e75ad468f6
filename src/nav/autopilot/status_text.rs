//! Lines for the pilot, cut into STATUSTEXT messages.

use mavlink::{dialects::common as dialect, types::CharArray};

/// How grave a line is, after RFC 5424.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Act at once.
    Critical,
    /// Something failed.
    Error,
    /// Something may fail.
    Warning,
    /// Worth knowing.
    Notice,
    /// Normal.
    Info,
}

/// Bytes in one message.
const CHUNK: usize = 50;
/// Longer texts are cut: nobody reads more in flight.
const LONGEST: usize = 8 * CHUNK;

/// The messages that carry `text`. A longer one than fits into one message goes in several that share `id`, which is
/// not 0; what is missing from the last chunk ends the text, so one that fills its chunks is followed by an empty one.
pub(super) fn status_texts(
    severity: Severity,
    text: &str,
    id: u16,
) -> Vec<dialect::STATUSTEXT_DATA> {
    let bytes: Vec<u8> = text.bytes().filter(|b| *b != 0).take(LONGEST).collect();
    let single = bytes.len() <= CHUNK;
    let chunks = if single { 1 } else { bytes.len() / CHUNK + 1 };
    (0..chunks)
        .zip(0u8..)
        .map(|(chunk, chunk_seq)| {
            let mut text = [0; CHUNK];
            for (to, from) in text.iter_mut().zip(bytes.iter().skip(chunk * CHUNK)) {
                *to = *from;
            }
            dialect::STATUSTEXT_DATA {
                severity: severity.into(),
                text: CharArray::new(text),
                id: if single { 0 } else { id },
                chunk_seq,
            }
        })
        .collect()
}

impl From<Severity> for dialect::MavSeverity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::MAV_SEVERITY_CRITICAL,
            Severity::Error => Self::MAV_SEVERITY_ERROR,
            Severity::Warning => Self::MAV_SEVERITY_WARNING,
            Severity::Notice => Self::MAV_SEVERITY_NOTICE,
            Severity::Info => Self::MAV_SEVERITY_INFO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the MAVLink standard puts chunks together: until one has a null byte, or there is only one.
    fn joined(messages: &[dialect::STATUSTEXT_DATA]) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        for (message, sequence) in messages.iter().zip(0u8..) {
            assert_eq!(message.chunk_seq, sequence);
            let text: &[u8; CHUNK] = &message.text;
            let end = text.iter().position(|b| *b == 0);
            bytes.extend(&text[..end.unwrap_or(CHUNK)]);
            if end.is_some() || message.id == 0 {
                return (bytes, sequence as usize + 1 == messages.len());
            }
        }
        (bytes, false)
    }

    #[test]
    fn a_short_line_is_one_message_without_id() {
        let messages = status_texts(Severity::Warning, &"x".repeat(50), 7);
        assert_eq!(messages.len(), 1);
        assert_eq!((messages[0].id, messages[0].chunk_seq), (0, 0));
        assert_eq!(messages[0].severity as u8, 4);
        assert_eq!(status_texts(Severity::Info, "", 7).len(), 1);
    }

    #[test]
    fn a_line_that_fills_its_chunks_is_ended_by_an_empty_one() {
        let messages = status_texts(Severity::Info, &"x".repeat(100), 7);
        assert_eq!(messages.len(), 3);
        assert!(messages.iter().all(|m| m.id == 7));
    }

    proptest! {
        #[test]
        fn a_line_comes_together_again(text in "\\PC{0,500}", id in 1..u16::MAX) {
            let (bytes, ended) = joined(&status_texts(Severity::Info, &text, id));
            prop_assert!(ended);
            prop_assert_eq!(&bytes, &text.as_bytes()[..text.len().min(LONGEST)]);
        }
    }
}
