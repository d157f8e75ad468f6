//! TIFF files as GDCLD has them, and GeoTIFFs of heights and whole scenes.

use std::{fs::File, io::BufWriter, path::Path};

use anyhow::Context;
use tiff::{
    encoder::{
        TiffEncoder,
        colortype::{ColorType, Gray8, Gray32Float, RGB8},
    },
    tags::Tag,
};

/// Where a raster lies: the north-west corner of its north-west pixel on the UTM plane.
#[derive(Debug, Clone, Copy)]
pub struct GeoReference {
    /// Metres east.
    pub easting: f64,
    /// Metres north.
    pub northing: f64,
    /// Side of a pixel in metres.
    pub pixel_m: f64,
    /// EPSG code of the projected reference system.
    pub epsg: u16,
    /// Whether the values are heights over EGM96.
    pub egm96_heights: bool,
}

const MODEL_PIXEL_SCALE: Tag = Tag::ModelPixelScaleTag;
const MODEL_TIEPOINT: Tag = Tag::ModelTiepointTag;
const GEO_KEY_DIRECTORY: Tag = Tag::GeoKeyDirectoryTag;

/// Writes an RGB image.
///
/// # Errors
/// When the file cannot be written.
pub fn write_rgb(
    path: &Path,
    columns: u32,
    rows: u32,
    samples: &[u8],
    place: Option<GeoReference>,
) -> anyhow::Result<()> {
    write::<RGB8>(path, columns, rows, samples, place)
}

/// Writes labels, 0 or 1.
///
/// # Errors
/// When the file cannot be written.
pub fn write_labels(
    path: &Path,
    columns: u32,
    rows: u32,
    samples: &[u8],
    place: Option<GeoReference>,
) -> anyhow::Result<()> {
    write::<Gray8>(path, columns, rows, samples, place)
}

/// Writes heights in metres.
///
/// # Errors
/// When the file cannot be written.
pub fn write_heights(
    path: &Path,
    columns: u32,
    rows: u32,
    samples: &[f32],
    place: GeoReference,
) -> anyhow::Result<()> {
    write::<Gray32Float>(path, columns, rows, samples, Some(place))
}

fn write<C: ColorType>(
    path: &Path,
    columns: u32,
    rows: u32,
    samples: &[C::Inner],
    place: Option<GeoReference>,
) -> anyhow::Result<()>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let put = || -> anyhow::Result<()> {
        let mut encoder = TiffEncoder::new(BufWriter::new(File::create(path)?))?;
        let mut image = encoder.new_image::<C>(columns, rows)?;
        if let Some(place) = place {
            let directory = image.encoder();
            directory.write_tag(MODEL_PIXEL_SCALE, &[place.pixel_m, place.pixel_m, 0.0][..])?;
            directory.write_tag(
                MODEL_TIEPOINT,
                &[0.0, 0.0, 0.0, place.easting, place.northing, 0.0][..],
            )?;
            directory.write_tag(GEO_KEY_DIRECTORY, &geo_keys(&place)[..])?;
        }
        Ok(image.write_data(samples)?)
    };
    put().with_context(|| format!("cannot write {}", path.display()))
}

/// GeoTIFF keys (OGC 19-008r4): a header, then id, location, count and value of each key.
fn geo_keys(place: &GeoReference) -> Vec<u16> {
    const MODEL_TYPE: u16 = 1024;
    const RASTER_TYPE: u16 = 1025;
    const PROJECTED_CRS: u16 = 3072;
    const VERTICAL: u16 = 4096;
    const VERTICAL_UNITS: u16 = 4099;
    let mut keys = vec![
        (MODEL_TYPE, 1),
        (RASTER_TYPE, 1),
        (PROJECTED_CRS, place.epsg),
    ];
    if place.egm96_heights {
        keys.extend([(VERTICAL, 5773), (VERTICAL_UNITS, 9001)]);
    }
    let mut directory = vec![1, 1, 0, keys.len() as u16];
    for (id, value) in keys {
        directory.extend([id, 0, 1, value]);
    }
    directory
}
