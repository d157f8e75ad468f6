//! What stands before the pixels of a JPEG: its size and its metadata, read without the rest of the file.

use std::io::{self, BufReader, ErrorKind, Read, Seek};

/// Header of the APP1 segment that holds an EXIF block (EXIF 2.32, 4.7.2).
const EXIF: &[u8] = b"Exif\0\0";
/// Header of the APP1 segment that holds an XMP packet (Adobe XMP specification, part 3). Properties that overflow
/// into further segments (extended XMP) are large previews, nothing Scarp needs.
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// The header of a JPEG.
#[derive(Debug, Default)]
pub(super) struct JpegHeader {
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// The first EXIF block.
    pub(super) exif: Option<Vec<u8>>,
    /// Every XMP packet.
    pub(super) xmp: Vec<Vec<u8>>,
}

impl JpegHeader {
    /// Reads the segments up to the first scan.
    ///
    /// # Errors
    /// When the file cannot be read, ends before its first scan, or is no JPEG.
    pub(super) fn read(file: impl Read + Seek) -> io::Result<Self> {
        let mut file = BufReader::new(file);
        let mut header = Self::default();
        if bytes::<2>(&mut file)? != [0xFF, 0xD8] {
            return Err(ErrorKind::InvalidData.into());
        }
        loop {
            match marker(&mut file)? {
                // Start of scan, end of image.
                0xDA | 0xD9 => break,
                // Markers without a length: TEM and the restarts.
                0x01 | 0xD0..=0xD7 => {}
                // APP1.
                0xE1 => header.keep_app1(segment(&mut file)?),
                // Start of frame, of every kind of coding; C4, C8 and CC are other things.
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    if let [_, h1, h0, w1, w0, ..] = segment(&mut file)?[..] {
                        let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
                        header.size = (side(w1, w0), side(h1, h0));
                    }
                }
                _ => {
                    let length = length(&mut file)?;
                    file.seek_relative(i64::from(length))?;
                }
            }
        }
        match header.size {
            (0, _) | (_, 0) => Err(ErrorKind::InvalidData.into()),
            _ => Ok(header),
        }
    }

    fn keep_app1(&mut self, contents: Vec<u8>) {
        if let Some(packet) = contents.strip_prefix(XMP) {
            self.xmp.push(packet.to_vec());
        } else if let Some(block) = contents.strip_prefix(EXIF)
            && self.exif.is_none()
        {
            self.exif = Some(block.to_vec());
        }
    }
}

fn bytes<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The next marker; bytes before it, and fill bytes, are passed over.
fn marker(file: &mut impl Read) -> io::Result<u8> {
    let mut before = 0;
    loop {
        let [byte] = bytes(file)?;
        if before == 0xFF && byte != 0xFF && byte != 0 {
            return Ok(byte);
        }
        before = byte;
    }
}

/// Bytes of a segment's contents.
fn length(file: &mut impl Read) -> io::Result<u16> {
    let length = u16::from_be_bytes(bytes(file)?);
    length.checked_sub(2).ok_or(ErrorKind::InvalidData.into())
}

fn segment(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut contents = vec![0; usize::from(length(file)?)];
    file.read_exact(&mut contents)?;
    Ok(contents)
}
