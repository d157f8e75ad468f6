//! Why a dataset, or a part of it, cannot be made.

use std::{io, path::PathBuf};

use scarp_geo::crs::CrsError;
use thiserror::Error;

use super::OutlinesError;
use crate::{
    dataset::DatasetError,
    raster::{Crs, RasterError},
};

/// Why no dataset can be made. Each message is one line.
#[derive(Debug, Error)]
pub enum MakeError {
    /// The outlines cannot be used.
    #[error(transparent)]
    Outlines(#[from] OutlinesError),
    /// A dataset.toml beside the images is wrong.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The list of negatives cannot be read.
    #[error("{path}: {reason}; the list of negatives has one name on each line")]
    Negatives {
        /// The list.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// There is a dataset already.
    #[error("{0}: is there already; choose another --out or remove it")]
    Exists(PathBuf),
    /// An event that no image is of.
    #[error("no image is of the event {event} that --leave-out names; the events are {known}")]
    NoEvent {
        /// The event.
        event: String,
        /// The images' events.
        known: String,
    },
    /// The images cannot be divided.
    #[error(
        "the images cannot be divided: there is one only, or all overlap on the ground; give more, or --split 1:0, or --by tile (neighbours will be on both sides)"
    )]
    Indivisible,
    /// Every image was refused, or nothing is left of them.
    #[error("no tile could be made; the first reason: {0}")]
    Nothing(String),
    /// The dataset cannot be written.
    #[error("{path}: {reason}; free space or choose another --out")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
}

/// Why an image is not used. Each message is one line.
#[derive(Debug, Error)]
pub enum SceneError {
    /// The image cannot be read.
    #[error(transparent)]
    Raster(#[from] RasterError),
    /// The image does not say where it lies.
    #[error("{0}: has no georeference; write it as GeoTIFF, for instance with gdal_translate")]
    NoPlace(PathBuf),
    /// The image does not say what its coordinates mean.
    #[error("{path}: has {crs}; say it by its code with gdal_edit.py -a_srs EPSG:...")]
    NoSystem {
        /// The image.
        path: PathBuf,
        /// What it says.
        crs: Crs,
    },
    /// The image and the outlines cannot be brought together.
    #[error("{path}: {reason}")]
    System {
        /// The image or the outlines.
        path: PathBuf,
        /// Why.
        reason: CrsError,
    },
    /// No outline lies in the image.
    #[error(
        "{0}: no outline lies in it; name it in --negatives if it shows no landslide, else give the outlines of its place"
    )]
    NoOutline(PathBuf),
    /// No tile is left.
    #[error("{path}: gives no tile of {tile}x{tile} pixels ({reason})")]
    NoTile {
        /// The image.
        path: PathBuf,
        /// Side of a tile.
        tile: u32,
        /// Why.
        reason: &'static str,
    },
    /// The event is not known.
    #[error(
        "{0}: its event is not known, so it may be the one left out; say it in dataset.toml beside it"
    )]
    NoEvent(PathBuf),
    /// The image shows the ground of one that is left out.
    #[error(
        "{path}: overlaps {other}, which is left out, on the ground; a test must be of other ground"
    )]
    Overlap {
        /// The image.
        path: PathBuf,
        /// The one that is left out.
        other: PathBuf,
    },
    /// Two images have one name.
    #[error("{0}: another image has the same name; tiles are named after it, rename one")]
    SameName(PathBuf),
}
