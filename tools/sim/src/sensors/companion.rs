//! What the companion computer, Scarp, says on the aircraft's MAVLink network.

use mavlink::dialects::common::STATUSTEXT_DATA;
use serde::Serialize;

/// What the companion computer has sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CompanionLog {
    /// Heartbeats.
    pub heartbeats: u64,
    /// TIMESYNC requests, all answered.
    pub timesyncs: u64,
    /// Message intervals asked for and set.
    pub intervals: u64,
    /// Those of messages that this aircraft does not have.
    pub intervals_denied: u64,
    /// Lines for the pilot, put together from their pieces.
    pub statustexts: Vec<String>,
    /// The line under way, and its id.
    #[serde(skip)]
    unfinished: Option<(u16, Vec<u8>)>,
}

impl CompanionLog {
    /// Takes a line, or a piece of one.
    pub fn text(&mut self, piece: &STATUSTEXT_DATA) {
        let bytes = piece.text.iter().copied().take_while(|byte| *byte != 0);
        if piece.chunk_seq == 0 {
            self.finish();
            self.unfinished = Some((piece.id, Vec::new()));
        }
        let Some((id, line)) = &mut self.unfinished else {
            return;
        };
        if *id != piece.id {
            return;
        }
        let before = line.len();
        line.extend(bytes);
        // A line ends with a piece that is not full; one of id 0 is whole.
        if piece.id == 0 || line.len() - before < piece.text.len() {
            self.finish();
        }
    }

    /// Takes what has come of a line for the whole.
    pub fn finish(&mut self) {
        if let Some((_, line)) = self.unfinished.take() {
            let line = String::from_utf8_lossy(&line).into_owned();
            self.statustexts.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mavlink::types::CharArray;

    fn piece(id: u16, chunk_seq: u8, text: &str) -> STATUSTEXT_DATA {
        let mut bytes = [0; 50];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        STATUSTEXT_DATA {
            text: CharArray::new(bytes),
            id,
            chunk_seq,
            ..Default::default()
        }
    }

    #[test]
    fn lines_are_put_together_from_their_pieces() {
        let fifty = "12345678901234567890123456789012345678901234567890";
        let mut heard = CompanionLog::default();
        heard.text(&piece(0, 0, "searching"));
        heard.text(&piece(7, 0, fifty));
        heard.text(&piece(7, 1, " and the rest"));
        heard.text(&piece(8, 0, fifty));
        heard.text(&piece(8, 1, ""));
        heard.text(&piece(9, 1, "the end of a line whose beginning was lost"));
        heard.text(&piece(10, 0, fifty));
        heard.finish();
        let whole = format!("{fifty} and the rest");
        assert_eq!(heard.statustexts, ["searching", &whole, fifty, fifty]);
    }
}
