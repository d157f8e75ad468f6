//! Georeferencing against an independent reference, by round trips, and its accuracy figures by simulation.
//!
//! `fixtures/georeference/reference.py` made the reference: PROJ and vector rotations in Python, projecting known
//! ground points into the image. Here the pixels go back to the ground.

mod accuracy;
mod everywhere;
mod heights;
mod refusals;
mod round_trips;

use std::path::PathBuf;

use geo::{Area, BoundingRect};
use scarp_geo::{
    Altitudes, Attitude, CameraModel, Dem, Geometry, Height, HeightAboveEllipsoid,
    HeightAboveTakeoff, HeightEgm96, LocalPlane, Pose, PoseCovariance, Surface, Terrain,
    VerticalDatum, Wgs84,
};
use serde::Deserialize;

use super::support::at;

#[derive(Deserialize)]
struct Reference {
    camera: ReferenceCamera,
    flat: Vec<Case>,
    dem: Vec<Case>,
}

#[derive(Deserialize)]
struct ReferenceCamera {
    width: u32,
    height: u32,
    focal_px: f64,
    cx: f64,
    cy: f64,
}

#[derive(Deserialize)]
struct Case {
    place: String,
    #[serde(default)]
    ground: f64,
    pose: ReferencePose,
    points: Vec<ReferencePoint>,
}

#[derive(Deserialize)]
struct ReferencePose {
    lat: f64,
    lon: f64,
    h: f64,
    yaw: f64,
    pitch: f64,
    roll: f64,
}

#[derive(Deserialize)]
struct ReferencePoint {
    lat: f64,
    lon: f64,
    h: f64,
    u: f64,
    v: f64,
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/georeference")
        .join(name)
}

fn reference() -> (CameraModel, Reference) {
    let text = std::fs::read_to_string(fixture("cases.json")).unwrap();
    let reference: Reference = serde_json::from_str(&text).unwrap();
    let c = &reference.camera;
    let camera = CameraModel {
        cx: c.cx,
        cy: c.cy,
        ..CameraModel::centred(c.width, c.height, c.focal_px)
    };
    (camera, reference)
}

fn hill() -> Dem {
    Dem::open(&fixture("dem.tif"), None).unwrap()
}

fn pose(place: Wgs84, altitude: Altitudes, angles: [f64; 3]) -> Pose {
    let [yaw_deg, pitch_deg, roll_deg] = angles;
    Pose {
        place,
        altitude,
        attitude: Attitude {
            yaw_deg,
            pitch_deg,
            roll_deg,
        },
        covariance: PoseCovariance::default(),
        velocity: None,
        time: None,
    }
}

fn ellipsoid(metres: f64) -> Altitudes {
    Altitudes {
        ellipsoid: Some(HeightAboveEllipsoid::new(metres)),
        ..Altitudes::default()
    }
}

fn egm96(metres: f64) -> Altitudes {
    Altitudes {
        egm96: Some(HeightEgm96::new(metres)),
        ..Altitudes::default()
    }
}

fn takeoff(metres: f64) -> Altitudes {
    Altitudes {
        takeoff: Some(HeightAboveTakeoff::new(metres)),
        ..Altitudes::default()
    }
}

/// The largest horizontal and vertical distance in metres between reference points and where their pixels are placed.
fn worst(camera: CameraModel, pose: &Pose, terrain: &Terrain, case: &Case) -> f64 {
    let geometry = Geometry::new(camera, pose, terrain).unwrap();
    let plane = LocalPlane::at(at(case.pose.lat, case.pose.lon));
    case.points
        .iter()
        .map(|p| {
            let placed = geometry.pixel_to_ground(p.u, p.v).unwrap();
            assert!(
                (placed.place.longitude_deg() - case.pose.lon).abs() < 0.1,
                "jump in {}",
                case.place
            );
            let metres = |place: Wgs84| plane.to_metres(place.coord());
            let off = metres(placed.place) - metres(at(p.lat, p.lon));
            let above = match terrain.surface {
                Surface::AboveTakeoff(_) => 0.0,
                _ => placed.height.metres() - p.h,
            };
            off.x.hypot(off.y).hypot(above)
        })
        .fold(0.0, f64::max)
}

#[test]
fn pixels_land_where_the_reference_says_over_flat_ground_on_both_hemispheres_and_the_antimeridian()
{
    let (camera, reference) = reference();
    assert!(reference.flat.len() >= 40);
    for case in &reference.flat {
        let p = &case.pose;
        let angles = [p.yaw, p.pitch, p.roll];
        let level = Terrain::level(Height::new(VerticalDatum::Ellipsoid, case.ground), 1.0);
        let off = worst(
            camera,
            &pose(at(p.lat, p.lon), ellipsoid(p.h), angles),
            &level,
            case,
        );
        assert!(off < 0.05, "{} {angles:?}: {off} m", case.place);

        // The same over the plane of take-off: relative altitude, the absolute one only for scale.
        let altitude = Altitudes {
            takeoff: Some(HeightAboveTakeoff::new(p.h - case.ground)),
            ..ellipsoid(p.h)
        };
        let off = worst(
            camera,
            &pose(at(p.lat, p.lon), altitude, angles),
            &Terrain::flat(1.0),
            case,
        );
        assert!(
            off < 0.05,
            "{} {angles:?} above take-off: {off} m",
            case.place
        );
    }
}

#[test]
fn pixels_land_where_the_reference_says_on_a_hill() {
    let (camera, reference) = reference();
    for case in &reference.dem {
        let p = &case.pose;
        let angles = [p.yaw, p.pitch, p.roll];
        let off = worst(
            camera,
            &pose(at(p.lat, p.lon), egm96(p.h), angles),
            &Terrain::dem(hill(), 1.0),
            case,
        );
        assert!(off < 0.05, "{angles:?}: {off} m");
    }
}

#[test]
fn a_nadir_frame_has_the_gsd_and_the_footprint_that_its_height_and_focal_length_give() {
    let camera = CameraModel::centred(4000, 3000, 3000.0);
    for lon in [-92.0, 180.0] {
        let geometry = Geometry::new(
            camera,
            &pose(at(46.8, lon), takeoff(120.0), [30.0, -90.0, 0.0]),
            &Terrain::flat(1.0),
        )
        .unwrap();
        assert!((geometry.gsd_m().unwrap() - 0.04).abs() < 1e-4);
        let footprint = geometry.footprint().unwrap();
        let expected = 160.0 * 120.0;
        assert!((scarp_geo::area_m2(&footprint) / expected - 1.0).abs() < 1e-3);
        assert!(
            footprint.signed_area() > 0.0,
            "outlines run counter-clockwise"
        );
        assert!(
            footprint.bounding_rect().unwrap().width() < 0.01,
            "no jump at the antimeridian"
        );
    }
}
