//! Progress on standard error, with the time left: a bar on a terminal, elsewhere a line from time to time.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use parking_lot::Mutex;

/// Between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(20);

/// The progress of one piece of work; the bar is gone when it is dropped.
pub struct Progress {
    bar: ProgressBar,
    /// When the next line is due, where there is no terminal.
    due: Option<Mutex<Instant>>,
}

impl Progress {
    /// Progress of work called `what`, in so many steps.
    pub fn new(what: &str, steps: usize) -> Self {
        let style =
            ProgressStyle::with_template("{prefix}  {bar:30} {percent:>3} %  {eta} left  {msg}");
        let bar = ProgressBar::new(steps as u64)
            .with_prefix(what.to_owned())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let plain = !io::stderr().is_terminal();
        Self {
            bar,
            due: plain.then(|| Mutex::new(Instant::now() + PAUSE)),
        }
    }

    /// Says what is worked on now.
    pub fn working_on(&self, what: String) {
        self.bar.set_message(what);
        self.line();
    }

    /// So many of all steps are done.
    pub fn done(&self, steps: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(steps as u64);
        self.line();
    }

    /// Another step is done.
    pub fn step(&self) {
        self.bar.inc(1);
        self.line();
    }

    fn line(&self) {
        let Some(mut due) = self.due.as_ref().and_then(Mutex::try_lock) else {
            return;
        };
        if Instant::now() < *due {
            return;
        }
        *due = Instant::now() + PAUSE;
        let (bar, all) = (&self.bar, self.bar.length().unwrap_or(1).max(1));
        let percent = 100 * bar.position().min(all) / all;
        let left = HumanDuration(bar.eta());
        eprintln!(
            "{} {}: {percent} %, {left} left",
            bar.prefix(),
            bar.message()
        );
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
