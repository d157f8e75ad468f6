//! One frame's geometry: rays from pixels to the ground, points on the ground back to pixels.
//!
//! Rays are cast in ECEF, in double precision. Heights over a geoid are used there as if they were ellipsoidal: camera
//! and ground are brought over the same datum, so the undulation cancels, and what is left (a change of scale by N/R, 1.6e-5
//! at most, and the deflection of the vertical) is centimetres at the ranges of a drone.

use geo::{LineString, Polygon};
use nalgebra::{Matrix3, Vector3};

use super::{
    CameraModel, GeoError, Lens, RotationMatrix, Surface, Terrain, TerrainHeight, Wgs84,
    cast::{self, Ray},
    ce90::{circular_error_90, linear_error_90},
    ecef,
    reference_frame::{Camera, Ned},
    takeoff,
    terrain::DatumName,
};
use crate::Pose;

/// Relative change of the focal length by which its effect on a direction is measured.
const ZOOM_STEP: f64 = 1e-5;

/// A place on the ground with its accuracy at 90 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPoint {
    /// The place. Its longitude lies within 180 degrees of the camera's, so it may lie beyond +-180.
    pub place: Wgs84,
    /// Height over the datum of the ground.
    pub height: TerrainHeight,
    /// Radius in metres that holds the true position with 90 % probability.
    pub ce90_m: f64,
    /// Half-width in metres of the interval that holds the true height with 90 % probability.
    pub le90_m: f64,
}

/// The geometry of one frame over one terrain.
#[derive(Debug, Clone)]
pub struct Geometry {
    camera: CameraModel,
    pose: Pose,
    terrain: Terrain,
    /// Camera position in ECEF metres.
    origin: Vector3<f64>,
    /// North, east, down at the camera, in ECEF.
    ned: Matrix3<f64>,
    rotation: RotationMatrix<Camera, Ned>,
    /// What to add to a height over the ground's datum to get the height used in ECEF.
    offset_m: f64,
}

impl Geometry {
    /// The geometry of a frame taken by `camera` at `pose` over `terrain`.
    ///
    /// # Errors
    /// When the pose has no height over what the ground's heights are over and none that can be turned into one, or one that
    /// contradicts that above take-off.
    pub fn new(camera: CameraModel, pose: &Pose, terrain: &Terrain) -> Result<Self, GeoError> {
        let mut terrain = terrain.clone();
        let anchored_m = terrain.above_takeoff_m(&pose.altitude);
        let (height_m, offset_m) = match (terrain.datum(), anchored_m) {
            (Some(_), Some(anchored_m)) => (anchored_m, 0.0),
            (Some(datum), None) => {
                let over = terrain.height_over(datum, &pose.altitude, pose.place)?;
                // Where the two stand to one another is as unknown as if the ground were.
                terrain.sigma_m = terrain.sigma_m.hypot(over.sigma_m);
                takeoff::check(pose, &terrain, over.height.metres())?;
                (over.height.metres(), 0.0)
            }
            (None, _) => {
                let takeoff = pose.altitude.above_flat_ground_m();
                let takeoff = takeoff.ok_or(GeoError::NoHeightAboveTakeoff)?;
                // The elevation of take-off only sets the length of a degree; its datum hardly matters to that.
                let base = pose
                    .altitude
                    .absolute()
                    .map_or(0.0, |h| h.metres() - takeoff);
                (base + takeoff, base)
            }
        };
        Ok(Self {
            camera,
            pose: pose.clone(),
            terrain,
            origin: ecef::from_geodetic(pose.place, height_m),
            ned: ecef::ned_axes(pose.place),
            rotation: pose.attitude.rotation(),
            offset_m,
        })
    }

    /// The place a pixel shows. `u` counts from the left edge, `v` from the top edge of the image, in pixels; pixels
    /// outside the image are allowed.
    ///
    /// # Errors
    /// When the ray misses the ground, or the elevation model has no data where it is needed.
    pub fn pixel_to_ground(&self, u: f64, v: f64) -> Result<GroundPoint, GeoError> {
        let hit = self.cast(u, v)?;
        let covariance = self.covariance(u, v, &hit)?;
        Ok(GroundPoint {
            place: Wgs84::new(
                hit.place.latitude,
                hit.place.longitude.near(self.pose.place.longitude),
            ),
            height: TerrainHeight::new(self.terrain.datum(), hit.height_m - self.offset_m),
            ce90_m: circular_error_90(covariance[(0, 0)], covariance[(1, 1)], covariance[(0, 1)]),
            le90_m: linear_error_90(covariance[(2, 2)]),
        })
    }

    /// The pixel in which a place appears, not necessarily inside the image. Whether something stands in the way is
    /// not looked at.
    ///
    /// # Errors
    /// When the height is over another datum than the ground's, or the place is behind the camera.
    pub fn ground_to_pixel(
        &self,
        place: Wgs84,
        height: TerrainHeight,
    ) -> Result<(f64, f64), GeoError> {
        if height.datum() != self.terrain.datum() {
            return Err(GeoError::DatumMismatch {
                point: DatumName(height.datum()).to_string(),
                terrain: DatumName(self.terrain.datum()).to_string(),
            });
        }
        let point = ecef::from_geodetic(place, height.metres() + self.offset_m);
        let seen = self
            .rotation
            .rotate_back(&self.ned.tr_mul(&(point - self.origin)));
        self.camera.project(&seen).ok_or(GeoError::BehindCamera)
    }

