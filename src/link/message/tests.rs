use std::time::{Duration, SystemTime, UNIX_EPOCH};

use geo::{LineString, Polygon, polygon};
use proptest::prelude::*;
use prost::Message;
use scarp_inventory::{FrameFootprint, LandslideStatus};

use super::*;
use crate::{
    MAX_DISTANCE_M, MAX_RINGS, MAX_TEXT_BYTES, MAX_VERTICES, MessageError, peek_id, proto,
};

const RUN: Run = Run {
    survey: Uuid::from_u128(7),
    id: Uuid::from_u128(6),
};

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

/// A run with a name, or of the time before runs had one.
fn run() -> impl Strategy<Value = Run> {
    (uuid(), prop::option::of(uuid())).prop_map(|(survey, id)| Run {
        survey,
        id: id.unwrap_or(survey),
    })
}

prop_compose! {
    fn landslide()(
        id in uuid(), version in 1..u32::MAX, withdrawn in any::<bool>(), outline in outline(),
        area_m2 in 0.0..1e9, confidence in 0.0..=1.0, ce90_m in 0.0..1e4, observations in any::<u32>(), cut_off in any::<bool>(),
        times in prop::option::of((time(), time())),
    ) -> Landslide {
        Landslide {
            id, version, outline, area_m2, confidence, ce90_m, observations, cut_off,
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
    let survey = (".{0,60}", ".{0,60}", ".{0,60}").prop_map(|(a, b, c)| Survey {
        software: a,
        model_name: b,
        model_version: c,
    });
    let body = prop_oneof![
        survey.prop_map(Body::Survey),
        frame().prop_map(Body::Frame),
        landslide().prop_map(Body::Landslide),
    ];
    (run(), body).prop_map(|(run, body)| Envelope::new(run, body))
}

fn slide(outline: Polygon<f64>) -> Landslide {
    Landslide {
        id: Uuid::from_u128(8),
        version: 1,
        status: LandslideStatus::Active,
        outline,
        area_m2: 100.0,
        confidence: 0.9,
        ce90_m: 3.0,
        cut_off: false,
        observations: 4,
        first_seen: Some(UNIX_EPOCH + Duration::from_secs(1)),
        last_seen: Some(UNIX_EPOCH + Duration::from_secs(1)),
    }
}

fn example(outline: Polygon<f64>) -> Envelope {
    Envelope::new(RUN, Body::Landslide(slide(outline)))
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
fn the_identity_is_of_the_run_and_of_the_content() {
    let first = example(square());
    let Body::Landslide(slide) = first.body() else {
        panic!("{first:?}");
    };
    let id = |survey, run, body: &Body| {
        let survey = Uuid::from_u128(survey);
        let id = Uuid::from_u128(run);
        Envelope::new(Run { survey, id }, body.clone()).id()
    };
    let changed = Body::Landslide(Landslide {
        version: 2,
        ..slide.clone()
    });
    assert_eq!(id(7, 6, first.body()), first.id());
    assert_ne!(id(7, 6, &changed), first.id());
    assert_ne!(id(9, 6, first.body()), first.id());
    let frame = Body::Frame(FrameReport {
        sequence: 1,
        name: "a.jpg".to_owned(),
        time: None,
        placement: Err("no GPS".to_owned()),
    });
    assert_ne!(id(7, 6, &frame), id(7, 5, &frame));
    assert_ne!(id(7, 6, &frame), id(9, 6, &frame));
}

#[test]
fn a_message_of_version_1_is_of_the_one_run_of_its_survey_and_keeps_its_content_but_for_the_wall_clock()
 {
    let survey = Uuid::from_u128(7);
    for (name, body) in [
        (
            "survey",
            proto::envelope::Body::Survey(proto::Survey {
                start_unix_us: 1,
                software: "scarp 0.1.0".to_owned(),
                ..proto::Survey::default()
            }),
        ),
        (
            "frame/43",
            proto::envelope::Body::Frame(proto::Frame {
                sequence: 43,
                untagged: Some("no GPS".to_owned()),
                ..proto::Frame::default()
            }),
        ),
    ] {
        let mut wire = proto::Envelope {
            version: 1,
            survey_id: survey.as_bytes().to_vec(),
            id: Uuid::new_v5(&survey, name.as_bytes()).as_bytes().to_vec(),
            sent_unix_us: 2,
            run_id: Vec::new(),
            body: Some(body),
        };
        let read = Envelope::decode(&wire.encode_to_vec()).unwrap();
        assert_eq!(read.run(), Run::unnamed(survey), "{name}");
        wire.sent_unix_us = 0;
        if let Some(proto::envelope::Body::Survey(survey)) = &mut wire.body {
            survey.start_unix_us = 0;
        }
        assert_eq!(read.encode().unwrap(), wire.encode_to_vec(), "{name}");
    }
}

#[test]
fn a_message_of_version_2_without_a_run_is_refused() {
    let mut wire = proto::Envelope::decode(&example(square()).encode().unwrap()[..]).unwrap();
    wire.run_id.clear();
    let refused = Envelope::decode(&wire.encode_to_vec());
    assert_eq!(refused, Err(MessageError::Missing("run")));
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
    let body = Body::Landslide(Landslide {
        outline: Polygon::new(line.into(), vec![]),
        ..slide(square())
    });
    let error = Envelope::of(RUN, body).encode().unwrap_err();
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
        ("ce90_m", with(|s| s.ce90_m = 1e300)),
        ("area_m2", with(|s| s.area_m2 = 1e300)),
        (
            "first_seen",
            with(|s| s.first_seen = Some(UNIX_EPOCH + Duration::from_secs(1 << 40))),
        ),
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

/// A landslide, and a frame of which it was seen, as a message carries them.
fn carried(slide: Landslide, report: FrameReport) -> (Landslide, FrameReport) {
    let bodies = [Body::Landslide(slide), Body::Frame(report)].map(|body| {
        let sent = Envelope::new(RUN, body);
        let read = Envelope::decode(&sent.encode().unwrap()).unwrap();
        assert_eq!(read.id(), sent.id());
        read.body
    });
    let [Body::Landslide(slide), Body::Frame(report)] = bodies else {
        panic!("{bodies:?}");
    };
    (slide, report)
}

#[test]
fn what_is_too_large_for_a_message_is_brought_within_its_limits_before_it_is_one() {
    let slide = slide(square());
    // Of 67 rows of holes a hundredth of a degree wide.
    let hole = |n: i32| {
        let corner = |x: i32, y: i32| {
            let (column, row) = (n % 67 * 2 + x, n / 67 * 2 + y);
            (
                7.001 + f64::from(column) * 1e-4,
                46.001 + f64::from(row) * 1e-4,
            )
        };
        LineString::from(vec![
            corner(0, 0),
            corner(0, 1),
            corner(1, 1),
            corner(1, 0),
            corner(0, 0),
        ])
    };
    let rings = Polygon::new(square().exterior().clone(), (0..4453).map(hole).collect());
    let far_future = Some(UNIX_EPOCH + Duration::from_secs(253_402_300_800));
    let text = "é".repeat(1000);
    let report = FrameReport {
        sequence: 1,
        name: text.clone(),
        time: far_future,
        placement: Ok(FrameFootprint {
            footprint: rings.clone(),
            gsd_m: 0.2,
        }),
    };
    let (slide, report) = carried(
        Landslide {
            outline: rings,
            last_seen: far_future,
            ..slide
        },
        report,
    );
    assert_eq!(slide.outline.interiors().len(), MAX_RINGS - 1);
    assert_eq!(slide.area_m2, 100.0);
    // 3 m, and half the width of a hole, 1e-4 degrees of longitude at 46 degrees north.
    assert!((slide.ce90_m - 3.0 - 3.88).abs() < 0.01, "{}", slide.ce90_m);
    assert_eq!((slide.first_seen, slide.last_seen), (None, None));
    assert_eq!(report.time, None);
    assert!(text.starts_with(report.name.trim_end_matches('…')) && report.name.ends_with('…'));
    assert!((MAX_TEXT_BYTES - 3..=MAX_TEXT_BYTES).contains(&report.name.len()));
    assert_eq!(report.placement.unwrap().footprint, slide.outline);
    for ce90_m in [1e300, f64::INFINITY, f64::NAN, MAX_DISTANCE_M] {
        let unknown = Landslide {
            ce90_m,
            ..slide.clone()
        };
        let report = FrameReport {
            sequence: 1,
            name: String::new(),
            time: None,
            placement: Err(text.clone()),
        };
        assert_eq!(carried(unknown, report).0.ce90_m, MAX_DISTANCE_M);
    }
}

proptest! {
    #[test]
    fn whatever_a_landslide_says_it_is_sent_or_refused_and_never_panics(
        slide in landslide(), [area_m2, ce90_m, confidence] in any::<[f64; 3]>(), far in any::<[f64; 6]>(), seconds in any::<u32>(),
    ) {
        let corners: Vec<_> = far.chunks(2).map(|c| (c[0], c[1])).collect();
        let later = slide.last_seen.and_then(|time| time.checked_add(Duration::from_secs(u64::from(seconds) * 1000)));
        let outline = Polygon::new(corners.into(), vec![]);
        let slide = Landslide { area_m2, ce90_m, confidence, outline, last_seen: later, ..slide };
        let envelope = Envelope::new(RUN, Body::Landslide(slide));
        if let Ok(bytes) = envelope.encode() {
            prop_assert_eq!(Envelope::decode(&bytes).unwrap().id(), envelope.id());
        }
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
