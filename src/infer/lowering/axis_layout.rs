//! How a tensor of the graph shows a map: which pixels and channels lie along each of its axes.
//!
//! Exporters wrap every operator in transposes and reshapes. Followed symbolically, they say exactly what an axis holds,
//! and nothing has to be moved.

use scarp_int8::Size;

/// What an atom counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Along {
    /// Pixels of the map, row by row.
    Pixels,
    /// Its channels.
    Channels,
    /// Pixels of the map that keys are made of.
    Keys,
}

/// `size` steps of `stride` pixels or channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom {
    pub along: Along,
    pub stride: usize,
    pub size: usize,
}

/// A tensor's axes, each a list of atoms, the slowest first; an axis of one element has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub axes: Vec<Vec<Atom>>,
    /// First channel shown.
    pub first: usize,
}

/// All of an axis's atoms in one, where they follow each other without gaps.
fn merged(atoms: &[Atom]) -> Vec<Atom> {
    let mut result: Vec<Atom> = Vec::new();
    for &atom in atoms.iter().filter(|atom| atom.size > 1) {
        match result.last_mut() {
            Some(last) if last.along == atom.along && last.stride == atom.stride * atom.size => {
                *last = Atom {
                    size: last.size * atom.size,
                    ..atom
                };
            }
            _ => result.push(atom),
        }
    }
    result
}

impl View {
    /// 1 x channels x height x width.
    pub(super) fn planes(size: Size, channels: usize) -> Self {
        let axis = |along, stride, size| {
            merged(&[Atom {
                along,
                stride,
                size,
            }])
        };
        Self {
            axes: vec![
                Vec::new(),
                axis(Along::Channels, 1, channels),
                axis(Along::Pixels, size.width, size.height),
                axis(Along::Pixels, 1, size.width),
            ],
            first: 0,
        }
    }

    /// Whether axis `axis` runs over all `size` of `along`, one by one.
    pub(super) fn is_all(&self, axis: usize, along: Along, size: usize) -> bool {
        self.axes.get(axis).is_some_and(|atoms| {
            *atoms
                == merged(&[Atom {
                    along,
                    stride: 1,
                    size,
                }])
        })
    }

    /// Whether this is 1 x channels x height x width, or the same without the 1.
    pub(super) fn is_planes(&self, size: Size, channels: usize) -> bool {
        *self == Self::planes(size, channels)
    }

    /// The axis that runs over all `channels`, and no other.
    pub(super) fn channel_axis(&self, channels: usize) -> Option<usize> {
        (0..self.axes.len())
            .find(|&axis| self.first == 0 && self.is_all(axis, Along::Channels, channels))
    }

    /// The same with one element for each pixel.
    pub(super) fn without_channels(&self, channels: usize) -> Option<Self> {
        let axis = self.channel_axis(channels)?;
        let mut view = self.clone();
        view.axes[axis] = Vec::new();
        Some(view)
    }

    /// Atoms of an axis that runs over all `size` of `along`, one by one.
    pub(super) fn all(along: Along, size: usize) -> Vec<Atom> {
        merged(&[Atom {
            along,
            stride: 1,
            size,
        }])
    }

    /// The axes `at..at + from` regrouped as `to`; nothing where a group would cut through an atom.
    pub(super) fn reshaped(&self, at: usize, from: usize, to: &[usize]) -> Option<Self> {
        let mut atoms = merged(&self.axes.get(at..at + from)?.concat()).into_iter();
        let mut rest: Option<Atom> = None;
        let mut groups = Vec::new();
        for &size in to {
            let mut wanted = size;
            let mut group = Vec::new();
            while wanted > 1 {
                let atom = match rest.take() {
                    Some(atom) => atom,
                    None => atoms.next()?,
                };
                if wanted.is_multiple_of(atom.size) {
                    wanted /= atom.size;
                    group.push(atom);
                } else if atom.size.is_multiple_of(wanted) {
                    let inner = atom.size / wanted;
                    group.push(Atom {
                        stride: atom.stride * inner,
                        size: wanted,
                        ..atom
                    });
                    rest = Some(Atom {
                        size: inner,
                        ..atom
                    });
                    wanted = 1;
                } else {
                    return None;
                }
            }
            groups.push(merged(&group));
        }
        if rest.is_some() || atoms.next().is_some() {
            return None;
        }
        let mut view = self.clone();
        view.axes.splice(at..at + from, groups);
        Some(view)
    }

