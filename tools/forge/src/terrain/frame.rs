//! Where the cells of the prepared model lie.

use scarp_geo::{Dem, Utm, Wgs84};

use super::{Area, TerrainError};

/// The longest side of a model in metres: further from the middle of its zone, UTM stretches too much.
const MAX_SIDE_M: f64 = 1_000_000.0;

/// Square cells all over a zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Easting and northing of a corner of one of them.
    pub(super) corner: (f64, f64),
    pub(super) cell_m: f64,
}

/// Square cells in the UTM zone of an area.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) utm: Utm,
    /// Easting of the left edge and northing of the upper one.
    pub(super) west_m: f64,
    pub(super) north_m: f64,
    pub(super) cell_m: f64,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Frame {
    /// The cells that cover an area and `margin_m` around it.
    ///
    /// # Errors
    /// When they are more than can be read again.
    pub(super) fn around(area: &Area, margin_m: f64, grid: Grid) -> Result<Self, TerrainError> {
        let Grid { corner, cell_m } = grid;
        let utm = Utm::containing(area.middle());
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for (x, y) in area.outline().map(|place| utm.forward(place)) {
            let (x, y) = (x - corner.0, y - corner.1);
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let cells_down = |metres: f64| ((metres - margin_m) / cell_m).floor();
        let cells_up = |metres: f64| ((metres + margin_m) / cell_m).ceil();
        let (west, north) = (cells_down(low.0), cells_up(high.1));
        // A model has two cells at least.
        let columns = (cells_up(high.0) - west).max(2.0);
        let rows = (north - cells_down(low.1)).max(2.0);
        let too_wide = columns.max(rows) * cell_m > MAX_SIDE_M;
        if too_wide || columns * rows > Dem::MAX_CELLS as f64 {
            return Err(TerrainError::TooLarge {
                columns: columns as u64,
                rows: rows as u64,
                cell_m,
            });
        }
        Ok(Self {
            utm,
            west_m: corner.0 + west * cell_m,
            north_m: corner.1 + north * cell_m,
            cell_m,
            columns: columns as usize,
            rows: rows as usize,
        })
    }

    /// The place at so many cells from the left and the upper edge; the centre of the first cell is half a cell from both.
    pub(super) fn place(&self, across: f64, down: f64) -> Wgs84 {
        self.utm.inverse(
            self.west_m + across * self.cell_m,
            self.north_m - down * self.cell_m,
        )
    }
}
