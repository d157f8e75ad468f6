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
    web::{Basemap, Map},
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
    /// Also show a live map in a browser on this computer, at this address; for instance 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS", value_parser = own_address)]
    map: Option<SocketAddr>,
    /// Ground that the map shows under what is found: an MBTiles file of pictures
    #[arg(long, value_name = "FILE", requires = "map")]
    basemap: Option<PathBuf>,
    /// Print JSON lines: first the address listened on, at the end what was received
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let identity = identity(&args.keys)?;
    tell_of_dates(identity.own(), &args.keys);
    let mut feeds = args.feeds.feeds();
    let basemap = args.basemap.as_deref().map(Basemap::open).transpose()?;
    let map = args
        .map
        .map(|address| Map::bind(address, basemap))
        .transpose()?;
    let map_address = map.as_ref().map(Map::address);
    feeds.extend(map.map(|map| Box::new(map) as _));
    let Ended { totals, feed_error } = serve(
        args.listen,
        identity,
        &args.store,
        feeds,
        map_address,
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
    map: Option<SocketAddr>,
    json: bool,
) -> anyhow::Result<Ended> {
    let server = Server::bind(listen, identity, store, feeds)?;
    let stop = Arc::new(Notify::new());
    let interrupted = Arc::clone(&stop);
    ctrlc::set_handler(move || interrupted.notify_one()).context("cannot listen for Ctrl-C")?;
    let address = server.address();
    let map = map.map(|map| format!("http://{map}/"));
    let line = match &map {
        Some(map) if json => json!({ "listening": address.to_string(), "map": map }).to_string(),
        None if json => json!({ "listening": address.to_string() }).to_string(),
        Some(map) => format!("listening on {address}; the map is at {map}"),
        None => format!("listening on {address}"),
    };
    writeln!(io::stdout(), "{line}").context("standard output")?;
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

/// An address of this computer that no other reaches.
fn own_address(text: &str) -> Result<SocketAddr, String> {
    let example = "for instance 127.0.0.1:8080";
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(_) => Err(format!(
            "other computers would reach it, and there is no encryption and no sign-in yet; give an address of this computer alone, {example}"
        )),
        Err(_) => Err(format!(
            "not an IP address and a port; give both, {example}"
        )),
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
