//! Camera bytes to red, green and blue.

use image::RgbImage;

use super::{
    bayer,
    format::{BayerDepth, PixelFormat},
    layout::{Layout, PixelError, shape},
    mjpeg, yuv,
};

/// The picture in 8-bit red, green and blue.
///
/// Colours are converted as `layout.colour` says and otherwise kept: Bayer pictures get neither white balance nor
/// gamma, and of 10 bits the upper eight are kept.
///
/// # Errors
/// When the bytes are too few or damaged, or the layout is one the format cannot have.
pub fn to_rgb(layout: &Layout, bytes: &[u8]) -> Result<RgbImage, PixelError> {
    if layout.format == PixelFormat::Mjpeg {
        return mjpeg::to_rgb(layout, bytes);
    }
    let bytes = checked(layout, bytes)?;
    let (width, height) = (layout.width as usize, layout.height as usize);
    let rgb = match layout.format {
        PixelFormat::Rgb24 => {
            let mut rgb = Vec::with_capacity(width * height * 3);
            rows(layout, bytes).for_each(|row| rgb.extend_from_slice(row));
            rgb
        }
        PixelFormat::Bayer(order, BayerDepth::Eight) => {
            bayer::demosaic(order, width, height, layout.stride as usize, bytes)
        }
        PixelFormat::Bayer(order, depth) => {
            let mut samples = Vec::with_capacity(width * height);
            for row in rows(layout, bytes) {
                match depth {
                    BayerDepth::TenPacked => {
                        samples.extend(bayer::unpack_10_packed(row).take(width));
                    }
                    _ => samples.extend(bayer::unpack_10(row)),
                }
            }
            bayer::demosaic(order, width, height, width, &samples)
        }
        _ => yuv::to_rgb(layout, bytes)?,
    };
    RgbImage::from_raw(layout.width, layout.height, rgb).ok_or_else(|| shape(layout))
}

/// The bytes of the picture, without what may follow, if the layout is possible and they are all there.
fn checked<'a>(layout: &Layout, bytes: &'a [u8]) -> Result<&'a [u8], PixelError> {
    let (width, height) = (layout.width as usize, layout.height as usize);
    let stride = layout.stride as usize;
    let (columns, lines) = match layout.format {
        PixelFormat::Yuyv | PixelFormat::Uyvy => (2, 1),
        PixelFormat::Nv12 | PixelFormat::Bayer(..) => (2, 2),
        _ => (1, 1),
    };
    if width == 0
        || height == 0
        || width % columns != 0
        || height % lines != 0
        || stride < layout.format.row_bytes(width)
    {
        return Err(shape(layout));
    }
    let planes = match layout.format {
        PixelFormat::Nv12 => stride.checked_mul(height / 2 * 3),
        _ => stride.checked_mul(height),
    };
    let needed = planes.ok_or_else(|| shape(layout))?;
    bytes.get(..needed).ok_or(PixelError::Short {
        format: layout.format,
        width: layout.width,
        height: layout.height,
        bytes: bytes.len(),
        needed,
    })
}

/// The rows without their padding.
fn rows<'a>(layout: &Layout, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let row_bytes = layout.format.row_bytes(layout.width as usize);
    bytes
        .chunks_exact(layout.stride as usize)
        .map(move |row| &row[..row_bytes])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::ColourEncoding;
    use proptest::prelude::*;

    fn layout(format: PixelFormat, width: u32, height: u32, stride: u32) -> Layout {
        Layout {
            format,
            width,
            height,
            stride,
            colour: ColourEncoding::default(),
        }
    }

    #[test]
    fn rgb_is_kept_and_the_padding_of_its_rows_left_out() {
        let bytes = [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0];
        let image = to_rgb(&layout(PixelFormat::Rgb24, 2, 2, 8), &bytes).unwrap();
        assert_eq!(image.into_raw(), (1..=12).collect::<Vec<u8>>());
    }

    #[test]
    fn one_byte_too_few_is_an_error_that_says_what_is_needed() {
        for format in PixelFormat::all().filter(|f| *f != PixelFormat::Mjpeg) {
            let stride = format.row_bytes(8) as u32;
            let needed = format.row_bytes(8) * if format == PixelFormat::Nv12 { 6 } else { 4 };
            let layout = layout(format, 8, 4, stride);
            assert!(to_rgb(&layout, &vec![0; needed]).is_ok(), "{format}");
            let error = to_rgb(&layout, &vec![0; needed - 1]).unwrap_err();
            assert!(
                matches!(error, PixelError::Short { needed: n, .. } if n == needed),
                "{error}"
            );
        }
    }

    #[test]
    fn a_size_that_a_format_cannot_have_is_an_error() {
        let bytes = [0; 1000];
        for impossible in [
            layout(PixelFormat::Yuyv, 7, 4, 16),
            layout(PixelFormat::Nv12, 8, 3, 8),
            layout(PixelFormat::Rgb24, 8, 4, 23),
            layout(PixelFormat::Grey, 0, 4, 8),
            layout(PixelFormat::Grey, u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert!(to_rgb(&impossible, &bytes).is_err(), "{impossible:?}");
        }
    }

    #[test]
    fn the_errors_are_one_line_and_say_what_to_do() {
        let error = to_rgb(&layout(PixelFormat::Grey, 8, 8, 8), &[0; 3]).unwrap_err();
        let line = error.to_string();
        assert!(
            line.lines().count() == 1 && line.contains("; check"),
            "{line}"
        );
    }

    fn formats() -> impl Strategy<Value = PixelFormat> {
        proptest::sample::select(PixelFormat::all().collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_layout_make_a_converter_panic(
            format in formats(),
            width in 0..70u32,
            height in 0..9u32,
            padding in -3..20i64,
            bytes in proptest::collection::vec(any::<u8>(), 0..4000),
        ) {
            let stride = format.row_bytes(width as usize) as i64 + padding;
            let layout = layout(format, width, height, stride.max(0) as u32);
            if let Ok(image) = to_rgb(&layout, &bytes) {
                prop_assert_eq!(image.dimensions(), (width, height));
            }
        }
    }
}
