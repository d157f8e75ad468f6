//! What strangers can do to a station: nothing that an aircraft would notice. `peers.rs` has those who belong here and mean ill.
//!
//! Short samples. `SCARP_LONG=1` runs them at full size: ten thousand handshakes in 30 s, and floods for a minute.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    net::Ipv4Addr,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
};

use common::{
    LONG, Station,
    fleet::{self, Fleet},
    flights::{Flights, batch_of, closed, frame_of, long, quiet_and_small},
    query, runtime,
    strangers::{self, Relay},
    until,
};
use quinn::Endpoint;
use scarp_link::{
    CloseCode,
    tls::{CA_FILE, SERVER_NAME},
};

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
    strangers::allow_many_sockets();
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

fn replay(station: &Station, packets: &[Vec<u8>]) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for packet in packets {
        socket.send_to(packet, station.address).unwrap();
    }
}
