//! From the blocks of a GeoTIFF to heights.

use std::io::{Read, Seek};

use tiff::{
    decoder::{ChunkType, Decoder, DecodingResult},
    tags::Tag,
};

use super::voids;

/// What turns a band's numbers into metres.
pub(super) struct ToMetres {
    /// The number that declares a gap.
    pub(super) nodata: Option<f64>,
    /// Metres that one of them is.
    pub(super) scale: f64,
    /// Metres that zero is.
    pub(super) offset: f64,
}

/// A band in metres.
pub(super) struct Decoded {
    /// Row by row from the top; gaps are NaN.
    pub(super) heights: Vec<f32>,
    /// A number taken for a gap that the file does not declare.
    pub(super) undeclared: Option<f64>,
}

/// A strip or a tile, and the cells that it holds.
struct Block {
    index: u32,
    column: usize,
    row: usize,
    columns: usize,
    rows: usize,
    /// Whether the file holds it at all: GDAL leaves out what nobody wrote.
    is_there: bool,
}

fn blocks<R: Read + Seek>(tiff: &mut Decoder<R>) -> tiff::TiffResult<Vec<Block>> {
    let (width, height) = tiff.dimensions()?;
    let (block_width, block_height) = tiff.chunk_dimensions();
    let bytes = tiff.get_tag_u64_vec(match tiff.get_chunk_type() {
        ChunkType::Strip => Tag::StripByteCounts,
        ChunkType::Tile => Tag::TileByteCounts,
    })?;
    let across = width.div_ceil(block_width);
    let count = across * height.div_ceil(block_height);
    Ok((0..count)
        .zip(bytes)
        .map(|(index, bytes)| {
            let (columns, rows) = tiff.chunk_data_dimensions(index);
            Block {
                index,
                column: (index % across * block_width) as usize,
                row: (index / across * block_height) as usize,
                columns: columns as usize,
                rows: rows as usize,
                is_there: bytes > 0,
            }
        })
        .collect())
}

/// Reads a band; cells of blocks that the file leaves out are gaps.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn decode<R: Read + Seek>(
    tiff: &mut Decoder<R>,
    to_metres: &ToMetres,
) -> Result<Decoded, String> {
    let (width, height) = tiff.dimensions().map_err(|e| e.to_string())?;
    let mut decoded = Decoded {
        heights: vec![f32::NAN; width as usize * height as usize],
        undeclared: None,
    };
    for block in blocks(tiff).map_err(|e| e.to_string())? {
        if !block.is_there {
            continue;
        }
        let undeclared = &mut decoded.undeclared;
        let mut metres = |raw: f64, is_nodata: bool| {
            let height = raw * to_metres.scale + to_metres.offset;
            if is_nodata || !height.is_finite() {
                return f32::NAN;
            }
            if voids::is_undeclared_gap(raw, height) {
                *undeclared = Some(raw);
                return f32::NAN;
            }
            height as f32
        };
        let is_nodata = |raw: f64| to_metres.nodata == Some(raw);
        // The nodata text of a 32-bit file may not be exact in 64 bits (-3.4028235e38): compare in the file's precision.
        let is_nodata32 = |raw: f32| to_metres.nodata.is_some_and(|n| n as f32 == raw);
        let mut each = |raw: f64| metres(raw, is_nodata(raw));
        let rows: Vec<f32> = match tiff.read_chunk(block.index).map_err(|e| e.to_string())? {
            DecodingResult::F32(v) => v
                .into_iter()
                .map(|raw| metres(f64::from(raw), is_nodata32(raw)))
                .collect(),
            DecodingResult::F64(v) => v.into_iter().map(each).collect(),
            DecodingResult::I8(v) => v.into_iter().map(|raw| each(raw.into())).collect(),
            DecodingResult::U8(v) => v.into_iter().map(|raw| each(raw.into())).collect(),
            DecodingResult::I16(v) => v.into_iter().map(|raw| each(raw.into())).collect(),
            DecodingResult::U16(v) => v.into_iter().map(|raw| each(raw.into())).collect(),
            DecodingResult::I32(v) => v.into_iter().map(|raw| each(raw.into())).collect(),
            DecodingResult::U32(v) => v.into_iter().map(|raw| each(raw.into())).collect(),
            _ => return Err("its samples are of a type that heights do not come in".to_owned()),
        };
        place(&mut decoded.heights, width as usize, &block, &rows)?;
    }
    Ok(decoded)
}

fn place(heights: &mut [f32], width: usize, block: &Block, rows: &[f32]) -> Result<(), String> {
    let damaged = || "it is damaged: a block has not the size that it should".to_owned();
    if rows.len() != block.columns * block.rows {
        return Err(damaged());
    }
    // The last tiles reach beyond the image; what they hold there was left out.
    for (r, row) in rows.chunks_exact(block.columns).enumerate() {
        let start = (block.row + r) * width + block.column;
        heights
            .get_mut(start..start + block.columns)
            .ok_or_else(damaged)?
            .copy_from_slice(row);
    }
    Ok(())
}

/// Turns those cells into gaps that a mask, of one or of eight bits, leaves out.
///
/// # Errors
/// Why the mask cannot be read.
pub(super) fn apply_mask<R: Read + Seek>(
    tiff: &mut Decoder<R>,
    heights: &mut [f32],
    (width, height): (usize, usize),
) -> Result<(), String> {
    let unreadable = |e: tiff::TiffError| format!("its mask is unreadable ({e})");
    let size = tiff.dimensions().map_err(unreadable)?;
    if size != (width as u32, height as u32) {
        return Err("its mask has another size than it".to_owned());
    }
    let bits = tiff
        .find_tag_unsigned(Tag::BitsPerSample)
        .map_err(unreadable)?
        .unwrap_or(1_u8);
    for block in blocks(tiff).map_err(unreadable)? {
        let bytes = match block.is_there {
            false => Vec::new(),
            true => match tiff.read_chunk(block.index).map_err(unreadable)? {
                DecodingResult::U8(bytes) => bytes,
                _ => return Err("its mask is neither of one nor of eight bits".to_owned()),
            },
        };
        let row_bytes = match bits {
            1 => block.columns.div_ceil(8),
            8 => block.columns,
            _ => return Err("its mask is neither of one nor of eight bits".to_owned()),
        };
        for r in 0..block.rows {
            let start = (block.row + r) * width + block.column;
            let cells = heights.get_mut(start..start + block.columns);
            for (c, height) in cells.into_iter().flatten().enumerate() {
                // Bits count from the highest. What is not there is left out.
                let byte = bytes.get(r * row_bytes + if bits == 1 { c / 8 } else { c });
                let bit = if bits == 1 { 0x80 >> (c % 8) } else { 0xFF };
                if byte.is_none_or(|byte| byte & bit == 0) {
                    *height = f32::NAN;
                }
            }
        }
    }
    Ok(())
}
