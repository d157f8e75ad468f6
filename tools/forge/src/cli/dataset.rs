//! `scarp-forge dataset`.

mod inspect;
mod make;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;

#[derive(Subcommand)]
pub enum Command {
    /// Says what a dataset holds, how far it is GDCLD as published, and which pairs do not fit
    Inspect(inspect::Args),
    /// Makes a dataset of georeferenced images and outlines of landslides
    Make(make::Args),
}

pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Inspect(args) => inspect::run(args),
        Command::Make(args) => make::run(args),
    }
}

/// A bar with the time left, over a number of things that is told later.
fn bar() -> ProgressBar {
    ProgressBar::new(1).with_style(
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {pos} of {len}  {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
