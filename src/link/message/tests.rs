use std::time::{Duration, UNIX_EPOCH};

use geo::{LineString, Polygon, polygon};
use proptest::prelude::*;
use scarp_inventory::{FrameFootprint, LandslideStatus};

use super::*;
use crate::{MAX_VERTICES, MessageError, peek_id};

/// A point on the wire's grid of 1e-8 degrees, where a round trip is exact.
fn on_grid(lon: i64, lat: i64) -> (f64, f64) {
    (lon as f64 / 1e8, lat as f64 / 1e8)
}

fn ring() -> impl Strategy<Value = LineString<f64>> {
    let lon = -36_000_000_000_i64..=36_000_000_000;
    let lat = -9_000_000_000_i64..=9_000_000_000;
    prop::collection::vec((lon, lat), 3..40).prop_map(|points| {
        let mut line: Vec<_> = points.iter().map(|&(x, y)| on_grid(x, y)).collect();
        line.push(line[0]);
        LineString::from(line)
    })
}

fn outline() -> impl Strategy<Value = Polygon<f64>> {
    (ring(), prop::collection::vec(ring(), 0..4))
        .prop_map(|(outer, holes)| Polygon::new(outer, holes))
}

fn time() -> impl Strategy<Value = SystemTime> {
    (0..253_402_300_800_000_000_u64).prop_map(|us| UNIX_EPOCH + Duration::from_micros(us))
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

prop_compose! {
    fn landslide()(
        id in uuid(), version in 1..u32::MAX, withdrawn in any::<bool>(), outline in outline(),
        area_m2 in 0.0..1e9, confidence in 0.0..=1.0, ce90_m in 0.0..1e4, observations in any::<u32>(),
        times in prop::option::of((time(), time())),
    ) -> Landslide {
        Landslide {
            id, version, outline, area_m2, confidence, ce90_m, observations,
            status: if withdrawn { LandslideStatus::Withdrawn } else { LandslideStatus::Active },
            first_seen: times.map(|(a, b)| a.min(b)),
            last_seen: times.map(|(a, b)| a.max(b)),
        }
    }
}

fn frame() -> impl Strategy<Value = FrameReport> {
    let placement = prop_oneof![
        (outline(), 0.001..10.0)
            .prop_map(|(footprint, gsd_m)| Ok(FrameFootprint { footprint, gsd_m })),
        ".{1,60}".prop_map(Err),
    ];
    (any::<u64>(), ".{0,60}", prop::option::of(time()), placement).prop_map(
        |(sequence, name, time, placement)| FrameReport {
            sequence,
            name,
            time,
            placement,
        },
    )
}

fn envelope() -> impl Strategy<Value = Envelope> {
    let survey = (time(), ".{0,60}", ".{0,60}", ".{0,60}").prop_map(|(start, a, b, c)| Survey {
        start,
        software: a,
        model_name: b,
        model_version: c,
    });
    let body = prop_oneof![
        survey.prop_map(Body::Survey),
        frame().prop_map(Body::Frame),
        landslide().prop_map(Body::Landslide),
    ];
    (uuid(), time(), body).prop_map(|(survey, sent, body)| Envelope::new(survey, sent, body))
}

fn example(outline: Polygon<f64>) -> Envelope {
    Envelope::new(
        Uuid::from_u128(7),
        UNIX_EPOCH,
        Body::Landslide(Landslide {
            id: Uuid::from_u128(8),
            version: 1,
            status: LandslideStatus::Active,
            outline,
            area_m2: 100.0,
            confidence: 0.9,
            ce90_m: 3.0,
            observations: 4,
            first_seen: Some(UNIX_EPOCH + Duration::from_secs(1)),
            last_seen: Some(UNIX_EPOCH + Duration::from_secs(1)),
        }),
    )
}

fn square() -> Polygon<f64> {
    polygon![(x: 7.0, y: 46.0), (x: 7.1, y: 46.0), (x: 7.1, y: 46.1), (x: 7.0, y: 46.1)]
}

proptest! {
    #[test]
    fn every_valid_message_survives_the_round_trip_unchanged(sent in envelope()) {
        let bytes = sent.encode().unwrap();
        prop_assert_eq!(Envelope::decode(&bytes).unwrap(), sent.clone());
        prop_assert_eq!(peek_id(&bytes), Some(sent.id()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = Envelope::decode(&bytes);
        let _ = peek_id(&bytes);
    }

    #[test]
    fn a_damaged_message_never_panics(
        sent in envelope(), at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sent.encode().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = value;
        let _ = Envelope::decode(&bytes);
        let _ = Envelope::decode(&bytes[..cut.index(bytes.len())]);
    }
}

#[test]
fn the_identity_is_of_the_content_and_not_of_the_time_of_sending() {
    let first = example(square());
    let (survey, sent, body) = (first.survey(), first.sent(), first.body());
    let later = Envelope::new(survey, sent + Duration::from_secs(60), body.clone());
    assert_eq!(first.id(), later.id());
    let Body::Landslide(slide) = body else {
        panic!("{body:?}");
    };
    let changed = Landslide {
        version: 2,
        ..slide.clone()
    };
    assert_ne!(
        first.id(),
        Envelope::new(survey, sent, Body::Landslide(changed)).id()
    );
    let other_survey = Envelope::new(Uuid::from_u128(9), sent, body.clone());
    assert_ne!(first.id(), other_survey.id());
}

#[test]
fn the_largest_outline_allowed_fits_the_largest_message() {
    let far = |i: usize| {
        if i.is_multiple_of(2) {
            (-360.0, -90.0)
        } else {
            (360.0, 90.0)
        }
    };
    let mut line: Vec<_> = (0..MAX_VERTICES - 1).map(far).collect();
    line.push(line[0]);
    let bytes = example(Polygon::new(line.clone().into(), vec![]))
        .encode()
        .unwrap();
    assert!(Envelope::decode(&bytes).is_ok());
    line.insert(1, line[1]);
    let error = example(Polygon::new(line.into(), vec![]))
        .encode()
        .unwrap_err();
    assert!(matches!(error, MessageError::Outline { .. }), "{error}");
}

#[test]
fn values_that_cannot_be_are_refused_by_the_name_of_their_field() {
    let with = |change: fn(&mut Landslide)| {
        let mut envelope = example(square());
        if let Body::Landslide(slide) = &mut envelope.body {
            change(slide);
        }
        envelope.encode().unwrap_err().to_string()
    };
    for (field, line) in [
        ("confidence", with(|s| s.confidence = 1.5)),
        ("area_m2", with(|s| s.area_m2 = f64::NAN)),
        ("ce90_m", with(|s| s.ce90_m = -1.0)),
        ("version", with(|s| s.version = 0)),
        ("outline", with(|s| s.outline = polygon![])),
        (
            "outline",
            with(|s| s.outline = polygon![(x: 0.0, y: 91.0), (x: 1.0, y: 0.0), (x: 0.0, y: 0.0)]),
        ),
        (
            "outline",
            with(|s| {
                s.outline = polygon![(x: f64::NAN, y: 1.0), (x: 1.0, y: 0.0), (x: 0.0, y: 0.0)]
            }),
        ),
        ("last_seen", with(|s| s.last_seen = Some(UNIX_EPOCH))),
        ("last_seen", with(|s| s.last_seen = None)),
        ("last_seen", with(|s| s.first_seen = None)),
    ] {
        assert!(line.contains(field) && line.lines().count() == 1, "{line}");
    }
}

#[test]
fn an_outline_costs_few_bytes_per_vertex_on_a_bad_link() {
    let circle: Vec<_> = (0..=1000)
        .map(|i| f64::from(i % 1000).to_radians() * 0.36)
        .map(|a| (7.0 + 0.0015 * a.cos(), 46.0 + 0.001 * a.sin()))
        .collect();
    let bytes = example(Polygon::new(circle.into(), vec![]))
        .encode()
        .unwrap();
    assert!(bytes.len() < 5 * 1000, "{} bytes", bytes.len());
}
