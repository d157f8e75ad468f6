//! All metadata of one photograph.

use img_parts::{
    ImageEXIF,
    jpeg::{Jpeg, markers},
};

use super::{Untagged, exif::Exif, xmp::Xmp};

/// Header of the APP1 segment that holds an XMP packet (Adobe XMP specification, part 3). Properties that overflow
/// into further segments (extended XMP) are large previews, nothing Scarp needs.
const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// EXIF and XMP of one photograph.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) exif: Exif,
    pub(super) xmp: Xmp,
}

impl Metadata {
    /// Reads both blocks; either may be missing.
    pub(super) fn read(jpeg: &Jpeg) -> Result<Self, Untagged> {
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
}
