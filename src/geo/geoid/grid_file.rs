//! Files that hold a geoid: GeographicLib's `.pgm`, and PROJ's `.gtx` and `.tif`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use tiff::{
    decoder::{Decoder, DecodingResult},
    tags::Tag,
};

use super::{
    GeoidError, GeoidGrid,
    egm96::Egm96,
    grid::{Lattice, Nodes},
};
use crate::{Latitude, Longitude, Wgs84};

/// Two geoids of the whole earth lie closer together than this everywhere, in metres. What lies further from EGM96 is no
/// geoid, or one with the other sign.
const FURTHEST_M: f64 = 15.0;
/// What lies closer to EGM96 than this at every place looked at is EGM96 itself.
const SAME_M: f64 = 0.02;
/// Most nodes along a side: half a minute of arc around the earth.
const MAX_SIDE: usize = 43_201;
/// The longest header of a `.pgm`.
const MAX_HEADER_LINES: usize = 100;

impl GeoidGrid {
    /// Opens EGM2008 as GeographicLib gives it (`.pgm`), or PROJ (`.tif`, `.gtx`): of the whole earth or a part of it.
    /// What it says is held against EGM96, so that a grid of something else is found out.
    ///
    /// # Errors
    /// When the file cannot be read, is none of those, or does not hold EGM2008.
    pub fn open(path: &Path) -> Result<Self, GeoidError> {
        let fault = |reason: String| GeoidError::File {
            path: path.display().to_string(),
            reason,
        };
        let opened = File::open(path).and_then(|file| {
            let mut file = BufReader::new(file);
            let start: [u8; 2] = file.fill_buf()?.get(..2).map_or([0; 2], |s| [s[0], s[1]]);
            match &start {
                b"P5" => pgm(file),
                b"II" | b"MM" => tif(file),
                _ => gtx(file),
            }
        });
        let (lattice, file) = opened.map_err(|e| fault(e.to_string()))?;
        let sound = lattice.rows >= 2
            && lattice.columns >= 2
            && lattice.rows.max(lattice.columns) <= MAX_SIDE
            && [lattice.step_deg.0, lattice.step_deg.1]
                .iter()
                .all(|step| *step > 0.0 && *step <= 10.0)
            && (-90.001..=90.001).contains(&lattice.south_deg)
            && lattice.place(lattice.rows - 1, 0).0 <= 90.001
            && (-360.0..=360.0).contains(&lattice.west_deg);
        if !sound {
            return Err(fault("it is no grid of degrees on the earth".to_owned()));
        }
        let grid = Self::new(path.display().to_string(), lattice, file);
        grid.is_egm2008()?;
        Ok(grid)
    }

    fn is_egm2008(&self) -> Result<(), GeoidError> {
        let fault = |reason: String| GeoidError::File {
            path: self.path().to_owned(),
            reason,
        };
        let egm96 = Egm96::default();
        let Lattice { rows, columns, .. } = *self.lattice();
        let mut furthest = 0.0_f64;
        for eighth in 1..8 {
            let row = (rows - 1) * eighth / 8;
            let (latitude, longitude) = self.lattice().place(row, (columns - 1) * eighth / 8);
            let place = Wgs84::new(
                Latitude::from_degrees(latitude),
                Longitude::from_degrees(longitude),
            );
            let (here, known) = (self.undulation(place)?, egm96.undulation(place));
            furthest = furthest.max((here - known).abs());
            if furthest > FURTHEST_M {
                return Err(fault(format!(
                    "it has {here:.1} m at {place:.3}, where every geoid has about {known:.1} m"
                )));
            }
        }
        if furthest < SAME_M {
            return Err(fault("it holds EGM96, which is built in".to_owned()));
        }
        Ok(())
    }
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

/// Numbers of one size after a header, row by row.
struct Plain {
    file: BufReader<File>,
    start: u64,
    columns: usize,
    rows: usize,
    /// Whether the first row is the northernmost.
    from_north: bool,
    bytes: u64,
    value: fn(&[u8; 4]) -> f64,
    offset: f64,
    scale: f64,
}

impl Nodes for Plain {
    fn read(&mut self, row: usize, column: usize) -> io::Result<f64> {
        let row = if self.from_north {
            self.rows - 1 - row
        } else {
            row
        };
        let at = self.start + (row * self.columns + column) as u64 * self.bytes;
        self.file.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes[..self.bytes as usize])?;
        Ok((self.value)(&bytes) * self.scale + self.offset)
    }
}

/// GeographicLib's: a grey image of 16 bits, from the north pole and Greenwich on, with `Offset` and `Scale` as comments
/// (GeographicLib, "Geoid height", "The format of the geoid files").
fn pgm(mut file: BufReader<File>) -> io::Result<(Lattice, Box<dyn Nodes>)> {
    let (mut offset, mut scale) = (None, None);
    let mut numbers: Vec<usize> = Vec::new();
    for _ in 0..MAX_HEADER_LINES {
        let mut line = Vec::new();
        file.by_ref().take(4096).read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.split_whitespace();
            match (words.next(), words.next().map(str::parse)) {
                (Some("Offset"), Some(Ok(number))) => offset = Some(number),
                (Some("Scale"), Some(Ok(number))) => scale = Some(number),
                _ => {}
            }
            continue;
        }
        numbers.extend(
            line.split_whitespace()
                .filter_map(|w| w.parse::<usize>().ok()),
        );
        if numbers.len() >= 3 {
            break;
        }
    }
    let (Some(offset), Some(scale), &[columns, rows, 65_535]) = (offset, scale, numbers.as_slice())
    else {
        return Err(damaged("it is no geoid of GeographicLib"));
    };
    let lattice = Lattice {
        south_deg: -90.0,
        west_deg: 0.0,
        step_deg: (
            180.0 / (rows.max(2) - 1) as f64,
            360.0 / columns.max(1) as f64,
        ),
        rows,
        columns,
    };
    let start = file.stream_position()?;
    let nodes = Plain {
        file,
        start,
        columns,
        rows,
        from_north: true,
        bytes: 2,
        value: |b| f64::from(u16::from_be_bytes([b[0], b[1]])),
        offset,
        scale,
    };
    Ok((lattice, Box::new(nodes)))
}

