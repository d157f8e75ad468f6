//! What the camera sees: rays from its pixels down to the terrain, colours from the baked ground.

use geo::{LineString, Polygon};
use image::RgbImage;

use crate::{
    camera::{Camera, Pose},
    camera_response::CameraResponse,
    geodesy::Utm,
    mosaic::Mosaic,
    world::World,
};

/// Rays are cast at every so-many-th pixel and the places between are interpolated: 8 pixels are 1.2 m on the ground,
/// less than a node of the terrain.
const LATTICE_PX: u32 = 8;
/// No slope is steeper than this, rise over run: the bound of the ray's safe steps.
const STEEPEST: f64 = 2.5;
/// A ray ends this close to the ground.
const CLOSE_M: f64 = 0.005;

/// The places on the ground that a camera sees from one pose, at the nodes of a lattice over the picture.
pub struct View {
    columns: usize,
    places: Vec<(f32, f32)>,
}

impl View {
    /// Casts the rays.
    #[must_use]
    pub fn new(world: &World, camera: &Camera, pose: &Pose) -> Self {
        let (columns, rows) = (
            camera.width / LATTICE_PX + 2,
            camera.height / LATTICE_PX + 2,
        );
        let eye = Eye::new(world, camera, pose);
        let node = |k: u32| {
            eye.place(
                f64::from(k % columns * LATTICE_PX),
                f64::from(k / columns * LATTICE_PX),
            )
        };
        Self {
            columns: columns as usize,
            places: (0..columns * rows).map(node).collect(),
        }
    }

    /// Scene coordinates of the nodes, in metres.
    pub fn places(&self) -> impl Iterator<Item = (f32, f32)> {
        self.places.iter().copied()
    }

    /// The place that a point of the picture shows, bilinear between the nodes.
    #[must_use]
    pub fn place(&self, u: f32, v: f32) -> (f32, f32) {
        let (u, v) = (u / LATTICE_PX as f32, v / LATTICE_PX as f32);
        let (i, j) = (u as usize, v as usize);
        let (a, b) = (u - i as f32, v - j as f32);
        let at = |i: usize, j: usize| self.places[j * self.columns + i];
        let between =
            |p: (f32, f32), q: (f32, f32), t: f32| (p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t);
        let upper = between(at(i, j), at(i + 1, j), a);
        let lower = between(at(i, j + 1), at(i + 1, j + 1), a);
        between(upper, lower, b)
    }
}

/// The picture number `shot` of a view.
#[must_use]
pub fn frame(
    view: &View,
    mosaic: &Mosaic,
    response: &CameraResponse,
    camera: &Camera,
    shot: u32,
) -> RgbImage {
    response.expose(camera.width, camera.height, shot, |x, y| {
        let (east, south) = view.place(x as f32 + 0.5, y as f32 + 0.5);
        mosaic.at(east, south)
    })
}

/// A camera at its place over the world.
pub struct Eye<'a> {
    world: &'a World,
    camera: &'a Camera,
    pose: &'a Pose,
    scale: f64,
    turn: (f64, f64),
}

impl<'a> Eye<'a> {
    /// The eye of a camera at a pose.
    #[must_use]
    pub fn new(world: &'a World, camera: &'a Camera, pose: &'a Pose) -> Self {
        let [easting, northing, height] = pose.position;
        let utm: Utm = world.utm;
        let grid = utm.grid(easting, northing, height);
        Self {
            world,
            camera,
            pose,
            scale: grid.scale,
            turn: grid.convergence.sin_cos(),
        }
    }

    /// The place in the scene, x east and y south in metres, that a pixel shows.
    #[must_use]
    pub fn place(&self, u: f64, v: f64) -> (f32, f32) {
        let [east, north, up] = self.camera.direction(self.pose, u, v);
        // From true to grid directions, from metres on the ground to metres on the plane.
        let (sin, cos) = self.turn;
        let (east, north) = (
            self.scale * (east * cos - north * sin),
            self.scale * (east * sin + north * cos),
        );
        let norm = (east * east + north * north + up * up).sqrt();
        let (de, dn, dz) = (east / norm, north / norm, up / norm);
        let [e0, n0, z0] = self.pose.position;
        let safe = -dz + STEEPEST * de.hypot(dn);
        let mut range = 0.0;
        for _ in 0..200 {
            let (x, y) = self.world.to_scene(e0 + range * de, n0 + range * dn);
            let above = z0 + range * dz - self.world.height(x, y);
            if above < CLOSE_M {
                break;
            }
            range += above / safe;
        }
        self.world.to_scene(e0 + range * de, n0 + range * dn)
    }

    /// The ground in the picture, on the UTM plane: its corners, and three points more along each side.
    #[must_use]
    pub fn footprint(&self) -> Polygon<f64> {
        const POINTS: u32 = 4;
        let (w, h) = (f64::from(self.camera.width), f64::from(self.camera.height));
        let sides = [(0.0, h), (w, h), (w, 0.0), (0.0, 0.0), (0.0, h)];
        let pixels = sides.windows(2).flat_map(|side| {
            let (from, to) = (side[0], side[1]);
            (0..POINTS).map(move |k| {
                let t = f64::from(k) / f64::from(POINTS);
                (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
            })
        });
        let ring: LineString<f64> = pixels
            .map(|(u, v)| {
                let (x, y) = self.place(u, v);
                self.world.to_plane(f64::from(x), f64::from(y))
            })
            .collect();
        Polygon::new(ring, Vec::new())
    }
}
