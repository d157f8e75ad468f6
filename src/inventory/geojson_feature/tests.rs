use super::*;
use crate::{FrameFootprint, LandslideStatus};
use geo::{CoordsIter, polygon};
use geojson::{GeoJson, PolygonType, Position};
use proptest::prelude::*;
use uuid::Uuid;

const RUN: Run = Run {
    survey: Uuid::from_u128(0x5CA2_9000),
    id: Uuid::from_u128(0x5CA2_9001),
};

fn landslide(outline: Polygon<f64>) -> Landslide {
    Landslide {
        id: Uuid::from_u128(7),
        version: 3,
        status: LandslideStatus::Active,
        outline,
        area_m2: 1234.5678,
        confidence: 0.876_54,
        ce90_m: 3.456_78,
        cut_off: false,
        observations: 4,
        first_seen: Some(UNIX_EPOCH + Duration::from_micros(1_790_000_000_000_499)),
        last_seen: Some(UNIX_EPOCH + Duration::from_micros(1_790_000_010_500_500)),
    }
}

/// A square around a longitude and latitude with a hole in it, clockwise and with its hole the other way round.
fn square(lon: f64, lat: f64, half: f64) -> Polygon<f64> {
    let ring = |half: f64| {
        polygon![
            (x: lon - half, y: lat - half), (x: lon - half, y: lat + half),
            (x: lon + half, y: lat + half), (x: lon + half, y: lat - half),
        ]
        .exterior()
        .clone()
    };
    let hole = ring(half / 2.0).into_iter().rev().collect();
    Polygon::new(ring(half), vec![hole])
}

/// The polygons of a feature, read again from its text.
fn polygons(feature: &Feature) -> Vec<PolygonType> {
    let GeoJson::Feature(read) = feature.to_string().parse().unwrap() else {
        panic!("not a feature");
    };
    match read.geometry.map(|geometry| geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => vec![coordinates],
        Some(GeometryValue::MultiPolygon { coordinates }) => coordinates,
        other => panic!("{other:?}"),
    }
}

fn twice_area(ring: &[Position]) -> f64 {
    let origin = &ring[0];
    let at = |p: &Position| (p[0] - origin[0], p[1] - origin[1]);
    ring.windows(2)
        .map(|pair| (at(&pair[0]), at(&pair[1])))
        .map(|((ax, ay), (bx, by))| ax * by - bx * ay)
        .sum()
}

/// What RFC 7946 asks of a polygon: closed rings of four or more positions, the outer one counter-clockwise and holes
/// clockwise, inside the longitudes and latitudes there are.
fn assert_rfc_7946(polygons: &[PolygonType]) {
    for rings in polygons {
        for (index, ring) in rings.iter().enumerate() {
            assert!(ring.len() >= 4 && ring.first() == ring.last(), "{ring:?}");
            assert_eq!(twice_area(ring) > 0.0, index == 0, "{ring:?}");
            for place in ring {
                assert!(
                    place[0].abs() <= 180.0 && place[1].abs() <= 90.0,
                    "{place:?}"
                );
            }
        }
    }
}

#[test]
fn a_year_of_five_digits_is_none_of_rfc_3339_and_null() {
    let after_1970 = |us| time(Some(UNIX_EPOCH + Duration::from_micros(us)));
    let last = 253_402_300_799_999_000;
    assert_eq!(after_1970(last), json!("9999-12-31T23:59:59.999Z"));
    assert_eq!(after_1970(last + 999), JsonValue::Null);
}

#[test]
fn a_landslide_has_its_identity_as_id_and_no_more_decimals_than_it_is_good_for() {
    let outline = polygon![
        (x: 7.123_456_789, y: 46.0), (x: 7.2, y: 46.0), (x: 7.2, y: 46.123_456_744),
    ];
    let feature = landslide_feature(RUN, &landslide(outline));
    let expected = json!({
        "type": "Feature",
        "id": "00000000-0000-0000-0000-000000000007",
        "geometry": { "type": "Polygon", "coordinates": [[
            [7.123_456_8, 46.0], [7.2, 46.0], [7.2, 46.123_456_7], [7.123_456_8, 46.0],
        ]]},
        "properties": {
            "survey": RUN.survey,
            "run": RUN.id,
            "version": 3,
            "area_m2": 1234.6,
            "cut_off": false,
            "confidence": 0.877,
            "ce90_m": 3.46,
            "observations": 4,
            "first_seen": "2026-09-21T14:13:20.000Z",
            "last_seen": "2026-09-21T14:13:30.501Z",
        },
    });
    assert_eq!(serde_json::to_value(&feature).unwrap(), expected);
}