    /// Ground sampling distance in metres at the principal point: the side of the square that has the area one pixel
    /// covers there on level ground.
    ///
    /// # Errors
    /// When the optical axis misses the ground.
    pub fn gsd_m(&self) -> Result<f64, GeoError> {
        let hit = self.cast(self.camera.cx, self.camera.cy)?;
        let down = self.rotation.matrix()[(2, 0)];
        if down <= 0.0 {
            return Err(GeoError::AboveHorizon);
        }
        let focal_px = self.camera.focal_px * self.camera.focal_ratio.sqrt();
        Ok(hit.range_m / focal_px / down.sqrt())
    }

    /// The outline of what the frame shows, x longitude and y latitude in degrees, counter-clockwise on the ground.
    ///
    /// Over flat ground it has the four corners, over an elevation model three points more along each side, and seven behind a lens
    /// that bends the sides.
    ///
    /// # Errors
    /// When any point of the image's border misses the ground.
    pub fn footprint(&self) -> Result<Polygon<f64>, GeoError> {
        let (w, h) = (f64::from(self.camera.width), f64::from(self.camera.height));
        let corners = [(0.0, h), (w, h), (w, 0.0), (0.0, 0.0)];
        let steps = match (&self.camera.lens, &self.terrain.surface) {
            (Lens::Brown(_) | Lens::Fisheye(_), _) => 8,
            (Lens::Pinhole, Surface::Dem(_)) => 4,
            (Lens::Pinhole, Surface::AboveTakeoff(_) | Surface::Level(_)) => 1,
        };
        let mut ring = Vec::with_capacity(4 * steps + 1);
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            for step in 0..steps {
                let f = step as f64 / steps as f64;
                let point = self
                    .pixel_to_ground(from.0 + f * (to.0 - from.0), from.1 + f * (to.1 - from.1))?;
                ring.push(point.place.coord());
            }
        }
        Ok(Polygon::new(LineString::from(ring), Vec::new()))
    }

    /// The direction in which a pixel looks, of length 1, in north, east, down.
    fn direction(&self, u: f64, v: f64) -> Result<Vector3<f64>, GeoError> {
        let ray = self.camera.ray(u, v).ok_or(GeoError::BeyondLens)?;
        Ok(self.rotation.rotate(&ray).normalize())
    }

    fn cast(&self, u: f64, v: f64) -> Result<cast::Hit, GeoError> {
        let direction = self.ned * self.direction(u, v)?;
        let ray = Ray {
            origin: self.origin,
            direction,
        };
        match &self.terrain.surface {
            Surface::AboveTakeoff(height) => ray.to_level(height.metres() + self.offset_m),
            Surface::Level(height) => ray.to_level(height.metres()),
            Surface::Dem(dem) => ray.to_dem(dem),
        }
    }

    /// Covariance of a hit in NED, square metres, to first order in every error source, the ground taken as its
    /// tangent plane at the hit.
    ///
    /// With surface normal n (n.P constant on the plane), ray direction d and range t, an error moves the hit by
    /// `dP = dC + t dd + d dt`, where `n.dP = dg` (the ground raised by dg) gives dt.
    fn covariance(&self, u: f64, v: f64, hit: &cast::Hit) -> Result<Matrix3<f64>, GeoError> {
        let sigma = &self.pose.covariance;
        let direction = self.direction(u, v)?;
        let (slope_north, slope_east, beside_m) = self.slope(hit);
        let normal = Vector3::new(-slope_north, -slope_east, -1.0);
        let along = normal.dot(&direction);

        let turn = |axis: Vector3<f64>, by: f64| axis.cross(&direction) * (by * hit.range_m);
        let (sin_yaw, cos_yaw) = self.pose.attitude.yaw_deg.to_radians().sin_cos();
        // A longer focal length looks where one nearer to the centre did.
        let camera = &self.camera;
        let nearer = |at: f64, centre: f64| at + (centre - at) * ZOOM_STEP;
        let longer = self.direction(nearer(u, camera.cx), nearer(v, camera.cy))?;
        let zoom = (direction - longer)
            * (camera.focal_sigma_px / camera.focal_px * hit.range_m / ZOOM_STEP);
        let drift = self.pose.velocity.map_or_else(Vector3::zeros, |v| {
            Vector3::new(v.north_m_s, v.east_m_s, 0.0) * sigma.sigma_time_s
        });
        let moves = [
            Vector3::x() * sigma.sigma_north_m,
            Vector3::y() * sigma.sigma_east_m,
            Vector3::z() * sigma.sigma_up_m,
            drift,
            turn(Vector3::new(cos_yaw, sin_yaw, 0.0), sigma.sigma_roll_rad),
            turn(Vector3::new(-sin_yaw, cos_yaw, 0.0), sigma.sigma_pitch_rad),
            turn(Vector3::z(), sigma.sigma_yaw_rad),
            zoom,
        ];
        let on_ground = moves
            .iter()
            .map(|m| m - direction * (normal.dot(m) / along));
        // A model that lies beside its place has another height where its ground is steep.
        let steepness = slope_north.hypot(slope_east);
        let raised = direction * (self.terrain.sigma_m.hypot(steepness * beside_m) / along);
        Ok(on_ground.chain([raised]).map(|m| m * m.transpose()).sum())
    }

    /// Slope of the ground at a hit: metres up per metre north, per metre east; and how far the ground there may lie beside its
    /// place, one sigma in metres.
    fn slope(&self, hit: &cast::Hit) -> (f64, f64, f64) {
        match &self.terrain.surface {
            Surface::Dem(dem) => {
                let mut sampler = dem.sampler();
                let (north, east) = sampler.slope(hit.place);
                (north, east, sampler.horizontal_sigma_m())
            }
            Surface::AboveTakeoff(_) | Surface::Level(_) => (0.0, 0.0, 0.0),
        }
    }
}
