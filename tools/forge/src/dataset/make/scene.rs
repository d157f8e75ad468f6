//! One georeferenced image: which of its tiles are worth keeping, and their labels.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use scarp_geo::crs::{Conversion, System};

use super::{
    Options, Outlines, SceneError,
    mask::Mask,
    split::{self, Bounds},
};
use crate::{
    dataset::Origin,
    raster::{Crs, Georeference, Kind, Raster, RasterError, Window},
};

/// An image that is to be cut.
pub(super) struct Scene {
    pub(super) path: PathBuf,
    /// File name without extension.
    pub(super) stem: String,
    pub(super) origin: Origin,
    pub(super) place: Georeference,
    pub(super) size: (u32, u32),
    pub(super) bounds: Bounds,
    /// The value that all bands of a pixel outside of the picture have.
    nodata: Option<u8>,
    mask: Mask,
}

/// A part of an image that is kept.
pub(super) struct Tile {
    pub(super) name: String,
    pub(super) window: Window,
}

/// The tiles of an image, and how many were not kept and why.
#[derive(Default)]
pub(super) struct Tiles {
    pub(super) kept: Vec<Tile>,
    pub(super) empty: usize,
    pub(super) blank: usize,
}

impl Scene {
    /// Opens the image and lays the outlines on it.
    pub(super) fn open(
        path: &Path,
        origin: Origin,
        outlines: &[Outlines],
        nodata: Option<u8>,
    ) -> Result<Self, SceneError> {
        let size = Raster::open(path, Kind::Rgb)?.size();
        let place = Georeference::read(path).ok_or_else(|| SceneError::NoPlace(path.to_owned()))?;
        let Crs::Epsg(code) = place.crs else {
            return Err(SceneError::NoSystem {
                path: path.to_owned(),
                crs: place.crs,
            });
        };
        let system = System::Epsg(code);
        let unknown = |path: &Path| {
            let path = path.to_owned();
            move |reason| SceneError::System { path, reason }
        };
        let mut mask = Mask::default();
        for file in outlines {
            let conversion = Conversion::new(&file.system, &system).map_err(unknown(&file.path))?;
            mask.add(&file.polygons, &conversion, &place, size);
        }
        let whole = |v: f64| (v.fract() == 0.0 && (0.0..=255.0).contains(&v)).then_some(v as u8);
        Ok(Self {
            stem: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            bounds: split::bounds(&place, &system, size).map_err(unknown(path))?,
            nodata: nodata.or_else(|| place.nodata.and_then(whole)),
            origin: Origin {
                gsd_m: origin.gsd_m.or_else(|| metres(code, &place)),
                ..origin
            },
            path: path.to_owned(),
            place,
            size,
            mask,
        })
    }

    pub(super) fn has_outlines(&self) -> bool {
        !self.mask.is_empty()
    }

    /// Whether the list of negatives names the whole image.
    pub(super) fn is_named(&self, negatives: &HashSet<String>) -> bool {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        negatives.contains(file.as_ref()) || negatives.contains(&self.stem)
    }

    /// Pixels of a window, and their labels: 0 where there is no picture, since nothing can be seen there.
    pub(super) fn read(
        &self,
        image: &mut Raster,
        window: Window,
        samples: &mut Vec<u8>,
    ) -> Result<Vec<u8>, RasterError> {
        image.read(window, samples)?;
        let mut labels = self.mask.labels(window);
        for (label, pixel) in labels.iter_mut().zip(samples.chunks_exact(3)) {
            if self.is_blank(pixel) {
                *label = 0;
            }
        }
        Ok(labels)
    }

    fn is_blank(&self, pixel: &[u8]) -> bool {
        self.nodata.is_some_and(|v| pixel.iter().all(|p| *p == v))
    }

    /// The tiles that are kept: whole ones of which at least half is picture, with landslides, named negatives, and of
    /// the others the share that `options` says. Those that the image's right and lower edge cut are left out: padding
    /// would teach the network frames, shifting would show pixels twice.
    pub(super) fn tiles(
        &self,
        options: &Options,
        negatives: &HashSet<String>,
    ) -> Result<Tiles, SceneError> {
        let (side, mut tiles) = (options.tile_px, Tiles::default());
        let whole = self.is_named(negatives);
        let mut image = Raster::open(&self.path, Kind::Rgb)?;
        let mut samples = Vec::new();
        for row in 0..self.size.1 / side {
            for column in 0..self.size.0 / side {
                let window = Window {
                    x: column * side,
                    y: row * side,
                    width: side,
                    height: side,
                };
                let name = format!("{}_r{row:03}_c{column:03}", self.stem);
                // Without a value for "no data" the pixels do not matter yet.
                let labels = if self.nodata.is_some() {
                    self.read(&mut image, window, &mut samples)?
                } else {
                    self.mask.labels(window)
                };
                let blank = samples.chunks_exact(3).filter(|p| self.is_blank(p)).count();
                if 2 * blank > labels.len() {
                    tiles.blank += 1;
                } else if labels.contains(&1)
                    || whole
                    || negatives.contains(&name)
                    || split::lot(options.seed, &name) < options.keep_empty
                {
                    tiles.kept.push(Tile { name, window });
                } else {
                    tiles.empty += 1;
                }
            }
        }
        if tiles.kept.is_empty() {
            return Err(SceneError::NoTile {
                path: self.path.clone(),
                tile: side,
                reason: if self.size.0 < side || self.size.1 < side {
                    "it is smaller"
                } else if tiles.blank > 0 {
                    "none has landslides and picture on half of it"
                } else {
                    "landslides lie on its cut off edge only"
                },
            });
        }
        Ok(tiles)
    }
}

/// Side of a pixel where the reference system measures in metres that are nearly true: the UTM zones of WGS84.
fn metres(epsg: u16, place: &Georeference) -> Option<f64> {
    let [a, b, _, d, e, _] = place.affine;
    scarp_geo::Utm::from_epsg(epsg).map(|_| (a * e - b * d).abs().sqrt())
}
