//! The fused map and its classifier with AVX-512 VNNI: the fused map never leaves the registers.

// Loops run over indices: iterators over arrays by value go through memory.
#![allow(clippy::needless_range_loop)]

use std::arch::x86_64::*;

use super::fuse::Fuse;
use crate::Linear;

/// Channels that are added up in registers.
const GROUP: usize = 64;
/// Most classes whose sums stay in registers beside them.
const CLASSES: usize = 2;

/// The classifier's weights in the order in which packing leaves a group's channels.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// By group, by class.
    weights: Vec<[[i8; GROUP]; CLASSES]>,
    classes: usize,
    /// What each class's sum starts from, is multiplied by and added to.
    offsets: [i32; CLASSES],
    scale: [f32; CLASSES],
    bias: [f32; CLASSES],
}

impl Packed {
    /// Nothing where the channels are no multiple of 64 or the classes are too many.
    pub(super) fn new(classify: &Linear) -> Option<Self> {
        let (channels, classes) = (classify.inputs(), classify.outputs());
        if !channels.is_multiple_of(GROUP) || classes > CLASSES {
            return None;
        }
        // Packing interleaves four vectors in fours.
        let channel = |byte: usize| byte / 4 % 4 * 16 + byte / 16 * 4 + byte % 4;
        let group = |first: usize| {
            std::array::from_fn(|class| {
                std::array::from_fn(|byte| classify.weight(first + channel(byte), class))
            })
        };
        let (offsets, scale, bias) = classify.closing();
        Some(Self {
            weights: (0..channels).step_by(GROUP).map(group).collect(),
            classes,
            offsets: std::array::from_fn(|class| offsets[class]),
            scale: std::array::from_fn(|class| scale[class]),
            bias: std::array::from_fn(|class| bias[class]),
        })
    }

    /// Writes the logits of `pixels`.
    ///
    /// # Safety
    /// The processor has the features below.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    pub(super) unsafe fn classify(&self, pixels: Fuse<'_>, out: &mut [f32]) {
        let (width, count) = (pixels.width, out.len() / self.classes);
        let starts_at = |start: &u32| *start as usize + width <= pixels.windows.len();
        assert!(width == self.weights.len() * GROUP && pixels.sums.len() == count * width);
        assert!(
            pixels.starts.len() == count * pixels.maps
                && pixels.starts.iter().flatten().all(starts_at)
        );
        assert_eq!(pixels.shares.len(), pixels.starts.len());
        for (x, out) in out.chunks_exact_mut(self.classes).enumerate() {
            // SAFETY: the asserts hold all that is read against the slices.
            let sums = unsafe { self.sums(&pixels, x) };
            for (class, (logit, sum)) in out.iter_mut().zip(sums).enumerate() {
                *logit = (sum as f32).mul_add(self.scale[class], self.bias[class]);
            }
        }
    }

    /// The classes' sums over the channels of pixel `x`.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    unsafe fn sums(&self, pixels: &Fuse<'_>, x: usize) -> [i32; CLASSES] {
        let Fuse { width, maps, .. } = *pixels;
        // Beyond 32 bits the conversion would give a negative number.
        let (least, most) = (_mm512_set1_ps(pixels.zero), _mm512_set1_ps(255.0));
        // SAFETY: groups of whole vectors lie inside the finest map's sums and inside the windows.
        unsafe {
            let mut classes = [_mm512_setzero_si512(); CLASSES];
            for (group, weights) in self.weights.iter().enumerate() {
                let sums = pixels.sums.as_ptr().add(x * width + group * GROUP);
                let mut total = [_mm512_setzero_ps(); 4];
                for v in 0..4 {
                    total[v] = _mm512_loadu_ps(sums.add(16 * v));
                }
                for map in x * maps..(x + 1) * maps {
                    for side in 0..2 {
                        let start = *pixels.starts.get_unchecked(map).get_unchecked(side) as usize;
                        let share =
                            _mm512_set1_ps(*pixels.shares.get_unchecked(map).get_unchecked(side));
                        let values = pixels.windows.as_ptr().add(start + group * GROUP);
                        for v in 0..4 {
                            let value = _mm512_loadu_ps(values.add(16 * v));
                            total[v] = _mm512_fmadd_ps(value, share, total[v]);
                        }
                    }
                }
                let mut rounded = [_mm512_setzero_si512(); 4];
                for v in 0..4 {
                    let held = _mm512_min_ps(most, _mm512_max_ps(total[v], least));
                    rounded[v] = _mm512_cvtps_epi32(held);
                }
                let low = _mm512_packs_epi32(rounded[0], rounded[1]);
                let high = _mm512_packs_epi32(rounded[2], rounded[3]);
                let fused = _mm512_packus_epi16(low, high);
                for class in 0..CLASSES {
                    let weights = _mm512_loadu_si512(weights[class].as_ptr().cast());
                    classes[class] = _mm512_dpbusd_epi32(classes[class], fused, weights);
                }
            }
            std::array::from_fn(|class| {
                _mm512_reduce_add_epi32(classes[class]).wrapping_add(self.offsets[class])
            })
        }
    }
}
