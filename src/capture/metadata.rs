//! All metadata of one photograph.

use std::io::{self, Cursor, Read, Seek};

use super::{
    exif::Exif,
    jpeg_header::JpegHeader,
    limits::MAX_BYTES,
    tiff_file::{self, TiffHeader},
    xmp::Xmp,
};

/// What EXIF and XMP say of one photograph.
#[derive(Debug, Default)]
pub struct Metadata {
    pub(super) exif: Exif,
    pub(super) xmp: Xmp,
    /// Why the XMP is not whole, in one line.
    pub(super) xmp_fault: Option<String>,
    /// Why the picture is none that is read, in words that follow "a TIFF".
    pub(super) other_tiff: Option<String>,
}

impl Metadata {
    /// Reads the metadata of a JPEG or a TIFF, any part of which may be missing, and its width and height in pixels. Its pixels are not
    /// decoded.
    ///
    /// # Errors
    /// When the file cannot be read up to its pixels.
    pub fn read(mut file: impl Read + Seek) -> io::Result<(Self, (u32, u32))> {
        let mut begins = [0; 4];
        let read = file.read(&mut begins)?;
        file.rewind()?;
        if tiff_file::begins_as_tiff(begins.get(..read).unwrap_or_default()) {
            return Self::read_tiff(file);
        }
        let header = JpegHeader::read(file)?;
        let mut metadata = Self {
            exif: header.exif.map(Exif::read).unwrap_or_default(),
            ..Self::default()
        };
        for packet in &header.xmp {
            metadata.add_xmp(packet);
        }
        Ok((metadata, header.size))
    }

    /// EXIF's directories may lie anywhere in a TIFF, so it is read whole.
    fn read_tiff(file: impl Read) -> io::Result<(Self, (u32, u32))> {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        let header = tiff_file::header(Cursor::new(&bytes));
        let TiffHeader { size, xmp, kind } = header.map_err(io::Error::other)?;
        let mut metadata = Self {
            exif: Exif::read(bytes),
            other_tiff: kind.err(),
            ..Self::default()
        };
        if let Some(packet) = xmp {
            metadata.add_xmp(&packet);
        }
        Ok((metadata, size))
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
