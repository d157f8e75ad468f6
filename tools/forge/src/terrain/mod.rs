//! An aircraft's elevation model of an area, made of elevation models as the world delivers them.

mod area;
mod cells;
mod coverage;
mod error;
mod frame;
mod geotiff;
mod options;
mod report;
mod shade;

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use scarp_geo::{Dem, Utm, Wgs84};
use tempfile::NamedTempFile;

pub use self::{
    area::{Area, AreaError},
    coverage::{Coverage, Part},
    error::TerrainError,
    options::Options,
    report::{Prepared, Resampling, Source},
};
use self::{
    cells::Cells,
    frame::{Frame, Grid},
    geotiff::{Meaning, TILE},
};

/// Points along each side of the area's bounds by which the sources' cells are looked at.
const PROBES: usize = 32;

/// Prepares the model. `progress` is told what is done, and how many steps of how many.
///
/// # Errors
/// When the sources cannot be used or do not reach into the area, a geoid is missing, or the model cannot be written; nothing is
/// written then.
pub fn prepare(
    options: &Options,
    mut progress: impl FnMut(&'static str, usize, usize),
) -> Result<Prepared, TerrainError> {
    progress("reading the elevation models", 0, 1);
    let dem = Dem::open_all(&options.from, options.stated)?;
    let finest_m = finest_cell_m(&dem, &options.area)?;
    let frame = Frame::around(
        &options.area,
        options.margin_m,
        grid(&dem, options, finest_m),
    )?;
    let cells = Cells {
        dem: &dem,
        geoids: &options.geoids,
        datum: options.datum,
        frame,
        area: &options.area,
    };
    let failed = |reason: io::Error| TerrainError::Write {
        path: options.out.clone(),
        reason,
    };
    let folder = options.out.parent().filter(|p| !p.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let meaning = Meaning {
        datum: options.datum,
        horizontal_sigma_m: dem.horizontal_sigma_m(),
    };
    let rows = frame.rows.div_ceil(TILE);
    let mut coverage = Coverage::default();
    let mut to = BufWriter::new(file.as_file_mut());
    geotiff::write(
        &mut to,
        &frame,
        &meaning,
        |row| {
            progress("preparing", row, rows + 1);
            let (tiles, covered) = cells.row_of_tiles(row)?;
            coverage = coverage.and(&covered);
            Ok(tiles)
        },
        |e| failed(io::Error::other(e)),
    )?;
    to.flush().map_err(failed)?;
    drop(to);
    progress("comparing with its sources", rows, rows + 1);
    let written = Dem::open(file.path(), None)?;
    let resampling = cells.resampling(&written)?;
    if let Some(path) = &options.picture {
        let picture = shade::picture(&written, &frame, &options.area);
        picture
            .map_err(io::Error::other)
            .and_then(|png| scarp_files::replace(path, &png))
            .map_err(|reason| TerrainError::Write {
                path: path.clone(),
                reason,
            })?;
    }
    let mut from = fs::File::open(file.path()).map_err(failed)?;
    scarp_files::replace_durably(
        &options.out,
        |to: &mut dyn Write| io::copy(&mut from, to).map(|_| ()),
        |e| e,
    )
    .map_err(failed)?;
    Ok(Prepared::new(
        options, &dem, &written, &frame, coverage, resampling,
    ))
}

/// The smallest cells that the sources have in the area.
fn finest_cell_m(dem: &Dem, area: &Area) -> Result<f64, TerrainError> {
    let [west, south, east, north] = area.bounds_deg();
    let mut sampler = dem.sampler();
    let mut finest = f64::INFINITY;
    for n in 0..=PROBES * PROBES {
        let (column, row) = (n % PROBES, n / PROBES);
        let along =
            |from: f64, to: f64, n: usize| from + (to - from) * (n as f64 + 0.5) / PROBES as f64;
        let place = Wgs84::from_coord(geo::Coord {
            x: along(west, east, column),
            y: along(south, north, row.min(PROBES - 1)),
        });
        if sampler.sample(place).is_ok() {
            finest = finest.min(sampler.cell_m());
        }
    }
    if finest.is_finite() {
        return Ok(finest);
    }
    let files: Vec<String> = dem
        .files()
        .map(|file| {
            let [west, south, east, north] = file.bounds_deg;
            format!(
                "latitude {south:.3} to {north:.3}, longitude {west:.3} to {east:.3} ({})",
                file.path.display()
            )
        })
        .collect();
    Err(TerrainError::NothingThere {
        area: format!("area {area}"),
        files: files.join("; "),
    })
}

/// The cells of the model: those of the finest source where they lie in the same zone, so that nothing lies between; else of half their
/// side, because heights between cells that lie otherwise are the poorer the larger the cells are.
fn grid(dem: &Dem, options: &Options, finest_m: f64) -> Grid {
    let epsg = Utm::containing(options.area.middle()).epsg();
    let mut same = dem
        .files()
        .filter(|file| file.epsg == epsg && file.cell_m == finest_m && file.step.0 == file.step.1);
    let same = same
        .next()
        .filter(|file| options.cell_m.is_none_or(|asked| asked == file.step.0));
    match (same, options.cell_m) {
        (Some(file), _) => Grid {
            corner: file.corner,
            cell_m: file.step.0,
        },
        (None, asked) => Grid {
            corner: (0.0, 0.0),
            cell_m: asked.unwrap_or_else(|| two_digits(finest_m / 2.0)),
        },
    }
}

/// A number in two digits: what is measured of a cell is that good.
fn two_digits(number: f64) -> f64 {
    let unit = 10_f64.powi(number.log10().floor() as i32 - 1);
    // By way of text, or 0.3 would have sixteen digits.
    let rounded = (number / unit).round() * unit;
    format!("{rounded:.6}").parse().unwrap_or(rounded)
}
