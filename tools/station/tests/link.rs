//! Drone and ground station over real QUIC: what is submitted is stored once, also while processes are killed, and what is refused is told.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use common::{
    AIRCRAFT, LONG, Site,
    enrolled::{self, delivers},
    envelope, fleet, frame, landslide, query, runtime, survey, untagged, until,
};
use quinn::Endpoint;
use scarp_inventory::{
    LandslideStatus::{self, Active, Withdrawn},
    Run,
};
use scarp_link::{
    Body, Config, Envelope, Identity, Uplink,
    codec::{self, MAX_BATCH_BYTES, Receipt},
};
use scarp_station::store::MAX_VERSION_STEP;

#[test]
fn what_a_drone_submits_is_stored_and_leaves_the_journal() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = site.uplink(station.address);
    let slide = landslide(1, 1, LandslideStatus::Active);
    uplink
        .submit(&[survey(), frame(1), untagged(2), slide])
        .unwrap();
    until("confirmation", || uplink.status().confirmed == 4);
    let status = uplink.status();
    assert!(
        status.connected && status.last_confirmed.is_some(),
        "{status:?}"
    );
    uplink.submit(&[frame(3)]).unwrap();
    let end = uplink.drain(LONG);
    assert_eq!(
        (end.held.messages, end.held.bytes, end.last_error),
        (0, 0, None)
    );
    let totals = station.stop();
    assert_eq!(totals["stored"], 5);
    assert_eq!(
        query(
            &site.store(),
            "SELECT count(*) FROM footprints WHERE untagged IS NULL"
        ),
        2
    );
    assert_eq!(query(&site.store(), "SELECT count(*) FROM landslides"), 1);
    assert_eq!(query(&site.store(), "SELECT count(*) FROM surveys"), 1);
    assert!(
        !site.path("survey.gpkg-wal").exists(),
        "the closed store is one file"
    );
}

#[test]
fn a_drone_that_ends_takes_its_leave_and_the_station_need_not_wait_for_silence() {
    let site = Site::new();
    let station = site.serve(0);
    let said = || std::fs::read_to_string(site.log()).unwrap();
    let uplink = site.uplink(station.address);
    until("connection", || uplink.status().connected);
    drop(uplink);
    until("end", || said().contains("left") || said().contains("lost"));
    assert!(!said().contains("lost"), "{}", said());
}

#[test]
fn a_name_that_nobody_knows_is_told_apart_from_a_station_that_does_not_answer() {
    let site = Site::new();
    let config = Config {
        station: "ground-station.invalid:4433".to_owned(),
        keys: site.path("keys/aircraft/drone"),
    };
    let uplink = Uplink::start(&config, site.journal()).unwrap();
    until("fault", || uplink.status().last_error.is_some());
    let line = uplink.status().last_error.unwrap();
    assert!(line.contains("ground-station.invalid:4433"), "{line}");
    assert!(line.contains("check the network"), "{line}");
}

#[test]
fn a_ground_station_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    const FRAMES: u64 = 600;
    let site = Site::new();
    let mut station = site.serve(0);
    let uplink = Arc::new(site.uplink(station.address));
    let drone = Arc::clone(&uplink);
    let flight = thread::spawn(move || {
        for sequence in 0..FRAMES {
            drone.submit(&[frame(sequence)]).unwrap();
        }
    });
    for share in 1..=3 {
        until("progress", || {
            uplink.status().confirmed > share * FRAMES / 5
        });
        let address = station.kill();
        station = site.serve(address.port());
    }
    flight.join().unwrap();
    let end = Arc::into_inner(uplink).unwrap().drain(LONG);
    assert_eq!(end.held.messages, 0, "{end:?}");
    station.stop();
    let store = site.store();
    let frames = FRAMES as i64;
    assert_eq!(query(&store, "SELECT count(*) FROM footprints"), frames);
    assert_eq!(
        query(&store, "SELECT count(DISTINCT sequence) FROM footprints"),
        frames
    );
    assert_eq!(query(&store, "SELECT count(*) FROM messages"), frames);
}

