//! What is kept of a survey when some of what was found cannot be sent.

use std::{
    fs,
    time::{Duration, UNIX_EPOCH},
};

use geo::{LineString, Polygon, Rect};
use scarp::pipeline::{SurveyLog, WhenRefused, output::OutputFolder};
use scarp_inventory::{FrameFootprint, FrameReport, Landslide, LandslideStatus, Run};
use scarp_link::Body;
use tempfile::TempDir;
use uuid::Uuid;

use super::support::link;

fn square(west: f64, south: f64, side: f64) -> Polygon<f64> {
    Rect::new((west, south), (west + side, south + side)).to_polygon()
}

fn landslide(id: u128) -> Landslide {
    Landslide {
        id: Uuid::from_u128(id),
        version: 1,
        status: LandslideStatus::Active,
        outline: square(7.0, 46.0, 0.01),
        area_m2: 100.0,
        confidence: 0.9,
        ce90_m: 3.0,
        cut_off: false,
        observations: 1,
        first_seen: None,
        last_seen: None,
    }
}

/// An outline with as many rings as one once had that ended a replay.
fn of_4454_rings() -> Polygon<f64> {
    let hole = |n: u32| -> LineString<f64> {
        let (column, row) = (f64::from(n % 67), f64::from(n / 67));
        square(7.0001 + column * 1e-4, 46.0001 + row * 1e-4, 5e-5)
            .into_inner()
            .0
    };
    Polygon::new(
        square(7.0, 46.0, 0.01).into_inner().0,
        (0..4453).map(hole).collect(),
    )
}

#[test]
fn one_value_that_no_message_can_carry_ends_no_flight_and_keeps_nothing_else_from_the_ground() {
    let (uplink, station) = link::to_nobody();
    let folder = TempDir::new().unwrap();
    let run = Run {
        survey: Uuid::from_u128(1),
        id: Uuid::from_u128(2),
    };
    let mut log = SurveyLog::new(
        OutputFolder::create(folder.path()).unwrap(),
        Some(uplink.clone()),
        run,
        WhenRefused::End,
        |_, _| {},
    );
    let report = FrameReport {
        sequence: 1,
        name: "a.jpg".to_owned(),
        // 10000-01-01, as a camera's clock of 9999 gives west of Greenwich.
        time: Some(UNIX_EPOCH + Duration::from_secs(253_402_300_800)),
        placement: Ok(FrameFootprint {
            footprint: square(7.0, 46.0, 0.01),
            gsd_m: 0.2,
        }),
    };
    let found = vec![
        landslide(1),
        Landslide {
            area_m2: f64::NAN,
            ..landslide(2)
        },
        Landslide {
            outline: of_4454_rings(),
            ..landslide(3)
        },
        Landslide {
            ce90_m: 1e300,
            ..landslide(4)
        },
    ];
    log.frame(report, found).unwrap();
    log.finish(vec![landslide(5)]).unwrap();
    drop(log);
    let landslides = fs::read_to_string(folder.path().join("landslides.geojson")).unwrap();
    let landslides: geojson::FeatureCollection = landslides.parse().unwrap();
    assert_eq!(landslides.features.len(), 5);

    assert_eq!(uplink.status().unsendable, 1);
    drop(uplink);
    let told: Vec<_> = link::waiting(&station)
        .iter()
        .map(|body| match body {
            Body::Landslide(slide) => slide.id.as_u128(),
            Body::Frame(frame) => 1000 + u128::from(frame.sequence),
            Body::Survey(_) => 0,
        })
        .collect();
    assert_eq!(told, [1001, 1, 3, 4, 5]);
}
