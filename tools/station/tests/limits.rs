//! What strangers and aircraft that mean ill can do to a station: nothing that an aircraft that means well would notice.
//!
//! Short samples. `SCARP_LONG=1` runs them at full size: ten thousand handshakes in 30 s, a flood for a minute, and the deadlines of
//! batches and receipts.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(target_os = "linux")]

mod common;

use std::{
    env, fs,
    net::Ipv4Addr,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use common::{
    LONG, SURVEY, Station,
    fleet::{self, Fleet},
    frame, query, runtime,
    strangers::{self, Relay},
    until,
};
use quinn::{Connection, ConnectionError, Endpoint};
use scarp_inventory::Run;
use scarp_link::{
    CloseCode, Envelope,
    codec::{self, MAX_BATCH_BYTES, MAX_BATCH_MESSAGES},
    tls::{CA_FILE, SERVER_NAME},
};
use uuid::Uuid;

/// Messages that an aircraft delivers in a flight.
const MESSAGES: u64 = 200;
/// Most memory that the station may have held at any time, in MB. It holds about 20 when nobody speaks to it.
const MEMORY_MB: u64 = 120;

#[test]
fn a_flood_of_first_packets_and_noise_holds_up_no_aircraft() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let runtime = runtime();
    let stranger = strangers::without_certificate(&fleet.keys("alone").join(CA_FILE));
    let packets = runtime.block_on(strangers::initials(
        if long() { 2000 } else { 200 },
        &stranger,
    ));
    let flights = Flights::alone(&fleet, &station);
    let stop = Arc::new(AtomicBool::new(false));
    let rate = if long() { 1e6 } else { 4e6 };
    let spray = strangers::spray(station.address, packets, rate, &stop);
    let mut flights = flights.meanwhile(if long() { 60.0 } else { 2.0 });
    stop.store(true, Ordering::Relaxed);
    let bytes = spray.join().unwrap();
    flights.report(&format!("{:.1} Mbit of noise", bytes as f64 * 8e-6));
    quiet_and_small(&fleet, &station, flights.seconds(), flights.number());
}

#[test]
fn a_revocation_takes_effect_while_strangers_flood_the_station() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let runtime = runtime();
    let connect = |name| fleet::connect(fleet.client(name), station.address);
    let lost = runtime.block_on(connect("lost")).unwrap();
    let other = runtime.block_on(connect("other")).unwrap();
    for connection in [&lost, &other] {
        runtime.block_on(fleet::exchange(connection, &[])).unwrap();
    }
    let stranger = strangers::without_certificate(&fleet.keys("alone").join(CA_FILE));
    let packets = runtime.block_on(strangers::initials(200, &stranger));
    let stop = Arc::new(AtomicBool::new(false));
    // As fast as they can send: at no time does the station have nothing to do.
    let sprays = [(); 4].map(|()| {
        let packets = packets.clone();
        strangers::spray(station.address, packets, f64::INFINITY, &stop)
    });
    fleet.revoke("lost");
    let reason = runtime.block_on(closed(&lost));
    assert_eq!(CloseCode::of(&reason), Some(CloseCode::Revoked), "{reason}");
    stop.store(true, Ordering::Relaxed);
    let bytes: usize = sprays.map(|spray| spray.join().unwrap()).iter().sum();
    eprintln!("revoked within {:.0} Mbit of noise", bytes as f64 * 8e-6);
    assert_eq!(other.close_reason(), None);
    // It comes in no more.
    let again = runtime.block_on(async {
        let connection = connect("lost").await.map_err(|e| e.to_string())?;
        fleet::exchange(&connection, &[]).await
    });
    assert!(again.is_err(), "{again:?}");
}

#[test]
fn handshakes_without_a_key_hold_up_no_aircraft() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let stranger = strangers::without_certificate(&fleet.keys("alone").join(CA_FILE));
    let flights = Flights::alone(&fleet, &station);
    let number = if long() { 10_000 } else { 500 };
    let (stop, address) = (Arc::new(AtomicBool::new(false)), station.address);
    let knocking = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let knocks = strangers::knock(address, &stranger, number, 10_000.0 / 30.0, &stop);
            runtime().block_on(knocks)
        }
    });
    let mut flights = flights.meanwhile(if long() { 30.0 } else { 1.5 });
    let (refused, made) = knocking.join().unwrap();
    flights.report(&format!("{made} handshakes without a key"));
    assert_eq!(made, number);
    assert!(refused > 0);
    quiet_and_small(&fleet, &station, flights.seconds(), flights.number());
}

