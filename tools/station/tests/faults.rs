//! What an aircraft does and says where the way to the ground station or the station itself is at fault.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, UdpSocket},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant, SystemTime},
};

use common::{LONG, Site, frame, until};
use parking_lot::Mutex;
use quinn::{ConnectionError, Endpoint, VarInt};
use scarp_inventory::Run;
use scarp_link::{
    CloseCode, Config, Envelope, Identity, Journal, LinkStatus, Uplink,
    codec::{self, MAX_BATCH_BYTES, Receipt},
    tls,
};
use uuid::Uuid;

/// What a ground station does with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Store,
    Close(CloseCode),
    /// Ends the batch's stream without a receipt, and only then closes the connection.
    EndStreamThenClose(CloseCode),
    /// A receipt that names none of the messages.
    NameNone,
}

/// A ground station in this process that stores nothing, but answers each batch that is not empty as `answer` says of the messages'
/// identities and its number; where there is none, it answers nothing.
fn station(
    site: &Site,
    answer: Option<impl FnMut(&[Uuid], u32) -> Answer + Send + 'static>,
) -> SocketAddr {
    station_with_list(site, Vec::new(), answer).0
}

/// The same with a list of revoked certificates, and how each connection ends.
fn station_with_list(
    site: &Site,
    list: Vec<u8>,
    answer: Option<impl FnMut(&[Uuid], u32) -> Answer + Send + 'static>,
) -> (SocketAddr, Receiver<ConnectionError>) {
    let config = Identity::load(&site.path("keys/station"))
        .unwrap()
        .server_config()
        .unwrap();
    let (told, address) = mpsc::channel();
    let (ended, ends) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let endpoint = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
            told.send(endpoint.local_addr().unwrap()).unwrap();
            let Some(mut answer) = answer else {
                let silent = endpoint.accept().await.unwrap().await.unwrap();
                ended.send(silent.closed().await).ok();
                return;
            };
            let mut number = 0;
            while let Some(incoming) = endpoint.accept().await {
                let Ok(connection) = incoming.await else {
                    continue;
                };
                while let Ok((mut out, mut input)) = connection.accept_bi().await {
                    let batch = input.read_to_end(MAX_BATCH_BYTES).await.unwrap();
                    let messages = codec::decode_batch(&batch).unwrap();
                    let id = |message: &Vec<u8>| Envelope::decode(message).unwrap().id();
                    let stored: Vec<_> = messages.iter().map(id).collect();
                    let answer = if stored.is_empty() {
                        Answer::Store
                    } else {
                        number += 1;
                        answer(&stored, number)
                    };
                    if let Answer::Store | Answer::NameNone = answer {
                        let mut receipt = Receipt::default();
                        if messages.is_empty() {
                            receipt.revoked = list.clone();
                        }
                        if answer == Answer::Store {
                            receipt.stored = stored;
                        }
                        out.write_all(&receipt.encode()).await.unwrap();
                    }
                    if let Answer::Close(code) = answer {
                        connection.close(VarInt::from(code), b"so it says");
                    }
                    out.finish().ok();
                    if let Answer::EndStreamThenClose(code) = answer {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        connection.close(VarInt::from(code), b"so it says");
                    }
                }
                ended.send(connection.closed().await).ok();
            }
        });
    });
    (address.recv().unwrap(), ends)
}

/// Submits the frames `0..count` and waits until none waits; how the link does then, and all that it said on the way.
fn deliver(site: &Site, station: SocketAddr, count: u64) -> (LinkStatus, BTreeSet<String>) {
    let uplink = site.uplink(station);
    let frames: Vec<_> = (0..count).map(frame).collect();
    uplink.submit(&frames).unwrap();
    let mut said = BTreeSet::new();
    until("delivery", || {
        let status = uplink.drain(Duration::from_millis(20));
        said.extend(status.last_error);
        status.held.messages == 0
    });
    (uplink.status(), said)
}

#[test]
fn one_message_that_makes_the_station_refuse_its_batch_is_set_aside_and_all_others_arrive() {
    let site = Site::new();
    let odd = frame(1).id();
    let address = station(
        &site,
        Some(move |batch: &[Uuid], _| {
            if batch.contains(&odd) {
                Answer::Close(CloseCode::BadBatch)
            } else {
                Answer::Store
            }
        }),
    );
    let (end, said) = deliver(&site, address, 3);
    assert_eq!((end.confirmed, end.refused, end.held.set_aside), (2, 1, 1));
    assert_eq!(end.set_aside[0].reason, "refused: so it says");
    assert!(
        said.iter()
            .any(|line| line.contains("cannot take a batch (so it says)")),
        "{said:?}"
    );
}

