//! Lines of the log that others cause. Nobody can fill the disk with them: all strangers together, and each aircraft, have so many
//! lines in ten seconds, and what they cause beyond is counted.

use std::{sync::Arc, time::Duration};

use log::Level;
use parking_lot::Mutex;
use scarp_link::plain;

/// Time between two calls of [`QuietLog::turn`].
pub const PERIOD: Duration = Duration::from_secs(10);
/// Most characters of a line: a reason may come from the other end, which may be a stranger's.
const MAX_CHARS: usize = 300;

/// What is said of one subject. Clones say it together.
#[derive(Clone)]
pub struct QuietLog(Arc<Mutex<Period>>);

struct Period {
    lines: u32,
    said: u32,
    unsaid: u32,
    last: Option<(Level, String)>,
}

impl QuietLog {
    /// Says at most `lines` lines in a period.
    pub fn new(lines: u32) -> Self {
        Self(Arc::new(Mutex::new(Period {
            lines,
            said: 0,
            unsaid: 0,
            last: None,
        })))
    }

    /// Says `line`, or counts it where enough was said in this period.
    pub fn say(&self, level: Level, line: &str) {
        if let Some(line) = self.0.lock().met(level, line) {
            log::log!(level, "{line}");
        }
    }

    /// Begins a period: says how much the last one left unsaid, and the last of it. Returns whether that was silent.
    pub fn turn(&self) -> bool {
        let mut period = self.0.lock();
        let silent = period.said == 0;
        if let Some((level, line)) = period.turn() {
            log::log!(level, "{line}");
        }
        silent
    }
}

impl Period {
    fn met(&mut self, level: Level, line: &str) -> Option<String> {
        let line = one_line(line);
        if self.said < self.lines {
            self.said += 1;
            return Some(line);
        }
        self.unsaid += 1;
        self.last = Some((level, line));
        None
    }

    fn turn(&mut self) -> Option<(Level, String)> {
        let unsaid = std::mem::take(&mut self.unsaid);
        let summary = self.last.take().map(|(level, line)| {
            let more = match unsaid {
                1 => String::new(),
                _ => format!(" (the last of {unsaid} like it in {} s)", PERIOD.as_secs()),
            };
            (level, line + &more)
        });
        self.said = u32::from(summary.is_some());
        summary
    }
}

/// `text` in one line, cut to what that may be long.
fn one_line(text: &str) -> String {
    plain(text).chars().take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(lines: u32) -> Period {
        Period {
            lines,
            said: 0,
            unsaid: 0,
            last: None,
        }
    }

    #[test]
    fn a_flood_is_said_in_one_line_a_period_with_its_number_and_its_last() {
        let mut log = period(1);
        let mut said = Vec::new();
        for number in 0..3000 {
            said.extend(log.met(Level::Warn, &format!("attempt {number}")));
            if number % 1000 == 999 {
                said.extend(log.turn().map(|(_, line)| line));
            }
        }
        said.extend(log.turn().map(|(_, line)| line));
        let expected = [
            "attempt 0",
            "attempt 999 (the last of 999 like it in 10 s)",
            "attempt 1999 (the last of 1000 like it in 10 s)",
            "attempt 2999 (the last of 1000 like it in 10 s)",
        ];
        assert_eq!(said, expected);
        assert_eq!(log.met(Level::Warn, "later").as_deref(), Some("later"));
    }

    #[test]
    fn a_strangers_words_stay_one_short_line_that_steers_no_terminal() {
        let line = one_line(&format!("bye\r\n\u{1b}[2Jroot{}", "!".repeat(5000)));
        assert!(line.starts_with("bye   [2Jroot!"), "{line}");
        assert_eq!(line.chars().count(), MAX_CHARS);
    }
}