#[test]
fn handshakes_that_never_end_give_way_and_those_of_an_aircraft_do_not() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let stranger = strangers::without_certificate(&fleet.keys("alone").join(CA_FILE));
    let flights = Flights::alone(&fleet, &station);
    let (runtime, address) = (runtime(), station.address);
    // More than the station has places for, and from more addresses than one. Each shows that its address is real, and no more.
    let endpoints: Vec<_> = (0..600)
        .map(|n: u16| {
            let stranger = stranger.clone();
            runtime.block_on(async move {
                let from = Ipv4Addr::new(127, 0, 2, 1 + (n % 3) as u8).into();
                let relay = Relay::half_a_handshake(address, from).await;
                let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
                let connecting = endpoint.connect_with(stranger, relay.address, SERVER_NAME);
                (endpoint, connecting.unwrap())
            })
        })
        .collect();
    let mut flights = flights.meanwhile(if long() { 9.0 } else { 0.5 });
    flights.report(&format!("{} handshakes held", endpoints.len()));
    let said = fs::read_to_string(fleet.site.log()).unwrap();
    assert!(said.contains("the oldest gives way"), "{said}");
    quiet_and_small(&fleet, &station, flights.seconds(), flights.number());
}

#[test]
fn handshakes_that_one_address_begins_faster_than_they_end_keep_no_other_address_out() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let stranger = strangers::without_certificate(&fleet.keys("alone").join(CA_FILE));
    let flights = Flights::alone(&fleet, &station);
    let (stop, address) = (Arc::new(AtomicBool::new(false)), station.address);
    let from = Ipv4Addr::new(127, 0, 3, 1).into();
    let abandoning = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let abandon = strangers::abandon(address, &stranger, from, 1000, &stop);
            runtime().block_on(abandon)
        }
    });
    // Each stays for three seconds after it gave way to a newer one.
    until("the address's share is held", || {
        let said = fs::read_to_string(fleet.site.log()).unwrap();
        said.contains("its address holds its share of 2048 connections")
    });
    let mut flights = flights.meanwhile(if long() { 60.0 } else { 2.0 });
    stop.store(true, Ordering::Relaxed);
    let begun = abandoning.join().unwrap();
    flights.report(&format!("{begun} handshakes abandoned"));
    let said = fs::read_to_string(fleet.site.log()).unwrap();
    assert!(!said.contains("2048 connections are open"), "{said}");
    quiet_and_small(&fleet, &station, flights.seconds() + 10.0, flights.number());
}

#[test]
fn a_store_that_another_program_holds_lets_aircraft_connect_all_the_same() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let (runtime, address) = (runtime(), station.address);
    let other = rusqlite::Connection::open(fleet.site.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // As many as the store has turns for, and more.
    let waiting: Vec<_> = (0..12)
        .map(|number| {
            let name = format!("peer-{number}");
            let batch = batch_of(&name, 0..1);
            let connection = fleet::connect(fleet.client(&name), address);
            let connection = runtime.block_on(connection).unwrap();
            let (mut send, receive) = runtime.block_on(fleet::open(&connection, &batch)).unwrap();
            send.finish().unwrap();
            (connection, send, receive)
        })
        .collect();
    let uplink = fleet.uplink("late", address);
    uplink.submit(&[frame_of("late", 0)]).unwrap();
    // It gives up an attempt after eight seconds, and the store fails each of the others only after ten.
    until("connection", || {
        let status = uplink.status();
        assert_eq!(status.last_error, None);
        status.connected
    });
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    drop(waiting);
}