#[test]
fn a_station_that_cannot_store_for_a_while_costs_no_message_though_its_streams_end_before_it_says_so()
 {
    let site = Site::new();
    let address = station(
        &site,
        Some(|_: &[Uuid], number| match number {
            // As many as would set it aside.
            1..=3 => Answer::EndStreamThenClose(CloseCode::CannotStore),
            _ => Answer::Store,
        }),
    );
    let (end, said) = deliver(&site, address, 1);
    assert_eq!((end.confirmed, end.held.set_aside), (1, 0));
    assert_eq!(said.len(), 1, "{said:?}");
    let line = said.first().unwrap();
    assert!(line.contains("cannot store now (so it says)"), "{line}");
}

/// Another program holds the store, and each batch before it takes 10 s to be told so.
#[test]
#[ignore = "takes two minutes; `tools/test long` runs it"]
fn a_station_whose_store_is_busy_for_minutes_is_come_back_to_and_costs_no_message() {
    let site = Site::new();
    let names: Vec<_> = (0..12).map(|n| format!("aircraft-{n}")).collect();
    for name in &names {
        site.authority().enrol(name, SystemTime::now()).unwrap();
    }
    let station = site.serve(0);
    let other = rusqlite::Connection::open(site.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let uplinks: Vec<_> = names
        .iter()
        .zip(0..)
        .map(|(name, number)| {
            let config = Config {
                keys: site.places().end(name),
                ..site.config(station.address)
            };
            let journal = site.path(&format!("{name}.sqlite"));
            let journal = Journal::open(&journal, 1 << 20).unwrap();
            let uplink = Uplink::start(&config, journal).unwrap();
            let id = Uuid::from_u128(number);
            let run = Run { survey: id, id };
            let message = Envelope::new(run, frame(1).body().clone());
            uplink.submit(&[message]).unwrap();
            uplink
        })
        .collect();
    let is_busy = |uplink: &Uplink| {
        let line = uplink.status().last_error.unwrap_or_default();
        line.contains("cannot store now (the store took no batch within 100 s")
    };
    let started = Instant::now();
    while !uplinks.iter().any(is_busy) {
        assert!(started.elapsed() < 4 * LONG, "nobody was told");
        thread::sleep(Duration::from_millis(100));
    }
    // Long enough for some to be told a second time.
    thread::sleep(Duration::from_secs(20));
    other.execute_batch("ROLLBACK").unwrap();
    for uplink in uplinks {
        let end = uplink.drain(LONG);
        assert_eq!((end.confirmed, end.held.set_aside), (1, 0), "{end:?}");
    }
    assert_eq!(station.stop()["refused"], 0);
}

#[test]
fn a_station_that_does_not_know_this_drone_says_so_each_time_and_is_not_taken_for_silent() {
    let (site, other) = (Site::new(), Site::new());
    // The drone knows the station, whose authority for drones is another: so it is the station alone that refuses.
    for name in [tls::CA_FILE, tls::REVOKED_FILE] {
        let place = |site: &Site| site.path("keys/station").join(name);
        fs::copy(place(&other), place(&site)).unwrap();
    }
    let address = station(&site, Some(|_: &[Uuid], _| Answer::Store));
    let uplink = site.uplink(address);
    let mut said = BTreeSet::new();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        said.extend(uplink.status().last_error);
        thread::sleep(Duration::from_millis(20));
        assert!(!uplink.status().connected);
    }
    let refused = |line: &String| line.contains("do not trust each other");
    assert!(!said.is_empty() && said.iter().all(refused), "{said:?}");
}

#[test]
fn a_station_that_stops_is_told_apart_from_one_that_has_restarted() {
    let site = Site::new();
    let station = site.serve(0);
    let address = station.address;
    let uplink = site.uplink(address);
    let said = |part: &str| {
        until(part, || {
            let line = uplink.status().last_error.unwrap_or_default();
            line.contains(part)
        });
    };
    until("connection", || uplink.status().connected);
    station.stop();
    said("was stopped; start `scarp-station serve` there again");
    let station = site.serve(address.port());
    until("connection", || uplink.status().connected);
    station.kill();
    let _station = site.serve(address.port());
    said("has restarted");
}

