//! What is asked for.

use std::path::PathBuf;

use scarp_geo::{DemStatement, Geoids, VerticalDatum};

use super::Area;

/// What is to be prepared.
#[derive(Debug)]
pub struct Options {
    /// The area.
    pub area: Area,
    /// Elevation models, or folders of them.
    pub from: Vec<PathBuf>,
    /// What is stated of them.
    pub stated: DemStatement,
    /// What turns heights into others.
    pub geoids: Geoids,
    /// What the prepared heights are to be over.
    pub datum: VerticalDatum,
    /// How far the model reaches beyond the area.
    pub margin_m: f64,
    /// Side of its cells; `None` for that of the finest source in the area.
    pub cell_m: Option<f64>,
    /// The file to write.
    pub out: PathBuf,
    /// A picture of it to write.
    pub picture: Option<PathBuf>,
}
