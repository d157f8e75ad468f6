//! Where a frame looks.

use geo::Polygon;
use scarp_geo::{GeoError, Geometry};

/// A frame's rays to the ground, made once, and what follows from them.
pub struct View {
    /// Geometry between pixels and places.
    pub geometry: Geometry,
    /// The ground it shows, longitude and latitude in degrees.
    pub footprint: Polygon<f64>,
    /// Ground sampling distance of the camera's own image in metres.
    pub gsd_m: f64,
}

impl View {
    /// What follows from a frame's geometry.
    ///
    /// # Errors
    /// When it shows no ground, or ground without an end.
    pub fn new(geometry: Geometry) -> Result<Self, GeoError> {
        let gsd_m = geometry.gsd_m()?;
        let footprint = geometry.footprint()?;
        Ok(Self {
            geometry,
            footprint,
            gsd_m,
        })
    }
}
