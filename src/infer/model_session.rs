//! One worker's session of a model, in whatever engine.

use crate::{
    Manifest, ModelError,
    engine::{Engine, Session, Tile},
    panic_guard::guarded,
};

/// An engine's session that is given nothing of a wrong size, and whose panics are errors.
pub struct ModelSession {
    session: Box<dyn Session>,
    /// Values of the input.
    values: usize,
    /// Cells of the output.
    cells: usize,
}

impl ModelSession {
    pub(crate) fn new(
        engine: &dyn Engine,
        manifest: &Manifest,
        threads: usize,
    ) -> Result<Self, ModelError> {
        let session = guarded(|| engine.session(threads).map_err(|error| error.to_string()));
        let (columns, rows) = manifest.output_size();
        Ok(Self {
            session: session.flatten().map_err(ModelError::Run)?,
            values: 3 * manifest.input.width as usize * manifest.input.height as usize,
            cells: columns * rows,
        })
    }

    /// Runs one tile; `cells` receives the landslide probability of each output cell, row-major.
    ///
    /// # Errors
    /// When tile or cells are not of the size that the manifest says, or the engine fails; its panic is an error too.
    pub fn run(&mut self, tile: Tile<'_>, cells: &mut [f32]) -> Result<(), ModelError> {
        let size = |what, found, expected| {
            if found == expected {
                return Ok(());
            }
            Err(ModelError::TileSize {
                what,
                found,
                expected,
            })
        };
        size("output cells", cells.len(), self.cells)?;
        match tile {
            Tile::Planes(planes) => size("input values", planes.len(), self.values)?,
            // A picture may have any size but none.
            Tile::Pixels { image, .. } if image.as_raw().is_empty() => {
                size("pixels", 0, self.values / 3)?;
            }
            Tile::Pixels { .. } => {}
        }
        let session = &mut self.session;
        guarded(|| {
            session
                .run_tile(tile, cells)
                .map_err(|error| error.to_string())
        })
        .flatten()
        .map_err(ModelError::Run)
    }
}
