//! Strict decoding of a JPEG: a picture that is there only in part is an error, not a grey area.

use image::RgbImage;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// Bytes of the end marker.
const END_MARKER: usize = 2;

/// From this width on the decoder reports missing rows of a baseline picture when it finds no end marker; the last rows of a
/// narrower one can fit into the bytes it reads ahead.
const REPORTS_MISSING_FROM: u32 = 512;

/// Decodes a picture of `width` and `height` pixels whose end marker stands at `end` of `bytes`. `baseline` says that it is not
/// progressive.
///
/// # Errors
/// One line that says what is damaged, or of what other size the picture is.
pub(super) fn decode(
    bytes: &[u8],
    end: usize,
    baseline: bool,
    (width, height): (u32, u32),
) -> Result<RgbImage, String> {
    // The decoder takes an end marker that comes too early for the end and leaves the rest of the picture grey, even in
    // strict mode; without the marker it reports the missing data. A progressive picture needs its marker.
    let end = if baseline && width >= REPORTS_MISSING_FROM {
        end
    } else {
        end + END_MARKER
    };
    let bytes = bytes.get(..end).ok_or("it has no end")?;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(width as usize)
        .set_max_height(height as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder
        .decode()
        .map_err(|error| error.to_string().replace('\n', " "))?;
    let size = decoder.dimensions().unwrap_or_default();
    if size != (width as usize, height as usize) {
        return Err(format!("it is {} x {} pixels", size.0, size.1));
    }
    RgbImage::from_raw(width, height, pixels)
        .ok_or_else(|| "it does not decode to colour pixels".to_owned())
}
