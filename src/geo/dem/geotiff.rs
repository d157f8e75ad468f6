//! Reading an elevation model from a GeoTIFF.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};

use tiff::{decoder::Decoder, tags::Tag};

use super::{
    Dem, DemError, DemStatement,
    crs::Crs,
    gdal_metadata::{self, BandMetadata},
    geo_keys::GeoKeys,
    mask, meaning, samples, side_files,
    storage::{self, MAX_CELLS, decoder, one_line},
    voids::{self, PLAUSIBLE_M},
};
use crate::ecef;

/// Position of the first cell's centre and side lengths of a cell, in units of the reference system.
struct Grid {
    first_x: f64,
    first_y: f64,
    step_x: f64,
    step_y: f64,
    /// What heights are multiplied by, and what is added after that, where the place in space says so.
    vertical: Option<(f64, f64)>,
}

impl Dem {
    /// Reads a GeoTIFF: striped or tiled, uncompressed, LZW, deflate or PackBits; one band of integers of up to 32 bits
    /// or of floats, with unit, scale and offset; a WGS84 UTM zone or EPSG:4326, north up. Gaps are what GDAL's nodata
    /// tag, the mask inside the file or a block that is not there say, and what only a gap can be: [`Dem::remarks`]
    /// tells of those.
    ///
    /// `stated` is what the file itself does not say, and what holds although it does.
    ///
    /// # Errors
    /// When the file cannot be read or is none of that, when neither the file nor `stated` tells the vertical datum,
    /// or when they disagree.
    pub fn open(path: &Path, stated: impl Into<DemStatement>) -> Result<Self, DemError> {
        read(path, stated.into())
    }
}

fn read(path: &Path, stated: DemStatement) -> Result<Dem, DemError> {
    let name = path.display().to_string();
    let unread = |reason| DemError::Read {
        path: name.clone(),
        reason,
    };
    let format = |reason: String| DemError::Format {
        path: name.clone(),
        reason,
    };
    let horizontal = |reason: String| DemError::Horizontal {
        path: name.clone(),
        reason,
    };
    side_files::refuse(path)?;
    let mut tiff = decoder(BufReader::new(File::open(path).map_err(unread)?))
        .map_err(|e| format(one_line(&e)))?;
    storage::can_be_decoded(&name, &mut tiff)?;

    let keys = tiff
        .find_tag_unsigned_vec::<u16>(Tag::GeoKeyDirectoryTag)
        .map_err(|e| format(one_line(&e)))?
        .unwrap_or_default();
    let keys = GeoKeys(&keys);
    let crs = keys.horizontal().map_err(horizontal)?;
    let datum = meaning::datum(&name, &keys, stated)?;
    let (width, height) = tiff.dimensions().map_err(|e| format(one_line(&e)))?;
    let (width, height) = (width as usize, height as usize);
    if width < 2 || height < 2 || width.saturating_mul(height) > MAX_CELLS {
        return Err(format(format!(
            "it has {width} x {height} cells; at least 2 x 2 and at most {MAX_CELLS} are read"
        )));
    }
    let grid = grid(&mut tiff, keys.pixel_is_point()).map_err(horizontal)?;
    let nodata = storage::text(&mut tiff, Tag::GdalNodata).map_err(format)?;
    let nodata = nodata.map(|text| text.trim_matches(['\0', ' ']).parse::<f64>());
    let nodata = nodata
        .transpose()
        .map_err(|_| format("its nodata tag holds no number".to_owned()))?;
    let xml = storage::text(&mut tiff, Tag::Unknown(gdal_metadata::TAG)).map_err(format)?;
    let band = BandMetadata::read(xml.as_deref()).map_err(format)?;
    let (scale, offset) = meaning::scale(&keys, grid.vertical, &band).map_err(format)?;
    let unit = meaning::unit(&name, &keys, &band, stated)?.metres();
    let to_metres = samples::ToMetres {
        nodata,
        scale: scale * unit,
        offset: offset * unit,
    };

    let decoded = samples::decode(&mut tiff, &to_metres).map_err(format)?;
    let mut heights = decoded.heights;
    let mut remarks = Vec::new();
    if let Some(raw) = decoded.undeclared {
        remarks.push(format!(
            "elevation model {name}: cells that hold {raw} are taken for gaps, which the file does not declare"
        ));
    }
    let mut file = BufReader::new(File::open(path).map_err(unread)?);
    if let Some(mask) = mask::find(&mut file).map_err(unread)? {
        let mut tiff = decoder(mask::MaskAsImage::new(file, mask).map_err(unread)?)
            .and_then(|mut tiff| tiff.seek_to_image(mask.index).map(|()| tiff))
            .map_err(|e| format(one_line(&e)))?;
        samples::apply_mask(&mut tiff, &mut heights, (width, height)).map_err(format)?;
    }
    let unwritten = voids::clear_unwritten(&mut heights, width, to_metres.offset as f32);
    if unwritten > 0 {
        remarks.push(format!(
            "elevation model {name}: {unwritten} cells hold 0 where the ground beside them does not come down to it; they are taken for gaps"
        ));
    }
    let range_m = range(&heights).map_err(format)?;
    let cell_m = cell_m(crs, &grid, height);
    Ok(Dem {
        crs,
        datum,
        width,
        height,
        first_x: grid.first_x,
        first_y: grid.first_y,
        step_x: grid.step_x,
        step_y: grid.step_y,
        heights,
        range_m,
        cell_m,
        remarks,
    })
}

