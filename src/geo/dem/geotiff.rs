//! Reading an elevation model from a GeoTIFF.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};

use tiff::{
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

use super::{
    Dem, DemError,
    crs::Crs,
    geo_keys::{GeoKeys, Vertical},
};
use crate::{VerticalDatum, ecef};

/// Cells read at most: 400 MB of heights, a square of 10,000.
const MAX_CELLS: usize = 100_000_000;

/// Position of the first cell's centre and side lengths of a cell, in units of the reference system.
struct Grid {
    first_x: f64,
    first_y: f64,
    step_x: f64,
    step_y: f64,
}

impl Dem {
    /// Reads a GeoTIFF: striped or tiled, uncompressed, LZW, deflate or PackBits; one band of 16 or 32 bit integers
    /// or 32 or 64 bit floats in metres; a WGS84 UTM zone or EPSG:4326, north up; gaps by GDAL's nodata tag.
    ///
    /// `stated` is the vertical datum where the file itself does not name one.
    ///
    /// # Errors
    /// When the file cannot be read or is none of that, when neither the file nor `stated` tells the vertical datum,
    /// or when they disagree.
    pub fn open(path: &Path, stated: Option<VerticalDatum>) -> Result<Self, DemError> {
        read(path, stated)
    }
}

fn read(path: &Path, stated: Option<VerticalDatum>) -> Result<Dem, DemError> {
    let name = path.display().to_string();
    let format = |reason: String| DemError::Format {
        path: name.clone(),
        reason,
    };
    let file = File::open(path).map_err(|reason| DemError::Read {
        path: name.clone(),
        reason,
    })?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_CELLS * 8;
    limits.ifd_value_size = 64 << 20;
    let mut tiff = Decoder::new(BufReader::new(file))
        .map_err(|e| format(one_line(&e)))?
        .with_limits(limits);

    let keys = tiff
        .get_tag_u16_vec(Tag::GeoKeyDirectoryTag)
        .unwrap_or_default();
    let keys = GeoKeys(&keys);
    let crs = keys.horizontal().map_err(|reason| DemError::Horizontal {
        path: name.clone(),
        reason,
    })?;
    let datum = datum(&name, &keys, stated)?;
    let (width, height) = tiff.dimensions().map_err(|e| format(one_line(&e)))?;
    let (width, height) = (width as usize, height as usize);
    if width < 2 || height < 2 || width.saturating_mul(height) > MAX_CELLS {
        return Err(format(format!(
            "it has {width} x {height} cells; at least 2 x 2 and at most {MAX_CELLS} are read"
        )));
    }
    let grid = grid(&mut tiff, keys.pixel_is_point()).map_err(|reason| DemError::Horizontal {
        path: name.clone(),
        reason,
    })?;
    let nodata = tiff
        .get_tag_ascii_string(Tag::GdalNodata)
        .ok()
        .and_then(|text| text.trim_matches(['\0', ' ']).parse::<f64>().ok());
    let image = tiff.read_image().map_err(|e| format(one_line(&e)))?;
    let heights = heights(image, nodata).map_err(&format)?;
    if heights.len() != width * height {
        return Err(format("it has more than one band".to_owned()));
    }
    let (lowest, highest) = heights
        .iter()
        .filter(|h| !h.is_nan())
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &h| {
            (low.min(h), high.max(h))
        });
    if lowest > highest {
        return Err(format("it holds no height at all".to_owned()));
    }
    // Metres of any datum that the earth's surface has; anything else is feet, decimetres or not heights.
    if lowest < -600.0 || highest > 9_500.0 {
        return Err(format(format!(
            "its heights run from {lowest} to {highest}, which are not metres"
        )));
    }
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
        range_m: (f64::from(lowest), f64::from(highest)),
        cell_m,
    })
}

fn datum(
    name: &str,
    keys: &GeoKeys<'_>,
    stated: Option<VerticalDatum>,
) -> Result<VerticalDatum, DemError> {
    let path = || name.to_owned();
    match (keys.vertical(), stated) {
        (Vertical::Over(file), Some(given)) if file != given => Err(DemError::DatumConflict {
            path: path(),
            file,
            given,
        }),
        (Vertical::Over(datum), _) | (Vertical::Unstated, Some(datum)) => Ok(datum),
        (Vertical::Unstated, None) => Err(DemError::UnknownDatum { path: path() }),
        (Vertical::Unsupported(code), _) => Err(DemError::UnsupportedDatum { path: path(), code }),
    }
}

fn grid<R: Read + Seek>(tiff: &mut Decoder<R>, pixel_is_point: bool) -> Result<Grid, String> {
    let scale = tiff.get_tag_f64_vec(Tag::ModelPixelScaleTag);
    let tie = tiff.get_tag_f64_vec(Tag::ModelTiepointTag);
    let (step_x, step_y, corner_x, corner_y) = match (scale.as_deref(), tie.as_deref()) {
        (Ok([sx, sy, ..]), Ok([i, j, _, x, y, _])) => (*sx, *sy, x - i * sx, y + j * sy),
        _ => match tiff.get_tag_f64_vec(Tag::ModelTransformationTag).as_deref() {
            Ok([a, 0.0, _, d, 0.0, f, _, h, ..]) => (*a, -*f, *d, *h),
            _ => return Err("it does not say where it lies, or is not north up".to_owned()),
        },
    };
    let finite = [step_x, step_y, corner_x, corner_y]
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

/// The samples as metres, gaps as NaN.
fn heights(image: DecodingResult, nodata: Option<f64>) -> Result<Vec<f32>, String> {
    let clean = |value: f64| {
        if nodata == Some(value) || !value.is_finite() {
            f32::NAN
        } else {
            value as f32
        }
    };
    // The nodata text of a 32-bit file may not be exact in 64 bits (-3.4028235e38): compare in the file's precision.
    let clean32 = |value: f32| {
        if nodata.is_some_and(|n| n as f32 == value) || !value.is_finite() {
            f32::NAN
        } else {
            value
        }
    };
    match image {
        DecodingResult::F32(v) => Ok(v.into_iter().map(clean32).collect()),
        DecodingResult::F64(v) => Ok(v.into_iter().map(clean).collect()),
        DecodingResult::I16(v) => Ok(v.into_iter().map(|h| clean(f64::from(h))).collect()),
        DecodingResult::U16(v) => Ok(v.into_iter().map(|h| clean(f64::from(h))).collect()),
        DecodingResult::I32(v) => Ok(v.into_iter().map(|h| clean(f64::from(h))).collect()),
        _ => Err("its samples are of a type that heights do not come in".to_owned()),
    }
}

fn one_line(error: &tiff::TiffError) -> String {
    error.to_string().replace('\n', " ")
}
