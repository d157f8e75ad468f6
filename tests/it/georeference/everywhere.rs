//! Cameras of any kind at any place with any attitude: a pixel is placed where it is, or there is a reason.
//!
//! The check shares nothing with the ray casting but the rays' way through the lens: places become ECEF by the textbook formula, the
//! camera's axes are turned one after the other, and the point has to lie on the pixel's ray and on the ground.

use nalgebra::{Rotation3, Unit, Vector3};
use proptest::prelude::*;
use scarp_geo::{Brown, Fisheye, GeoError, Lens};

use super::*;

/// Semi-major axis and squared eccentricity of WGS84.
const A: f64 = 6_378_137.0;
const E2: f64 = 0.006_694_379_990_141_316;
/// How far a point may lie from its pixel's ray and from the ground, in metres.
const ON_RAY_M: f64 = 0.01;
const ON_GROUND_M: f64 = 0.001;
/// The earth's radius, good to a hundredth of any of its curvatures.
const RADIUS_M: f64 = 6_371_000.0;
/// Farthest point that is placed, in metres: beyond lies the horizon.
const FARTHEST_M: f64 = 20_000.0;

/// ECEF of a place at a height over the ellipsoid (EPSG method 9602).
fn ecef(place: Wgs84, height_m: f64) -> Vector3<f64> {
    let (lat, lon) = (
        place.latitude_deg().to_radians(),
        place.longitude_deg().to_radians(),
    );
    let n = A / (1.0 - E2 * lat.sin().powi(2)).sqrt();
    Vector3::new(
        (n + height_m) * lat.cos() * lon.cos(),
        (n + height_m) * lat.cos() * lon.sin(),
        (n * (1.0 - E2) + height_m) * lat.sin(),
    )
}

/// The direction of a camera's ray in ECEF: north, east and down at the place, turned by yaw, pitch and roll about the axes as they then are.
fn looks(place: Wgs84, [yaw, pitch, roll]: [f64; 3], ray: Vector3<f64>) -> Vector3<f64> {
    let (lat, lon) = (
        place.latitude_deg().to_radians(),
        place.longitude_deg().to_radians(),
    );
    let north = Vector3::new(-lat.sin() * lon.cos(), -lat.sin() * lon.sin(), lat.cos());
    let east = Vector3::new(-lon.sin(), lon.cos(), 0.0);
    let down = north.cross(&east);
    let turn = |v: Vector3<f64>, axis: Vector3<f64>, degrees: f64| {
        Rotation3::from_axis_angle(&Unit::new_normalize(axis), degrees.to_radians()) * v
    };
    let (forward, right) = (turn(north, down, yaw), turn(east, down, yaw));
    let (forward, below) = (turn(forward, right, pitch), turn(down, right, pitch));
    let (right, below) = (turn(right, forward, roll), turn(below, forward, roll));
    forward * ray.x + right * ray.y + below * ray.z
}

/// What a lens does to rays.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Pinhole,
    /// k1 and k2.
    Brown(f64, f64),
    /// k1.
    Fisheye(f64),
}

impl Kind {
    fn lens(self) -> Lens {
        match self {
            Self::Pinhole => Lens::Pinhole,
            Self::Brown(k1, k2) => {
                Lens::Brown(Brown::new([k1, k2, 0.0, 0.0, 0.0, 0.0], [0.0; 2]).unwrap())
            }
            Self::Fisheye(k1) => Lens::Fisheye(Fisheye::new([k1, 0.0, 0.0, 0.0]).unwrap()),
        }
    }

    /// The ray of a pixel (optical axis, right, down) by OpenCV's formulas, which bisection undoes.
    fn ray(self, camera: &CameraModel, u: f64, v: f64) -> Vector3<f64> {
        let x = (u - camera.cx) / camera.focal_px;
        let y = (v - camera.cy) / (camera.focal_px * camera.focal_ratio);
        let bent = x.hypot(y);
        let scale = |across: f64| if bent > 0.0 { across / bent } else { 1.0 };
        match self {
            Self::Pinhole => Vector3::new(1.0, x, y),
            Self::Brown(k1, k2) => {
                let straight = undone(bent, |r| r * (1.0 + k1 * r * r + k2 * r.powi(4)));
                Vector3::new(1.0, x * scale(straight), y * scale(straight))
            }
            Self::Fisheye(k1) => {
                let (sin, cos) = undone(bent, |t| t * (1.0 + k1 * t * t)).sin_cos();
                Vector3::new(cos, x * scale(sin), y * scale(sin))
            }
        }
    }
}