#[test]
fn a_drone_killed_in_flight_sends_the_rest_of_its_journal_when_it_starts_again() {
    let site = Site::new();
    let station = site.serve(0);
    let mut drone = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_drone_process", "--ignored", "--nocapture"])
        .env("SCARP_TEST_SITE", site.dir.path())
        .env("SCARP_TEST_STATION", station.address.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Each line says that a message was submitted, after the call returned.
    let submitted = BufReader::new(drone.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter(|line| line.starts_with("submitted"))
        .take(150)
        .count() as i64;
    drone.kill().unwrap();
    drone.wait().unwrap();
    assert_eq!(submitted, 150);
    let end = site.uplink(station.address).drain(LONG);
    assert_eq!(end.held.messages, 0, "{end:?}");
    station.stop();
    let store = site.store();
    let stored = query(&store, "SELECT count(*) FROM footprints");
    assert!(stored >= submitted, "{stored} of {submitted} stored");
    let known = format!("SELECT count(*) FROM footprints WHERE sequence < {submitted}");
    assert_eq!(query(&store, &known), submitted);
}

#[test]
#[ignore = "the drone that another test starts as a process and kills"]
fn a_drone_process() {
    let dir = env::var("SCARP_TEST_SITE").unwrap();
    let journal = std::path::Path::new(&dir).join("journal.sqlite");
    let config = scarp_link::Config {
        station: env::var("SCARP_TEST_STATION").unwrap(),
        keys: std::path::Path::new(&dir).join("keys/aircraft/drone"),
    };
    let journal = scarp_link::Journal::open(&journal, 64 << 20).unwrap();
    let uplink = Uplink::start(&config, journal).unwrap();
    for sequence in 0.. {
        uplink.submit(&[frame(sequence)]).unwrap();
        println!("\nsubmitted {sequence}");
    }
}

#[test]
fn messages_wait_for_a_ground_station_that_is_not_there_yet() {
    let site = Site::new();
    let address = site.serve(0).kill();
    let uplink = site.uplink(address);
    uplink.submit(&[frame(0), frame(1)]).unwrap();
    let end = uplink.drain(Duration::from_millis(50));
    assert!(!end.connected);
    assert_eq!(end.held.messages, 2);
    drop(uplink);
    let _ground = site.serve(address.port());
    assert_eq!(site.uplink(address).drain(LONG).held.messages, 0);
}

#[test]
fn a_message_of_a_later_format_is_refused_by_name_and_the_others_of_its_batch_are_stored() {
    let site = Site::new();
    let station = site.serve(0);
    let config = Identity::load(&site.path("keys/aircraft/drone"))
        .unwrap()
        .client_config()
        .unwrap();
    let mut later = frame(1).encode().unwrap();
    assert_eq!(later[..2], [0x08, 2], "the version comes first");
    later[1] = 3;
    let batch = codec::encode_batch(vec![frame(0).encode().unwrap(), later]);
    let receipt = runtime().block_on(async {
        let connection = fleet::connect(config, station.address).await.unwrap();
        fleet::exchange(&connection, &batch).await.unwrap()
    });
    assert_eq!(receipt.stored, [frame(0).id()]);
    assert_eq!(receipt.refused.len(), 1);
    assert_eq!(receipt.refused[0].0, frame(1).id());
    assert!(receipt.refused[0].1.contains("format version 3"));
}

#[test]
fn another_report_of_a_run_is_refused_by_name_and_what_it_tells_anew_is_stored() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = site.uplink(station.address);
    uplink.submit(&[survey(), frame(1), frame(2)]).unwrap();
    assert_eq!(uplink.drain(LONG).refused, 0);
    drop(uplink);
    let mut other = frame(2).body().clone();
    if let Body::Frame(frame) = &mut other {
        frame.name = "another.jpg".to_owned();
    }
    let uplink = site.uplink(station.address);
    uplink
        .submit(&[survey(), frame(1), envelope(other), frame(3)])
        .unwrap();
    let end = uplink.drain(LONG);
    assert_eq!((end.refused, end.confirmed, end.held.messages), (1, 3, 0));
    assert!(end.last_error.unwrap().contains("frame 2"));
    drop(uplink);
    let totals = station.stop();
    assert_eq!(
        totals,
        serde_json::json!({ "stored": 4, "repeated": 2, "refused": 1 })
    );
}

#[test]
fn of_two_messages_of_one_identity_the_first_is_confirmed_and_the_other_refused_if_it_says_something_else()
 {
    let site = Site::new();
    let station = site.serve(0);
    let mut other = frame(2).body().clone();
    if let Body::Frame(frame) = &mut other {
        frame.name = "another.jpg".to_owned();
    }
    let journal = site.journal();
    journal
        .append(&[survey(), frame(2), envelope(other), frame(3), frame(3)])
        .unwrap();
    let uplink = Uplink::start(&site.config(station.address), journal).unwrap();
    let end = uplink.drain(LONG);
    assert_eq!((end.refused, end.confirmed, end.held.messages), (1, 4, 0));
    drop(uplink);
    let totals = station.stop();
    assert_eq!(
        totals,
        serde_json::json!({ "stored": 3, "repeated": 1, "refused": 1 })
    );
}

#[test]
fn a_refused_message_is_set_aside_and_holds_up_no_other() {
    let site = Site::new();
    let station = Identity::load(&site.path("keys/station")).unwrap();
    let runtime = runtime();
    let _guard = runtime.enter();
    let endpoint = Endpoint::server(
        station.server_config().unwrap(),
        "127.0.0.1:0".parse().unwrap(),
    )
    .unwrap();
    let address = endpoint.local_addr().unwrap();
    // A ground station that stores no frame with an odd number.
    runtime.spawn(async move {
        let connection = endpoint.accept().await.unwrap().await.unwrap();
        while let Ok((mut out, mut input)) = connection.accept_bi().await {
            let batch = input.read_to_end(MAX_BATCH_BYTES).await.unwrap();
            let mut receipt = Receipt::default();
            for message in codec::decode_batch(&batch).unwrap() {
                let id = Envelope::decode(&message).unwrap().id();
                if id == frame(1).id() || id == frame(3).id() {
                    receipt.refused.push((id, "odd".to_owned()));
                } else {
                    receipt.stored.push(id);
                }
            }
            out.write_all(&receipt.encode()).await.unwrap();
            out.finish().unwrap();
        }
    });
    let uplink = site.uplink(address);
    uplink
        .submit(&(0..5).map(frame).collect::<Vec<_>>())
        .unwrap();
    let end = uplink.drain(LONG);
    assert_eq!(
        (
            end.held.messages,
            end.held.set_aside,
            end.refused,
            end.confirmed
        ),
        (0, 2, 2, 3)
    );
    let told = end.last_error.unwrap();
    assert!(
        told.contains("messages set aside: ") && told.ends_with("the last: odd"),
        "{told}"
    );
}

#[test]
fn a_survey_belongs_to_the_aircraft_that_reported_it_first_and_no_other_writes_it() {
    let site = Site::new();
    site.authority().enrol("alpha", SystemTime::now()).unwrap();
    let station = site.serve(0);
    let owner = enrolled::uplink(&site, AIRCRAFT, &station);
    owner.submit(&[survey(), landslide(1, 1, Active)]).unwrap();
    assert_eq!(owner.drain(LONG).held.messages, 0);
    let other = enrolled::uplink(&site, "alpha", &station);
    other
        .submit(&[landslide(1, 2, Withdrawn), survey(), frame(1)])
        .unwrap();
    let end = other.drain(LONG);
    assert_eq!((end.held.messages, end.refused, end.confirmed), (0, 3, 0));
    let line = end.last_error.unwrap();
    let reason = format!("belongs to aircraft {AIRCRAFT}, and alpha cannot write it");
    assert!(line.contains(&reason), "{line}");
    delivers(&owner, landslide(1, 3, Active));
    let store = site.store();
    assert_eq!(query(&store, "SELECT version FROM landslides"), 3);
    let named = format!("SELECT count(*) FROM surveys WHERE aircraft = '{AIRCRAFT}'");
    assert_eq!(query(&store, &named), 1);
    // It has surveys of its own.
    let own = Envelope::new(
        Run::unnamed(uuid::Uuid::from_u128(9)),
        survey().body().clone(),
    );
    other.submit(&[own]).unwrap();
    assert_eq!(other.drain(LONG).confirmed, 1);
}

#[test]
fn a_version_far_above_those_known_is_refused_so_that_no_message_is_the_last_word_for_ever() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = enrolled::uplink(&site, AIRCRAFT, &station);
    let step = MAX_VERSION_STEP;
    for (version, refused) in [(u32::MAX, 1), (step + 1, 2), (step, 2), (2 * step, 2)] {
        uplink.submit(&[landslide(1, version, Active)]).unwrap();
        let end = uplink.drain(LONG);
        assert_eq!((end.held.messages, end.refused), (0, refused), "{version}");
    }
    let line = uplink.status().last_error.unwrap();
    assert!(line.contains("too far above it (at most 10000)"), "{line}");
    let version = "SELECT version FROM landslides";
    assert_eq!(query(&site.store(), version), i64::from(2 * step));
}
