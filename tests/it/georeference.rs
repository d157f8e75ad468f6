//! Georeferencing against an independent reference, by round trips, and its accuracy figures by simulation.
//!
//! `fixtures/georeference/reference.py` made the reference: PROJ and vector rotations in Python, projecting known
//! ground points into the image. Here the pixels go back to the ground.

use std::path::PathBuf;

use geo::{Area, BoundingRect};
use nalgebra::{Rotation3, Unit, Vector3};
use proptest::prelude::*;
use scarp_geo::{
    Altitudes, Attitude, CameraModel, Dem, GeoError, Geoids, Geometry, GroundVelocity, Height,
    HeightAboveEllipsoid, HeightAboveTakeoff, HeightEgm96, HeightEgm2008, LocalPlane, Pose,
    PoseCovariance, Surface, Terrain, TerrainHeight, VerticalDatum, Wgs84,
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
fn a_camera_over_the_ellipsoid_sees_a_hill_over_a_geoid_where_it_is() {
    // By PROJ in its grid of EGM96. Without it, what is seen aslant moves by metres.
    const UNDULATION_M: f64 = 20.963;
    let (camera, reference) = reference();
    let case = &reference.dem[0];
    let p = &case.pose;
    let angles = [p.yaw, p.pitch, p.roll];
    let terrain = Terrain::dem(hill(), 1.0);
    let off = worst(
        camera,
        &pose(at(p.lat, p.lon), ellipsoid(p.h + UNDULATION_M), angles),
        &terrain,
        case,
    );
    assert!(off < 0.05, "{off} m");
}

#[test]
fn an_approximate_geoid_widens_the_stated_error_of_heights() {
    let here = at(-46.563, -73.1694);
    let egm2008 = Altitudes {
        egm2008: Some(HeightEgm2008::new(1240.0)),
        ..Altitudes::default()
    };
    let le90 = |altitude, terrain: &Terrain| {
        let camera = CameraModel::centred(4000, 3000, 3000.0);
        let geometry = Geometry::new(camera, &pose(here, altitude, [0.0, -90.0, 0.0]), terrain);
        geometry.unwrap().pixel_to_ground(2000.0, 1500.0).unwrap()
    };
    let exact = le90(egm96(1240.0), &Terrain::dem(hill(), 1.0));
    let rough = Terrain::dem(hill(), 1.0).with_geoids(Geoids::approximate());
    let rough = le90(egm2008, &rough);
    // The hill is good to 1 m, EGM96 to another where EGM2008 is meant.
    assert!((rough.le90_m.powi(2) - exact.le90_m.powi(2)) > 1.645_f64.powi(2) * 0.9);
    assert_eq!(rough.place, exact.place);
}

proptest! {
    #[test]
    fn a_pixel_comes_back_from_flat_ground_to_where_it_was(
        lat in -85.0..85.0f64, lon in -180.0..180.0f64, agl in 20.0..500.0f64,
        yaw in -360.0..360.0f64, pitch in -90.0..-45.0f64, roll in -30.0..30.0f64,
        u in 0.0..4000.0f64, v in 0.0..3000.0f64,
    ) {
        let camera = CameraModel { cx: 1980.0, cy: 1520.0, ..CameraModel::centred(4000, 3000, 3000.0) };
        let geometry = Geometry::new(camera, &pose(at(lat, lon), takeoff(agl), [yaw, pitch, roll]), &Terrain::flat(1.0)).unwrap();
        if let Ok(p) = geometry.pixel_to_ground(u, v) {
            let (u2, v2) = geometry.ground_to_pixel(p.place, p.height).unwrap();
            prop_assert!((u - u2).hypot(v - v2) < 0.01, "{u} {v} came back as {u2} {v2}");
            prop_assert!(p.ce90_m.is_finite() && p.ce90_m > 0.0 && p.le90_m > 0.0);
        } else {
            prop_assert!(pitch + 27.0 + roll.abs() > -70.0, "a steep ray missed the ground");
        }
    }

    #[test]
    fn a_pixel_comes_back_from_a_hill_to_where_it_was(
        east in -60.0..60.0f64, north in -60.0..60.0f64, yaw in -180.0..180.0f64, pitch in -90.0..-70.0f64,
        u in 1000.0..3000.0f64, v in 1000.0..2000.0f64,
    ) {
        let middle = LocalPlane::at(at(-46.563, -73.1694)).to_geographic(geo::Coord { x: east, y: north });
        let camera = CameraModel::centred(4000, 3000, 3000.0);
        let geometry = Geometry::new(camera, &pose(Wgs84::from_coord(middle), egm96(1240.0), [yaw, pitch, 0.0]), &Terrain::dem(hill(), 1.0)).unwrap();
        let p = geometry.pixel_to_ground(u, v).unwrap();
        let (u2, v2) = geometry.ground_to_pixel(p.place, p.height).unwrap();
        prop_assert!((u - u2).hypot(v - v2) < 0.01);
    }
}

/// Normal random numbers: SplitMix64 (Steele, Lea and Flood, 2014) and Box-Muller.
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn draw(&mut self, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        sigma * radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// The share of noisy placements within CE90 and within LE90 of the placement without noise.
fn shares(
    camera: CameraModel,
    nominal: &Pose,
    datum: VerticalDatum,
    terrain: &Terrain,
    pixel: (f64, f64),
) -> (f64, f64) {
    let point = Geometry::new(camera, nominal, terrain)
        .unwrap()
        .pixel_to_ground(pixel.0, pixel.1)
        .unwrap();
    let plane = LocalPlane::at(nominal.place);
    let truth = plane.to_metres(point.place.coord());
    let sigma = nominal.covariance;
    let velocity = nominal.velocity.unwrap();
    let heading = nominal.attitude.yaw_deg.to_radians();
    let mut normal = Normal(7);
    let draws = 20_000;
    let (mut circle, mut interval) = (0, 0);
    for _ in 0..draws {
        let late = normal.draw(sigma.sigma_time_s);
        let moved = plane.to_geographic(geo::Coord {
            x: normal.draw(sigma.sigma_east_m) + velocity.east_m_s * late,
            y: normal.draw(sigma.sigma_north_m) + velocity.north_m_s * late,
        });
        // Ground that is higher than believed is the same as a camera that is lower, seen from that ground.
        let raised = normal.draw(terrain.sigma_m);
        let height =
            nominal.altitude.over(datum).unwrap().metres() + normal.draw(sigma.sigma_up_m) - raised;
        let axes = [
            (
                Vector3::new(heading.cos(), heading.sin(), 0.0),
                sigma.sigma_roll_rad,
            ),
            (
                Vector3::new(-heading.sin(), heading.cos(), 0.0),
                sigma.sigma_pitch_rad,
            ),
            (Vector3::z(), sigma.sigma_yaw_rad),
        ];
        let turned = axes.iter().fold(
            Rotation3::from_matrix_unchecked(*nominal.attitude.rotation().matrix()),
            |r, (axis, s)| {
                Rotation3::from_axis_angle(&Unit::new_normalize(*axis), normal.draw(*s)) * r
            },
        );
        let (roll, pitch, yaw) = turned.euler_angles();
        let mut altitude = Altitudes::default();
        match Height::new(datum, height) {
            Height::Ellipsoid(h) => altitude.ellipsoid = Some(h),
            Height::Egm96(h) => altitude.egm96 = Some(h),
            Height::Egm2008(h) => altitude.egm2008 = Some(h),
        }
        let noisy = pose(
            Wgs84::from_coord(moved),
            altitude,
            [yaw, pitch, roll].map(f64::to_degrees),
        );
        let zoomed = CameraModel {
            focal_px: camera.focal_px + normal.draw(camera.focal_sigma_px),
            ..camera
        };
        let placed = Geometry::new(zoomed, &noisy, terrain)
            .unwrap()
            .pixel_to_ground(pixel.0, pixel.1)
            .unwrap();
        let off = plane.to_metres(placed.place.coord()) - truth;
        circle += u32::from(off.x.hypot(off.y) <= point.ce90_m);
        interval += u32::from(
            (placed.height.metres() + raised - point.height.metres()).abs() <= point.le90_m,
        );
    }
    (
        f64::from(circle) / f64::from(draws),
        f64::from(interval) / f64::from(draws),
    )
}

fn noisy_camera() -> CameraModel {
    CameraModel {
        focal_sigma_px: 40.0,
        ..CameraModel::centred(4000, 3000, 2900.0)
    }
}

#[test]
fn nine_tenths_of_noisy_placements_lie_within_ce90_over_flat_ground() {
    for (angles, pixel, covariance) in [
        (
            [0.0, -90.0, 0.0],
            (2000.0, 1500.0),
            PoseCovariance::default(),
        ),
        ([130.0, -90.0, 0.0], (0.0, 0.0), PoseCovariance::default()),
        (
            [40.0, -60.0, 5.0],
            (3900.0, 2000.0),
            PoseCovariance {
                sigma_time_s: 0.1,
                ..PoseCovariance::default()
            },
        ),
        (
            [250.0, -75.0, 0.0],
            (1000.0, 200.0),
            PoseCovariance {
                sigma_east_m: 0.1,
                sigma_time_s: 0.3,
                ..PoseCovariance::default()
            },
        ),
        // Each angle in turn by far the largest error, so that a wrong share of it shows.
        (
            [60.0, -90.0, 0.0],
            (100.0, 200.0),
            PoseCovariance {
                sigma_yaw_rad: 0.1,
                ..PoseCovariance::default()
            },
        ),
        (
            [60.0, -70.0, 10.0],
            (2500.0, 1000.0),
            PoseCovariance {
                sigma_roll_rad: 0.06,
                ..PoseCovariance::default()
            },
        ),
        (
            [60.0, -85.0, 0.0],
            (2500.0, 1000.0),
            PoseCovariance {
                sigma_pitch_rad: 0.06,
                ..PoseCovariance::default()
            },
        ),
    ] {
        let nominal = Pose {
            covariance,
            velocity: Some(GroundVelocity {
                north_m_s: 3.0,
                east_m_s: -11.0,
            }),
            ..pose(at(-16.9, 179.9999), ellipsoid(155.0), angles)
        };
        let terrain = Terrain::level(Height::new(VerticalDatum::Ellipsoid, 35.0), 4.0);
        let (circle, interval) = shares(
            noisy_camera(),
            &nominal,
            VerticalDatum::Ellipsoid,
            &terrain,
            pixel,
        );
        assert!(
            (circle - 0.9).abs() < 0.02,
            "CE90 of {angles:?} {pixel:?} holds {circle}"
        );
        assert!(
            (interval - 0.9).abs() < 0.02,
            "LE90 of {angles:?} {pixel:?} holds {interval}"
        );
    }
}

#[test]
fn nine_tenths_of_noisy_placements_lie_within_ce90_on_a_slope() {
    for (angles, pixel) in [
        ([20.0, -89.9, 0.0], (2000.0, 1500.0)),
        ([300.0, -75.0, 0.0], (1500.0, 1200.0)),
    ] {
        let nominal = Pose {
            velocity: Some(GroundVelocity {
                north_m_s: 8.0,
                east_m_s: 0.0,
            }),
            ..pose(at(-46.564, -73.1715), egm96(1180.0), angles)
        };
        let (circle, interval) = shares(
            noisy_camera(),
            &nominal,
            VerticalDatum::Egm96,
            &Terrain::dem(hill(), 2.0),
            pixel,
        );
        assert!(
            (circle - 0.9).abs() < 0.02,
            "CE90 of {angles:?} holds {circle}"
        );
        assert!(
            (interval - 0.9).abs() < 0.02,
            "LE90 of {angles:?} holds {interval}"
        );
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

#[test]
fn what_cannot_be_placed_is_an_error_that_says_why() {
    let camera = CameraModel::centred(4000, 3000, 3000.0);
    let nadir = [0.0, -90.0, 0.0];
    let on = |altitude, angles, terrain: &Terrain| {
        Geometry::new(
            camera,
            &pose(at(-46.563, -73.1694), altitude, angles),
            terrain,
        )
    };

    assert_eq!(
        on(egm96(100.0), nadir, &Terrain::flat(1.0)).unwrap_err(),
        GeoError::NoHeightAboveTakeoff
    );
    let hill_ground = Terrain::dem(hill(), 1.0);
    let error = on(takeoff(1200.0), nadir, &hill_ground).unwrap_err();
    assert_eq!(
        error,
        GeoError::NoHeightOver {
            terrain: VerticalDatum::Egm96
        }
    );
    assert!(error.to_string().contains("EGM96"));
    let egm2008 = Altitudes {
        egm2008: Some(HeightEgm2008::new(1200.0)),
        ..Altitudes::default()
    };
    let error = on(egm2008, nadir, &hill_ground).unwrap_err();
    assert!(matches!(error, GeoError::NoGeoid { .. }), "{error:?}");
    assert!(error.to_string().contains("--geoid"), "{error}");

    let level = on(takeoff(100.0), [0.0, 5.0, 0.0], &Terrain::flat(1.0)).unwrap();
    assert_eq!(
        level.pixel_to_ground(2000.0, 1500.0).unwrap_err(),
        GeoError::AboveHorizon
    );
    assert_eq!(level.gsd_m().unwrap_err(), GeoError::AboveHorizon);
    let buried = on(takeoff(0.0), nadir, &Terrain::flat(1.0)).unwrap();
    assert_eq!(
        buried.pixel_to_ground(2000.0, 1500.0).unwrap_err(),
        GeoError::BelowGround
    );
    let inside_hill = on(egm96(950.0), nadir, &hill_ground).unwrap();
    assert_eq!(
        inside_hill.pixel_to_ground(2000.0, 1500.0).unwrap_err(),
        GeoError::BelowGround
    );

    let high = on(egm96(4000.0), nadir, &hill_ground).unwrap();
    assert!(matches!(
        high.pixel_to_ground(0.0, 0.0),
        Err(GeoError::NoTerrain(_))
    ));
    assert!(
        high.footprint().is_err(),
        "a footprint that leaves the model is not drawn"
    );
    let behind = on(takeoff(100.0), [0.0, 0.0, 0.0], &Terrain::flat(1.0)).unwrap();
    let sky = TerrainHeight::AboveTakeoff(HeightAboveTakeoff::new(100.0));
    assert_eq!(
        behind
            .ground_to_pixel(at(-46.6, -73.1694), sky)
            .unwrap_err(),
        GeoError::BehindCamera
    );
    let wrong = TerrainHeight::Absolute(Height::new(VerticalDatum::Egm2008, 0.0));
    assert!(matches!(
        behind.ground_to_pixel(at(-46.5, -73.1694), wrong),
        Err(GeoError::DatumMismatch { .. })
    ));
}
