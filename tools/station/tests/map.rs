//! The live map as a browser reads it: its documents and events, what is refused, and that a station ends well under it.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
};

use common::{LONG, SURVEY, Site, Station, frame, landslide, survey, until};
use scarp_inventory::LandslideStatus::{Active, Withdrawn};
use serde_json::Value;
use uuid::Uuid;

/// A station with a map, and the map's address.
fn serve(site: &Site) -> (Station, SocketAddr) {
    // Free a moment ago; the station itself tells of a free one only to who starts it.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    (site.serve_with(0, &["--map", &free.to_string()]), free)
}

/// A connection on which `head` was sent, with a host and without keeping it alive.
fn ask(map: SocketAddr, head: &str) -> BufReader<TcpStream> {
    try_ask(map, head).unwrap()
}

fn try_ask(map: SocketAddr, head: &str) -> io::Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(map)?;
    stream.set_read_timeout(Some(LONG))?;
    let request = format!("{head}\r\nHost: {map}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    Ok(BufReader::new(stream))
}

/// The line that an answer begins with; an error where the connection was broken off.
fn first_line(map: SocketAddr, head: &str) -> io::Result<String> {
    let mut line = String::new();
    try_ask(map, head)?.read_line(&mut line)?;
    Ok(line)
}

/// Head and body of the answer to `GET path`.
fn get(map: SocketAddr, path: &str) -> (String, String) {
    answer(ask(map, &format!("GET {path} HTTP/1.1")))
}

