//! Where bilinear upsampling takes its values from.

/// Where a position of a fine axis lies between two of a coarse one: half-pixel centres, edges repeated, as ONNX's Resize
/// defines it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LerpTap {
    /// The coarse position before it.
    pub low: usize,
    /// The one after it; at the end, the same.
    pub high: usize,
    /// Weight of `high`.
    pub share: f32,
}

impl LerpTap {
    /// For `position` of `fine` that stand over `coarse`, of which there is at least one.
    #[inline(always)]
    #[must_use]
    pub fn of(position: usize, fine: usize, coarse: usize) -> Self {
        let place = (position as f32 + 0.5) * (coarse as f32 / fine as f32) - 0.5;
        let place = place.clamp(0.0, (coarse - 1) as f32);
        let low = place as usize;
        Self {
            low,
            high: (low + 1).min(coarse - 1),
            share: place - low as f32,
        }
    }
}