/// What a `.gtx` has where it has nothing (PROJ, "Vertical grid shift files").
const GTX_NONE: f32 = -88.8888;

/// PROJ's older files: south, west and steps in degrees, rows, columns, then floats from the south on, all with the most
/// significant byte first.
fn gtx(mut file: BufReader<File>) -> io::Result<(Lattice, Box<dyn Nodes>)> {
    let mut degrees = [0.0; 4];
    for number in &mut degrees {
        let mut bytes = [0; 8];
        file.read_exact(&mut bytes)?;
        *number = f64::from_be_bytes(bytes);
    }
    let mut sides = [0; 2];
    for number in &mut sides {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes)?;
        *number = usize::try_from(i32::from_be_bytes(bytes))
            .map_err(|_| damaged("it is no .pgm, .tif or .gtx"))?;
    }
    let [south_deg, west_deg, step_north, step_east] = degrees;
    let [rows, columns] = sides;
    let start = file.stream_position()?;
    let length = file.seek(SeekFrom::End(0))?;
    if rows.checked_mul(columns).map(|n| n as u64 * 4 + start) != Some(length) {
        return Err(damaged("it is no .pgm, .tif or .gtx, or is damaged"));
    }
    let lattice = Lattice {
        south_deg,
        west_deg,
        step_deg: (step_north, step_east),
        rows,
        columns,
    };
    let nodes = Plain {
        file,
        start,
        columns,
        rows,
        from_north: false,
        bytes: 4,
        value: |bytes| match f32::from_be_bytes(*bytes) {
            GTX_NONE => f64::NAN,
            value => value.into(),
        },
        offset: 0.0,
        scale: 1.0,
    };
    Ok((lattice, Box::new(nodes)))
}

/// A GeoTIFF, of which the block that was asked for last is kept.
struct Tif {
    decoder: Decoder<BufReader<File>>,
    columns: usize,
    rows: usize,
    block: Option<(u32, Vec<f32>)>,
}

impl Nodes for Tif {
    fn read(&mut self, row: usize, column: usize) -> io::Result<f64> {
        let row = self.rows - 1 - row;
        let (width, height) = self.decoder.chunk_dimensions();
        let (width, height) = (width as usize, height as usize);
        let index = (row / height * self.columns.div_ceil(width) + column / width) as u32;
        if self.block.as_ref().is_none_or(|(held, _)| *held != index) {
            match self.decoder.read_chunk(index).map_err(io::Error::other)? {
                DecodingResult::F32(values) => self.block = Some((index, values)),
                _ => return Err(damaged("its band is not of floats")),
            }
        }
        let across = self.decoder.chunk_data_dimensions(index).0 as usize;
        let values = self.block.as_ref().map(|(_, values)| values);
        values
            .and_then(|values| values.get(row % height * across + column % width))
            .map(|value| f64::from(*value))
            .ok_or_else(|| damaged("a block has not the size that it should"))
    }
}

/// PROJ's newer files: a GeoTIFF in degrees whose first band is the undulation.
fn tif(file: BufReader<File>) -> io::Result<(Lattice, Box<dyn Nodes>)> {
    let mut decoder = Decoder::new(file).map_err(io::Error::other)?;
    let (columns, rows) = decoder.dimensions().map_err(io::Error::other)?;
    let bands = decoder.find_tag_unsigned::<u16>(Tag::SamplesPerPixel);
    if bands.map_err(io::Error::other)?.unwrap_or(1) != 1 {
        return Err(damaged("it has more than one band"));
    }
    let scale = decoder.get_tag_f64_vec(Tag::ModelPixelScaleTag);
    let tie = decoder.get_tag_f64_vec(Tag::ModelTiepointTag);
    let (Ok([step_east, step_north, ..]), Ok([i, j, _, x, y, _])) =
        (scale.as_deref(), tie.as_deref())
    else {
        return Err(damaged("it does not say where it lies"));
    };
    let keys = decoder.get_tag_u16_vec(Tag::GeoKeyDirectoryTag);
    let keys = keys.map_err(io::Error::other)?;
    // GTRasterTypeGeoKey: coordinates of cell centres (2) or of corners.
    let is_point = keys.chunks_exact(4).any(|key| key == [1025, 0, 1, 2]);
    let to_centre = if is_point { 0.0 } else { 0.5 };
    let (columns, rows) = (columns as usize, rows as usize);
    let north = y + (j - to_centre) * step_north;
    let lattice = Lattice {
        south_deg: north - (rows.max(1) - 1) as f64 * step_north,
        west_deg: x + (to_centre - i) * step_east,
        step_deg: (*step_north, *step_east),
        rows,
        columns,
    };
    let nodes = Tif {
        decoder,
        columns,
        rows,
        block: None,
    };
    Ok((lattice, Box::new(nodes)))
}
