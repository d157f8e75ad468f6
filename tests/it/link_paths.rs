//! `scarp link drain` over ways to the ground station that only a computer with networks and names of its own has.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use scarp_link::Journal;
use scarp_test_support::relay::{Conditions, Relay};
use tempfile::TempDir;

use super::{
    link_command::LIMIT,
    support::{link::frame, mounts::scarp_after, networks::across, station::Station},
};

/// Nothing here takes longer.
const LONG: Duration = Duration::from_secs(60);

/// A folder with a ground station's keys and store, and a journal in which a message waits.
struct Site {
    folder: TempDir,
    station: Station,
}

impl Site {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let site = Self {
            station: Station::serve(folder.path()),
            folder,
        };
        let journal = Journal::open(&site.journal(), LIMIT).unwrap();
        journal.append(&[frame(1)]).unwrap();
        site
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.sqlite")
    }

    /// The arguments of a drain to a station at `address`.
    fn drain(&self, address: &str) -> Vec<String> {
        let [journal, keys] =
            [self.journal(), self.station.keys()].map(|p| p.display().to_string());
        let words = [
            "link",
            "drain",
            "--journal",
            &journal,
            "--station",
            address,
            "--keys",
            &keys,
        ];
        words.map(str::to_owned).to_vec()
    }
}

/// Both handshakes are under way at once there, since the second begins after 250 ms.
#[test]
fn a_name_with_two_addresses_that_both_take_600_ms_to_answer_connects() {
    let site = Site::new();
    let conditions = Conditions {
        rate_bit_s: 1_000_000,
        delay: Duration::from_millis(300),
        loss: 0.0,
        queue_bytes: 64_000,
    };
    let station: SocketAddr = site.station.address.parse().unwrap();
    let first = Relay::start(station, conditions, 1).unwrap();
    let port = first.address().port();
    let second = ([127, 0, 0, 2], port).into();
    let second = Relay::start_at(second, station, conditions, 2).unwrap();
    let hosts = site.folder.path().join("hosts");
    fs::write(&hosts, "127.0.0.1 two.test\n127.0.0.2 two.test\n").unwrap();
    let name = format!("mount --bind {} /etc/hosts", hosts.display());
    let mut drain = scarp_after(&name);
    drain.args(site.drain(&format!("two.test:{port}")));
    let mut drain = drain.stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while drain.try_wait().unwrap().is_none() && started.elapsed() < LONG {
        thread::sleep(Duration::from_millis(50));
    }
    // It would try for ever.
    drain.kill().ok();
    let output = drain.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("1 message is on the ground"), "{said}");
    for relay in [first, second] {
        assert!(relay.record().up.arrived > 1, "{:?}", relay.record());
    }
    assert_eq!(site.station.stop()["stored"], 1);
}

/// What a drain says across a network whose packets have at most `mtu` bytes, and its exit status.
fn drain_across(mtu: u32) -> (String, Option<i32>) {
    let site = Site::new();
    let output = across(mtu, site.folder.path(), |address| site.drain(address));
    (
        String::from_utf8_lossy(&output.stderr).into_owned(),
        output.status.code(),
    )
}

#[test]
fn across_a_network_too_narrow_for_quic_the_mtu_is_named_with_its_remedy() {
    let (said, status) = drain_across(1000);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("no answer from 10.77.0.2:4433"), "{said}");
    assert!(
        said.contains("packets of 1,200 bytes do not pass"),
        "{said}"
    );
    assert!(said.contains("an MTU of at least 1228 (IPv4)"), "{said}");
}

#[test]
fn with_the_mtu_that_the_remedy_names_it_connects_and_with_one_byte_less_it_does_not() {
    let (said, status) = drain_across(1228);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("1 message is on the ground"), "{said}");
    let (said, status) = drain_across(1227);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("at least 1228"), "{said}");
}
