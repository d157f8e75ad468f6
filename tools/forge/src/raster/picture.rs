//! PNG and JPEG files, which are decoded as a whole.

use std::{fs::File, io::BufReader, path::Path};

use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageReader, Limits};

use super::{
    RasterError,
    window::{Kind, Window, check_size, copy_overlap, needed},
};

/// Largest picture accepted, decoded. A larger scene belongs into a TIFF, which is read in windows.
const MAX_BYTES: u64 = 512 << 20;

/// A decoded picture.
pub(super) struct Picture {
    size: (u32, u32),
    samples: Vec<u8>,
    kind: Kind,
}

impl Picture {
    /// Opens `file`, which errors call `path`.
    pub(super) fn open(file: &Path, path: &Path, kind: Kind) -> Result<Self, RasterError> {
        let file = File::open(file).map_err(|reason| RasterError::Open {
            path: path.to_owned(),
            reason,
        })?;
        let damaged = |error: &dyn std::fmt::Display| RasterError::Damaged {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut reader = ImageReader::new(BufReader::new(file))
            .with_guessed_format()
            .map_err(|e| damaged(&e))?;
        let mut limits = Limits::default();
        limits.max_alloc = Some(MAX_BYTES);
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(|e| damaged(&e))?;
        let (size, original) = (decoder.dimensions(), decoder.original_color_type());
        check_size(path, size.0, size.1)?;
        let image = DynamicImage::from_decoder(decoder).map_err(|e| damaged(&e))?;
        let wanted = match kind {
            Kind::Rgb => ColorType::Rgb8,
            Kind::Label => ColorType::L8,
        };
        if image.color() != wanted {
            let colour = image.color();
            let bands = colour.channel_count();
            return Err(RasterError::Bands {
                path: path.to_owned(),
                found: format!(
                    "{bands} band{} of {} bits",
                    if bands == 1 { "" } else { "s" },
                    colour.bits_per_pixel() / u16::from(bands)
                ),
                needed: needed(kind),
            });
        }
        let mut samples = image.into_bytes();
        if original == ExtendedColorType::L1 {
            // The decoder spreads one bit over 0..255.
            samples.iter_mut().for_each(|v| *v = u8::from(*v > 0));
        }
        Ok(Self {
            size,
            samples,
            kind,
        })
    }

    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    pub(super) fn read(&self, window: Window, target: &mut [u8]) {
        let whole = Window {
            x: 0,
            y: 0,
            width: self.size.0,
            height: self.size.1,
        };
        copy_overlap(&self.samples, whole, target, window, self.kind.samples());
    }
}
