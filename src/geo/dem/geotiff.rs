//! Reading an elevation model from a GeoTIFF.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
    sync::Arc,
};

use tiff::{decoder::Decoder, tags::Tag};

use super::{
    Dem, DemError, DemStatement,
    gdal_metadata::{self, BandMetadata},
    geo_keys::GeoKeys,
    mask, meaning, samples, side_files,
    storage::{self, decoder, one_line},
    tile::{Lattice, ReadTile, Source, Tile},
    voids,
};

/// Where cells lie, and what the place in space says of heights.
struct Grid {
    lattice: Lattice,
    /// What heights are multiplied by, and what is added after that.
    vertical: Option<(f64, f64)>,
}

/// Reads a GeoTIFF; see [`super::Dem::open_all`].
pub(super) fn read(path: &Path, stated: DemStatement) -> Result<ReadTile, DemError> {
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
    let system = keys.horizontal().map_err(horizontal)?;
    let datum = meaning::datum(&name, &keys, stated)?;
    let (width, height) = tiff.dimensions().map_err(|e| format(one_line(&e)))?;
    let (width, height) = (width as usize, height as usize);
    if width < 2 || height < 2 {
        return Err(format(format!(
            "it has {width} x {height} cells; 2 x 2 are the least"
        )));
    }
    if width.saturating_mul(height) > Dem::MAX_CELLS {
        return Err(DemError::Storage {
            path: name,
            reason: format!(
                "it has {width} x {height} cells, and {} are read of a file at most",
                Dem::MAX_CELLS
            ),
            options: "-srcwin LEFT TOP COLUMNS ROWS",
        });
    }
    let grid = grid(&mut tiff, (width, height), keys.pixel_is_point()).map_err(horizontal)?;
    let nodata = storage::text(&mut tiff, Tag::GdalNodata).map_err(format)?;
    let nodata = nodata.map(|text| text.trim_matches(['\0', ' ']).parse::<f64>());
    let nodata = nodata
        .transpose()
        .map_err(|_| format("its nodata tag holds no number".to_owned()))?;
    let xml = storage::text(&mut tiff, Tag::Unknown(gdal_metadata::TAG)).map_err(format)?;
    let band = BandMetadata::read(xml.as_deref()).map_err(format)?;
    let (scale, offset) = meaning::scale(&keys, grid.vertical, &band).map_err(format)?;
    let is_in_metres = system.metres_per_unit.is_none_or(|metres| metres == 1.0);
    let unit = meaning::unit(&name, &keys, &band, stated, is_in_metres)?;
    let to_metres = samples::ToMetres {
        nodata,
        scale: scale * unit.metres(),
        offset: offset * unit.metres(),
    };

    let decoded = samples::decode(&mut tiff, &to_metres).map_err(format)?;
    let mut heights = decoded.heights;
    let mut file = BufReader::new(File::open(path).map_err(unread)?);
    if let Some(mask) = mask::find(&mut file).map_err(unread)? {
        let mut tiff = decoder(mask::MaskAsImage::new(file, mask).map_err(unread)?)
            .and_then(|mut tiff| tiff.seek_to_image(mask.index).map(|()| tiff))
            .map_err(|e| format(one_line(&e)))?;
        samples::apply_mask(&mut tiff, &mut heights, (width, height)).map_err(format)?;
    }
    let zero = to_metres.offset as f32;
    let mut remarks = voids::remarks(&name, decoded.undeclared, &mut heights, width, zero);
    let range_m = voids::range(&heights).map_err(format)?;
    let source = Source {
        path: path.to_path_buf(),
        epsg: system.epsg,
        datum,
        unit,
        horizontal_sigma_m: system.sigma_m.hypot(band.horizontal_sigma_m),
    };
    remarks.extend(meaning::shift_remark(&name, &source));
    let tile = Tile::new(source, Arc::new(system.crs), grid.lattice, range_m);
    let nowhere = || {
        horizontal(
            "in its reference system it lies nowhere on the earth, or has cells that no model has"
                .to_owned(),
        )
    };
    Ok(ReadTile {
        tile: tile.ok_or_else(nowhere)?,
        heights,
        remarks,
    })
}

fn grid<R: Read + Seek>(
    tiff: &mut Decoder<R>,
    (width, height): (usize, usize),
    pixel_is_point: bool,
) -> Result<Grid, String> {
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
        lattice: Lattice {
            first_x: corner_x + to_centre * step_x,
            first_y: corner_y - to_centre * step_y,
            step_x,
            step_y,
            width,
            height,
        },
        // 0 and 0 say nothing of heights, 1 and 0 that they are what they are.
        vertical: (vertical != (0.0, 0.0) && vertical != (1.0, 0.0)).then_some(vertical),
    })
}