#[test]
fn idle_stalled_slow_and_deaf_aircraft_hold_up_no_other() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let flights = Flights::alone(&fleet, &station);
    let runtime = runtime();
    let address = station.address;
    let mut held = Vec::new();
    let mut waiting = Vec::new();
    for number in 0..72 {
        let name = format!("peer-{number}");
        let (config, batch) = (fleet.client(&name), batch_of(&name, 0..200));
        let config = if number < 68 {
            config
        } else {
            fleet::deaf(config)
        };
        let connection = runtime.block_on(fleet::connect(config, address)).unwrap();
        match number {
            // Idle.
            ..32 => {}
            // Stalled in the midst of a batch, or of the largest there may be.
            32..64 => {
                let part = if number % 2 == 0 {
                    &batch[..2000]
                } else {
                    &[0; MAX_BATCH_BYTES - 1]
                };
                waiting.push(runtime.block_on(fleet::open(&connection, part)).unwrap());
            }
            // One byte a second.
            64..68 => {
                let connection = connection.clone();
                runtime.spawn(async move {
                    let (mut send, _receive) = connection.open_bi().await.unwrap();
                    for byte in batch {
                        if send.write_all(&[byte]).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                });
            }
            // Takes no receipt.
            _ => {
                let open = runtime.block_on(fleet::open(&connection, &batch));
                let (mut send, receive) = open.unwrap();
                send.finish().unwrap();
                waiting.push((send, receive));
            }
        }
        held.push(connection);
    }
    let mut flights = flights.meanwhile(if long() { 140.0 } else { 1.0 });
    flights.report("72 peers that hold on");
    for (number, connection) in held.iter().enumerate() {
        let code = connection
            .close_reason()
            .map(|reason| CloseCode::of(&reason));
        // To be idle is no fault, and those that have brought a whole MiB have time for it.
        let over = long() && (number >= 64 || number >= 32 && number % 2 == 0);
        let expected = over.then_some(Some(CloseCode::TooSlow));
        assert_eq!(code, expected, "peer {number}");
    }
    let aircraft = flights.number() + 72;
    quiet_and_small(&fleet, &station, flights.seconds(), aircraft);
}

#[test]
fn of_more_aircraft_than_there_are_places_the_one_idle_longest_gives_way() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let runtime = runtime();
    let address = station.address;
    let mut connections = Vec::new();
    for number in 0..128 {
        let config = fleet.client(&format!("peer-{number}"));
        let connection = runtime.block_on(fleet::connect(config, address)).unwrap();
        let greeting = runtime.block_on(fleet::exchange(&connection, &[]));
        greeting.unwrap();
        connections.push(connection);
    }
    // The first has just delivered something, so the second is idle longest.
    let batch = batch_of("peer-0", 0..1);
    let receipt = runtime.block_on(fleet::exchange(&connections[0], &batch));
    assert_eq!(receipt.unwrap().stored.len(), 1);
    let uplink = fleet.uplink("late", address);
    uplink.submit(&[frame_of("late", 0)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    let reason = runtime.block_on(closed(&connections[1]));
    assert_eq!(CloseCode::of(&reason), Some(CloseCode::GaveWay), "{reason}");
    let others = connections.iter().filter(|c| c.close_reason().is_none());
    assert_eq!(others.count(), 127);
}

#[test]
fn an_aircraft_that_comes_back_takes_the_place_of_its_earlier_connection() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let runtime = runtime();
    let connect = || fleet::connect(fleet.client("craft"), station.address);
    let earlier = runtime.block_on(connect()).unwrap();
    runtime.block_on(fleet::exchange(&earlier, &[])).unwrap();
    let newer = runtime.block_on(connect()).unwrap();
    let reason = runtime.block_on(closed(&earlier));
    assert_eq!(CloseCode::of(&reason), Some(CloseCode::GaveWay), "{reason}");
    let batch = batch_of("craft", 0..1);
    runtime.block_on(fleet::exchange(&newer, &batch)).unwrap();
    // A hundred times more: it is said of, but not a hundred times.
    let again: Vec<_> = (0..100)
        .map(|_| runtime.block_on(connect()).unwrap())
        .collect();
    let last = again.last().unwrap();
    runtime.block_on(fleet::exchange(last, &[])).unwrap();
    let said = fs::read_to_string(fleet.site.log()).unwrap();
    assert!(said.contains("came back"), "{said}");
    assert!(said.lines().count() < 12, "{said}");
}

