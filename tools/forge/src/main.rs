//! `scarp-forge`: see `scarp-forge --help`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
