//! The network's answer for a whole image.

/// Landslide probability on the model's output grid.
///
/// Cell (column, row) covers the model-GSD pixels from (`column * stride`, `row * stride`) to one `stride` further;
/// its value belongs to its centre. Cells whose centre would lie beyond the image do not exist.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbabilityMap {
    /// Cells per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Model-GSD pixels per cell along each axis.
    pub stride: u32,
    /// Width of the segmented image in model-GSD pixels; the map's right edge.
    pub image_width: u32,
    /// Height of the segmented image in model-GSD pixels; the map's lower edge.
    pub image_height: u32,
    /// Row-major probabilities from 0 to 1, `width * height` of them.
    pub data: Vec<f32>,
}

impl ProbabilityMap {
    /// Number of cells of `stride` pixels whose centre lies inside `pixels`; at least one.
    #[must_use]
    pub(super) fn cells(pixels: u32, stride: u32) -> usize {
        let stride = stride.max(1);
        ((pixels.saturating_add(stride.div_ceil(2)).saturating_sub(1)) / stride).max(1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cells_whose_centre_is_in_the_image_are_counted() {
        for (pixels, cells) in [(1, 1), (4, 1), (6, 1), (7, 2), (8, 2), (9, 2), (512, 128)] {
            assert_eq!(ProbabilityMap::cells(pixels, 4), cells, "{pixels} px");
        }
        assert_eq!(ProbabilityMap::cells(5, 1), 5);
    }
}
