//! All metadata of one photograph.

use img_parts::{
    ImageEXIF,
    jpeg::{Jpeg, markers},
};

use super::{Untagged, exif::Exif, xmp::Xmp};

/// Header of the APP1 segment that holds an XMP packet (Adobe XMP specification, part 3). Properties that overflow
/// into further segments (extended XMP) are large previews, nothing Scarp needs.
const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// What EXIF and XMP say of one photograph.
#[derive(Debug, Default)]
pub struct Metadata {
    pub(super) exif: Exif,
    pub(super) xmp: Xmp,
}

impl Metadata {
    /// Reads both blocks of a JPEG; either may be missing.
    ///
    /// # Errors
    /// When the XMP packet is no XML.
    pub fn read(jpeg: &Jpeg) -> Result<Self, Untagged> {
        let exif = jpeg.exif().map(|block| Exif::read(block.to_vec()));
        let packet = jpeg
            .segments_by_marker(markers::APP1)
            .find_map(|segment| segment.contents().strip_prefix(XMP_HEADER));
        let xmp = packet.map(Xmp::read).transpose();
        Ok(Self {
            exif: exif.unwrap_or_default(),
            xmp: xmp
                .map_err(|reason| Untagged::BadXmp { reason })?
                .unwrap_or_default(),
        })
    }

    /// EXIF alone: a TIFF block as APP1 holds it behind its header. What cannot be read of it is taken for missing.
    #[must_use]
    pub fn from_exif(block: Vec<u8>) -> Self {
        Self {
            exif: Exif::read(block),
            xmp: Xmp::default(),
        }
    }

    /// XMP alone.
    ///
    /// # Errors
    /// When the packet is no XML.
    pub fn from_xmp(packet: &[u8]) -> Result<Self, Untagged> {
        let xmp = Xmp::read(packet).map_err(|reason| Untagged::BadXmp { reason })?;
        Ok(Self {
            exif: Exif::default(),
            xmp,
        })
    }
}
