//! Where an image comes from: the earthquake, the sensor and its resolution.

/// What is known of an image's origin; `None` where it is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// The event that released the landslides, for instance "Lushan".
    pub event: Option<String>,
    /// What took the image, for instance "UAV" or "PlanetScope".
    pub sensor: Option<String>,
    /// Ground sampling distance in metres per pixel.
    pub gsd_m: Option<f64>,
}
