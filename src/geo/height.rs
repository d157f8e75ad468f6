//! Heights that carry their datum in the type.
//!
//! Mixing vertical datums places things tens of metres wrong without any other sign of trouble, so a bare number is
//! never a height here, and no height is turned into another datum without a geoid model.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The surface an absolute height is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerticalDatum {
    /// The WGS84 ellipsoid (HAE), what GNSS measures.
    Ellipsoid,
    /// The EGM96 geoid, EPSG:5773; the "mean sea level" of most drones, SRTM and ASTER.
    Egm96,
    /// The EGM2008 geoid, EPSG:3855; Copernicus DEM.
    Egm2008,
}

impl VerticalDatum {
    /// How it is named on command lines, in boards and in JSON: `ellipsoid`, `egm96` or `egm2008`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ellipsoid => "ellipsoid",
            Self::Egm96 => "egm96",
            Self::Egm2008 => "egm2008",
        }
    }
}

impl fmt::Display for VerticalDatum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ellipsoid => "WGS84 ellipsoid",
            Self::Egm96 => "EGM96",
            Self::Egm2008 => "EGM2008",
        })
    }
}

/// A text that names no vertical datum.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no vertical datum; write ellipsoid, egm96 or egm2008")]
pub struct UnknownDatum(String);

impl FromStr for VerticalDatum {
    type Err = UnknownDatum;

    /// Reads `ellipsoid`, `egm96` or `egm2008`.
    fn from_str(name: &str) -> Result<Self, UnknownDatum> {
        match name {
            "ellipsoid" => Ok(Self::Ellipsoid),
            "egm96" => Ok(Self::Egm96),
            "egm2008" => Ok(Self::Egm2008),
            other => Err(UnknownDatum(other.to_owned())),
        }
    }
}

macro_rules! height_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// A height of `metres`, positive upward.
            #[must_use]
            pub const fn new(metres: f64) -> Self {
                Self(metres)
            }

            /// The height in metres, positive upward.
            #[must_use]
            pub const fn metres(self) -> f64 {
                self.0
            }
        }
    };
}

height_type!(
    /// Height above the WGS84 ellipsoid (HAE).
    HeightAboveEllipsoid
);
height_type!(
    /// Height above the EGM96 geoid.
    HeightEgm96
);
height_type!(
    /// Height above the EGM2008 geoid.
    HeightEgm2008
);
height_type!(
    /// Height above the point of take-off, as a barometer gives it.
    HeightAboveTakeoff
);

height_type!(
    /// Height above the ground below, as an aircraft that knows the terrain gives it.
    HeightAboveGround
);

/// A height over one of the absolute datums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Height {
    /// Above the WGS84 ellipsoid.
    Ellipsoid(HeightAboveEllipsoid),
    /// Above the EGM96 geoid.
    Egm96(HeightEgm96),
    /// Above the EGM2008 geoid.
    Egm2008(HeightEgm2008),
}

impl Height {
    /// A height of `metres` over `datum`.
    #[must_use]
    pub const fn new(datum: VerticalDatum, metres: f64) -> Self {
        match datum {
            VerticalDatum::Ellipsoid => Self::Ellipsoid(HeightAboveEllipsoid::new(metres)),
            VerticalDatum::Egm96 => Self::Egm96(HeightEgm96::new(metres)),
            VerticalDatum::Egm2008 => Self::Egm2008(HeightEgm2008::new(metres)),
        }
    }

    /// The datum this height is measured from.
    #[must_use]
    pub const fn datum(self) -> VerticalDatum {
        match self {
            Self::Ellipsoid(_) => VerticalDatum::Ellipsoid,
            Self::Egm96(_) => VerticalDatum::Egm96,
            Self::Egm2008(_) => VerticalDatum::Egm2008,
        }
    }

    /// The height in metres over its own datum.
    #[must_use]
    pub const fn metres(self) -> f64 {
        match self {
            Self::Ellipsoid(h) => h.metres(),
            Self::Egm96(h) => h.metres(),
            Self::Egm2008(h) => h.metres(),
        }
    }
}

impl From<HeightAboveEllipsoid> for Height {
    fn from(h: HeightAboveEllipsoid) -> Self {
        Self::Ellipsoid(h)
    }
}
impl From<HeightEgm96> for Height {
    fn from(h: HeightEgm96) -> Self {
        Self::Egm96(h)
    }
}
impl From<HeightEgm2008> for Height {
    fn from(h: HeightEgm2008) -> Self {
        Self::Egm2008(h)
    }
}
