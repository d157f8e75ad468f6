//! What keeps an elevation model from being used, and a place from having a height.

use std::fmt;

use thiserror::Error;

use super::HeightUnit;
use crate::VerticalDatum;

/// An elevation model that cannot be used. Every message names the file and what to do.
#[derive(Debug, Error)]
pub enum DemError {
    /// The file cannot be read.
    #[error("elevation model {path}: {reason}; give a GeoTIFF that this user may read")]
    Read {
        /// The file.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file is not a TIFF, is damaged, or holds something else than one band of heights.
    #[error(
        "elevation model {path}: {reason}; give an undamaged GeoTIFF of the heights of the earth's surface"
    )]
    Format {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The heights are stored in a way that is not read.
    #[error(
        "elevation model {path}: {reason}; rewrite it: gdal_translate {options} {path} dem.tif"
    )]
    Storage {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
        /// What makes `gdal_translate` write what is read.
        options: &'static str,
    },
    /// A file beside it changes what its heights mean.
    #[error(
        "elevation model {path}: {side} beside it holds its {what}; write both into one file: gdal_translate --config GDAL_TIFF_INTERNAL_MASK YES {path} dem.tif"
    )]
    SideFile {
        /// The file.
        path: String,
        /// The file beside it.
        side: String,
        /// What that one holds.
        what: &'static str,
    },
    /// The horizontal reference system is missing or not one of those read.
    #[error(
        "elevation model {path}: {reason}; convert it, its heights as they are: gdalwarp -novshift -et 0 -r cubic -t_srs EPSG:4326 {path} dem.tif"
    )]
    Horizontal {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no file.
    #[error(
        "elevation model {path}: there is no .tif, .tiff or .hgt file in it; give a folder that has some"
    )]
    NoFiles {
        /// The folders.
        path: String,
    },
    /// Two files have heights over different datums.
    #[error(
        "elevation model {path}: its heights are over {datum}, those of {other} over {other_datum}; give files over one datum (scarp-forge terrain brings them over one)"
    )]
    MixedDatums {
        /// The file.
        path: String,
        /// Its datum.
        datum: VerticalDatum,
        /// The first file.
        other: String,
        /// That one's datum.
        other_datum: VerticalDatum,
    },
    /// The file does not say what its heights are over.
    #[error(
        "elevation model {path} does not say what its heights are over; state the vertical datum (ellipsoid, EGM96 or EGM2008)"
    )]
    UnknownDatum {
        /// The file.
        path: String,
    },
    /// The file names a vertical datum that is not read.
    #[error(
        "elevation model {path}: its heights are over {name}, which is not supported; convert them to the WGS84 ellipsoid, EGM96 or EGM2008, or take them for one of those: --dem-override --dem-datum"
    )]
    UnsupportedDatum {
        /// The file.
        path: String,
        /// The vertical reference system.
        name: String,
    },
    /// The file says another datum than the user.
    #[error(
        "elevation model {path}: its heights are over {file}, not over {given} as stated; leave the statement out, or add --dem-override where the file is wrong"
    )]
    DatumConflict {
        /// The file.
        path: String,
        /// Datum named in the file.
        file: VerticalDatum,
        /// Datum the user stated.
        given: VerticalDatum,
    },
    /// The unit of the heights is not known.
    #[error(
        "elevation model {path}: {reason}; state the unit of its heights: --dem-unit metre, foot or us-survey-foot"
    )]
    UnknownUnit {
        /// The file.
        path: String,
        /// Why it is not known.
        reason: String,
    },
    /// The file says another unit than the user, or two.
    #[error(
        "elevation model {path}: {first_from} says that its heights are in {first}, {other_from} in {other}; add --dem-override --dem-unit with the one that is right"
    )]
    UnitConflict {
        /// The file.
        path: String,
        /// What says the first.
        first_from: &'static str,
        /// The first.
        first: HeightUnit,
        /// What says the second.
        other_from: &'static str,
        /// The second.
        other: HeightUnit,
    },
}

/// Why there is no height at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleError {
    /// The place lies outside the model.
    Outside,
    /// The place lies in a gap of the model.
    NoData,
    /// The file that holds the place cannot be read any more.
    Unreadable,
}

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outside => "does not reach",
            Self::NoData => "has no data",
            Self::Unreadable => "cannot be read any more",
        })
    }
}
