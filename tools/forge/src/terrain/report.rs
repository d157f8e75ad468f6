//! What was prepared, of what, and what is missing.

use std::path::PathBuf;

use scarp_geo::{Dem, DemFile};
use serde::Serialize;

use super::{Coverage, Options, Part, frame::Frame};

/// A prepared model. Serialized, it is what `scarp-forge terrain --json` prints.
#[derive(Debug, Serialize)]
pub struct Prepared {
    /// The file.
    pub out: PathBuf,
    /// EPSG code of its reference system, a UTM zone.
    pub epsg: u16,
    /// Cells from west to east.
    pub columns: usize,
    /// Cells from north to south.
    pub rows: usize,
    /// Their side.
    pub cell_m: f64,
    /// What its heights are over, as `--dem-datum` names it.
    pub datum: &'static str,
    /// Lowest height.
    pub lowest_m: f64,
    /// Highest height.
    pub highest_m: f64,
    /// How far places may lie beside where they are because of the sources' datums, one sigma.
    pub horizontal_sigma_m: f64,
    /// What it was made of.
    pub sources: Vec<Source>,
    /// The least and the most that another datum added to heights; `None` where that is the sources' own.
    pub datum_change_m: Option<(f64, f64)>,
    /// How far it lies from its sources between its cells; `None` where nothing can be compared.
    pub resampling: Option<Resampling>,
    /// Of the area.
    pub area: Part,
    /// Of what lies around it.
    pub margin: Part,
    /// West, south, east and north of what has no height in the area, in degrees.
    pub missing_deg: Option<[f64; 4]>,
    /// What was understood of the sources that they do not say.
    pub remarks: Vec<String>,
}

/// An elevation model that it was made of.
#[derive(Debug, Serialize)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// EPSG code of its reference system.
    pub epsg: u16,
    /// The smaller side of its cells.
    pub cell_m: f64,
    /// What its heights are over, as `--dem-datum` names it.
    pub datum: &'static str,
    /// What they are counted in.
    pub unit: String,
    /// How far its places may lie beside where they are, one sigma.
    pub horizontal_sigma_m: f64,
}

/// How far a model lies from its sources between its cells, in metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Resampling {
    /// At nine of ten places at most.
    pub p90_m: f64,
    /// At most.
    pub most_m: f64,
}

impl Resampling {
    pub(super) fn of(mut apart: Vec<f64>) -> Option<Self> {
        apart.sort_by(f64::total_cmp);
        let most_m = *apart.last()?;
        let p90_m = *apart.get(apart.len() * 9 / 10)?;
        Some(Self { p90_m, most_m })
    }
}

impl From<DemFile<'_>> for Source {
    fn from(file: DemFile<'_>) -> Self {
        Self {
            path: file.path.to_owned(),
            epsg: file.epsg,
            cell_m: file.cell_m,
            datum: file.datum.name(),
            unit: file.unit.to_string(),
            horizontal_sigma_m: file.horizontal_sigma_m,
        }
    }
}

impl Prepared {
    pub(super) fn new(
        options: &Options,
        dem: &Dem,
        written: &Dem,
        frame: &Frame,
        coverage: Coverage,
        resampling: Option<Resampling>,
    ) -> Self {
        let (lowest_m, highest_m) = written.height_range_m();
        Self {
            out: options.out.clone(),
            epsg: frame.utm.epsg(),
            columns: frame.columns,
            rows: frame.rows,
            cell_m: frame.cell_m,
            datum: options.datum.name(),
            lowest_m,
            highest_m,
            horizontal_sigma_m: dem.horizontal_sigma_m(),
            sources: dem.files().map(Source::from).collect(),
            datum_change_m: coverage.change_m.filter(|_| dem.datum() != options.datum),
            resampling,
            area: coverage.area,
            margin: coverage.margin,
            missing_deg: coverage.missing_deg,
            remarks: dem.remarks().to_vec(),
        }
    }
}