#[test]
fn an_aircraft_that_left_and_one_out_of_reach_are_told_apart() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let runtime = runtime();
    let said = || fs::read_to_string(fleet.site.log()).unwrap();
    let batch = batch_of("gone", 0..2);
    let left = runtime
        .block_on(fleet::connect(fleet.client("gone"), station.address))
        .unwrap();
    runtime.block_on(fleet::exchange(&left, &batch)).unwrap();
    left.close(CloseCode::Left.into(), b"");
    until("leave", || said().contains("left; 2 new messages stored"));
    assert!(!said().contains("out of reach"), "{}", said());

    let mut config = fleet.client("far");
    let mut transport = quinn::TransportConfig::default();
    transport.max_idle_timeout(Some(Duration::from_millis(300).try_into().unwrap()));
    config.transport_config(Arc::new(transport));
    let _far = runtime.block_on(async {
        let from = Ipv4Addr::LOCALHOST.into();
        let relay = Relay::new(station.address, from).await;
        let far = fleet::connect(config, relay.address).await.unwrap();
        fleet::exchange(&far, &[]).await.unwrap();
        relay.cut();
        far
    });
    until("silence", || said().contains("is out of reach"));
    assert_eq!(said().matches("left").count(), 1, "{}", said());
}

#[test]
fn what_can_never_be_taken_is_said_to_be_the_batchs_fault_and_stores_nothing() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let honest = fleet.uplink("honest", station.address);
    let runtime = runtime();
    let config = fleet.client("hostile");
    // Nothing but a field's key and length, and the largest number of what a field may hold.
    let field = |key: u8, content: Vec<u8>| {
        let mut bytes = vec![key];
        varint(content.len(), &mut bytes);
        bytes.extend(content);
        bytes
    };
    let rings = [0x22, 0].repeat(500_000);
    let steps = field(0x22, field(0x0a, vec![1; 1_000_000]));
    let groups = vec![0x0b; 1_000_000];
    for (batch, reason) in [
        (vec![0; MAX_BATCH_BYTES + 1], "longer than"),
        (vec![0x0a, 0xff, 0xff, 0xff, 0x7f], "is announced"),
        ([0x0a, 0].repeat(MAX_BATCH_MESSAGES + 1), "more than"),
        ([0x0a, 0].repeat(MAX_BATCH_MESSAGES), "names no identity"),
        (vec![0x0a, 9, 1], "ends inside a message"),
        (vec![0x0b; 1000], "not a batch"),
        // Landslides of half a million rings, or of one ring of half a million vertices, and groups within groups.
        (field(0x0a, field(0x62, rings)), "names no identity"),
        (field(0x0a, field(0x62, steps)), "names no identity"),
        (field(0x0a, groups), "names no identity"),
    ] {
        for _ in 0..5 {
            let closed = runtime.block_on(async {
                let connection = fleet::connect(config.clone(), station.address);
                let connection = connection.await.unwrap();
                fleet::exchange(&connection, &batch).await.unwrap_err();
                connection.closed().await
            });
            assert_eq!(
                CloseCode::of(&closed),
                Some(CloseCode::BadBatch),
                "{closed}"
            );
            assert!(closed.to_string().contains(reason), "{closed}");
        }
    }
    honest.submit(&[frame_of("honest", 0)]).unwrap();
    assert_eq!(honest.drain(LONG).held.messages, 0);
    assert_eq!(honest.status().last_error, None);
    quiet_and_small(&fleet, &station, 1.0, 10);
    assert_eq!(station.stop()["stored"], 1);
}