fn answer(mut stream: BufReader<TcpStream>) -> (String, String) {
    let mut whole = String::new();
    stream.read_to_string(&mut whole).unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn json(map: SocketAddr, path: &str) -> Value {
    let (head, body) = get(map, path);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(&body).unwrap()
}

/// The lines of the event stream, from the answer's head on.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(map: SocketAddr) -> Self {
        Self(ask(map, "GET /api/events HTTP/1.1"))
    }

    /// The data of the next event of this kind.
    fn next(&mut self, kind: &str) -> Value {
        loop {
            if self.line() == format!("event: {kind}") {
                let data = self.line();
                return serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(
            self.0.read_line(&mut line).unwrap(),
            0,
            "the stream has ended"
        );
        line.trim_end().to_owned()
    }
}

#[test]
fn what_is_reported_comes_as_an_event_and_stands_in_the_documents() {
    let site = Site::new();
    let (station, map) = serve(&site);
    let mut events = Events::open(map);
    events.next("hello");
    assert_eq!(
        json(map, "/api/landslides")["features"],
        Value::from(Vec::<Value>::new())
    );
    let uplink = site.uplink(station.address);
    uplink
        .submit(&[
            survey(),
            frame(1),
            landslide(1, 1, Active),
            landslide(2, 1, Active),
        ])
        .unwrap();
    let (mut landslides, mut frames, mut flights) = (Vec::new(), 0, 0);
    while (landslides.len(), frames, flights) < (2, 1, 1) {
        let change = events.next("change");
        landslides.extend(change["landslides"].as_array().unwrap().clone());
        frames += change["frames"].as_array().unwrap().len();
        flights += change["flights"].as_array().unwrap().len();
    }
    assert_eq!(
        json(map, "/api/landslides")["features"],
        Value::from(landslides)
    );
    assert_eq!(
        json(map, "/api/footprints")["features"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let flight = &json(map, "/api/flights")[0];
    assert_eq!(flight["aircraft"], common::AIRCRAFT);
    assert!(flight["heard"].is_string(), "{flight}");
    uplink.submit(&[landslide(1, 2, Withdrawn)]).unwrap();
    let gone = &events.next("change")["withdrawn"][0];
    assert_eq!(gone["id"], Uuid::from_u128(1).to_string());
    assert_eq!(
        (&gone["version"], &gone["survey"]),
        (&Value::from(2), &Value::from(SURVEY.to_string()))
    );
    assert_eq!(
        json(map, "/api/landslides")["features"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    station.stop();
}

#[test]
fn a_station_with_browsers_at_it_ends_with_one_plain_store() {
    let site = Site::new();
    let (station, map) = serve(&site);
    let uplink = site.uplink(station.address);
    uplink.submit(&[survey(), landslide(1, 1, Active)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    let mut events = Events::open(map);
    events.next("hello");
    let silent = TcpStream::connect(map).unwrap();
    assert_eq!(
        json(map, "/api/landslides")["features"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(station.stop()["stored"], 2);
    assert!(!site.path("survey.gpkg-wal").exists());
    drop(silent);
}

#[test]
fn a_document_is_sent_once_and_known_again_until_something_changes() {
    let site = Site::new();
    let (station, map) = serve(&site);
    let (head, _) = get(map, "/api/landslides");
    let tag = head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap()
        .to_owned();
    let again = || {
        let asked = format!("GET /api/landslides HTTP/1.1\r\nIf-None-Match: {tag}");
        answer(ask(map, &asked)).0
    };
    assert!(again().starts_with("HTTP/1.1 304"));
    let uplink = site.uplink(station.address);
    uplink.submit(&[landslide(1, 1, Active)]).unwrap();
    until("another document", || again().starts_with("HTTP/1.1 200"));
}

#[test]
fn the_page_comes_with_its_policy_and_what_is_not_its_own_is_refused() {
    let site = Site::new();
    let (_station, map) = serve(&site);
    let (head, page) = get(map, "/");
    assert!(page.contains("<title>Scarp map</title>"), "{page}");
    assert!(
        head.contains("content-security-policy: default-src 'none';"),
        "{head}"
    );
    let status = |head: &str| {
        answer(ask(map, head))
            .0
            .split(' ')
            .nth(1)
            .unwrap()
            .to_owned()
    };
    for (asked, refused) in [
        ("GET /../../etc/passwd HTTP/1.1", "404"),
        ("GET /%2e%2e/survey.gpkg HTTP/1.1", "404"),
        ("GET /api/landslides?from=x HTTP/1.1", "400"),
        ("POST /api/landslides HTTP/1.1\r\nContent-Length: 0", "405"),
        ("DELETE / HTTP/1.1", "405"),
        ("GET / HTTP/1.1\r\nOrigin: https://evil.example", "403"),
        (
            "GET /api/flights HTTP/1.1\r\nSec-Fetch-Site: cross-site",
            "403",
        ),
    ] {
        assert_eq!(status(asked), refused, "{asked}");
    }
    // Not read to its end, so that the connection may break before the answer arrives.
    let long = format!("GET /{} HTTP/1.1", "a".repeat(40_000));
    assert!(!first_line(map, &long).is_ok_and(|line| !line.starts_with("HTTP/1.1 4")));
    let mut foreign = TcpStream::connect(map).unwrap();
    foreign
        .write_all(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert!(
        answer(BufReader::new(foreign))
            .0
            .starts_with("HTTP/1.1 403")
    );
}

#[test]
fn many_connections_are_turned_away_while_aircraft_go_on_being_received() {
    let site = Site::new();
    let (station, map) = serve(&site);
    let held: Vec<_> = (0..600)
        .map_while(|_| TcpStream::connect(map).ok())
        .collect();
    assert!(held.len() > 256, "{}", held.len());
    let uplink = site.uplink(station.address);
    uplink.submit(&[landslide(1, 1, Active)]).unwrap();
    assert_eq!(uplink.drain(LONG).held.messages, 0);
    drop(held);
    // Once the station has seen that they are gone.
    until("an answer", || {
        first_line(map, "GET /api/landslides HTTP/1.1")
            .is_ok_and(|line| line.starts_with("HTTP/1.1 200"))
    });
    let log = std::fs::read_to_string(site.log()).unwrap();
    assert!(log.contains("256 connections are open"), "{log}");
}

#[test]
fn an_address_that_others_reach_is_refused_and_one_that_is_taken_named() {
    let site = Site::new();
    let refused = |address: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
            .args(site.serve_arguments(0))
            .args(["--map", address])
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for address in ["0.0.0.0:8080", "192.0.2.1:8080", "[::]:8080"] {
        let (status, said) = refused(address);
        assert_eq!(status, Some(2));
        assert!(said.contains("no encryption and no sign-in yet"), "{said}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (status, said) = refused(&address.to_string());
    assert_eq!(status, Some(1));
    let line = format!(
        "scarp-station: map {address}: Address already in use (os error 98); end the program that listens there, or give another port with --map\n"
    );
    assert_eq!(said, line);
    assert!(!site.store().exists(), "no store is left behind");
}
