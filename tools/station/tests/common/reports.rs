//! What a drone reports, and what of it a store says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use geo::{Polygon, polygon};
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::{Body, Envelope, Survey};
use scarp_station::store::{Filter, Flight, LeftOut, Store, StoreError};
use uuid::Uuid;

use super::RUN;

pub fn envelope(body: Body) -> Envelope {
    Envelope::new(RUN, body)
}

/// Frame number `sequence` of a flight eastwards along 46 degrees north.
pub fn frame(sequence: u64) -> Envelope {
    let west = 7.0 + sequence as f64 * 1e-4;
    envelope(Body::Frame(FrameReport {
        sequence,
        name: format!("SCARP_{sequence:04}.JPG"),
        time: Some(UNIX_EPOCH + Duration::from_millis(1_790_000_000_250 + 2000 * sequence)),
        placement: Ok(FrameFootprint {
            footprint: square(west, 46.0, 0.001),
            gsd_m: 0.031,
        }),
    }))
}

pub fn untagged(sequence: u64) -> Envelope {
    envelope(Body::Frame(FrameReport {
        sequence,
        name: "indoors.jpg".to_owned(),
        time: None,
        placement: Err("no GPS in its EXIF data".to_owned()),
    }))
}

pub fn survey() -> Envelope {
    envelope(Body::Survey(Survey {
        software: "scarp 0.1.0".to_owned(),
        model_name: "segformer-b0".to_owned(),
        model_version: "0.1.0".to_owned(),
    }))
}

/// Landslide number `id`, in `version`, whose area tells the version.
pub fn landslide(id: u128, version: u32, status: LandslideStatus) -> Envelope {
    let west = 7.0 + id as f64 * 0.01;
    let hole = square(west + 0.001, 46.001, 0.0005).exterior().clone();
    let hole = hole.into_iter().rev().collect();
    envelope(Body::Landslide(Landslide {
        id: Uuid::from_u128(id),
        version,
        status,
        outline: Polygon::new(square(west, 46.0, 0.003).exterior().clone(), vec![hole]),
        area_m2: 1000.0 * f64::from(version),
        confidence: 0.875,
        ce90_m: 3.5,
        cut_off: false,
        observations: 4,
        first_seen: Some(UNIX_EPOCH + Duration::from_secs(1_790_000_000)),
        last_seen: Some(UNIX_EPOCH + Duration::from_millis(1_790_000_010_500)),
    }))
}

/// The same report in another run of its survey; a landslide is another one there.
pub fn in_run(id: u128, of: &Envelope) -> Envelope {
    let run = Run {
        id: Uuid::from_u128(id),
        ..of.run()
    };
    let mut body = of.body().clone();
    if let Body::Landslide(landslide) = &mut body {
        landslide.id = Uuid::new_v5(&run.id, landslide.id.as_bytes());
    }
    Envelope::new(run, body)
}

pub fn exposed(frame: &Envelope) -> Option<SystemTime> {
    match frame.body() {
        Body::Frame(frame) => frame.time,
        other => panic!("{other:?}"),
    }
}

/// The landslides that stand in a store.
pub fn landslides(store: &Store) -> Result<Vec<Landslide>, StoreError> {
    let mut found = Vec::new();
    let left_out = store.landslides(&Filter::default(), |standing| {
        found.push(standing.landslide);
        Ok::<_, StoreError>(())
    })?;
    assert_eq!(left_out, LeftOut::default());
    Ok(found)
}

/// When the one flight of a store began.
pub fn start(store: &Store) -> Option<SystemTime> {
    let mut starts = Vec::new();
    let push = |_, flight: Flight| {
        starts.push(flight.start);
        Ok::<_, StoreError>(())
    };
    store.flights(push).unwrap();
    assert_eq!(starts.len(), 1);
    starts[0]
}

pub fn square(west: f64, south: f64, side: f64) -> Polygon<f64> {
    polygon![
        (x: west, y: south), (x: west + side, y: south),
        (x: west + side, y: south + side), (x: west, y: south + side),
    ]
}