#[test]
fn packets_that_someone_kept_and_sends_again_do_nothing() {
    let fleet = Fleet::new();
    let station = fleet.site.serve(0);
    let runtime = runtime();
    let batch = batch_of("craft", 0..50);
    let kept = runtime.block_on(async {
        let from = Ipv4Addr::LOCALHOST.into();
        let relay = Relay::new(station.address, from).await;
        let connection = fleet::connect(fleet.client("craft"), relay.address);
        let connection = connection.await.unwrap();
        fleet::exchange(&connection, &batch).await.unwrap();
        let kept = relay.sent.lock().clone();
        // While it is connected, and after it left.
        replay(&station, &kept);
        fleet::exchange(&connection, &[]).await.unwrap();
        connection.close(CloseCode::Left.into(), b"");
        kept
    });
    for _ in 0..20 {
        replay(&station, &kept);
    }
    let uplink = fleet.uplink("honest", station.address);
    uplink.submit(&[frame_of("honest", 0)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    drop(uplink);
    let totals = station.stop();
    assert_eq!(
        (&totals["stored"], &totals["repeated"]),
        (&51.into(), &0.into())
    );
    let frames = "SELECT count(*) FROM footprints";
    assert_eq!(query(&fleet.site.store(), frames), 51);
}

/// Flights of aircraft one after the other, each with its own keys, which connects and delivers its messages.
struct Flights<'a> {
    fleet: &'a Fleet,
    station: &'a Station,
    alone: Vec<Duration>,
    meanwhile: Vec<Duration>,
    start: Instant,
}

impl<'a> Flights<'a> {
    /// Some that have the station to themselves, after one that warms up.
    fn alone(fleet: &'a Fleet, station: &'a Station) -> Self {
        let mut flights = Self {
            fleet,
            station,
            alone: Vec::new(),
            meanwhile: Vec::new(),
            start: Instant::now(),
        };
        let number = if long() { 11 } else { 2 };
        flights.alone = (0..number).map(|number| flights.fly(number)).collect();
        flights.alone.remove(0);
        flights
    }

    /// One after the other for so many seconds, at least two.
    fn meanwhile(mut self, seconds: f64) -> Self {
        self.start = Instant::now();
        while self.meanwhile.len() < 2 || self.seconds() < seconds {
            let flight = self.fly(1000 + self.meanwhile.len() as u64);
            self.meanwhile.push(flight);
        }
        self
    }

    fn fly(&self, number: u64) -> Duration {
        let name = format!("flight-{number}");
        // Making its keys is no part of it.
        self.fleet.keys(&name);
        let start = Instant::now();
        let uplink = self.fleet.uplink(&name, self.station.address);
        for first in (0..MESSAGES).step_by(10) {
            let frames = (first..first + 10).map(|sequence| frame_of(&name, sequence));
            uplink.submit(&frames.collect::<Vec<_>>()).unwrap();
        }
        let end = uplink.drain(LONG);
        assert_eq!((end.held.messages, end.confirmed), (0, MESSAGES), "{end:?}");
        start.elapsed()
    }

    fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn number(&self) -> u64 {
        1 + (self.alone.len() + self.meanwhile.len()) as u64
    }

    fn report(&mut self, what: &str) {
        let [alone, meanwhile] = [&mut self.alone, &mut self.meanwhile].map(|flights| {
            flights.sort();
            let of =
                |share: f64| flights[((flights.len() - 1) as f64 * share) as usize].as_secs_f64();
            (of(0.5) * 1e3, of(0.95) * 1e3, of(1.0) * 1e3)
        });
        eprintln!(
            "{what}: {} flights of {MESSAGES} messages alone and {} then took (median, 95 %, most) {alone:.0?} and {meanwhile:.0?} ms: {:.2} times",
            self.alone.len(),
            self.meanwhile.len(),
            meanwhile.0 / alone.0
        );
    }
}

/// The station's memory and log stayed small, the latter by what `seconds` and the coming and going of `aircraft` give.
fn quiet_and_small(fleet: &Fleet, station: &Station, seconds: f64, aircraft: u64) {
    let memory = station.peak_memory_mb();
    let said = fs::read_to_string(fleet.site.log()).unwrap();
    let lines = said.lines().count() as u64;
    eprintln!("at most {memory} MB held, {lines} lines said");
    assert!(memory < MEMORY_MB, "{memory} MB");
    let most = 4 + seconds as u64 / 10 + 4 * aircraft;
    assert!(lines <= most, "{lines} lines of at most {most}: {said}");
}

fn replay(station: &Station, packets: &[Vec<u8>]) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for packet in packets {
        socket.send_to(packet, station.address).unwrap();
    }
}

async fn closed(connection: &Connection) -> ConnectionError {
    tokio::time::timeout(LONG, connection.closed())
        .await
        .unwrap()
}

/// Frame number `sequence` of an aircraft's own survey.
fn frame_of(aircraft: &str, sequence: u64) -> Envelope {
    let frame = frame(sequence);
    let survey = Uuid::new_v5(&SURVEY, aircraft.as_bytes());
    Envelope::new(Run::unnamed(survey), frame.body().clone())
}

/// A batch of such frames.
fn batch_of(aircraft: &str, sequences: std::ops::Range<u64>) -> Vec<u8> {
    let messages = sequences.map(|sequence| frame_of(aircraft, sequence).encode().unwrap());
    codec::encode_batch(messages.collect())
}

fn varint(mut length: usize, bytes: &mut Vec<u8>) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

fn long() -> bool {
    env::var_os("SCARP_LONG").is_some()
}
