//! What every command shows: progress, peak memory, plain words for durations.

use std::fs;

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar over `frames` on standard error, hidden when that is no terminal.
pub fn frame_bar(frames: u64) -> ProgressBar {
    let bar = ProgressBar::new(frames);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} frames  {eta} left  {msg}");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The most memory this process has held, in bytes, as Linux counts it (`VmHWM`); `None` elsewhere.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
