//! Seeded randomness. Written out here, because a scene must not change with the version of a library.

/// A stream of pseudo-random numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream number `purpose` of `seed`; streams of different purposes are independent.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut dice = Self(seed ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03));
        dice.bits();
        Self(dice.bits())
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A seed for a noise field.
    pub fn seed(&mut self) -> u32 {
        (self.bits() >> 32) as u32
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 24) as f32
    }

    /// Uniform between two bounds.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Whole number in 0..`count`.
    pub fn index(&mut self, count: usize) -> usize {
        ((self.unit() * count as f32) as usize).min(count.saturating_sub(1))
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Normally distributed with mean 0 and the given standard deviation (Box and Muller, 1958).
    pub fn normal(&mut self, sigma: f64) -> f64 {
        let u = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        let v = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        sigma * (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_stream() {
        let (mut a, mut b, mut c) = (Dice::new(7, 1), Dice::new(7, 1), Dice::new(7, 2));
        let stream: Vec<u32> = (0..8).map(|_| a.seed()).collect();
        assert_eq!(stream, (0..8).map(|_| b.seed()).collect::<Vec<_>>());
        assert_ne!(stream, (0..8).map(|_| c.seed()).collect::<Vec<_>>());
    }

    #[test]
    fn normal_numbers_have_the_deviation_asked_for() {
        let mut dice = Dice::new(3, 0);
        let n = 20_000;
        let variance: f64 = (0..n).map(|_| dice.normal(1.5).powi(2)).sum::<f64>() / f64::from(n);
        assert!((variance.sqrt() - 1.5).abs() < 0.03, "{variance}");
    }
}
