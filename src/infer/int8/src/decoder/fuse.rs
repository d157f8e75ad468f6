//! The sum of all maps.

use crate::{round::to_u8, vectorise::Job};

/// Channels that are summed in registers.
const CHANNELS: usize = 64;

/// Some pixels of one row of the fused map, before they are added up.
#[derive(Clone, Copy)]
pub(super) struct Fuse<'a> {
    /// Channels of each pixel.
    pub width: usize,
    /// Number of coarse maps.
    pub maps: usize,
    /// As [`super::Decoder::columns`] gives them, of these pixels.
    pub starts: &'a [[u32; 2]],
    pub shares: &'a [[f32; 2]],
    /// The finest map's share.
    pub sums: &'a [f32],
    pub windows: &'a [f32],
    /// The byte that stands for 0.
    pub zero: f32,
}

/// The sum of all maps, ReLU, rounding.
pub(super) struct Rounded<'a> {
    pub pixels: Fuse<'a>,
    pub fused: &'a mut [u8],
}

impl Job for Rounded<'_> {
    #[inline(always)]
    fn run(self) {
        let Fuse {
            width,
            maps,
            starts,
            shares,
            sums,
            windows,
            zero,
        } = self.pixels;
        let pixels = sums
            .chunks_exact(width)
            .zip(self.fused.chunks_exact_mut(width));
        for (x, (sums, fused)) in pixels.enumerate() {
            let (starts, shares) = (&starts[x * maps..][..maps], &shares[x * maps..][..maps]);
            let (sums, last_sums) = sums.as_chunks::<CHANNELS>();
            let (fused, last_fused) = fused.as_chunks_mut::<CHANNELS>();
            for (chunk, (sums, fused)) in sums.iter().zip(fused).enumerate() {
                let mut total = *sums;
                for (starts, shares) in starts.iter().zip(shares) {
                    let first = chunk * CHANNELS;
                    let [low, high] =
                        starts.map(|start| &windows[start as usize + first..][..CHANNELS]);
                    for ((total, &low), &high) in total.iter_mut().zip(low).zip(high) {
                        *total = high.mul_add(shares[1], low.mul_add(shares[0], *total));
                    }
                }
                for (byte, total) in fused.iter_mut().zip(total) {
                    *byte = closed(total, zero);
                }
            }
            let done = width - last_sums.len();
            for (i, (byte, &sum)) in last_fused.iter_mut().zip(last_sums).enumerate() {
                let add = |sum: f32, (starts, shares): (&[u32; 2], &[f32; 2])| {
                    let [low, high] = starts.map(|start| windows[start as usize + done + i]);
                    high.mul_add(shares[1], low.mul_add(shares[0], sum))
                };
                *byte = closed(starts.iter().zip(shares).fold(sum, add), zero);
            }
        }
    }
}

/// ReLU and rounding.
#[inline(always)]
fn closed(total: f32, zero: f32) -> u8 {
    to_u8(if total > zero { total } else { zero })
}
