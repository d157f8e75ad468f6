//! Photographs as TIFF: three channels of 8 bits a pixel, their EXIF and XMP in the directory of the picture (TIFF 6.0; EXIF 2.32, 4.6).

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};

use image::RgbImage;
use tiff::{
    ColorType, TiffError,
    decoder::{Decoder, DecodingResult, Limits},
    tags::{CompressionMethod, PhotometricInterpretation, Tag},
};

use super::limits::{MAX_BYTES, MAX_PIXELS};

/// Where an XMP packet lies (Adobe XMP specification, part 3).
const XMP: u16 = 700;
/// Bit of NewSubfileType: the picture is a smaller one of another, as in raw files.
const REDUCED: u32 = 1;

/// Whether a file begins as a TIFF does, of whatever size.
pub(super) fn begins_as_tiff(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..]
    )
}

/// Whether a file is a map: its pixels have places in a reference system (GeoTIFF 1.1), and it is no photograph.
pub(super) fn is_map(path: &Path) -> bool {
    let opened = File::open(path).map(BufReader::new);
    let decoder = opened.ok().and_then(|file| decoder(file).ok());
    decoder.is_some_and(|mut decoder| {
        let keys = decoder.find_tag(Tag::GeoKeyDirectoryTag);
        matches!(keys, Ok(Some(_)))
    })
}

/// What stands before the pixels.
#[derive(Debug)]
pub(super) struct TiffHeader {
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// The XMP packet.
    pub(super) xmp: Option<Vec<u8>>,
    /// Why the picture is none that is searched, in words that follow "a TIFF"; `Ok` for one that is.
    pub(super) kind: Result<(), String>,
}

/// Reads the header of a TIFF, or says in words that follow "a TIFF" why it cannot.
pub(super) fn header(file: impl Read + Seek) -> Result<TiffHeader, String> {
    let mut decoder = decoder(file).map_err(|error| unreadable(&error))?;
    let size = decoder.dimensions().map_err(|error| unreadable(&error))?;
    let xmp = decoder.get_tag_u8_vec(Tag::Unknown(XMP)).ok();
    Ok(TiffHeader {
        size,
        xmp,
        kind: kind(&mut decoder),
    })
}

/// Decodes the picture, or says in words that follow "a TIFF" why it cannot.
pub(super) fn decode(bytes: &[u8]) -> Result<RgbImage, String> {
    let mut decoder = decoder(std::io::Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    kind(&mut decoder)?;
    let (width, height) = decoder.dimensions().map_err(|error| unreadable(&error))?;
    match decoder.read_image().map_err(|error| unreadable(&error))? {
        DecodingResult::U8(pixels) => RgbImage::from_raw(width, height, pixels)
            .ok_or_else(|| "whose picture is not whole".to_owned()),
        _ => Err("of other numbers than bytes".to_owned()),
    }
}

fn decoder<R: Read + Seek>(file: R) -> Result<Decoder<R>, TiffError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 3 * MAX_PIXELS as usize;
    limits.intermediate_buffer_size = MAX_BYTES as usize;
    limits.ifd_value_size = 16 << 20;
    Ok(Decoder::new(file)?.with_limits(limits))
}

fn unreadable(error: &TiffError) -> String {
    format!(
        "that cannot be read ({})",
        error.to_string().replace('\n', " ")
    )
}

/// Whether the picture is one that is searched.
fn kind<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<(), String> {
    let reduced = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType);
    if reduced.is_ok_and(|kind| kind.unwrap_or(0) & REDUCED != 0) {
        return Err("whose first picture is a small one of another, as of a raw file".to_owned());
    }
    let compression = decoder.find_tag_unsigned::<u16>(Tag::Compression);
    let compression = compression.ok().flatten().unwrap_or(1);
    match CompressionMethod::from_u16_exhaustive(compression) {
        CompressionMethod::None
        | CompressionMethod::LZW
        | CompressionMethod::Deflate
        | CompressionMethod::OldDeflate
        | CompressionMethod::PackBits => {}
        _ => {
            return Err(format!(
                "compressed in a way that is not read ({compression})"
            ));
        }
    }
    let interpretation = decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation);
    let interpretation = interpretation.ok().flatten();
    let interpretation = interpretation.and_then(PhotometricInterpretation::from_u16);
    match decoder.colortype().map_err(|error| unreadable(&error))? {
        ColorType::RGB(8) => Ok(()),
        ColorType::RGB(bits) | ColorType::RGBA(bits) if bits != 8 => {
            Err(format!("of {bits} bits a channel, and 8 are read"))
        }
        ColorType::RGBA(_) => Err("with a fourth channel beside red, green and blue".to_owned()),
        ColorType::Gray(_) | ColorType::GrayA(_) => {
            Err("of one channel, and the model knows colour pictures only".to_owned())
        }
        ColorType::Palette(_) => Err("whose colours are those of a palette".to_owned()),
        ColorType::CMYK(_) | ColorType::CMYKA(_) => {
            Err("in the colours of a print (CMYK)".to_owned())
        }
        other => Err(match interpretation {
            Some(PhotometricInterpretation::YCbCr) => "in YCbCr, and RGB is read".to_owned(),
            _ => format!("of another kind than RGB ({other:?})"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::io::Cursor;
    use tiff::encoder::{Compression, TiffEncoder, colortype};

    fn encoded<C: colortype::ColorType>(pixels: &[C::Inner], compression: Compression) -> Vec<u8>
    where
        [C::Inner]: tiff::encoder::TiffValue,
    {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes)
            .unwrap()
            .with_compression(compression);
        encoder.write_image::<C>(2, 2, pixels).unwrap();
        bytes.into_inner()
    }

    #[rstest]
    #[case(Compression::Uncompressed)]
    #[case(Compression::Lzw)]
    #[case(Compression::Deflate(Default::default()))]
    #[case(Compression::Packbits)]
    fn a_picture_of_three_bytes_a_pixel_is_decoded(#[case] compression: Compression) {
        let pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7];
        let bytes = encoded::<colortype::RGB8>(&pixels, compression);
        assert_eq!(header(Cursor::new(&bytes)).unwrap().size, (2, 2));
        assert_eq!(decode(&bytes).unwrap().into_raw(), pixels);
    }

    #[test]
    fn any_other_picture_is_refused_by_what_it_is() {
        let none = Compression::Uncompressed;
        for (bytes, says) in [
            (
                encoded::<colortype::RGB16>(&[0; 12], none),
                "16 bits a channel",
            ),
            (
                encoded::<colortype::RGBA8>(&[0; 16], none),
                "fourth channel",
            ),
            (encoded::<colortype::Gray8>(&[0; 4], none), "one channel"),
            (
                encoded::<colortype::Gray32Float>(&[0.0; 4], none),
                "one channel",
            ),
            (encoded::<colortype::CMYK8>(&[0; 16], none), "CMYK"),
            (b"II*\0".to_vec(), "cannot be read"),
        ] {
            let reason = decode(&bytes).unwrap_err();
            assert!(reason.contains(says), "{reason}");
            if let Ok(header) = header(Cursor::new(&bytes)) {
                assert_eq!(header.kind, Err(reason));
            }
        }
    }
}
