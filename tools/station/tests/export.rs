//! What the aircraft writes of a survey, and what the ground station exports of it, are the same.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::time::{Duration, UNIX_EPOCH};

use common::{AIRCRAFT, RUN, envelope};
use geo::Polygon;
use geojson::Feature;
use proptest::prelude::*;
use scarp_inventory::{
    FrameFootprint, FrameReport, Landslide, LandslideStatus, Run, footprint_feature,
    landslide_feature, outline_geometry,
};
use scarp_link::{Body, Envelope};
use scarp_station::store::{Filter, Store, StoreError};
use uuid::Uuid;

/// A ring of many corners about a place, of which one lies on the antimeridian.
fn outline() -> impl Strategy<Value = Polygon<f64>> {
    let longitude = prop_oneof![-180.0..180.0_f64, Just(180.0)];
    let radii = prop::collection::vec(1e-5..2e-3_f64, 3..40);
    (longitude, -80.0..80.0_f64, radii).prop_map(|(lon, lat, radii)| {
        let step = std::f64::consts::TAU / radii.len() as f64;
        let corner = |(i, radius): (usize, &f64)| {
            let angle = step * i as f64;
            (lon + radius * angle.cos(), lat + radius * angle.sin())
        };
        let ring: Vec<_> = radii.iter().enumerate().map(corner).collect();
        Polygon::new(ring.into(), Vec::new())
    })
}

fn landslide() -> impl Strategy<Value = Landslide> {
    let numbers = (0.0..1e6_f64, 0.0..=1.0_f64, 0.0..100.0_f64);
    let times = (
        1_500_000_000_000_000_000..1_900_000_000_000_000_000_u64,
        0..1_000_000_000_u64,
    );
    (any::<u128>(), outline(), numbers, times).prop_map(
        |(id, outline, (area_m2, confidence, ce90_m), (first, seen_for))| Landslide {
            id: Uuid::from_u128(id),
            version: 1,
            status: LandslideStatus::Active,
            outline,
            area_m2,
            confidence,
            ce90_m,
            cut_off: false,
            observations: 3,
            first_seen: Some(UNIX_EPOCH + Duration::from_nanos(first)),
            last_seen: Some(UNIX_EPOCH + Duration::from_nanos(first + seen_for)),
        },
    )
}

/// A message as the ground station gets it.
fn sent(body: Body) -> Envelope {
    Envelope::decode(&envelope(body).encode().unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_survey_is_exported_as_the_aircraft_wrote_it(found in prop::collection::vec(landslide(), 1..60)) {
        let frames = found.iter().zip(0..).map(|(slide, sequence)| FrameReport {
            sequence,
            name: format!("{sequence}.jpg"),
            time: slide.first_seen,
            placement: Ok(FrameFootprint { footprint: slide.outline.clone(), gsd_m: 0.01 + slide.ce90_m }),
        });
        let frames: Vec<_> = frames.collect();
        let bodies = frames.iter().cloned().map(Body::Frame).chain(found.iter().cloned().map(Body::Landslide));
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&dir.path().join("s.gpkg")).unwrap();
        store.apply(AIRCRAFT, bodies.map(sent)).unwrap();

        let mut exported = Vec::new();
        store.footprints(&Filter::default(), |run, frame| {
            exported.extend(footprint_feature(run, &frame.report).map(|feature| Feature {
                geometry: outline_geometry(&frame.outline),
                ..feature
            }.to_string()));
            Ok::<_, StoreError>(())
        }).unwrap();
        store.landslides(&Filter::default(), |standing| {
            let run = Run { survey: standing.survey, id: standing.run.unwrap() };
            exported.push(Feature {
                geometry: outline_geometry(&standing.outline),
                ..landslide_feature(run, &standing.landslide)
            }.to_string());
            Ok::<_, StoreError>(())
        }).unwrap();
        let written = frames.iter().filter_map(|frame| footprint_feature(RUN, frame));
        let written = written.chain(found.iter().map(|slide| landslide_feature(RUN, slide)));
        let written: Vec<_> = written.map(|feature| feature.to_string()).collect();
        prop_assert_eq!(exported, written);
    }
}
