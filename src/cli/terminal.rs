//! What people see while a command works.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A progress bar over `frames` on standard error, hidden when that is no terminal.
pub fn frame_bar(frames: u64) -> ProgressBar {
    styled(
        ProgressBar::new(frames),
        "{bar:30} frames {pos}/{len}  {eta} left",
    )
}

/// A progress bar over `messages` on standard error, hidden when that is no terminal.
pub fn message_bar(messages: u64) -> ProgressBar {
    styled(
        ProgressBar::new(messages),
        "{bar:30} messages {pos}/{len}  {eta} left",
    )
}

/// So many messages and what they do: `("waits", "wait")`.
pub fn messages(count: u64, (one, several): (&str, &str)) -> String {
    match count {
        1 => format!("1 message {one}"),
        _ => format!("{count} messages {several}"),
    }
}

/// A bar for a wait of at most `limit` for `what`, in seconds; gone when it is dropped.
pub fn wait_bar(what: &'static str, limit: Duration) -> ProgressBar {
    let bar = ProgressBar::new(limit.as_secs()).with_finish(ProgressFinish::AndClear);
    bar.set_message(what);
    styled(bar, "{bar:30} waiting for {msg}, {pos} of at most {len} s")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
