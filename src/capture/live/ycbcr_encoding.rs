//! How a camera codes colours in luma and chroma.

use super::format::PixelFormat;

/// The matrix between red, green, blue and Y'CbCr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matrix {
    /// ITU-R BT.601: what V4L2 means when a driver says nothing, and what most cameras use.
    #[default]
    Bt601,
    /// ITU-R BT.709; also taken for SMPTE 240M, whose blue weighs 0.087 instead of 0.072.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

/// The values that stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// Y' from 16 to 235, Cb and Cr from 16 to 240.
    #[default]
    Limited,
    /// All from 0 to 255.
    Full,
}

/// How colours are coded; by default BT.601 in limited range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColourEncoding {
    /// The matrix.
    pub matrix: Matrix,
    /// The range.
    pub range: Range,
}

/// V4L2's codes (videodev2.h, enums v4l2_colorspace, v4l2_ycbcr_encoding, v4l2_quantization).
const COLORSPACE_SMPTE240M: u32 = 2;
const COLORSPACE_REC709: u32 = 3;
const COLORSPACE_JPEG: u32 = 7;
const COLORSPACE_BT2020: u32 = 10;
const COLORSPACE_DCI_P3: u32 = 12;
const YCBCR_ENC_DEFAULT: u32 = 0;
const YCBCR_ENC_709: u32 = 2;
const YCBCR_ENC_XV709: u32 = 4;
const YCBCR_ENC_BT2020: u32 = 6;
const YCBCR_ENC_BT2020_CONST_LUM: u32 = 7;
const YCBCR_ENC_SMPTE240M: u32 = 8;
const QUANTIZATION_FULL_RANGE: u32 = 1;
const QUANTIZATION_LIM_RANGE: u32 = 2;

impl ColourEncoding {
    /// From the fields `colorspace`, `ycbcr_enc` and `quantization` of V4L2's format; where the latter two are left to
    /// the colour space, by V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT. Unknown codes count as left
    /// open.
    ///
    /// Grey pictures are the exception: sensors without colour give the full range, whatever V4L2's default, so only a
    /// driver that states the limited range is taken to use it.
    #[must_use]
    pub fn from_v4l2(
        format: PixelFormat,
        colorspace: u32,
        ycbcr_enc: u32,
        quantization: u32,
    ) -> Self {
        let matrix = match (ycbcr_enc, colorspace) {
            (YCBCR_ENC_709 | YCBCR_ENC_XV709 | YCBCR_ENC_SMPTE240M, _)
            | (YCBCR_ENC_DEFAULT, COLORSPACE_REC709 | COLORSPACE_DCI_P3 | COLORSPACE_SMPTE240M) => {
                Matrix::Bt709
            }
            (YCBCR_ENC_BT2020 | YCBCR_ENC_BT2020_CONST_LUM, _)
            | (YCBCR_ENC_DEFAULT, COLORSPACE_BT2020) => Matrix::Bt2020,
            _ => Matrix::Bt601,
        };
        let range = match quantization {
            QUANTIZATION_FULL_RANGE => Range::Full,
            QUANTIZATION_LIM_RANGE => Range::Limited,
            _ if colorspace == COLORSPACE_JPEG || format == PixelFormat::Grey => Range::Full,
            _ => Range::Limited,
        };
        Self { matrix, range }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    // Colour space, encoding and quantization as drivers give them.
    #[case::nothing_said(0, 0, 0, Matrix::Bt601, Range::Limited)]
    #[case::srgb_webcam(8, 0, 0, Matrix::Bt601, Range::Limited)]
    #[case::srgb_full(8, 0, 1, Matrix::Bt601, Range::Full)]
    #[case::jpeg(7, 0, 0, Matrix::Bt601, Range::Full)]
    #[case::hdtv(3, 0, 0, Matrix::Bt709, Range::Limited)]
    #[case::hdtv_with_601(3, 1, 0, Matrix::Bt601, Range::Limited)]
    #[case::uhdtv(10, 0, 0, Matrix::Bt2020, Range::Limited)]
    #[case::smpte_240m(2, 0, 0, Matrix::Bt709, Range::Limited)]
    #[case::unknown_codes(99, 99, 99, Matrix::Bt601, Range::Limited)]
    fn the_encoding_follows_v4l2s_defaults(
        #[case] colorspace: u32,
        #[case] ycbcr_enc: u32,
        #[case] quantization: u32,
        #[case] matrix: Matrix,
        #[case] range: Range,
    ) {
        let encoding =
            ColourEncoding::from_v4l2(PixelFormat::Yuyv, colorspace, ycbcr_enc, quantization);
        assert_eq!(encoding, ColourEncoding { matrix, range });
    }

    #[test]
    fn grey_is_full_range_unless_the_driver_says_limited() {
        let range =
            |quantization| ColourEncoding::from_v4l2(PixelFormat::Grey, 8, 0, quantization).range;
        assert_eq!(
            [range(0), range(1), range(2)],
            [Range::Full, Range::Full, Range::Limited]
        );
    }
}
