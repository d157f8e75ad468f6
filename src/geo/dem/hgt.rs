//! SRTM's tiles of a degree (`N46W092.hgt`): the name tells the south-west corner, the length the step.
//!
//! "SRTM Topography", the documentation of NASA's and the USGS's releases: 16-bit integers, most significant byte first, row
//! by row from the north-west corner; metres over the EGM96 geoid; -32768 is a void; rows and columns of neighbours overlap.

use std::{fs, path::Path, sync::Arc};

use super::{
    DemError, DemStatement, HeightUnit,
    crs::Crs,
    geo_keys::EPSG_WGS84,
    meaning, side_files,
    tile::{Lattice, ReadTile, Source, Tile},
    voids,
};
use crate::VerticalDatum;

/// Cells along a side: of one arc second, and of three.
const SIDES: [usize; 2] = [3601, 1201];

pub(super) fn read(path: &Path, stated: DemStatement) -> Result<ReadTile, DemError> {
    let name = path.display().to_string();
    let format = |reason: &str| DemError::Format {
        path: name.clone(),
        reason: reason.to_owned(),
    };
    side_files::refuse(path)?;
    let datum = meaning::agreed_datum(&name, VerticalDatum::Egm96, stated)?;
    let corner = path.file_name().and_then(|name| corner(name.to_str()?));
    let (south_deg, west_deg) = corner
        .ok_or_else(|| format("its name does not tell where it lies, as N46W092.hgt does"))?;
    let unread = |reason| DemError::Read {
        path: name.clone(),
        reason,
    };
    let length = fs::metadata(path).map_err(unread)?.len();
    let side = SIDES
        .into_iter()
        .find(|side| length == 2 * (side * side) as u64)
        .ok_or_else(|| {
            format("it has neither the length of a tile of one nor of three arc seconds")
        })?;
    let bytes = fs::read(path).map_err(unread)?;
    let mut undeclared = None;
    let mut heights: Vec<f32> = bytes
        .chunks_exact(2)
        .map(|pair| {
            let raw = f64::from(i16::from_be_bytes([pair[0], pair[1]]));
            if !voids::is_undeclared_gap(raw, raw) {
                return raw as f32;
            }
            // The format's own.
            if raw != f64::from(i16::MIN) {
                undeclared = Some(raw);
            }
            f32::NAN
        })
        .collect();
    if heights.len() != side * side {
        return Err(format("it changed while it was read"));
    }
    let remarks = voids::remarks(&name, undeclared, &mut heights, side, 0.0);
    let range_m = voids::range(&heights).map_err(|reason| format(&reason))?;
    let step = 1.0 / (side - 1) as f64;
    let lattice = Lattice {
        first_x: west_deg,
        first_y: south_deg + 1.0,
        step_x: step,
        step_y: step,
        width: side,
        height: side,
    };
    let source = Source {
        path: path.to_path_buf(),
        epsg: EPSG_WGS84,
        datum,
        unit: HeightUnit::Metre,
        horizontal_sigma_m: 0.0,
    };
    let tile = Tile::new(source, Arc::new(Crs::Geographic), lattice, range_m);
    Ok(ReadTile {
        tile: tile.ok_or_else(|| format("its name tells no place on the earth"))?,
        heights,
        remarks,
    })
}

/// Latitude and longitude of the south-west corner, which a name begins with: `N46W092`.
fn corner(name: &str) -> Option<(f64, f64)> {
    let part = |range: std::ops::Range<usize>, plus: &str, minus: &str, most: f64| {
        let text = name.get(range)?;
        let degrees: f64 = text.get(1..)?.parse::<u16>().ok()?.into();
        let sign = text.get(..1)?;
        let degrees = if sign.eq_ignore_ascii_case(minus) {
            -degrees
        } else if sign.eq_ignore_ascii_case(plus) {
            degrees
        } else {
            return None;
        };
        (-most..most).contains(&degrees).then_some(degrees)
    };
    Some((part(0..3, "N", "S", 90.0)?, part(3..7, "E", "W", 180.0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_south_west_corner() {
        assert_eq!(corner("N46W092.hgt"), Some((46.0, -92.0)));
        assert_eq!(corner("s47e073.SRTMGL1.hgt"), Some((-47.0, 73.0)));
        for name in [
            "N90E000.hgt",
            "N46W18.hgt",
            "46N092W.hgt",
            "dem.hgt",
            "Nä6W092.hgt",
        ] {
            assert_eq!(corner(name), None, "{name}");
        }
    }
}
