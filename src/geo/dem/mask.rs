//! The mask inside a GeoTIFF: an image of its own, which says of each cell whether it has a height.
//!
//! The `tiff` crate does not decode images of that kind. They differ from those it decodes in one tag, whose value is
//! changed here on the way from the file to the decoder.

use std::io::{self, Read, Seek, SeekFrom};

/// More images than any elevation model holds: it, its reduced copies, and their masks.
const MAX_IMAGES: usize = 64;
const NEW_SUBFILE_TYPE: u16 = 254;
const PHOTOMETRIC: u16 = 262;
/// "Transparency mask" as photometric interpretation, and as subfile type of the image in full resolution.
const MASK: u64 = 4;
const BLACK_IS_ZERO: u16 = 1;

/// Where a mask is.
#[derive(Clone, Copy)]
pub(super) struct MaskImage {
    /// Its number among the file's images.
    pub(super) index: usize,
    /// Where the file holds the value of its photometric interpretation.
    photometric_at: u64,
    big_endian: bool,
}

/// Numbers of a TIFF, which says itself how they are stored.
struct Numbers<'a, R> {
    from: &'a mut R,
    big_endian: bool,
}

impl<R: Read + Seek> Numbers<'_, R> {
    fn unsigned<const BYTES: usize>(&mut self) -> io::Result<u64> {
        let mut bytes = [0; BYTES];
        self.from.read_exact(&mut bytes)?;
        if !self.big_endian {
            bytes.reverse();
        }
        Ok(bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// A count or an offset, of the size that this kind of TIFF has.
    fn word(&mut self, big: bool) -> io::Result<u64> {
        if big {
            self.unsigned::<8>()
        } else {
            self.unsigned::<4>()
        }
    }
}

/// The mask of a TIFF's first image; `None` where there is none.
///
/// # Errors
/// When the file ends before its directories do.
pub(super) fn find<R: Read + Seek>(file: &mut R) -> io::Result<Option<MaskImage>> {
    file.seek(SeekFrom::Start(0))?;
    let mut order = [0; 2];
    file.read_exact(&mut order)?;
    let big_endian = order == *b"MM";
    let mut numbers = Numbers {
        from: file,
        big_endian,
    };
    let big = numbers.unsigned::<2>()? == 43;
    if big {
        numbers.unsigned::<4>()?;
    }
    let mut next = numbers.word(big)?;
    for index in 0..MAX_IMAGES {
        if next == 0 {
            break;
        }
        numbers.from.seek(SeekFrom::Start(next))?;
        let entries = if big {
            numbers.unsigned::<8>()?
        } else {
            numbers.unsigned::<2>()?
        };
        let (mut kind, mut photometric_at) = (0, None);
        for _ in 0..entries.min(u64::from(u16::MAX)) {
            let (tag, field) = (numbers.unsigned::<2>()?, numbers.unsigned::<2>()?);
            numbers.word(big)?;
            let at = numbers.from.stream_position()?;
            // A short lies at the start of the field, whatever the field's size.
            let value = match field {
                3 => numbers.unsigned::<2>()?,
                _ => numbers.unsigned::<4>()?,
            };
            match u16::try_from(tag) {
                Ok(NEW_SUBFILE_TYPE) => kind = value,
                Ok(PHOTOMETRIC) if value == MASK => photometric_at = Some(at),
                _ => {}
            }
            numbers
                .from
                .seek(SeekFrom::Start(at + if big { 8 } else { 4 }))?;
        }
        if let (MASK, Some(photometric_at)) = (kind, photometric_at) {
            return Ok(Some(MaskImage {
                index,
                photometric_at,
                big_endian,
            }));
        }
        next = numbers.word(big)?;
    }
    Ok(None)
}

/// A file in which a mask is an image in black and white.
pub(super) struct MaskAsImage<R> {
    file: R,
    position: u64,
    mask: MaskImage,
}

impl<R: Read + Seek> MaskAsImage<R> {
    pub(super) fn new(mut file: R, mask: MaskImage) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        Ok(Self {
            file,
            position: 0,
            mask,
        })
    }
}

impl<R: Read> Read for MaskAsImage<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let value = if self.mask.big_endian {
            BLACK_IS_ZERO.to_be_bytes()
        } else {
            BLACK_IS_ZERO.to_le_bytes()
        };
        for (at, byte) in (self.mask.photometric_at..).zip(value) {
            let place = at
                .checked_sub(self.position)
                .and_then(|offset| usize::try_from(offset).ok())
                .filter(|offset| *offset < count);
            if let Some(place) = place.and_then(|offset| buffer.get_mut(offset)) {
                *place = byte;
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for MaskAsImage<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}
