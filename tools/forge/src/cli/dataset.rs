//! `scarp-forge dataset`.

mod inspect;
mod make;

use clap::Subcommand;

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
