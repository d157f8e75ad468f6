//! The JPEG frames of cameras.

use image::RgbImage;

use super::layout::{Layout, PixelError};
use crate::jpeg;

const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// Decodes one frame; what the driver leaves behind the end marker is not looked at.
pub(super) fn to_rgb(layout: &Layout, bytes: &[u8]) -> Result<RgbImage, PixelError> {
    let end = bytes.windows(2).rposition(|pair| pair == END_OF_IMAGE);
    // Motion JPEG has baseline pictures only.
    end.ok_or_else(|| "it has no end".to_owned())
        .and_then(|end| jpeg::decode(bytes, end, true, (layout.width, layout.height)))
        .map_err(|reason| PixelError::Jpeg { reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{ColourEncoding, PixelFormat};
    use image::codecs::jpeg::JpegEncoder;
    use proptest::prelude::*;

    fn layout(width: u32, height: u32) -> Layout {
        Layout {
            format: PixelFormat::Mjpeg,
            width,
            height,
            stride: 0,
            colour: ColourEncoding::default(),
        }
    }

    fn scene(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let wave = |a: f64| (127.0 + 100.0 * (a / 40.0).sin()) as u8;
            image::Rgb([wave(x.into()), wave(y.into()), wave((x + y).into())])
        })
    }

    fn jpeg(image: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95)
            .encode_image(image)
            .unwrap();
        bytes
    }

    /// Leaves out the segments that define Huffman tables, as many cameras do.
    fn without_tables(jpeg: &[u8]) -> Vec<u8> {
        let mut out = jpeg[..2].to_vec();
        // Such frames are marked by an APP0 segment "AVI1".
        out.extend(b"\xFF\xE0\x00\x10AVI1\0\0\0\0\0\0\0\0\0\0");
        let mut at = 2;
        loop {
            let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])) + 2;
            match jpeg[at + 1] {
                0xC4 | 0xE0 => {}
                0xDA => break,
                _ => out.extend(&jpeg[at..at + length]),
            }
            at += length;
        }
        out.extend(&jpeg[at..]);
        out
    }

    #[test]
    fn a_frame_decodes_to_its_picture_with_and_without_huffman_tables_and_padding() {
        let scene = scene(640, 480);
        let whole = jpeg(&scene);
        let padded = [&whole[..], &[0; 5000]].concat();
        for bytes in [&whole, &padded, &without_tables(&whole)] {
            let got = to_rgb(&layout(640, 480), bytes).unwrap();
            let worst = got
                .iter()
                .zip(scene.iter())
                .map(|(a, b)| a.abs_diff(*b))
                .max();
            assert!(worst.unwrap() < 24, "{worst:?}");
        }
    }

    #[test]
    fn a_frame_of_another_size_is_an_error() {
        let bytes = jpeg(&scene(64, 64));
        for other in [layout(128, 64), layout(64, 32)] {
            let error = to_rgb(&other, &bytes).unwrap_err();
            assert!(matches!(error, PixelError::Jpeg { .. }), "{error}");
        }
    }

    #[test]
    fn a_frame_cut_short_is_an_error_even_when_an_end_marker_follows() {
        let whole = jpeg(&scene(640, 480));
        let cut = &whole[..whole.len() * 2 / 3];
        assert!(to_rgb(&layout(640, 480), cut).is_err());
        let ended = [cut, &END_OF_IMAGE].concat();
        assert!(to_rgb(&layout(640, 480), &ended).is_err());
    }

    proptest! {
        #[test]
        fn no_damage_makes_the_decoder_panic(at in 0..3000usize, bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
            let mut frame = jpeg(&scene(64, 48));
            let at = at % frame.len();
            let end = (at + bytes.len()).min(frame.len());
            frame[at..end].copy_from_slice(&bytes[..end - at]);
            if let Ok(image) = to_rgb(&layout(64, 48), &frame) {
                prop_assert_eq!(image.dimensions(), (64, 48));
            }
        }
    }
}
