//! Images and labels written as GDCLD has them: TIFF, uncompressed, with their place.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use tiff::{
    TiffResult,
    encoder::{
        ImageEncoder, TiffEncoder, TiffKindStandard,
        colortype::{ColorType, Gray8, RGB8},
    },
    tags::Tag,
};

use crate::raster::GeoTags;

/// Writes an RGB image.
pub(super) fn image(
    path: &Path,
    size: (u32, u32),
    samples: &[u8],
    tags: &GeoTags,
) -> io::Result<()> {
    let write = || -> TiffResult<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut tiff = TiffEncoder::new(&mut file)?;
        let mut image = tiff.new_image::<RGB8>(size.0, size.1)?;
        put(&mut image, tags)?;
        image.write_data(samples)?;
        Ok(file.flush()?)
    };
    write().map_err(io::Error::other)
}

/// Writes a label `rows_at_a_time`; `rows` is called with the first row and number of rows of each piece.
pub(super) fn label<E>(
    path: &Path,
    (width, height): (u32, u32),
    rows_at_a_time: u32,
    tags: &GeoTags,
    mut rows: impl FnMut(u32, u32) -> Result<Vec<u8>, E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    let wrong = |e| failed(io::Error::other(e));
    let file = File::create(path).map_err(&failed)?;
    let mut file = BufWriter::new(file);
    let mut tiff = TiffEncoder::new(&mut file).map_err(wrong)?;
    let mut image = tiff.new_image::<Gray8>(width, height).map_err(wrong)?;
    put(&mut image, tags).map_err(wrong)?;
    image.rows_per_strip(rows_at_a_time).map_err(wrong)?;
    for top in (0..height).step_by(rows_at_a_time as usize) {
        let labels = rows(top, rows_at_a_time.min(height - top))?;
        image.write_strip(&labels).map_err(wrong)?;
    }
    image.finish().map_err(wrong)?;
    file.flush().map_err(&failed)
}

fn put<C: ColorType>(
    image: &mut ImageEncoder<'_, &mut BufWriter<File>, C, TiffKindStandard>,
    tags: &GeoTags,
) -> TiffResult<()> {
    let directory = image.encoder();
    directory.write_tag(Tag::ModelTransformationTag, &tags.transformation[..])?;
    directory.write_tag(Tag::GeoKeyDirectoryTag, &tags.directory[..])?;
    if !tags.doubles.is_empty() {
        directory.write_tag(Tag::GeoDoubleParamsTag, &tags.doubles[..])?;
    }
    if !tags.ascii.is_empty() {
        directory.write_tag(Tag::GeoAsciiParamsTag, tags.ascii.as_str())?;
    }
    Ok(())
}
