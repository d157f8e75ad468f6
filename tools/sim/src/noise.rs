//! Noise fields over the plane: what makes meadows patchy, forests bumpy and debris streaky.

/// A number in 0..1 that depends on a seed only.
#[must_use]
pub fn unit(hash: u32) -> f32 {
    (hash >> 8) as f32 / (1 << 24) as f32
}

/// Scrambles 32 bits ("lowbias32" by C. Wellons, Hash function prospecting, 2018).
#[must_use]
pub fn scramble(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The hash of a lattice cell.
#[must_use]
pub fn cell(seed: u32, x: i32, y: i32) -> u32 {
    scramble(
        seed ^ scramble((x as u32).wrapping_mul(0x9E37_79B1) ^ scramble(y as u32 ^ 0x85eb_ca6b)),
    )
}

/// Value noise in -1..1 with features about 1 wide.
#[must_use]
pub fn value(seed: u32, x: f32, y: f32) -> f32 {
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let ((i, a), (j, b)) = (split(x), split(y));
    let (a, b) = (ease(a), ease(b));
    let at = |p, q| unit(cell(seed, p, q));
    let upper = at(i, j) * (1.0 - a) + at(i + 1, j) * a;
    let lower = at(i, j + 1) * (1.0 - a) + at(i + 1, j + 1) * a;
    (upper * (1.0 - b) + lower * b) * 2.0 - 1.0
}

/// Floor and fraction. `f32::floor` is a call into libm on plain x86-64, and most of the time would go there.
#[must_use]
pub fn split(x: f32) -> (i32, f32) {
    let toward_zero = x as i32;
    let floor = toward_zero - i32::from(toward_zero as f32 > x);
    (floor, x - floor as f32)
}

/// Fractal noise, about -1..1: `octaves` of value noise, each twice as fine and half as strong.
#[must_use]
pub fn fractal(seed: u32, x: f32, y: f32, octaves: u32) -> f32 {
    let (mut frequency, mut amplitude, mut sum) = (1.0, 0.5, 0.0);
    for octave in 0..octaves {
        sum += amplitude
            * value(
                seed.wrapping_add(octave * 101),
                x * frequency,
                y * frequency,
            );
        frequency *= 2.03;
        amplitude *= 0.5;
    }
    sum
}

/// The dome of the nearest tree crown, boulder or bush.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dome {
    /// Height of the surface over the ground, 0 between domes to about 1.
    pub height: f32,
    /// Slope of the surface to the east and south, times the size.
    pub slope: (f32, f32),
    /// A number in 0..1 of its own.
    pub kind: f32,
}

/// Domes of about `size` on a jittered lattice.
#[must_use]
pub fn domes(seed: u32, x: f32, y: f32, size: f32) -> Dome {
    let (u, v) = (x / size, y / size);
    let ((i, _), (j, _)) = (split(u), split(v));
    let mut top = Dome::default();
    for q in -1..=1 {
        for p in -1..=1 {
            let hash = cell(seed, i + p, j + q);
            let jitter = |salt: u32| 0.15 + 0.7 * unit(scramble(hash ^ salt));
            let radius = 0.45 + 0.5 * unit(scramble(hash ^ 5));
            let dx = (u - (i + p) as f32 - jitter(0)) / radius;
            let dy = (v - (j + q) as f32 - jitter(77)) / radius;
            let height = (1.0 - dx * dx - dy * dy).max(0.0) * (0.6 + 0.4 * radius);
            if height > top.height {
                top = Dome {
                    height,
                    slope: (dx, dy),
                    kind: unit(scramble(hash ^ 991)),
                };
            }
        }
    }
    top
}

/// 0 below `low`, 1 above `high`, smooth between; `low` may be the larger one.
#[must_use]
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_split_like_floor_splits_it() {
        for x in [0.0, -0.0, 0.25, -0.25, 3.0, -3.0, 1e6 + 0.5, -1e6 - 0.5] {
            assert_eq!(split(x), (x.floor() as i32, x - x.floor()));
        }
    }

    #[test]
    fn noise_has_no_bias_and_no_jumps() {
        let at = |k: u32| value(7, k as f32 * 0.01, 3.3);
        let mean = (0..100_000)
            .map(|k| value(7, k as f32 * 0.37, 3.3))
            .sum::<f32>()
            / 1e5;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((1..5000).all(|k| (at(k) - at(k - 1)).abs() < 0.05));
    }
}
