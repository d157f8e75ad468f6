//! The pixel formats of cameras.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How the pixels of a frame lie in memory, by V4L2's definition of the four-character code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Y'CbCr 4:2:2 packed as Y0 Cb Y1 Cr.
    Yuyv,
    /// Y'CbCr 4:2:2 packed as Cb Y0 Cr Y1.
    Uyvy,
    /// Y'CbCr 4:2:0: a plane of Y', then one of Cb and Cr in turn.
    Nv12,
    /// One JPEG file per frame, with or without Huffman tables.
    Mjpeg,
    /// Red, green, blue, 8 bits each.
    Rgb24,
    /// Luma only, 8 bits.
    Grey,
    /// One colour per pixel, as the sensor gives it.
    Bayer(BayerOrder, BayerDepth),
}

/// The colours of the first two pixels of the first two rows of a Bayer sensor, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BayerOrder {
    /// R G over G B.
    Rggb,
    /// B G over G R.
    Bggr,
    /// G R over B G.
    Grbg,
    /// G B over R G.
    Gbrg,
}

/// How the samples of a Bayer sensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BayerDepth {
    /// 8 bits in a byte.
    Eight,
    /// 10 bits in two bytes, the lower byte first, the upper six bits zero.
    Ten,
    /// 10 bits, four samples in five bytes: the upper eight bits of each, then the four lower pairs (MIPI CSI-2 RAW10).
    TenPacked,
}

use BayerDepth::{Eight, Ten, TenPacked};
use BayerOrder::{Bggr, Gbrg, Grbg, Rggb};

/// Every format there is, with V4L2's code for it (videodev2.h).
const CODES: [(PixelFormat, [u8; 4]); 18] = [
    (PixelFormat::Yuyv, *b"YUYV"),
    (PixelFormat::Uyvy, *b"UYVY"),
    (PixelFormat::Nv12, *b"NV12"),
    (PixelFormat::Mjpeg, *b"MJPG"),
    (PixelFormat::Rgb24, *b"RGB3"),
    (PixelFormat::Grey, *b"GREY"),
    (PixelFormat::Bayer(Rggb, Eight), *b"RGGB"),
    (PixelFormat::Bayer(Bggr, Eight), *b"BA81"),
    (PixelFormat::Bayer(Grbg, Eight), *b"GRBG"),
    (PixelFormat::Bayer(Gbrg, Eight), *b"GBRG"),
    (PixelFormat::Bayer(Rggb, Ten), *b"RG10"),
    (PixelFormat::Bayer(Bggr, Ten), *b"BG10"),
    (PixelFormat::Bayer(Grbg, Ten), *b"BA10"),
    (PixelFormat::Bayer(Gbrg, Ten), *b"GB10"),
    (PixelFormat::Bayer(Rggb, TenPacked), *b"pRAA"),
    (PixelFormat::Bayer(Bggr, TenPacked), *b"pBAA"),
    (PixelFormat::Bayer(Grbg, TenPacked), *b"pgAA"),
    (PixelFormat::Bayer(Gbrg, TenPacked), *b"pGAA"),
];

/// A name that is no pixel format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is not a pixel format; use one of {}", names())]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
}

fn names() -> String {
    CODES.map(|(format, _)| format.to_string()).join(", ")
}

impl PixelFormat {
    /// All formats.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.into_iter().map(|(format, _)| format)
    }

    /// V4L2's four-character code.
    #[must_use]
    pub fn fourcc(self) -> [u8; 4] {
        let code = CODES.iter().find(|(format, _)| *format == self);
        code.map_or(*b"    ", |(_, code)| *code)
    }

    /// Bytes that a row of `width` pixels takes, without padding; for NV12 that of the Y' plane, for MJPEG zero.
    pub(super) fn row_bytes(self, width: usize) -> usize {
        match self {
            Self::Yuyv | Self::Uyvy | Self::Bayer(_, Ten) => width * 2,
            Self::Nv12 | Self::Grey | Self::Bayer(_, Eight) => width,
            Self::Rgb24 => width * 3,
            Self::Bayer(_, TenPacked) => width.div_ceil(4) * 5,
            Self::Mjpeg => 0,
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.fourcc()))
    }
}

impl FromStr for PixelFormat {
    type Err = UnknownFormat;

    /// Reads a four-character code, such as `YUYV`; capital and small letters differ.
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::all()
            .find(|format| format.fourcc() == name.as_bytes())
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_code_of_its_own_that_reads_back() {
        for format in PixelFormat::all() {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_there_are() {
        let error = "YV12".parse::<PixelFormat>().unwrap_err().to_string();
        assert!(error.contains("YV12") && error.contains("YUYV, UYVY, NV12, MJPG"));
    }
}
