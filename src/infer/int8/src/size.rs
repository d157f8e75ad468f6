//! Sizes of maps, and windows that move over them.

/// Size of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels down.
    pub height: usize,
    /// Pixels across.
    pub width: usize,
}

impl Size {
    /// Pixels in all.
    #[must_use]
    pub fn area(self) -> usize {
        self.height * self.width
    }
}

/// A square window that moves over a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Pixels along each side.
    pub side: usize,
    /// Pixels between neighbouring windows.
    pub step: usize,
    /// Pixels of border around the map, on each side.
    pub border: usize,
}

impl Window {
    /// Size of the output; nothing where the window does not fit.
    #[must_use]
    pub fn over(self, size: Size) -> Option<Size> {
        let along = |length: usize| {
            Some((length + 2 * self.border).checked_sub(self.side)? / self.step + 1)
        };
        Some(Size {
            height: along(size.height)?,
            width: along(size.width)?,
        })
    }
}
