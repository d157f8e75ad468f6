//! What is understood of one photograph, value by value, with the tags that each comes from.

use scarp_geo::{Attitude, CameraModel, GroundVelocity, Pose, PoseCovariance, Timestamp, Wgs84};

use super::{
    TagSettings, Untagged, attitude, camera_model, exposure,
    heights::{self, Heights},
    kind,
    metadata::Metadata,
    position,
    sourced::Sourced,
};

/// Width of a uniform distribution over its standard deviation: the root of 12. The time of a picture's rows is spread so about that of
/// its middle.
const UNIFORM: f64 = 3.464_101_615_137_754_4;

/// Pose and camera of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Position, heights, attitude, their errors, velocity and time.
    pub pose: Pose,
    /// The camera.
    pub camera: CameraModel,
}

/// What is understood of one photograph: each value with the tags that it comes from, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Maker and model of the camera, as far as they are told.
    pub camera_name: Option<String>,
    /// Width and height of the picture as it is stored, in pixels.
    pub size: (u32, u32),
    /// Why the photograph is none to place, whatever else is known of it; `Ok` for most.
    pub kind: Result<(), Untagged>,
    /// Where it was taken.
    pub position: Result<Sourced<Wgs84>, Untagged>,
    /// How high.
    pub heights: Result<Heights, Untagged>,
    /// How the camera was turned, for the picture as it is stored.
    pub attitude: Result<Sourced<Attitude>, Untagged>,
    /// The camera, for the picture as it is stored.
    pub camera: Result<Sourced<CameraModel>, Untagged>,
    /// When; `None` where the photograph does not tell.
    pub time: Result<Option<Sourced<Timestamp>>, Untagged>,
    /// How fast the aircraft was.
    pub velocity: Option<GroundVelocity>,
    /// The errors of position, height and attitude.
    pub covariance: PoseCovariance,
    /// What else is to be told of it and does not keep it from being placed, one line each.
    pub remarks: Vec<String>,
    /// How EXIF has the picture turned upright.
    pub(super) orientation: Option<u32>,
}

impl Reading {
    /// What the metadata of a photograph of `width` by `height` pixels say.
    #[must_use]
    pub fn of(metadata: &Metadata, (width, height): (u32, u32), settings: &TagSettings) -> Self {
        let exif = &metadata.exif;
        let size = (width, height);
        let mut covariance = heights::covariance(&metadata.xmp, settings.covariance);
        let sigma_m = covariance.sigma_north_m.max(covariance.sigma_east_m);
        let upright = attitude::attitude(metadata, settings);
        covariance.sigma_time_s = covariance
            .sigma_time_s
            .hypot(settings.rolling_shutter_s / UNIFORM);
        if let (Ok(upright), Some(sigma_deg)) = (&upright, settings.track_sigma_deg)
            && upright.from == attitude::TRACK
        {
            covariance.sigma_yaw_rad = sigma_deg.to_radians();
        }
        let attitude = upright.and_then(|upright| {
            let stored = attitude::as_stored(&upright.value, exif.orientation)?;
            Ok(upright.map(|_| stored))
        });
        Self {
            camera_name: camera_name(exif.make.as_deref(), exif.model.as_deref()),
            size,
            kind: kind::check(metadata, size),
            position: position::position(metadata, sigma_m),
            heights: heights::heights(metadata, settings),
            attitude,
            camera: camera_model::model(metadata, size, settings.camera.as_ref()),
            time: exposure::time(metadata),
            velocity: exposure::velocity(metadata),
            covariance,
            remarks: Vec::new(),
            orientation: exif.orientation,
        }
    }

    /// Every reason that keeps the photograph from being placed, the one that is told first.
    pub fn reasons(&self) -> impl Iterator<Item = &Untagged> {
        let kind = self.kind.as_ref().err();
        // A photograph that is none to place lacks nothing, and what stood behind a tear is not missing.
        let others = [
            self.position.as_ref().err(),
            self.heights.as_ref().err(),
            self.attitude.as_ref().err(),
            self.camera.as_ref().err(),
            self.time.as_ref().err(),
        ];
        let others = others.into_iter().flatten();
        kind.into_iter()
            .chain(others.filter(move |_| kind.is_none()))
    }

    /// Pose and camera.
    ///
    /// # Errors
    /// The first reason that keeps the photograph from being placed.
    pub fn tag(&self) -> Result<Tag, Untagged> {
        self.kind.clone()?;
        Ok(Tag {
            pose: Pose {
                place: self.position.clone()?.value,
                altitude: self.heights.clone()?.altitudes(),
                attitude: self.attitude.clone()?.value,
                covariance: self.covariance,
                velocity: self.velocity,
                time: self.time.clone()?.map(|time| time.value),
            },
            camera: self.camera.clone()?.value,
        })
    }
}

/// `DJI FC300S`; many models begin with their maker's name.
fn camera_name(make: Option<&str>, model: Option<&str>) -> Option<String> {
    match (make, model) {
        (Some(make), Some(model)) if !model.starts_with(make) => Some(format!("{make} {model}")),
        (_, Some(name)) | (Some(name), None) => Some(name.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests;