#[test]
fn a_frame_has_a_footprint_only_where_it_could_be_placed() {
    let frame = |placement| FrameReport {
        sequence: 12,
        name: "DJI_0012.JPG".to_owned(),
        time: None,
        placement,
    };
    let placed = frame(Ok(FrameFootprint {
        footprint: square(7.0, 46.0, 0.001),
        gsd_m: 0.031_25,
    }));
    let feature = footprint_feature(RUN, &placed).unwrap();
    let properties = json!({
        "survey": RUN.survey, "run": RUN.id, "sequence": 12, "name": "DJI_0012.JPG", "time": null, "gsd_m": 0.0313,
    });
    assert_eq!(json!(feature.properties), properties);
    assert_rfc_7946(&polygons(&feature));
    assert_eq!(
        footprint_feature(RUN, &frame(Err("no GPS".to_owned()))),
        None
    );
}

#[test]
fn an_outline_across_the_antimeridian_is_cut_in_two_and_loses_no_area() {
    let outline = square(180.1, -17.0, 0.2);
    let feature = landslide_feature(RUN, &landslide(outline.clone()));
    let parts = polygons(&feature);
    assert_eq!(parts.len(), 2);
    assert_rfc_7946(&parts);
    let area: f64 = parts
        .iter()
        .flatten()
        .map(|ring| twice_area(ring) / 2.0)
        .sum();
    assert!((area - outline.unsigned_area()).abs() < 1e-6, "{area}");
    let mut bounds: Vec<_> = parts
        .iter()
        .map(|rings| {
            let longitudes = rings[0].iter().map(|place| place[0]);
            (
                longitudes.clone().fold(f64::MAX, f64::min),
                longitudes.fold(f64::MIN, f64::max),
            )
        })
        .collect();
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(bounds, [(-180.0, -179.7), (179.9, 180.0)]);
}

#[test]
fn an_outline_wholly_beyond_the_antimeridian_comes_back_in_one_piece() {
    let feature = landslide_feature(RUN, &landslide(square(-180.5, 10.0, 0.1)));
    let parts = polygons(&feature);
    assert_eq!(parts.len(), 1);
    assert!(
        parts[0][0]
            .iter()
            .all(|place| (179.3..=179.7).contains(&place[0]))
    );
}

#[test]
fn what_is_smaller_than_the_decimals_leaves_no_ring_that_is_none() {
    let mut outline = square(7.0, 46.0, 0.001);
    outline.interiors_push(square(7.0009, 46.0009, 1e-9).exterior().clone());
    assert_eq!(
        polygons(&landslide_feature(RUN, &landslide(outline)))[0].len(),
        2
    );
    let feature = landslide_feature(RUN, &landslide(square(7.0, 46.0, 1e-9)));
    assert_eq!(feature.geometry, None);
    assert!(feature.to_string().parse::<GeoJson>().is_ok());
}

#[test]
fn a_time_that_no_calendar_holds_is_null() {
    assert_eq!(
        time(Some(UNIX_EPOCH + Duration::from_secs(1 << 50))),
        JsonValue::Null
    );
    assert_eq!(
        time(Some(UNIX_EPOCH - Duration::from_millis(1))),
        json!("1969-12-31T23:59:59.999Z")
    );
}

proptest! {
    #[test]
    fn any_square_on_the_globe_is_a_feature_by_the_standard(
        lon in -360.0..360.0_f64,
        lat in -89.0..89.0_f64,
        half in 1e-6..0.5_f64,
    ) {
        let outline = square(lon, lat, half);
        let parts = polygons(&landslide_feature(RUN, &landslide(outline.clone())));
        assert_rfc_7946(&parts);
        let area: f64 = parts.iter().flatten().map(|ring| twice_area(ring) / 2.0).sum();
        let rounding = 1e-7 * half * 8.0 * outline.coords_count() as f64;
        prop_assert!((area - outline.unsigned_area()).abs() < rounding);
    }
}