fn grid<R: Read + Seek>(tiff: &mut Decoder<R>, pixel_is_point: bool) -> Result<Grid, String> {
    let scale = tiff.get_tag_f64_vec(Tag::ModelPixelScaleTag);
    let tie = tiff.get_tag_f64_vec(Tag::ModelTiepointTag);
    let ((step_x, step_y, corner_x, corner_y), vertical) = match (scale.as_deref(), tie.as_deref())
    {
        (Ok([sx, sy, up @ ..]), Ok([i, j, k, x, y, z])) => {
            let sz = up.first().copied().unwrap_or_default();
            ((*sx, *sy, x - i * sx, y + j * sy), (sz, z - k * sz))
        }
        _ => match tiff.get_tag_f64_vec(Tag::ModelTransformationTag).as_deref() {
            Ok([a, 0.0, _, d, 0.0, f, _, h, _, _, up, from, ..]) => {
                ((*a, -*f, *d, *h), (*up, *from))
            }
            _ => return Err("it does not say where it lies, or is not north up".to_owned()),
        },
    };
    let finite = [step_x, step_y, corner_x, corner_y, vertical.0, vertical.1]
        .iter()
        .all(|v| v.is_finite());
    if !(finite && step_x > 0.0 && step_y > 0.0) {
        return Err("it is not north up".to_owned());
    }
    let to_centre = if pixel_is_point { 0.0 } else { 0.5 };
    Ok(Grid {
        first_x: corner_x + to_centre * step_x,
        first_y: corner_y - to_centre * step_y,
        step_x,
        step_y,
        // 0 and 0 say nothing of heights, 1 and 0 that they are what they are.
        vertical: (vertical != (0.0, 0.0) && vertical != (1.0, 0.0)).then_some(vertical),
    })
}

/// The smaller side of a cell in metres, in the middle of the model.
fn cell_m(crs: Crs, grid: &Grid, height: usize) -> f64 {
    match crs {
        Crs::Utm(_) => grid.step_x.min(grid.step_y),
        Crs::Geographic => {
            let middle = grid.first_y - grid.step_y * height as f64 / 2.0;
            let metres_per_degree = ecef::A.to_radians();
            let east = grid.step_x * middle.to_radians().cos().abs().max(1e-6);
            east.min(grid.step_y) * metres_per_degree
        }
    }
}

/// The lowest and the highest height, which are such as the earth's surface has.
fn range(heights: &[f32]) -> Result<(f64, f64), String> {
    let (lowest, highest) = heights
        .iter()
        .filter(|h| !h.is_nan())
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &h| {
            (low.min(h), high.max(h))
        });
    if lowest > highest {
        return Err("it holds no height at all".to_owned());
    }
    let range = (f64::from(lowest), f64::from(highest));
    if !(PLAUSIBLE_M.contains(&range.0) && PLAUSIBLE_M.contains(&range.1)) {
        return Err(format!(
            "its heights run from {lowest} to {highest} m, which the earth's surface does not"
        ));
    }
    Ok(range)
}
