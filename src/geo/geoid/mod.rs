//! From one vertical datum to another: how high the geoids lie over the ellipsoid.
//!
//! A geoid's undulation N at a place is its height over the WGS84 ellipsoid: a height h over the ellipsoid is H = h - N
//! over the geoid.

mod egm96;
mod error;
mod grid;
#[cfg(feature = "geotiff")]
mod grid_file;

use self::egm96::Egm96;
pub use self::{error::GeoidError, grid::GeoidGrid};
use crate::{Height, VerticalDatum, Wgs84};

/// How far EGM96 and EGM2008 may lie apart, one sigma in metres: what EGM96's own authors state for it where little was
/// surveyed (NASA/TP-1998-206861: 0.5 to 1 m).
const EGM96_AS_EGM2008_SIGMA_M: f64 = 1.0;

/// What stands for EGM2008.
#[derive(Debug, Default)]
enum Egm2008 {
    /// Nothing: a height over it is only that.
    #[default]
    Unknown,
    /// EGM96, with an error.
    Egm96,
    /// A grid of its undulations.
    Grid(GeoidGrid),
}

/// The geoids that heights can be turned between: EGM96, built in, and EGM2008 where a grid of it is at hand.
#[derive(Debug, Default)]
pub struct Geoids {
    egm96: Egm96,
    egm2008: Egm2008,
}

/// A height over the datum asked for, and what turning it cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvertedHeight {
    /// The height.
    pub height: Height,
    /// One-sigma error in metres that it did not have before; 0 where the geoids between are known.
    pub sigma_m: f64,
}

impl Geoids {
    /// EGM96, and EGM2008 by a grid of it.
    #[must_use]
    pub fn with_egm2008(grid: GeoidGrid) -> Self {
        Self {
            egm2008: Egm2008::Grid(grid),
            ..Self::default()
        }
    }

    /// EGM96, also where EGM2008 is meant: such a height has a larger error, which [`ConvertedHeight::sigma_m`] states.
    #[must_use]
    pub fn approximate() -> Self {
        Self {
            egm2008: Egm2008::Egm96,
            ..Self::default()
        }
    }

    /// The height at `place` over `datum`.
    ///
    /// # Errors
    /// When EGM2008 is needed and not at hand, or its grid does not reach there or cannot be read.
    pub fn convert(
        &self,
        height: Height,
        place: Wgs84,
        datum: VerticalDatum,
    ) -> Result<ConvertedHeight, GeoidError> {
        if height.datum() == datum {
            return Ok(ConvertedHeight {
                height,
                sigma_m: 0.0,
            });
        }
        let (from, from_sigma_m) = self.undulation(height.datum(), place)?;
        let (to, to_sigma_m) = self.undulation(datum, place)?;
        Ok(ConvertedHeight {
            height: Height::new(datum, height.metres() + from - to),
            sigma_m: from_sigma_m.max(to_sigma_m),
        })
    }

    /// How high the zero of a datum lies over the ellipsoid, and its one-sigma error, in metres.
    fn undulation(&self, datum: VerticalDatum, place: Wgs84) -> Result<(f64, f64), GeoidError> {
        match datum {
            VerticalDatum::Ellipsoid => Ok((0.0, 0.0)),
            VerticalDatum::Egm96 => Ok((self.egm96.undulation(place), 0.0)),
            VerticalDatum::Egm2008 => match &self.egm2008 {
                Egm2008::Unknown => Err(GeoidError::NoEgm2008),
                Egm2008::Egm96 => Ok((self.egm96.undulation(place), EGM96_AS_EGM2008_SIGMA_M)),
                Egm2008::Grid(grid) => Ok((grid.undulation(place)?, 0.0)),
            },
        }
    }
}

#[cfg(test)]
mod tests;
