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
    /// Pixels of border above the map and left of it.
    pub before: usize,
    /// Pixels of border below the map and right of it.
    pub after: usize,
}

impl Window {
    /// A window over a map with `border` pixels around it, the same on each side.
    #[must_use]
    pub const fn even(side: usize, step: usize, border: usize) -> Self {
        Self {
            side,
            step,
            before: border,
            after: border,
        }
    }

    /// Windows along `length` pixels; nothing where none fits.
    #[must_use]
    pub fn along(self, length: usize) -> Option<usize> {
        Some((length + self.before + self.after).checked_sub(self.side)? / self.step + 1)
    }

    /// Size of the output; nothing where the window does not fit.
    #[must_use]
    pub fn over(self, size: Size) -> Option<Size> {
        Some(Size {
            height: self.along(size.height)?,
            width: self.along(size.width)?,
        })
    }
}
