//! One file per subcommand.

pub mod dataset;
pub mod demo;
pub mod sensors;
pub mod survey;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error; hidden where that is no terminal.
pub fn bar(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg:>8} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}
