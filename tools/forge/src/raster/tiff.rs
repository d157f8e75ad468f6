//! TIFF files read strip by strip or tile by tile.

use std::{
    collections::VecDeque,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use tiff::{
    ColorType, TiffError,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

use super::{
    RasterError,
    window::{Kind, Window, check_size, copy_overlap, needed},
};

/// Largest strip or tile accepted, decoded.
const MAX_CHUNK_BYTES: u64 = 128 << 20;
/// Decoded strips and tiles kept: a row of network tiles over a scene 20,000 pixels wide.
const CACHE_BYTES: usize = 72 << 20;

/// An open TIFF with its most recently decoded strips or tiles.
pub(super) struct TiffRaster {
    decoder: Decoder<BufReader<File>>,
    path: PathBuf,
    size: (u32, u32),
    /// Width and height of a strip or tile.
    chunk: (u32, u32),
    samples: usize,
    /// Oldest first.
    cache: VecDeque<(u32, Vec<u8>)>,
    cached_bytes: usize,
}

impl TiffRaster {
    /// Opens `file`, which errors call `path`.
    pub(super) fn open(file: &Path, path: &Path, kind: Kind) -> Result<Self, RasterError> {
        let file = File::open(file).map_err(|reason| RasterError::Open {
            path: path.to_owned(),
            reason,
        })?;
        let damaged = |error: TiffError| damaged(path, &error);
        let mut limits = Limits::default();
        limits.decoding_buffer_size = MAX_CHUNK_BYTES as usize;
        limits.intermediate_buffer_size = MAX_CHUNK_BYTES as usize;
        let mut decoder = Decoder::new(BufReader::new(file))
            .map_err(damaged)?
            .with_limits(limits);
        let size = decoder.dimensions().map_err(damaged)?;
        check_size(path, size.0, size.1)?;
        let colour = decoder.colortype().map_err(damaged)?;
        let right = match kind {
            Kind::Rgb => colour == ColorType::RGB(8),
            Kind::Label => colour == ColorType::Gray(8),
        };
        let planar = decoder
            .find_tag_unsigned::<u16>(Tag::PlanarConfiguration)
            .map_err(damaged)?;
        // The decoder calls an image RGB that has unnamed bands after these.
        let bands = decoder
            .find_tag_unsigned::<u16>(Tag::SamplesPerPixel)
            .map_err(damaged)?
            .unwrap_or(1);
        let right = right && usize::from(bands) == kind.samples();
        if !right || (kind == Kind::Rgb && planar == Some(2)) {
            let layout = if planar == Some(2) {
                ", one plane after the other"
            } else {
                ""
            };
            return Err(RasterError::Bands {
                path: path.to_owned(),
                found: format!("{}{layout}", describe(colour, bands)),
                needed: needed(kind),
            });
        }
        let chunk = decoder.chunk_dimensions();
        let samples = kind.samples();
        let bytes = u64::from(chunk.0) * u64::from(chunk.1) * samples as u64;
        if chunk.0 == 0 || chunk.1 == 0 || bytes > MAX_CHUNK_BYTES {
            return Err(RasterError::Chunk {
                path: path.to_owned(),
                megabytes: bytes >> 20,
            });
        }
        Ok(Self {
            decoder,
            path: path.to_owned(),
            size,
            chunk,
            samples,
            cache: VecDeque::new(),
            cached_bytes: 0,
        })
    }

    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    pub(super) fn read(&mut self, window: Window, target: &mut [u8]) -> Result<(), RasterError> {
        let (width, height) = self.chunk;
        let across = self.size.0.div_ceil(width);
        for row in window.y / height..(window.y + window.height).div_ceil(height) {
            for column in window.x / width..(window.x + window.width).div_ceil(width) {
                let index = row * across + column;
                self.decode(index)?;
                if let Some((_, samples)) = self.cache.iter().find(|(i, _)| *i == index) {
                    let place = Window {
                        x: column * width,
                        y: row * height,
                        width: width.min(self.size.0 - column * width),
                        height: height.min(self.size.1 - row * height),
                    };
                    copy_overlap(samples, place, target, window, self.samples);
                }
            }
        }
        Ok(())
    }

    /// Sees to it that a strip or tile is in the cache.
    fn decode(&mut self, index: u32) -> Result<(), RasterError> {
        if self.cache.iter().any(|(i, _)| *i == index) {
            return Ok(());
        }
        let (width, height) = self.decoder.chunk_data_dimensions(index);
        let decoded = self
            .decoder
            .read_chunk(index)
            .map_err(|e| damaged(&self.path, &e))?;
        let samples = match decoded {
            DecodingResult::U8(samples)
                if samples.len() == width as usize * height as usize * self.samples =>
            {
                samples
            }
            _ => {
                return Err(RasterError::Damaged {
                    path: self.path.clone(),
                    reason: format!("strip or tile {index} has another size than declared"),
                });
            }
        };
        while self.cached_bytes + samples.len() > CACHE_BYTES {
            let Some((_, oldest)) = self.cache.pop_front() else {
                break;
            };
            self.cached_bytes -= oldest.len();
        }
        self.cached_bytes += samples.len();
        self.cache.push_back((index, samples));
        Ok(())
    }
}

fn damaged(path: &Path, error: &TiffError) -> RasterError {
    RasterError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn describe(colour: ColorType, bands: u16) -> String {
    let bits = match colour {
        ColorType::Palette(bits) => return format!("a palette of {bits} bits"),
        ColorType::Gray(bits)
        | ColorType::GrayA(bits)
        | ColorType::RGB(bits)
        | ColorType::YCbCr(bits)
        | ColorType::Lab(bits)
        | ColorType::RGBA(bits)
        | ColorType::CMYK(bits)
        | ColorType::CMYKA(bits) => bits,
        ColorType::Multiband { bit_depth, .. } => bit_depth,
        _ => return format!("{colour:?}"),
    };
    let plural = if bands == 1 { "" } else { "s" };
    format!("{bands} band{plural} of {bits} bits")
}
