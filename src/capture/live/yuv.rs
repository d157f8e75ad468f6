//! Luma and chroma to red, green and blue.

use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvGrayImage, YuvPackedImage, YuvRange, YuvStandardMatrix,
};

use super::{
    format::PixelFormat,
    layout::{Layout, PixelError, shape},
    ycbcr_encoding::{Matrix, Range},
};

/// Converts YUYV, UYVY, NV12 or grey; `bytes` are all rows of all planes, padding included.
pub(super) fn to_rgb(layout: &Layout, bytes: &[u8]) -> Result<Vec<u8>, PixelError> {
    let &Layout {
        width,
        height,
        stride,
        ..
    } = layout;
    let range = match layout.colour.range {
        Range::Limited => YuvRange::Limited,
        Range::Full => YuvRange::Full,
    };
    let matrix = match layout.colour.matrix {
        Matrix::Bt601 => YuvStandardMatrix::Bt601,
        Matrix::Bt709 => YuvStandardMatrix::Bt709,
        Matrix::Bt2020 => YuvStandardMatrix::Bt2020,
    };
    let mut rgb = vec![0; width as usize * height as usize * 3];
    let packed = YuvPackedImage {
        yuy: bytes,
        yuy_stride: stride,
        width,
        height,
    };
    let converted = match layout.format {
        PixelFormat::Yuyv => yuv::yuyv422_to_rgb(&packed, &mut rgb, width * 3, range, matrix),
        PixelFormat::Uyvy => yuv::uyvy422_to_rgb(&packed, &mut rgb, width * 3, range, matrix),
        PixelFormat::Nv12 => {
            let luma = stride as usize * height as usize;
            let (y_plane, uv_plane) = bytes.split_at_checked(luma).ok_or_else(|| shape(layout))?;
            let image = YuvBiPlanarImage {
                y_plane,
                y_stride: stride,
                uv_plane,
                uv_stride: stride,
                width,
                height,
            };
            let mode = YuvConversionMode::Balanced;
            yuv::yuv_nv12_to_rgb(&image, &mut rgb, width * 3, range, matrix, mode)
        }
        PixelFormat::Grey => {
            let image = YuvGrayImage {
                y_plane: bytes,
                y_stride: stride,
                width,
                height,
            };
            yuv::yuv400_to_rgb(&image, &mut rgb, width * 3, range, matrix)
        }
        _ => return Err(shape(layout)),
    };
    converted.map_err(|_| shape(layout))?;
    Ok(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{ColourEncoding, to_rgb};
    use proptest::prelude::*;
    use rstest::rstest;

    const LIMITED_601: ColourEncoding = ColourEncoding {
        matrix: Matrix::Bt601,
        range: Range::Limited,
    };

    /// Kr and Kb, and black, white and chroma's swing.
    fn constants(colour: ColourEncoding) -> ([f64; 2], [f64; 3]) {
        let weights = match colour.matrix {
            Matrix::Bt601 => [0.299, 0.114],
            Matrix::Bt709 => [0.2126, 0.0722],
            Matrix::Bt2020 => [0.2627, 0.0593],
        };
        let range = match colour.range {
            Range::Limited => [16.0, 235.0, 224.0],
            Range::Full => [0.0, 255.0, 255.0],
        };
        (weights, range)
    }

    /// The definition in ITU-R BT.601 and BT.709: Y' = Kr R + Kg G + Kb B, Cb = (B - Y') / (2 - 2 Kb),
    /// Cr = (R - Y') / (2 - 2 Kr).
    fn coded(colour: ColourEncoding, rgb: [u8; 3]) -> [u8; 3] {
        let ([kr, kb], [black, white, swing]) = constants(colour);
        let [red, green, blue] = rgb.map(|c| f64::from(c) / 255.0);
        let luma = kr * red + (1.0 - kr - kb) * green + kb * blue;
        let (cb, cr) = (
            (blue - luma) / (2.0 - 2.0 * kb),
            (red - luma) / (2.0 - 2.0 * kr),
        );
        [
            black + luma * (white - black),
            128.0 + cb * swing,
            128.0 + cr * swing,
        ]
        .map(|c| c.round() as u8)
    }

    /// Its inverse, in exact arithmetic.
    fn decoded(colour: ColourEncoding, [y, cb, cr]: [u8; 3]) -> [f64; 3] {
        let ([kr, kb], [black, white, swing]) = constants(colour);
        let luma = (f64::from(y) - black) / (white - black);
        let [cb, cr] = [cb, cr].map(|c| (f64::from(c) - 128.0) / swing);
        let red = luma + (2.0 - 2.0 * kr) * cr;
        let blue = luma + (2.0 - 2.0 * kb) * cb;
        let green = (luma - kr * red - kb * blue) / (1.0 - kr - kb);
        [red, green, blue].map(|c| (c * 255.0).clamp(0.0, 255.0))
    }

    /// The pixels of a picture of one colour in a format, with rows padded.
    fn flat(format: PixelFormat, colour: ColourEncoding, y: u8, cb: u8, cr: u8) -> Vec<[u8; 3]> {
        let (width, height) = (70, 4);
        let stride = format.row_bytes(width) + 6;
        let row =
            |pattern: [u8; 4]| -> Vec<u8> { pattern.into_iter().cycle().take(stride).collect() };
        let bytes = match format {
            PixelFormat::Yuyv => row([y, cb, y, cr]).repeat(height),
            PixelFormat::Uyvy => row([cb, y, cr, y]).repeat(height),
            PixelFormat::Nv12 => [
                row([y; 4]).repeat(height),
                row([cb, cr, cb, cr]).repeat(height / 2),
            ]
            .concat(),
            _ => row([y; 4]).repeat(height),
        };
        let layout = Layout {
            format,
            width: width as u32,
            height: height as u32,
            stride: stride as u32,
            colour,
        };
        let image = to_rgb(&layout, &bytes).unwrap();
        image.pixels().map(|pixel| pixel.0).collect()
    }

    #[rstest]
    // 100 % colour bars of ITU-R BT.601 in 8 bits.
    #[case::white(235, 128, 128, [255, 255, 255])]
    #[case::yellow(210, 16, 146, [255, 255, 0])]
    #[case::cyan(170, 166, 16, [0, 255, 255])]
    #[case::green(145, 54, 34, [0, 255, 0])]
    #[case::magenta(106, 202, 222, [255, 0, 255])]
    #[case::red(81, 90, 240, [255, 0, 0])]
    #[case::blue(41, 240, 110, [0, 0, 255])]
    #[case::black(16, 128, 128, [0, 0, 0])]
    fn colour_bars_come_out_in_their_colours(
        #[case] y: u8,
        #[case] cb: u8,
        #[case] cr: u8,
        #[case] colour: [u8; 3],
    ) {
        for format in [PixelFormat::Yuyv, PixelFormat::Uyvy, PixelFormat::Nv12] {
            for got in flat(format, LIMITED_601, y, cb, cr) {
                let near = got.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 3);
                assert!(near, "{format}: {got:?} for {colour:?}");
            }
        }
    }

    #[test]
    fn grey_of_full_range_is_kept() {
        let full = ColourEncoding {
            matrix: Matrix::Bt601,
            range: Range::Full,
        };
        for y in 0..=255 {
            let grey = flat(PixelFormat::Grey, full, y, 0, 0);
            assert!(grey.iter().all(|pixel| *pixel == [y; 3]), "{y}");
        }
    }

    fn encodings() -> impl Strategy<Value = ColourEncoding> {
        use proptest::sample::select;
        let matrices = vec![Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020];
        (select(matrices), select(vec![Range::Limited, Range::Full]))
            .prop_map(|(matrix, range)| ColourEncoding { matrix, range })
    }

    proptest! {
        #[test]
        fn every_colour_is_within_four_levels_of_the_definition(
            colour in encodings(),
            rgb in any::<[u8; 3]>(),
        ) {
            let [y, cb, cr] = coded(colour, rgb);
            let want = decoded(colour, [y, cb, cr]);
            for format in [PixelFormat::Yuyv, PixelFormat::Uyvy, PixelFormat::Nv12] {
                for got in flat(format, colour, y, cb, cr) {
                    let near = got.iter().zip(want).all(|(a, b)| (f64::from(*a) - b).abs() <= 4.0);
                    prop_assert!(near, "{format} {colour:?}: {got:?} for {want:?}");
                }
            }
        }
    }
}
