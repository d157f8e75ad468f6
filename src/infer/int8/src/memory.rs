//! One block of memory for all activations of a network, and the parts of it that operators read and write.

use std::ops::Range;

/// A cache line; parts begin on one, so that vectors and threads never share a line.
pub(crate) const LINE: usize = 64;

/// A block of memory that begins on a cache line.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    /// Where the first cache line begins.
    start: usize,
    length: usize,
}

/// Part of a block, in bytes; begins on a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub start: usize,
    pub length: usize,
}

impl Part {
    fn range(self) -> Range<usize> {
        self.start..self.start + self.length
    }
}

impl Block {
    pub(crate) fn new(length: usize) -> Self {
        let bytes = vec![0; length + LINE];
        let start = bytes.as_ptr().align_offset(LINE).min(LINE);
        Self {
            bytes,
            start,
            length,
        }
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..][..self.length]
    }

    /// The part to write, and all the rest to read from.
    pub(crate) fn split(&mut self, write: Part) -> (&mut [u8], Rest<'_>) {
        let (before, rest) = self.bytes().split_at_mut(write.start);
        let (part, after) = rest.split_at_mut(write.length);
        (
            part,
            Rest {
                before,
                after,
                after_start: write.start + write.length,
            },
        )
    }
}

/// What remains of a block while a part of it is written.
#[derive(Clone, Copy)]
pub(crate) struct Rest<'a> {
    before: &'a [u8],
    after: &'a [u8],
    after_start: usize,
}

impl<'a> Rest<'a> {
    /// A part that does not overlap the one being written.
    pub(crate) fn bytes(&self, part: Part) -> &'a [u8] {
        if part.start < self.after_start {
            &self.before[part.range()]
        } else {
            &self.after[part.start - self.after_start..][..part.length]
        }
    }

    pub(crate) fn floats(&self, part: Part) -> &'a [f32] {
        bytemuck::cast_slice(self.bytes(part))
    }
}

/// Cuts pieces of given types off a thread's scratch memory.
pub(crate) struct Scratch<'a>(&'a mut [u8]);

impl<'a> Scratch<'a> {
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }

    /// `count` elements on cache lines of their own.
    pub(crate) fn take<T: bytemuck::Pod>(&mut self, count: usize) -> &'a mut [T] {
        let (piece, rest) = std::mem::take(&mut self.0).split_at_mut(size_of_scratch::<T>(count));
        self.0 = rest;
        &mut bytemuck::cast_slice_mut(piece)[..count]
    }
}

/// Bytes that [`Scratch::take`] cuts off.
pub(crate) const fn size_of_scratch<T>(count: usize) -> usize {
    (count * size_of::<T>()).next_multiple_of(LINE)
}
