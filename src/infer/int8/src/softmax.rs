//! Softmax of integer scores, to bytes: the weights that a row of queries gives to the keys.

#[cfg(target_arch = "x86_64")]
use crate::isa::Set;
use crate::{
    Isa,
    round::{ROUND, to_u8},
    vectorise::Job,
};

#[cfg(target_arch = "x86_64")]
mod avx512;

/// 255 times 2 to the power of f, for f in 0..=1, constant term first: off by 1 in 13,000, the least there is.
const POWER: [f32; 4] = [254.980_93, 177.437_55, 57.647_125, 19.896_254];
/// Weights below this power of two round to zero.
const LEAST: f32 = -20.0;
/// Columns that are worked on at once.
const LANES: usize = 16;

/// How scores become weights: `255 exp((score - greatest) * scale)`, rounded; all sets of instructions give the same bytes.
#[derive(Debug, Clone)]
pub struct Softmax {
    /// From scores to powers of two.
    gain: f32,
}

impl Softmax {
    /// For scores worth `scale` each; nothing where that is no positive number.
    #[must_use]
    pub fn new(scale: f64) -> Option<Self> {
        let gain = (scale * std::f64::consts::LOG2_E) as f32;
        (gain.is_finite() && gain > 0.0).then_some(Self { gain })
    }

    /// Turns rows of `width` scores into weights, and gives the reciprocal of each row's sum of weights.
    ///
    /// # Panics
    /// When the slices disagree in length.
    pub fn rows(
        &self,
        isa: Isa,
        width: usize,
        scores: &[i32],
        weights: &mut [u8],
        factors: &mut [f32],
    ) {
        assert!(
            width > 0 && scores.len() == weights.len() && scores.len() == factors.len() * width
        );
        #[cfg(target_arch = "x86_64")]
        if isa.set() == Set::Avx512Vnni && width.is_multiple_of(64) {
            let rows = scores
                .chunks_exact(width)
                .zip(weights.chunks_exact_mut(width));
            for ((scores, weights), factor) in rows.zip(factors) {
                // SAFETY: the set was found on this processor; both rows have the same length, a multiple of 64.
                *factor = 1.0 / unsafe { avx512::row(self, scores, weights) } as f32;
            }
            return;
        }
        isa.run(SoftmaxRows {
            softmax: self,
            width,
            scores,
            weights,
            factors,
        });
    }
}

struct SoftmaxRows<'a> {
    softmax: &'a Softmax,
    width: usize,
    scores: &'a [i32],
    weights: &'a mut [u8],
    factors: &'a mut [f32],
}

impl Job for SoftmaxRows<'_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            softmax,
            width,
            scores,
            weights,
            factors,
        } = self;
        let rows = scores
            .chunks_exact(width)
            .zip(weights.chunks_exact_mut(width));
        for ((scores, weights), factor) in rows.zip(factors) {
            let nearest = softmax.nearest(greatest(scores));
            let mut sum = 0;
            let (whole, rest) = weights.as_chunks_mut::<LANES>();
            let (scores, last) = scores.as_chunks::<LANES>();
            for (weights, scores) in whole.iter_mut().zip(scores) {
                // In an array of its own, which the compiler keeps in registers.
                let mut bytes = [0; LANES];
                for i in 0..LANES {
                    bytes[i] = softmax.weight(scores[i], nearest);
                }
                sum += bytes.iter().map(|&weight| u32::from(weight)).sum::<u32>();
                *weights = bytes;
            }
            for (weight, &score) in rest.iter_mut().zip(last) {
                *weight = softmax.weight(score, nearest);
                sum += u32::from(*weight);
            }
            *factor = 1.0 / sum as f32;
        }
    }
}

impl Softmax {
    /// What brings the greatest score to the power of 0.
    #[inline(always)]
    fn nearest(&self, greatest: i32) -> f32 {
        -(greatest as f32 * self.gain)
    }

    /// The weight of a score.
    #[inline(always)]
    fn weight(&self, score: i32, nearest: f32) -> u8 {
        let power = (score as f32).mul_add(self.gain, nearest);
        let power = if power > LEAST { power } else { LEAST };
        let whole = power.floor();
        let rest = power - whole;
        let [a, b, c, d] = POWER;
        let value = d.mul_add(rest, c).mul_add(rest, b).mul_add(rest, a);
        // The whole power, from the low bits, added to the exponent.
        to_u8(f32::from_bits(
            value
                .to_bits()
                .wrapping_add((whole + ROUND).to_bits() << 23),
        ))
    }
}

#[inline(always)]
fn greatest(scores: &[i32]) -> i32 {
    let (chunks, rest) = scores.as_chunks::<LANES>();
    let mut lanes = [i32::MIN; LANES];
    for chunk in chunks {
        for (lane, &score) in lanes.iter_mut().zip(chunk) {
            *lane = score.max(*lane);
        }
    }
    lanes.iter().chain(rest).copied().fold(i32::MIN, i32::max)
}
