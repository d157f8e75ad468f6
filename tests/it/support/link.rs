//! A link to a ground station that does not answer, and what waits for it.

use std::{net::UdpSocket, sync::Arc};

use geo::Polygon;
use scarp_inventory::{FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::{Body, Config, Envelope, Journal, Uplink};
use scarp_test_support::keys;
use tempfile::TempDir;
use uuid::Uuid;

const MAX_BYTES: u64 = 1 << 24;

/// The report of a frame that could not be placed.
pub fn frame(sequence: u64) -> Envelope {
    Envelope::new(
        Run::unnamed(Uuid::from_u128(1)),
        Body::Frame(FrameReport {
            sequence,
            name: format!("SCARP_{sequence:04}.JPG"),
            time: None,
            placement: Err("no GPS".to_owned()),
        }),
    )
}

/// A message that no ground station stores: the first that it hears of a landslide, in a version beyond the jump that it allows.
pub fn refused() -> Envelope {
    let corners = vec![(7.0, 46.0), (7.001, 46.0), (7.001, 46.001)];
    Envelope::new(
        Run::unnamed(Uuid::from_u128(1)),
        Body::Landslide(Landslide {
            id: Uuid::from_u128(2),
            version: 20_000,
            status: LandslideStatus::Active,
            outline: Polygon::new(corners.into(), Vec::new()),
            area_m2: 4000.0,
            confidence: 0.5,
            ce90_m: 3.0,
            cut_off: false,
            observations: 1,
            first_seen: None,
            last_seen: None,
        }),
    )
}

/// A journal's folder and the silent station, which must live as long as the link.
pub struct Station {
    folder: TempDir,
    _silent: UdpSocket,
}

pub fn to_nobody() -> (Arc<Uplink>, Station) {
    let folder = TempDir::new().unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let own = folder.path().join("drone");
    keys::write(&own);
    let journal = Journal::open(&folder.path().join("journal.sqlite"), MAX_BYTES).unwrap();
    let config = Config {
        station: silent.local_addr().unwrap().to_string(),
        keys: own,
    };
    let station = Station {
        folder,
        _silent: silent,
    };
    (Arc::new(Uplink::start(&config, journal).unwrap()), station)
}

/// The messages that wait, once the link has ended.
pub fn waiting(station: &Station) -> Vec<Body> {
    let journal = Journal::open(&station.folder.path().join("journal.sqlite"), MAX_BYTES).unwrap();
    let entries = journal.pending(usize::MAX, usize::MAX).unwrap();
    let body = |message: &[u8]| Envelope::decode(message).unwrap().body().clone();
    entries.iter().map(|entry| body(&entry.message)).collect()
}