/// Where a function that grows has a value.
fn undone(value: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.5);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if function(middle) < value {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Lenses that bend the corners of the picture by up to a tenth and do not fold them back.
fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Pinhole),
        (-0.06..0.06f64, -0.01..0.01f64).prop_map(|(k1, k2)| Kind::Brown(k1, k2)),
        (-0.1..0.1f64).prop_map(Kind::Fisheye),
    ]
}

/// Places all over the earth, often at its poles, the equator and both sides of the antimeridian.
fn places() -> impl Strategy<Value = Wgs84> {
    let latitudes = prop_oneof![
        -90.0..=90.0f64,
        89.99..=90.0f64,
        -90.0..=-89.99f64,
        Just(90.0),
        Just(-90.0),
        -0.01..0.01f64
    ];
    let longitudes = prop_oneof![
        -180.0..=180.0f64,
        179.999..=180.0f64,
        -180.0..=-179.999f64,
        Just(0.0)
    ];
    (latitudes, longitudes).prop_map(|(latitude, longitude)| at(latitude, longitude))
}

proptest! {
    #[test]
    fn a_pixel_of_any_camera_anywhere_is_placed_where_it_is_or_there_is_a_reason(
        place in places(), kind in kinds(), ground in -400.0..6000.0f64, agl in -20.0..2000.0f64,
        yaw in -360.0..360.0f64, pitch in -180.0..180.0f64, roll in -180.0..180.0f64,
        focal in 2600.0..9000.0f64, ratio in 0.95..1.05f64, centre in (1800.0..2200.0f64, 1350.0..1650.0f64),
        u in 0.0..4000.0f64, v in 0.0..3000.0f64,
    ) {
        let camera = CameraModel {
            focal_ratio: ratio,
            cx: centre.0,
            cy: centre.1,
            lens: kind.lens(),
            ..CameraModel::centred(4000, 3000, focal)
        };
        let angles = [yaw, pitch, roll];
        let level = Terrain::level(Height::new(VerticalDatum::Ellipsoid, ground), 1.0);
        let geometry = Geometry::new(camera, &pose(place, ellipsoid(ground + agl), angles), &level).unwrap();
        let origin = ecef(place, ground + agl);
        let direction = looks(place, angles, kind.ray(&camera, u, v)).normalize();
        match geometry.pixel_to_ground(u, v) {
            Ok(point) => {
                let found = ecef(point.place, ground);
                let along = (found - origin).dot(&direction);
                let off = (found - origin - direction * along).norm();
                prop_assert!(along > 0.0 && off < ON_RAY_M, "{off} m beside its ray, {along} m along it");
                prop_assert!((point.height.metres() - ground).abs() < ON_GROUND_M);
                prop_assert!((point.place.longitude_deg() - place.longitude_deg()).abs() <= 180.0);
                prop_assert!(point.place.latitude_deg().abs() <= 90.0);
                prop_assert!(point.ce90_m.is_finite() && point.ce90_m > 0.0 && point.le90_m > 0.0);
            }
            Err(GeoError::BelowGround) => prop_assert!(agl <= 0.0, "{agl} m above the ground"),
            Err(GeoError::AboveHorizon) => {
                // Over a sphere: R (s - sqrt(s^2 - 2 h / R)) to where it meets the ground, if it does.
                let up = ecef(place, ground + agl + 1.0) - origin;
                let sinks = -direction.dot(&up);
                let meets = sinks * sinks * 0.98 - 2.0 * agl / RADIUS_M;
                let far = meets <= 0.0 || RADIUS_M * (sinks - (sinks * sinks - 2.0 * agl / RADIUS_M).sqrt()) > FARTHEST_M * 0.95;
                prop_assert!(sinks <= 0.0 || far, "it sinks by {sinks} from {agl} m");
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn a_footprint_anywhere_is_one_outline_around_what_the_camera_looks_at(
        place in places(), kind in kinds(), agl in 30.0..500.0f64, yaw in -360.0..360.0f64, tilt in 0.0..20.0f64,
    ) {
        let camera = CameraModel { lens: kind.lens(), ..CameraModel::centred(4000, 3000, 3000.0) };
        let level = Terrain::level(Height::new(VerticalDatum::Ellipsoid, 0.0), 1.0);
        let geometry = Geometry::new(camera, &pose(place, ellipsoid(agl), [yaw, tilt - 90.0, 0.0]), &level).unwrap();
        let footprint = geometry.footprint().unwrap();
        for vertex in footprint.exterior().coords() {
            prop_assert!(vertex.x.is_finite() && vertex.y.abs() <= 90.0, "{vertex:?}");
            let off = (ecef(Wgs84::from_coord(*vertex), 0.0) - ecef(place, 0.0)).norm();
            prop_assert!(off < 20.0 * agl, "{off} m from below the camera");
        }
    }
}
