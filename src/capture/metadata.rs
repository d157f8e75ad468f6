//! All metadata of one photograph.

use std::io::{self, Read, Seek};

use super::{exif::Exif, jpeg_header::JpegHeader, xmp::Xmp};

/// What EXIF and XMP say of one photograph.
#[derive(Debug, Default)]
pub struct Metadata {
    pub(super) exif: Exif,
    pub(super) xmp: Xmp,
    /// Why the XMP is not whole, in one line.
    pub(super) xmp_fault: Option<String>,
}

impl Metadata {
    /// Reads the metadata of a JPEG, any part of which may be missing, and its width and height in pixels. Its pixels are not read.
    ///
    /// # Errors
    /// When the file cannot be read up to its pixels.
    pub fn read(jpeg: impl Read + Seek) -> io::Result<(Self, (u32, u32))> {
        let header = JpegHeader::read(jpeg)?;
        let mut metadata = Self {
            exif: header.exif.map(Exif::read).unwrap_or_default(),
            ..Self::default()
        };
        for packet in &header.xmp {
            metadata.add_xmp(packet);
        }
        Ok((metadata, header.size))
    }

    /// EXIF alone: a TIFF block as APP1 holds it behind its header. What cannot be read of it is taken for missing.
    #[must_use]
    pub fn from_exif(block: Vec<u8>) -> Self {
        Self {
            exif: Exif::read(block),
            ..Self::default()
        }
    }

    /// XMP alone.
    #[must_use]
    pub fn from_xmp(packet: &[u8]) -> Self {
        let mut metadata = Self::default();
        metadata.add_xmp(packet);
        metadata
    }

    fn add_xmp(&mut self, packet: &[u8]) {
        if let Err(fault) = self.xmp.read(packet) {
            self.xmp_fault.get_or_insert(fault);
        }
    }
}
