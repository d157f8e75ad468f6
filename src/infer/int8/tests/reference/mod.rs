//! What the tests of all operators share: made-up values, layers of them, and arithmetic written for clarity, not speed.

#![allow(dead_code, reason = "every test binary uses a part of it")]

pub mod network;
pub mod random_layers;

/// A small generator of numbers (SplitMix64), so that a case is told by its sizes and a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// In 0..1.
    pub fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    pub fn within(&mut self, least: f32, greatest: f32) -> f32 {
        least + (greatest - least) * self.share()
    }

    pub fn floats(&mut self, count: usize, least: f32, greatest: f32) -> Vec<f32> {
        (0..count).map(|_| self.within(least, greatest)).collect()
    }

    /// Activations: sometimes nothing but the greatest, sometimes only both ends, else anything.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        match self.below(8) {
            0 => vec![255; count],
            1 => (0..count)
                .map(|_| if self.below(2) == 0 { 0 } else { 255 })
                .collect(),
            _ => (0..count).map(|_| self.next() as u8).collect(),
        }
    }

    /// Weights, likewise; -128 is among them, as keys of attention can have it.
    pub fn weights(&mut self, count: usize) -> Vec<i8> {
        match self.below(8) {
            0 => vec![127; count],
            1 => vec![-128; count],
            2 => (0..count)
                .map(|_| if self.below(2) == 0 { -127 } else { 127 })
                .collect(),
            _ => (0..count).map(|_| self.next() as i8).collect(),
        }
    }
}

/// Memory that operators may take floats from: whole words.
pub struct Memory(Vec<u64>);

impl Memory {
    /// `bytes` is a multiple of 8, as every size that operators ask for.
    pub fn new(bytes: usize) -> Self {
        assert!(bytes.is_multiple_of(8));
        // Nothing may rely on what is in it.
        Self(vec![0xa5a5_a5a5_a5a5_a5a5; bytes / 8])
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

/// Whether `byte` is what `exact` rounds to, computed by numbers that are off by `slack` at most.
pub fn rounds_to(byte: u8, exact: f64, slack: f64) -> bool {
    (f64::from(byte) - exact.clamp(0.0, 255.0)).abs() <= 0.5 + slack
}

/// `x * Phi(x)` to the precision of a double: the series of erf that has only positive terms.
pub fn gelu(x: f64) -> f64 {
    if x.abs() > 9.0 {
        return x.max(0.0);
    }
    let z = x / std::f64::consts::SQRT_2;
    let mut term = z;
    let mut sum = z;
    for n in 1..400 {
        term *= 2.0 * z * z / f64::from(2 * n + 1);
        sum += term;
    }
    let erf = 2.0 / std::f64::consts::PI.sqrt() * (-z * z).exp() * sum;
    x * 0.5 * (1.0 + erf)
}

/// Layer normalisation of one row.
pub fn normalised(row: &[f32], gain: &[f32], shift: &[f32], epsilon: f32) -> Vec<f64> {
    let count = row.len() as f64;
    let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = row
        .iter()
        .map(|&x| (f64::from(x) - mean).powi(2))
        .sum::<f64>()
        / count;
    let deviation = (variance + f64::from(epsilon)).sqrt();
    let channels = row.iter().zip(gain).zip(shift);
    channels
        .map(|((&x, &g), &s)| (f64::from(x) - mean) / deviation * f64::from(g) + f64::from(s))
        .collect()
}

/// The value of a map at a position of a finer one: half-pixel centres, edges repeated. `at(y, x)` reads the map.
pub fn bilinear(
    (y, x): (usize, usize),
    (fine_height, fine_width): (usize, usize),
    (height, width): (usize, usize),
    at: impl Fn(usize, usize) -> f64,
) -> f64 {
    let along = |position: usize, fine: usize, coarse: usize| {
        let place = (position as f64 + 0.5) * coarse as f64 / fine as f64 - 0.5;
        let place = place.clamp(0.0, (coarse - 1) as f64);
        let low = place.floor() as usize;
        (low, (low + 1).min(coarse - 1), place - place.floor())
    };
    let (top, bottom, down) = along(y, fine_height, height);
    let (left, right, across) = along(x, fine_width, width);
    let row = |y: usize| at(y, left) * (1.0 - across) + at(y, right) * across;
    row(top) * (1.0 - down) + row(bottom) * down
}
