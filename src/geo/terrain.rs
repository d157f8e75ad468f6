//! What the rays of a camera end on.

use std::{fmt, sync::Arc};

use super::Dem;
use crate::{Height, HeightAboveTakeoff, VerticalDatum};

/// The shape of the ground.
#[derive(Debug, Clone)]
pub enum Surface {
    /// A surface of constant height, relative to the point of take-off: needs only the relative altitude.
    AboveTakeoff(HeightAboveTakeoff),
    /// A surface of constant height over an absolute datum: needs the camera's height over the same datum.
    Level(Height),
    /// An elevation model: needs the camera's height over the model's datum.
    Dem(Arc<Dem>),
}

/// The ground and how far its height may be wrong.
#[derive(Debug, Clone)]
pub struct Terrain {
    /// Its shape.
    pub surface: Surface,
    /// One-sigma error of its height in metres.
    pub sigma_m: f64,
}

impl Terrain {
    /// Flat ground at the height of the take-off point, known to `sigma_m`.
    #[must_use]
    pub fn flat(sigma_m: f64) -> Self {
        Self {
            surface: Surface::AboveTakeoff(HeightAboveTakeoff::new(0.0)),
            sigma_m,
        }
    }

    /// Flat ground at an absolute height, known to `sigma_m`.
    #[must_use]
    pub fn level(height: Height, sigma_m: f64) -> Self {
        Self {
            surface: Surface::Level(height),
            sigma_m,
        }
    }

    /// An elevation model whose heights are good to `sigma_m`.
    #[must_use]
    pub fn dem(dem: Dem, sigma_m: f64) -> Self {
        Self {
            surface: Surface::Dem(Arc::new(dem)),
            sigma_m,
        }
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
