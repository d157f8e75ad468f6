//! The prepared model as a tiled GeoTIFF (OGC 19-008r4), which `scarp` reads without being told anything.

use std::io::{Seek, Write};

use scarp_geo::{HORIZONTAL_SIGMA_ITEM, VerticalDatum};
use tiff::{
    TiffError, TiffResult,
    encoder::{
        DirectoryEncoder, TiffEncoder, TiffKindStandard,
        compression::{CompressionAlgorithm, Deflate, DeflateLevel},
    },
    tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, SampleFormat, Tag},
};

use super::frame::Frame;

/// Cells along the side of a tile.
pub(super) const TILE: usize = 256;

/// GDAL's own tag for metadata.
const GDAL_METADATA: Tag = Tag::Unknown(42_112);

/// What is said of the heights.
pub(super) struct Meaning {
    pub(super) datum: VerticalDatum,
    /// How far places may lie beside where they are, one sigma.
    pub(super) horizontal_sigma_m: f64,
}

/// Writes a model whose `rows_of_tiles` come one after the other from the top: of each the tiles from the left, of each tile its rows
/// from the top, of whole size also at the edges. Gaps are NaN.
///
/// # Errors
/// Those of `rows_of_tiles`, and of the file by way of `failed`.
pub(super) fn write<W: Write + Seek, E>(
    file: W,
    frame: &Frame,
    meaning: &Meaning,
    mut rows_of_tiles: impl FnMut(usize) -> Result<Vec<Vec<f32>>, E>,
    failed: impl Fn(TiffError) -> E,
) -> Result<(), E> {
    let mut tiff = TiffEncoder::new(file).map_err(&failed)?;
    let mut directory = tiff.image_directory().map_err(&failed)?;
    let (mut offsets, mut lengths): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for row in 0..frame.rows.div_ceil(TILE) {
        for tile in rows_of_tiles(row)? {
            let (offset, length) = put(&mut directory, &tile).map_err(&failed)?;
            offsets.push(offset);
            lengths.push(length);
        }
    }
    describe(&mut directory, frame, meaning, &offsets, &lengths)
        .and_then(|()| directory.finish())
        .map_err(failed)
}

/// Compresses a tile and writes it; where it is and how long.
fn put<W: Write + Seek>(
    directory: &mut DirectoryEncoder<'_, W, TiffKindStandard>,
    tile: &[f32],
) -> TiffResult<(u32, u32)> {
    let bytes: Vec<u8> = tile
        .iter()
        .flat_map(|height| height.to_ne_bytes())
        .collect();
    let mut packed = Vec::new();
    Deflate::with_level(DeflateLevel::Fast).write_to(&mut packed, &bytes)?;
    let offset = directory.write_data(&packed[..])?;
    Ok((u32::try_from(offset)?, u32::try_from(packed.len())?))
}

fn describe<W: Write + Seek>(
    directory: &mut DirectoryEncoder<'_, W, TiffKindStandard>,
    frame: &Frame,
    meaning: &Meaning,
    offsets: &[u32],
    lengths: &[u32],
) -> TiffResult<()> {
    directory.write_tag(Tag::ImageWidth, u32::try_from(frame.columns)?)?;
    directory.write_tag(Tag::ImageLength, u32::try_from(frame.rows)?)?;
    directory.write_tag(Tag::BitsPerSample, 32_u16)?;
    directory.write_tag(Tag::SamplesPerPixel, 1_u16)?;
    directory.write_tag(Tag::SampleFormat, SampleFormat::IEEEFP.to_u16())?;
    directory.write_tag(Tag::Compression, CompressionMethod::Deflate.to_u16())?;
    directory.write_tag(
        Tag::PhotometricInterpretation,
        PhotometricInterpretation::BlackIsZero.to_u16(),
    )?;
    directory.write_tag(
        Tag::PlanarConfiguration,
        PlanarConfiguration::Chunky.to_u16(),
    )?;
    directory.write_tag(Tag::TileWidth, TILE as u32)?;
    directory.write_tag(Tag::TileLength, TILE as u32)?;
    directory.write_tag(Tag::TileOffsets, offsets)?;
    directory.write_tag(Tag::TileByteCounts, lengths)?;
    let place = [0.0, 0.0, 0.0, frame.west_m, frame.north_m, 0.0];
    directory.write_tag(
        Tag::ModelPixelScaleTag,
        &[frame.cell_m, frame.cell_m, 0.0][..],
    )?;
    directory.write_tag(Tag::ModelTiepointTag, &place[..])?;
    directory.write_tag(Tag::GeoKeyDirectoryTag, &keys(frame, meaning.datum)[..])?;
    directory.write_tag(Tag::GdalNodata, "nan")?;
    directory.write_tag(GDAL_METADATA, metadata(meaning.horizontal_sigma_m).as_str())
}

/// Projected, cells as areas, the zone, metres; heights over the datum, metres.
fn keys(frame: &Frame, datum: VerticalDatum) -> Vec<u16> {
    const METRE: u16 = 9001;
    let vertical = match datum {
        // Of GeoTIFF 1.0, and read by all: a projected system has no code together with heights over the ellipsoid.
        VerticalDatum::Ellipsoid => 5030,
        VerticalDatum::Egm96 => 5773,
        VerticalDatum::Egm2008 => 3855,
    };
    let keys = [
        (1024, 1),
        (1025, 1),
        (3072, frame.utm.epsg()),
        (3076, METRE),
        (4096, vertical),
        (4099, METRE),
    ];
    let header = [1, 1, 1, keys.len() as u16];
    let entries = keys.into_iter().flat_map(|(key, value)| [key, 0, 1, value]);
    header.into_iter().chain(entries).collect()
}

fn metadata(horizontal_sigma_m: f64) -> String {
    let sigma = if horizontal_sigma_m > 0.0 {
        format!(r#"<Item name="{HORIZONTAL_SIGMA_ITEM}">{horizontal_sigma_m}</Item>"#)
    } else {
        String::new()
    };
    format!(
        r#"<GDALMetadata>{sigma}<Item name="UNITTYPE" sample="0" role="unittype">m</Item></GDALMetadata>"#
    )
}
