//! What the rays of a camera end on.

use std::{fmt, sync::Arc};

use super::{Dem, GeoError, Geoids};
use crate::{Altitudes, Height, HeightAboveTakeoff, VerticalDatum, Wgs84, geoid::ConvertedHeight};

/// The shape of the ground.
#[derive(Debug, Clone)]
pub enum Surface {
    /// A surface of constant height, relative to the point of take-off: needs only the relative altitude.
    AboveTakeoff(HeightAboveTakeoff),
    /// A surface of constant height over an absolute datum: needs an absolute height of the camera.
    Level(Height),
    /// An elevation model: needs an absolute height of the camera.
    Dem(Arc<Dem>),
}

/// The ground and how far its height may be wrong.
#[derive(Debug, Clone)]
pub struct Terrain {
    /// Its shape.
    pub surface: Surface,
    /// One-sigma error of its height in metres.
    pub sigma_m: f64,
    /// What turns a camera's height into one over the ground's datum.
    pub geoids: Arc<Geoids>,
    /// Height of the point of take-off over the ground's datum, in metres, where it is known: heights above take-off then count before
    /// absolute ones.
    pub takeoff_m: Option<f64>,
}

impl Terrain {
    /// Flat ground at the height of the take-off point, known to `sigma_m`.
    #[must_use]
    pub fn flat(sigma_m: f64) -> Self {
        Self {
            surface: Surface::AboveTakeoff(HeightAboveTakeoff::new(0.0)),
            sigma_m,
            geoids: Arc::default(),
            takeoff_m: None,
        }
    }

    /// Flat ground at an absolute height, known to `sigma_m`.
    #[must_use]
    pub fn level(height: Height, sigma_m: f64) -> Self {
        Self {
            surface: Surface::Level(height),
            sigma_m,
            geoids: Arc::default(),
            takeoff_m: None,
        }
    }

    /// An elevation model whose heights are good to `sigma_m`.
    #[must_use]
    pub fn dem(dem: Dem, sigma_m: f64) -> Self {
        Self {
            surface: Surface::Dem(Arc::new(dem)),
            sigma_m,
            geoids: Arc::default(),
            takeoff_m: None,
        }
    }

    /// The same ground with other geoids than EGM96 alone.
    #[must_use]
    pub fn with_geoids(self, geoids: Geoids) -> Self {
        Self {
            geoids: Arc::new(geoids),
            ..self
        }
    }

    /// The same ground, from which aircraft took off at `takeoff_m` over its datum.
    #[must_use]
    pub fn with_takeoff_m(self, takeoff_m: f64) -> Self {
        Self {
            takeoff_m: Some(takeoff_m),
            ..self
        }
    }

    /// The same ground, from which aircraft took off at a place on it.
    ///
    /// # Errors
    /// When the ground is no elevation model, or one that has no height there.
    pub fn with_takeoff_at(self, place: Wgs84) -> Result<Self, GeoError> {
        let Surface::Dem(dem) = &self.surface else {
            return Err(GeoError::NoTakeoffOnFlatGround);
        };
        let takeoff_m = dem.sample(place)?;
        Ok(self.with_takeoff_m(takeoff_m))
    }

    /// The height over the ground's datum of a camera that has one above take-off, where the height of that is known. One above the ground
    /// below is none.
    pub(super) fn above_takeoff_m(&self, altitudes: &Altitudes) -> Option<f64> {
        let above = altitudes.takeoff?;
        self.takeoff_m.map(|takeoff_m| takeoff_m + above.metres())
    }

    /// The height over `datum` of a camera that has `altitudes`: the one measured over it, or else another one, turned.
    ///
    /// # Errors
    /// When it has no absolute height, or the geoid that one of them needs is not at hand.
    pub fn height_over(
        &self,
        datum: VerticalDatum,
        altitudes: &Altitudes,
        place: Wgs84,
    ) -> Result<ConvertedHeight, GeoError> {
        let sources = [
            datum,
            VerticalDatum::Ellipsoid,
            VerticalDatum::Egm96,
            VerticalDatum::Egm2008,
        ];
        let mut reason = GeoError::NoHeightOver { terrain: datum };
        let heights = sources.into_iter().filter_map(|from| altitudes.over(from));
        for height in heights {
            match self.geoids.convert(height, place, datum) {
                Ok(converted) => return Ok(converted),
                Err(missing) => {
                    reason = GeoError::NoGeoid {
                        camera: height.datum(),
                        terrain: datum,
                        reason: missing,
                    };
                }
            }
        }
        Err(reason)
    }

    /// The absolute datum the ground's heights are over; `None` when they are relative to take-off.
    #[must_use]
    pub fn datum(&self) -> Option<VerticalDatum> {
        match &self.surface {
            Surface::AboveTakeoff(_) => None,
            Surface::Level(height) => Some(height.datum()),
            Surface::Dem(dem) => Some(dem.datum()),
        }
    }
}

/// The height of a point on the ground, over whatever the ground's heights are over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TerrainHeight {
    /// Over an absolute datum.
    Absolute(Height),
    /// Relative to the point of take-off.
    AboveTakeoff(HeightAboveTakeoff),
}

impl TerrainHeight {
    pub(super) fn new(datum: Option<VerticalDatum>, metres: f64) -> Self {
        match datum {
            Some(datum) => Self::Absolute(Height::new(datum, metres)),
            None => Self::AboveTakeoff(HeightAboveTakeoff::new(metres)),
        }
    }

    /// The datum; `None` for heights relative to take-off.
    #[must_use]
    pub fn datum(self) -> Option<VerticalDatum> {
        match self {
            Self::Absolute(height) => Some(height.datum()),
            Self::AboveTakeoff(_) => None,
        }
    }

    /// Metres over [`TerrainHeight::datum`].
    #[must_use]
    pub fn metres(self) -> f64 {
        match self {
            Self::Absolute(height) => height.metres(),
            Self::AboveTakeoff(height) => height.metres(),
        }
    }
}

/// Names a datum in messages, "take-off" where there is none.
pub(super) struct DatumName(pub Option<VerticalDatum>);

impl fmt::Display for DatumName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(datum) => datum.fmt(f),
            None => f.write_str("take-off"),
        }
    }
}
