//! What people see while a command works.

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar over `frames` on standard error, hidden when that is no terminal.
pub fn frame_bar(frames: u64) -> ProgressBar {
    let bar = ProgressBar::new(frames);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} frames  {eta} left");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
