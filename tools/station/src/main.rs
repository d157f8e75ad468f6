//! `scarp-station`: see `scarp-station --help`.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use scarp_link::Identity;
use scarp_station::{
    export, keys,
    serve::{Server, Totals},
    store::Store,
};
use serde_json::json;
use tokio::sync::Notify;

const EXIT_CODES: &str = "Exit status: 0 all well; 1 the command failed, and one line on standard error says why and \
    what to do; 2 wrong arguments.\nStandard output carries results for programs, standard error is for people \
    (RUST_LOG=warn makes it quiet).";

/// Ground station of a Scarp survey: receives landslides from drones and keeps them in a GeoPackage.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the keys: copy OUT/station to the ground station and OUT/drone to the drones
    #[command(after_help = EXIT_CODES)]
    Keys {
        /// Folder for the keys; nothing in it is overwritten
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Receives until Ctrl-C, and stores what drones report
    #[command(after_help = EXIT_CODES)]
    Serve {
        /// GeoPackage to store in; made when it does not exist
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// The folder station/ that `scarp-station keys` wrote
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// Address to listen on (UDP); 0.0.0.0:4433 for every network, port 0 for any free port
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4433")]
        listen: SocketAddr,
        /// Print JSON lines: first the address listened on, at the end what was received
        #[arg(long)]
        json: bool,
    },
    /// Writes the landslides that stand as GeoJSON (RFC 7946); the store may be in use
    #[command(after_help = EXIT_CODES)]
    Export {
        /// GeoPackage to read
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Print one JSON object with the number of landslides
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(
        env_logger::Env::default().default_filter_or("scarp_station=info"),
    )
    .format_target(false)
    .init();
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("scarp-station: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Keys { out } => {
            keys::make(&out)?;
            let out = out.display();
            eprintln!(
                "Keys made. Copy {out}/station to the ground station and {out}/drone to the drones, by hand."
            );
        }
        Command::Serve {
            store,
            keys,
            listen,
            json,
        } => {
            let identity = Identity::load(&keys)?;
            let store = Store::open(&store)?;
            let totals = serve(listen, &identity, store, json)?;
            if json {
                writeln!(io::stdout(), "{}", serde_json::to_string(&totals)?)
                    .context("standard output")?;
            }
            eprintln!(
                "Stopped. {} messages stored, {} repeated, {} refused.",
                totals.stored, totals.repeated, totals.refused
            );
        }
        Command::Export { store, out, json } => {
            let landslides = export::export(&store, &out)?;
            if json {
                writeln!(io::stdout(), "{}", json!({ "landslides": landslides }))
                    .context("standard output")?;
            }
            eprintln!("{landslides} landslides written to {}.", out.display());
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn serve(
    listen: SocketAddr,
    identity: &Identity,
    store: Store,
    json: bool,
) -> anyhow::Result<Totals> {
    let server = Server::bind(listen, identity, store)?;
    let stop = Arc::new(Notify::new());
    let interrupted = Arc::clone(&stop);
    ctrlc::set_handler(move || interrupted.notify_one()).context("cannot listen for Ctrl-C")?;
    let address = server.address();
    if json {
        writeln!(
            io::stdout(),
            "{}",
            json!({ "listening": address.to_string() })
        )
        .context("standard output")?;
    } else {
        writeln!(io::stdout(), "listening on {address}").context("standard output")?;
    }
    Ok(server.run(stop.notified()).await?)
}
