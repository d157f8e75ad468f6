//! `scarp-station serve`.

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context, ensure};
use scarp_link::{
    Identity,
    tls::{CA_FILE, Peer},
};
use scarp_station::{
    feeds::{Feed, FeedArgs},
    keys::{Places, SOON, STATION},
    serve::{Ended, Server},
};
use serde_json::json;
use tokio::sync::Notify;

#[derive(clap::Args)]
pub struct Args {
    /// GeoPackage to store in; made when it does not exist
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The folder station/ that `scarp-station keys init` made
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Address to listen on (UDP); 0.0.0.0:4433 for every network, port 0 for any free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4433", value_parser = address)]
    listen: SocketAddr,
    #[command(flatten)]
    feeds: FeedArgs,
    /// Print JSON lines: first the address listened on, at the end what was received
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let identity = identity(&args.keys)?;
    tell_of_dates(identity.own(), &args.keys);
    let Ended { totals, feed_error } = serve(
        args.listen,
        identity,
        &args.store,
        args.feeds.feeds(),
        args.json,
    )?;
    if args.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(&totals)?).context("standard output")?;
    }
    eprintln!(
        "Stopped. {} messages stored, {} repeated, {} refused.",
        totals.stored, totals.repeated, totals.refused
    );
    match feed_error {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve(
    listen: SocketAddr,
    identity: Identity,
    store: &Path,
    feeds: Vec<Box<dyn Feed>>,
    json: bool,
) -> anyhow::Result<Ended> {
    let server = Server::bind(listen, identity, store, feeds)?;
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
    if address.ip().is_loopback() {
        log::info!(
            "only this computer reaches {address}; drones need --listen 0.0.0.0:{}",
            address.port()
        );
    }
    Ok(server.run(stop.notified()).await?)
}

/// The ground station's keys; the folders that may be taken for theirs are told apart.
fn identity(keys: &Path) -> anyhow::Result<Identity> {
    let folder = keys.display();
    ensure!(
        keys.is_dir(),
        "keys {folder}: there is no such folder; `scarp-station keys init` makes keys, give their folder station/"
    );
    let station = Places::new(keys, None).end(STATION);
    ensure!(
        keys.join(CA_FILE).exists() || !station.is_dir(),
        "keys {folder}: is the folder of all keys; give {} with --keys",
        station.display()
    );
    Ok(Identity::load(keys)?)
}

/// Aircraft accept a ground station whose certificate has ended, but tell of it.
fn tell_of_dates(own: &Peer, keys: &Path) {
    let (now, keys) = (SystemTime::now(), keys.display());
    if let Some(fault) = own.date_fault(now) {
        log::warn!("keys {keys}: {fault}");
    } else if own.date_fault(now + SOON).is_some() {
        log::warn!(
            "keys {keys}: the certificate ends soon; `scarp-station keys renew {}`",
            own.name
        );
    }
}

/// The address to listen on, which names network and port.
fn address(text: &str) -> Result<SocketAddr, String> {
    let missing =
        |what: &str, example: SocketAddr| Err(format!("{what}; give both, for instance {example}"));
    let every_network = |port: u16| SocketAddr::from(([0, 0, 0, 0], port));
    if let Ok(address) = text.parse() {
        Ok(address)
    } else if let Ok(ip) = text.parse::<IpAddr>() {
        missing("an address without a port", SocketAddr::new(ip, 4433))
    } else if let Ok(port) = text.trim_start_matches(':').parse() {
        missing("a port without an address", every_network(port))
    } else {
        missing("not an IP address and a port", every_network(4433))
    }
}
