//! Photographs read from files: what is no whole picture of a survey is refused.

use std::{fs, path::Path};

use image::RgbImage;
use img_parts::{
    Bytes,
    jpeg::{Jpeg, markers},
};
use thiserror::Error;

use super::{
    jpeg,
    limits::{MAX_BYTES, MAX_PIXELS, MIN_SIDE},
    live::PixelError,
    tiff_file,
};

/// Pixels that one byte of a JPEG can stand for at most: a 16 x 16 block costs at least 12 bits.
const MAX_PIXELS_PER_BYTE: u64 = 256;

/// A file that cannot be used as a frame. Every message names the file and says what to do.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The file cannot be read.
    #[error("{path}: {reason}; check the storage card")]
    Read {
        /// The file.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The file has no bytes.
    #[error("{path}: the file is empty; copy it again from the camera")]
    Empty {
        /// The file.
        path: String,
    },
    /// The file is something else than a JPEG or a TIFF.
    #[error(
        "{path}: neither a JPEG nor a TIFF image, whatever its name says; remove it from the folder"
    )]
    NotJpeg {
        /// The file.
        path: String,
    },
    /// The picture ends early.
    #[error("{path}: the JPEG is cut short; copy it again from the camera")]
    Truncated {
        /// The file.
        path: String,
    },
    /// The picture cannot be decoded in full.
    #[error("{path}: the JPEG is damaged ({reason}); copy it again from the camera")]
    Damaged {
        /// The file.
        path: String,
        /// What the decoder says.
        reason: String,
    },
    /// A TIFF whose picture is none that is read.
    #[error(
        "{path}: a TIFF {kind}; give the photograph as a JPEG, or as a TIFF of red, green and blue with 8 bits each"
    )]
    OtherTiff {
        /// The file.
        path: String,
        /// What it is, in words that follow "a TIFF".
        kind: String,
    },
    /// The picture is too small to be a frame.
    #[error(
        "{path}: {width} x {height} pixels is too small for a survey frame; remove it from the folder"
    )]
    TooSmall {
        /// The file.
        path: String,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The bytes of a live camera cannot be turned into a picture.
    #[error("{name}: {reason}")]
    Pixels {
        /// The frame.
        name: String,
        /// What is wrong with them.
        reason: PixelError,
    },
    /// The file or the picture is larger than any camera makes.
    #[error("{path}: {what} is more than is read; remove it from the folder")]
    TooLarge {
        /// The file.
        path: String,
        /// What is too large.
        what: String,
    },
}

/// Reads and decodes one file.
pub(super) fn read(path: &Path) -> Result<RgbImage, FrameError> {
    let name = path.display().to_string();
    let io = |reason| FrameError::Read {
        path: name.clone(),
        reason,
    };
    let size = fs::metadata(path).map_err(io)?.len();
    if size > MAX_BYTES {
        return Err(FrameError::TooLarge {
            path: name,
            what: format!("a file of {size} bytes"),
        });
    }
    let bytes = fs::read(path).map_err(io)?;
    if tiff_file::begins_as_tiff(&bytes) {
        return decode_tiff(name, &bytes);
    }
    decode(name.clone(), Bytes::from(bytes))
}

fn decode_tiff(path: String, bytes: &[u8]) -> Result<RgbImage, FrameError> {
    let other = |kind| FrameError::OtherTiff {
        path: path.clone(),
        kind,
    };
    let header = tiff_file::header(std::io::Cursor::new(bytes)).map_err(other)?;
    check_size(&path, header.size)?;
    tiff_file::decode(bytes).map_err(other)
}

/// Whether a picture is large enough to be a frame, and not too large.
fn check_size(path: &str, (width, height): (u32, u32)) -> Result<(), FrameError> {
    let path = path.to_owned();
    if width.min(height) < MIN_SIDE {
        return Err(FrameError::TooSmall {
            path,
            width,
            height,
        });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(FrameError::TooLarge {
            path,
            what: format!("a picture of {width} x {height} pixels"),
        });
    }
    Ok(())
}

fn decode(path: String, bytes: Bytes) -> Result<RgbImage, FrameError> {
    if bytes.is_empty() {
        return Err(FrameError::Empty { path });
    }
    let jpeg = match Jpeg::from_bytes(bytes.clone()) {
        Ok(jpeg) => jpeg,
        Err(img_parts::Error::WrongSignature) => return Err(FrameError::NotJpeg { path }),
        Err(_) => return Err(FrameError::Truncated { path }),
    };
    let Some((width, height)) = jpeg.dimensions() else {
        return Err(FrameError::Truncated { path });
    };
    let (width, height) = (u32::from(width), u32::from(height));
    check_size(&path, (width, height))?;
    let pixels = u64::from(width) * u64::from(height);
    // What follows the first scan header runs to the end of the file.
    let scan = jpeg.segment_by_marker(markers::SOS);
    let scan = scan.map_or(bytes.len(), |s| {
        bytes.len() - (s.len_with_entropy() - s.len())
    });
    let end = match end_of_image(&bytes[scan..]) {
        Some(end) if end as u64 >= pixels / MAX_PIXELS_PER_BYTE => scan + end,
        _ => return Err(FrameError::Truncated { path }),
    };
    let baseline = jpeg
        .segments()
        .iter()
        .any(|s| s.marker() == markers::SOF0 || s.marker() == markers::SOF1);
    jpeg::decode(&bytes, end, baseline, (width, height))
        .map_err(|reason| FrameError::Damaged { path, reason })
}

/// Where the end marker stands in what follows the first scan header; `None` when there is none.
///
/// Between scans stand segments with a length, whose bytes may look like markers.
fn end_of_image(scan: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += scan.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        match *scan.get(at + 1)? {
            0xD9 => return Some(at),
            // A stuffed zero, a restart marker, a fill byte.
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => {
                let length = [*scan.get(at + 2)?, *scan.get(at + 3)?];
                at += 2 + usize::from(u16::from_be_bytes(length)).max(2);
            }
        }
    }
}