    /// Element `index` of `axis`, which must run over channels; the axis keeps one element.
    pub(super) fn picked(&self, axis: usize, index: usize) -> Option<Self> {
        let mut view = self.clone();
        match self.axes.get(axis)?.as_slice() {
            [] if index == 0 => {}
            [atom] if atom.along == Along::Channels && index < atom.size => {
                view.first += index * atom.stride;
                view.axes[axis] = Vec::new();
            }
            _ => return None,
        }
        Some(view)
    }

    /// Elements `start..end` of `axis`, which must run over channels.
    pub(super) fn sliced(&self, axis: usize, start: usize, end: usize) -> Option<Self> {
        let mut view = self.clone();
        match self.axes.get(axis)?.as_slice() {
            [atom] if atom.along == Along::Channels && start < end && end <= atom.size => {
                view.first += start * atom.stride;
                view.axes[axis] = merged(&[Atom {
                    size: end - start,
                    ..*atom
                }]);
            }
            _ => return None,
        }
        Some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        height: 4,
        width: 6,
    };

    #[test]
    fn heads_come_out_of_channels_and_go_back_into_them() {
        let planes = View::planes(SIZE, 10);
        let mut rows = planes.clone();
        rows.axes = vec![
            Vec::new(),
            planes.axes[2].clone(),
            planes.axes[3].clone(),
            planes.axes[1].clone(),
        ];
        let flat = rows.reshaped(1, 2, &[24]).unwrap();
        assert!(flat.is_all(1, Along::Pixels, 24) && flat.is_all(2, Along::Channels, 10));
        let heads = flat.reshaped(2, 1, &[5, 2]).unwrap();
        assert_eq!(
            heads.axes[2],
            [Atom {
                along: Along::Channels,
                stride: 2,
                size: 5
            }]
        );
        assert_eq!(
            heads.axes[3],
            [Atom {
                along: Along::Channels,
                stride: 1,
                size: 2
            }]
        );
        assert_eq!(heads.reshaped(2, 2, &[10]).unwrap(), flat);
    }

    #[test]
    fn swapped_heads_do_not_pass_for_channels() {
        let mut heads = View {
            axes: vec![View::all(Along::Channels, 10)],
            first: 0,
        }
        .reshaped(0, 1, &[5, 2])
        .unwrap();
        heads.axes.swap(0, 1);
        let joined = heads.reshaped(0, 2, &[10]).unwrap();
        assert!(!joined.is_all(0, Along::Channels, 10));
    }

    #[test]
    fn rows_and_columns_exchanged_do_not_pass_for_planes() {
        let mut view = View::planes(SIZE, 3);
        assert!(view.is_planes(SIZE, 3));
        view.axes.swap(2, 3);
        assert!(!view.is_planes(SIZE, 3));
    }

    #[test]
    fn a_reshape_that_cuts_through_pixels_and_channels_is_not_followed() {
        let view = View {
            axes: vec![View::all(Along::Pixels, 6), View::all(Along::Channels, 4)],
            first: 0,
        };
        assert_eq!(view.reshaped(0, 2, &[4, 6]), None);
        assert_eq!(view.reshaped(0, 2, &[5, 5]), None);
    }

    #[test]
    fn picking_keys_and_values_shows_where_their_channels_begin() {
        let view = View {
            axes: vec![View::all(Along::Channels, 64)],
            first: 0,
        };
        let halves = view.reshaped(0, 1, &[2, 32]).unwrap();
        assert_eq!(halves.picked(0, 1).unwrap().first, 32);
        assert_eq!(halves.picked(0, 2), None);
        assert_eq!(view.sliced(0, 32, 64).unwrap().first, 32);
    }
}
