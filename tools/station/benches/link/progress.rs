//! What goes on, for people: a line that changes on a terminal, and now and then a line of its own elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// Between two lines where nobody watches.
const INTERVAL: Duration = Duration::from_secs(60);

/// Says on standard error what goes on.
pub struct Progress {
    is_terminal: bool,
    next: Instant,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            next: Instant::now() + INTERVAL,
        }
    }

    /// A line that stays.
    pub fn say(&mut self, line: &str) {
        self.clear();
        writeln!(io::stderr(), "{line}").ok();
    }

    /// How far it is now.
    pub fn show(&mut self, line: &str) {
        if self.is_terminal {
            write!(io::stderr(), "\r\x1b[K{line}").ok();
        } else if Instant::now() >= self.next {
            self.next = Instant::now() + INTERVAL;
            self.say(line);
        }
    }

    /// Takes away what is shown.
    pub fn clear(&self) {
        if self.is_terminal {
            write!(io::stderr(), "\r\x1b[K").ok();
        }
    }
}
