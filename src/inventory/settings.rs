//! How the inventory is kept.

/// How the inventory is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Side of the cells in which frames vote, in metres.
    pub cell_m: f64,
    /// Smallest landslide reported, in square metres; smaller holes are filled.
    pub min_area_m2: f64,
    /// Most blocks of 64 x 64 cells held, 32 KB each. Beyond, the ground not seen for longest is forgotten: landslides
    /// on it are reported as they stand and never change again.
    pub max_blocks: usize,
}
