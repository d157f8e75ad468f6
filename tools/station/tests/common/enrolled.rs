//! Aircraft of one site by their names, and `scarp-station keys` on its keys.

use std::{
    fs,
    process::{Command, Output},
};

use scarp_link::{Config, Envelope, Journal, LinkStatus, Uplink};

use super::{LONG, Site, Station, passphrase_file, until};

/// `scarp-station keys` with these arguments, on the keys of `site`.
pub fn keys(site: &Site, arguments: &[&str]) -> Output {
    let secret = passphrase_file(site.dir.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp-station"));
    command.arg("keys").args(arguments);
    command.arg("--keys").arg(site.path("keys"));
    if arguments[0] != "list" {
        command.args(["--passphrase-file", &secret]);
    }
    command.output().unwrap()
}

/// The one line on standard error of a command that must fail.
pub fn failure(site: &Site, arguments: &[&str]) -> String {
    let output = keys(site, arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

/// The link of the aircraft `name`, with a journal of its own.
pub fn uplink(site: &Site, name: &str, station: &Station) -> Uplink {
    let config = Config {
        station: station.address.to_string(),
        keys: site.places().end(name),
    };
    Uplink::start(&config, journal(site, name)).unwrap()
}

pub fn journal(site: &Site, name: &str) -> Journal {
    Journal::open(&site.path(&format!("{name}.sqlite")), 64 << 20).unwrap()
}

pub fn trouble(uplink: &Uplink) -> String {
    until("trouble", || uplink.status().last_error.is_some());
    uplink.status().last_error.unwrap()
}

pub fn log(site: &Site) -> String {
    fs::read_to_string(site.log()).unwrap()
}

/// That an aircraft delivers, and that nothing was refused.
pub fn delivers(uplink: &Uplink, message: Envelope) -> LinkStatus {
    uplink.submit(&[message]).unwrap();
    let end = uplink.drain(LONG);
    assert_eq!((end.held.messages, end.refused), (0, 0), "{end:?}");
    end
}
