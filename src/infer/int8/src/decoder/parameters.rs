//! The decoder's weights and sizes.

use crate::{Linear, Size};

/// Coarse maps that a decoder takes at most.
pub const MAPS: usize = 8;

/// Pixels whose sums stay in the first cache, with the coarser maps' values around them.
pub(super) const PIXELS: usize = 12;

/// `classify(relu(project(finest) + sum of coarser maps, projected and upsampled))`.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) finest: Branch,
    pub(super) coarse: Vec<Branch>,
    pub(super) classify: Linear,
    /// What the fused map is not below: the byte that stands for 0.
    pub(super) zero: f32,
    #[cfg(target_arch = "x86_64")]
    pub(super) packed: Option<super::avx512::Packed>,
}

/// One map's way into the decoder.
#[derive(Debug, Clone)]
pub struct Branch {
    /// To floats, as wide as the decoder.
    pub project: Linear,
    /// Size of the map.
    pub size: Size,
}

impl Decoder {
    /// Size of the logits.
    #[must_use]
    pub fn size(&self) -> Size {
        self.finest.size
    }

    /// Logits of each pixel.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classify.outputs()
    }

    /// Multiplications of a run's products.
    pub(crate) fn multiplications(&self) -> usize {
        let branches = std::iter::once(&self.finest).chain(&self.coarse);
        let products = branches.map(|branch| branch.size.area() * branch.project.inputs());
        (products.sum::<usize>() + self.size().area() * self.classes()) * self.width()
    }

    /// Channels of the fused map.
    pub(super) fn width(&self) -> usize {
        self.classify.inputs()
    }

    /// Pixels of one row of every coarse map together.
    pub(super) fn line(&self) -> usize {
        self.coarse.iter().map(|branch| branch.size.width).sum()
    }

    /// Most pixels of a coarse map's row that `PIXELS` pixels of the fused map stand over.
    pub(super) fn window(&self, branch: &Branch) -> usize {
        let reach = (PIXELS * branch.size.width).div_ceil(self.finest.size.width) + 2;
        reach.min(branch.size.width)
    }

    /// Those of every coarse map together.
    pub(super) fn windows(&self) -> usize {
        self.coarse.iter().map(|branch| self.window(branch)).sum()
    }
}
