//! `scarp`: finds fresh landslides from a drone, in flight.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
