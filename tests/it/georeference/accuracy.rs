//! How far placements lie from where they are, by simulation: nine tenths within the stated accuracy.

use nalgebra::{Rotation3, Unit, Vector3};
use scarp_geo::GroundVelocity;

use super::*;

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