#[test]
fn a_station_that_falls_silent_after_the_handshake_is_not_taken_for_a_path_that_does_not_let_udp_pass()
 {
    let site = Site::new();
    let never = None::<fn(&[Uuid], u32) -> Answer>;
    let (address, ends) = station_with_list(&site, Vec::new(), never);
    let uplink = site.uplink(address);
    until("fault", || uplink.status().last_error.is_some());
    let line = uplink.status().last_error.unwrap();
    assert!(line.contains("shook hands and fell silent"), "{line}");
    // Nor does the aircraft leave as one that has landed.
    let end = ends.recv_timeout(LONG).unwrap();
    assert_eq!(CloseCode::of(&end), Some(CloseCode::GaveUp), "{end}");
}

#[test]
fn an_aircraft_that_gives_a_connection_up_says_so_and_why_and_takes_its_leave_only_when_it_goes() {
    let site = Site::new();
    let answer = |_: &[Uuid], number| match number {
        1 => Answer::NameNone,
        _ => Answer::Store,
    };
    let (address, ends) = station_with_list(&site, Vec::new(), Some(answer));
    let (end, _) = deliver(&site, address, 1);
    assert_eq!(end.confirmed, 1);
    // `deliver` has let go of the link by now.
    for (code, why) in [
        (CloseCode::GaveUp, "a receipt names nothing of its batch"),
        (CloseCode::Left, "the aircraft leaves"),
    ] {
        let end = ends.recv_timeout(LONG).unwrap();
        assert_eq!(CloseCode::of(&end), Some(code), "{end}");
        assert!(end.to_string().contains(why), "{end}");
    }
}

/// What this process has logged.
struct Log(Mutex<Vec<String>>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn a_list_of_revoked_certificates_that_is_of_no_use_is_told_of_once_and_not_at_each_connection() {
    static LOG: Log = Log(Mutex::new(Vec::new()));
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let site = Site::new();
    let answer = |_: &[Uuid], number| match number {
        // Between two of these messages are confirmed.
        1 | 3 | 5 => Answer::Close(CloseCode::CannotStore),
        _ => Answer::Store,
    };
    let list = b"no list, and like no other".to_vec();
    let (address, ends) = station_with_list(&site, list, Some(answer));
    let uplink = site.uplink(address);
    for number in 0..3 {
        uplink.submit(&[frame(number)]).unwrap();
        assert_eq!(uplink.drain(LONG).confirmed, number + 1);
    }
    assert_eq!(ends.try_iter().count(), 3);
    let said = LOG.0.lock();
    let list = "the list of revoked certificates that the ground station sends";
    let told = said.iter().filter(|line| line.contains(list)).count();
    assert_eq!(told, 1, "{said:?}");
}

/// Hands datagrams of at most `longest` bytes on between the last sender and `station`, and drops longer ones, as a path of a smaller
/// MTU does; where.
fn relay(station: SocketAddr, longest: usize) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut datagram = [0; 2048];
        let mut aircraft = None;
        while let Ok((length, from)) = socket.recv_from(&mut datagram) {
            let to = if from == station {
                aircraft
            } else {
                aircraft = Some(from);
                Some(station)
            };
            if let (Some(to), true) = (to, length <= longest) {
                socket.send_to(&datagram[..length], to).ok();
            }
        }
    });
    address
}

#[test]
fn where_packets_of_1200_bytes_do_not_pass_the_mtu_is_named_and_where_just_they_do_it_connects() {
    let (site, other) = (Site::new(), Site::new());
    let (station, other_station) = (site.serve(0), other.serve(0));
    let cut = site.uplink(relay(station.address, 1199));
    let whole: Uplink = other.uplink(relay(other_station.address, 1200));
    whole.submit(&[frame(0)]).unwrap();
    assert_eq!(whole.drain(LONG).confirmed, 1);
    until("fault", || cut.status().last_error.is_some());
    let line = cut.status().last_error.unwrap();
    assert!(line.contains("no answer from"), "{line}");
    assert!(
        line.contains("MTU of at least 1228 (IPv4) or 1248 (IPv6)"),
        "{line}"
    );
}
