//! What aircraft that mean ill, or whose link is bad, can do to a station: nothing that another aircraft would notice.
//!
//! Short samples. `SCARP_LONG=1` runs them at full size: the deadlines of batches and receipts.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]
#![cfg(target_os = "linux")]

mod common;

use std::{fs, net::Ipv4Addr, sync::Arc, time::Duration};

use common::{
    LONG,
    fleet::{self, Fleet},
    flights::{Flights, batch_of, closed, frame_of, long, quiet_and_small},
    runtime,
    strangers::Relay,
    until,
};
use scarp_link::{
    CloseCode,
    codec::{MAX_BATCH_BYTES, MAX_BATCH_MESSAGES},
};

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
        (vec![0x12, 0], "not a batch"),
        (vec![0x0a, 3, 1, 2, 3], "names no identity"),
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

fn varint(mut length: usize, bytes: &mut Vec<u8>) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}
