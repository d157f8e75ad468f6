//! How a GeoTIFF stores its band: what is unpacked here, and what another program has to unpack first.

use std::io::{Read, Seek};

use tiff::{
    TiffError, TiffResult,
    decoder::{Decoder, Limits, ifd::Value},
    tags::{CompressionMethod, SampleFormat, Tag},
};

use super::{Dem, DemError};

/// The text of a tag; `None` where the file has none.
pub(super) fn text<R: Read + Seek>(
    tiff: &mut Decoder<R>,
    tag: Tag,
) -> Result<Option<String>, String> {
    let value = tiff.find_tag(tag).map_err(|e| one_line(&e))?;
    let text = value.map(Value::into_string).transpose();
    text.map_err(|e| one_line(&e))
}

/// A decoder whose buffers are bounded.
pub(super) fn decoder<R: Read + Seek>(file: R) -> TiffResult<Decoder<R>> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = Dem::MAX_CELLS * 8;
    limits.ifd_value_size = 64 << 20;
    Ok(Decoder::new(file)?.with_limits(limits))
}

/// Refuses what another program has to unpack first.
pub(super) fn can_be_decoded<R: Read + Seek>(
    name: &str,
    tiff: &mut Decoder<R>,
) -> Result<(), DemError> {
    let storage = |reason: String, options| DemError::Storage {
        path: name.to_owned(),
        reason,
        options,
    };
    let tag = |tiff: &mut Decoder<R>, tag| tiff.find_tag_unsigned::<u16>(tag).ok().flatten();
    let compression = tag(tiff, Tag::Compression).unwrap_or(1);
    match CompressionMethod::from_u16_exhaustive(compression) {
        CompressionMethod::None
        | CompressionMethod::LZW
        | CompressionMethod::Deflate
        | CompressionMethod::OldDeflate
        | CompressionMethod::PackBits => {}
        _ => {
            let reason = format!(
                "it is compressed by {}, which is not read",
                compression_name(compression)
            );
            return Err(storage(reason, "-co COMPRESS=DEFLATE"));
        }
    }
    let bands = tag(tiff, Tag::SamplesPerPixel).unwrap_or(1);
    if bands != 1 {
        let reason = format!("it has {bands} bands, and does not say which holds the heights");
        return Err(storage(reason, "-b 1"));
    }
    let bits = tag(tiff, Tag::BitsPerSample).unwrap_or(1);
    let format = tag(tiff, Tag::SampleFormat).unwrap_or(1);
    match (SampleFormat::from_u16_exhaustive(format), bits) {
        (SampleFormat::Uint | SampleFormat::Int, 8 | 16 | 32) | (SampleFormat::IEEEFP, 32 | 64) => {
            Ok(())
        }
        _ => {
            let reason = format!("its samples, of {bits} bits and format {format}, are not read");
            Err(storage(reason, "-ot Float32"))
        }
    }
}

/// The name that GDAL has for a compression (libtiff's `tiff.h`).
fn compression_name(code: u16) -> String {
    match code {
        6 | 7 => "JPEG".to_owned(),
        34_887 => "LERC".to_owned(),
        34_925 => "LZMA".to_owned(),
        50_000 => "ZSTD".to_owned(),
        50_001 => "WEBP".to_owned(),
        50_002 => "JXL".to_owned(),
        code => format!("method {code}"),
    }
}

/// An error of the decoder as a part of a line.
pub(super) fn one_line(error: &TiffError) -> String {
    error.to_string().replace('\n', " ")
}
