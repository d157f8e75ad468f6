//! The frames' geometry against a projection by way of earth-centred coordinates, which shares no code with the
//! renderer: it knows neither UTM scale nor convergence nor rays.

use geo::Coord;
use scarp_sim::{
    camera::{Camera, Pose},
    render::Eye,
    world::World,
};

type V = [f64; 3];

fn dot(a: V, b: V) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// WGS84 to ECEF, for latitude and longitude in radians.
fn ecef(latitude: f64, longitude: f64, height: f64) -> V {
    let (a, e2) = (6_378_137.0, 6.694_379_990_141_316e-3);
    let n = a / (1.0 - e2 * latitude.sin().powi(2)).sqrt();
    [
        (n + height) * latitude.cos() * longitude.cos(),
        (n + height) * latitude.cos() * longitude.sin(),
        (n * (1.0 - e2) + height) * latitude.sin(),
    ]
}

/// Where the camera at `pose` (latitude, longitude, height; yaw, pitch, roll in degrees) shows a point of the earth.
fn project(camera: &Camera, place: V, angles: V, point: V) -> (f64, f64) {
    let (lat, lon) = (place[0].to_radians(), place[1].to_radians());
    let from = ecef(lat, lon, place[2]);
    let to = ecef(point[0].to_radians(), point[1].to_radians(), point[2]);
    let d: V = std::array::from_fn(|i| to[i] - from[i]);
    let north = [-lat.sin() * lon.cos(), -lat.sin() * lon.sin(), lat.cos()];
    let east = [-lon.sin(), lon.cos(), 0.0];
    let down = [-lat.cos() * lon.cos(), -lat.cos() * lon.sin(), -lat.sin()];
    let ned = [dot(d, north), dot(d, east), dot(d, down)];
    let [yaw, pitch, roll] = angles.map(f64::to_radians);
    // The camera's axes in north, east, down, written out from Rz(yaw) Ry(pitch) Rx(roll).
    let ahead = [
        yaw.cos() * pitch.cos(),
        yaw.sin() * pitch.cos(),
        -pitch.sin(),
    ];
    let level_right = [-yaw.sin(), yaw.cos(), 0.0];
    let level_down = [
        yaw.cos() * pitch.sin(),
        yaw.sin() * pitch.sin(),
        pitch.cos(),
    ];
    let right: V =
        std::array::from_fn(|i| roll.cos() * level_right[i] + roll.sin() * level_down[i]);
    let below: V =
        std::array::from_fn(|i| roll.cos() * level_down[i] - roll.sin() * level_right[i]);
    let depth = dot(ned, ahead) / camera.focal_px;
    (
        f64::from(camera.width) / 2.0 + dot(ned, right) / depth,
        f64::from(camera.height) / 2.0 + dot(ned, below) / depth,
    )
}

#[test]
fn a_frame_shows_every_place_where_an_independent_projection_puts_it() {
    let camera = Camera::survey();
    let (mut north, mut south) = (false, false);
    for seed in 900_001..900_007 {
        let world = World::new(seed);
        north |= world.utm.epsg() < 32_700;
        south |= world.utm.epsg() > 32_700;
        for (angles, x, y) in [
            ([0.0, -90.0, 0.0], 800.0, 700.0),
            ([217.0, -90.0, 0.0], 300.0, 1200.0),
            ([33.0, -74.0, 6.0], 1100.0, 400.0),
            ([-120.0, -81.0, -9.0], 700.0, 500.0),
        ] {
            let (easting, northing) = world.to_plane(x, y);
            let height = world.height(x as f32, y as f32) + 130.0;
            let pose = Pose {
                position: [easting, northing, height],
                yaw_deg: angles[0],
                pitch_deg: angles[1],
                roll_deg: angles[2],
            };
            let at = world.to_geographic(Coord {
                x: easting,
                y: northing,
            });
            let eye = Eye::new(&world, &camera, &pose);
            for (u, v) in [
                (640.0, 480.0),
                (20.0, 30.0),
                (1250.0, 40.0),
                (100.0, 900.0),
                (1200.0, 930.0),
            ] {
                let (px, py) = eye.place(u, v);
                let (e, n) = world.to_plane(f64::from(px), f64::from(py));
                let ground = world.to_geographic(Coord { x: e, y: n });
                let point = [ground.y, ground.x, world.height(px, py)];
                let (pu, pv) = project(&camera, [at.y, at.x, height], angles, point);
                let off = (pu - u).hypot(pv - v);
                // A tenth of a pixel is 1.5 cm on the ground.
                assert!(
                    off < 0.1,
                    "seed {seed}, {angles:?}, pixel {u} {v}: {off:.3} pixels off"
                );
            }
        }
    }
    assert!(north && south, "both hemispheres are to be tried");
}
