//! From the values a tensor took on real images to the range that 8 bits shall cover.

/// Bins of a histogram.
const BINS: usize = 2048;
/// Values that 8 bits can tell apart.
const LEVELS: usize = 256;
/// Share of values that the percentile observer leaves outside, half at each end.
const TAILS: f64 = 1e-4;
/// Steps in which an end of the range is moved inwards when the best place for it is sought.
const STEPS: u32 = 64;

/// How a range is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observer {
    /// Everything seen.
    MinMax,
    /// All but the outermost 0.01 % of values.
    Percentile,
    /// The range of the least mean square error.
    Mse,
    /// The range whose quantized histogram diverges least from the true one (Kullback-Leibler).
    Entropy,
}

/// The least and the greatest value that are told apart; zero lies within.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Least.
    pub low: f32,
    /// Greatest.
    pub high: f32,
}

impl Range {
    /// No value seen yet.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            low: 0.0,
            high: 0.0,
        }
    }

    /// Widens the range to hold these values. What is not a number is passed over.
    pub fn cover(&mut self, values: &[f32]) {
        for &value in values.iter().filter(|v| v.is_finite()) {
            self.low = self.low.min(value);
            self.high = self.high.max(value);
        }
    }

    /// Scale and zero point of unsigned 8-bit numbers: `real = scale (number - zero)`.
    #[must_use]
    pub fn scale(&self) -> (f32, u8) {
        let width = self.high - self.low;
        // A tensor that is always zero needs some scale, and any is right.
        let scale = if width > 0.0 {
            width / (LEVELS - 1) as f32
        } else {
            1.0
        };
        let zero = (-self.low / scale).round().clamp(0.0, 255.0);
        (scale, zero as u8)
    }
}

/// How often values fell into each of 2048 equal parts of a range.
#[derive(Debug, Clone)]
pub struct Histogram {
    range: Range,
    counts: Vec<u64>,
}

impl Histogram {
    /// An empty histogram over `range`.
    #[must_use]
    pub fn new(range: Range) -> Self {
        Self {
            range,
            counts: vec![0; BINS],
        }
    }

    /// Counts values, which lie within the range.
    pub fn add(&mut self, values: &[f32]) {
        let per_unit = BINS as f32 / (self.range.high - self.range.low).max(f32::MIN_POSITIVE);
        for &value in values.iter().filter(|v| v.is_finite()) {
            let bin = ((value - self.range.low) * per_unit) as usize;
            if let Some(count) = self.counts.get_mut(bin.min(BINS - 1)) {
                *count += 1;
            }
        }
    }

    /// Adds the counts of another histogram over the same range.
    pub fn merge(&mut self, other: &Self) {
        self.counts
            .iter_mut()
            .zip(&other.counts)
            .for_each(|(a, b)| *a += b);
    }

    /// The range `observer` chooses.
    #[must_use]
    pub fn choose(&self, observer: Observer) -> Range {
        match observer {
            Observer::MinMax => self.range,
            Observer::Percentile => self.percentile(),
            Observer::Mse => self.search(|range| self.square_error(range)),
            Observer::Entropy => self.search(|range| self.divergence(range)),
        }
    }

    fn centre(&self, bin: usize) -> f64 {
        let (low, high) = (f64::from(self.range.low), f64::from(self.range.high));
        low + (bin as f64 + 0.5) * (high - low) / BINS as f64
    }

    fn percentile(&self) -> Range {
        let all: u64 = self.counts.iter().sum();
        let outside = (all as f64 * TAILS / 2.0) as u64;
        let reach = |counts: &mut dyn Iterator<Item = &u64>| {
            let mut sum = 0;
            counts
                .take_while(|count| {
                    sum += **count;
                    sum <= outside
                })
                .count()
        };
        let (left, right) = (
            reach(&mut self.counts.iter()),
            reach(&mut self.counts.iter().rev()),
        );
        let width = (self.range.high - self.range.low) / BINS as f32;
        Range {
            low: (self.range.low + left as f32 * width).min(0.0),
            high: (self.range.high - right as f32 * width).max(0.0),
        }
    }

    /// The range of the least cost: one end is moved inwards while the other stays, then the other, then both again.
    fn search(&self, cost: impl Fn(Range) -> f64) -> Range {
        let mut best = (cost(self.range), self.range);
        for _ in 0..2 {
            for end in [End::High, End::Low] {
                let start = best.1;
                for step in 1..STEPS {
                    let share = 1.0 - step as f32 / STEPS as f32;
                    let range = match end {
                        End::High => Range {
                            high: self.range.high * share,
                            ..start
                        },
                        End::Low => Range {
                            low: self.range.low * share,
                            ..start
                        },
                    };
                    let cost = cost(range);
                    if cost < best.0 {
                        best = (cost, range);
                    }
                }
            }
        }
        best.1
    }

    fn square_error(&self, range: Range) -> f64 {
        let (scale, zero) = range.scale();
        let (scale, zero) = (f64::from(scale), f64::from(zero));
        let filled = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        filled
            .map(|(bin, &count)| {
                let value = self.centre(bin);
                let number = (value / scale + zero).round().clamp(0.0, 255.0);
                let error = (number - zero) * scale - value;
                count as f64 * error * error
            })
            .sum()
    }

    /// Divergence of the histogram, with what is cut off piled up at the ends, from what 256 levels make of it: each level's
    /// count spread evenly over its filled bins (S. Migacz, 8-bit inference with TensorRT, GTC 2017).
    fn divergence(&self, range: Range) -> f64 {
        let (scale, zero) = range.scale();
        let level = |bin: usize| {
            let number = (self.centre(bin) / f64::from(scale) + f64::from(zero)).round();
            number.clamp(0.0, 255.0) as usize
        };
        let inside =
            |bin: usize| (f64::from(range.low)..=f64::from(range.high)).contains(&self.centre(bin));
        let (Some(first), Some(last)) = (
            (0..BINS).find(|&b| inside(b)),
            (0..BINS).rfind(|&b| inside(b)),
        ) else {
            return f64::INFINITY;
        };
        let (mut kept, mut filled) = ([0_u64; LEVELS], [0_u64; LEVELS]);
        for bin in (first..=last).filter(|&bin| self.counts[bin] > 0) {
            kept[level(bin)] += self.counts[bin];
            filled[level(bin)] += 1;
        }
        let all = self.counts.iter().sum::<u64>() as f64;
        let inner = kept.iter().sum::<u64>() as f64;
        let cut = |bins: std::ops::Range<usize>| self.counts[bins].iter().sum::<u64>();
        (first..=last)
            .map(|bin| {
                let mut count = self.counts[bin];
                if bin == first {
                    count += cut(0..first);
                }
                if bin == last {
                    count += cut(last + 1..BINS);
                }
                let true_share = count as f64 / all;
                let level = level(bin);
                let spread = kept[level] as f64 / filled[level].max(1) as f64 / inner;
                match (count, self.counts[bin]) {
                    (0, _) => 0.0,
                    // Only what was cut off is here; the quantized form puts nothing.
                    (_, 0) => true_share * (true_share / 1e-12).ln(),
                    _ => true_share * (true_share / spread).ln(),
                }
            })
            .sum()
    }
}

#[derive(Clone, Copy)]
enum End {
    Low,
    High,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bell of 100,000 values with a few far outliers.
    fn bell() -> (Vec<f32>, Range) {
        let mut values: Vec<f32> = (1..100_000)
            .map(|i| {
                // Inverse of the logistic distribution: a bell with known quantiles.
                let p = i as f32 / 100_000.0;
                (p / (1.0 - p)).ln()
            })
            .collect();
        values.extend([-60.0, 80.0]);
        let mut range = Range::empty();
        range.cover(&values);
        (values, range)
    }

    fn mean_square_error(values: &[f32], range: Range) -> f64 {
        let (scale, zero) = range.scale();
        let error = |v: &f32| {
            let number = (v / scale + f32::from(zero)).round().clamp(0.0, 255.0);
            f64::from((number - f32::from(zero)) * scale - v).powi(2)
        };
        values.iter().map(error).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn min_max_covers_everything_and_zero() {
        let mut range = Range::empty();
        range.cover(&[2.0, 5.0, f32::NAN]);
        assert_eq!(
            range,
            Range {
                low: 0.0,
                high: 5.0
            }
        );
        assert_eq!(range.scale(), (5.0 / 255.0, 0));
        assert_eq!(Range::empty().scale(), (1.0, 0));
    }

    #[test]
    fn percentile_leaves_out_half_of_a_ten_thousandth_at_each_end() {
        let (values, all) = bell();
        let mut histogram = Histogram::new(all);
        histogram.add(&values);
        let range = histogram.choose(Observer::Percentile);
        // The logistic distribution's quantile of 0.99995 is ln(19999) = 9.90; bins are 0.07 wide.
        assert!(
            (range.high - 9.9).abs() < 0.2 && (range.low + 9.9).abs() < 0.2,
            "{range:?}"
        );
    }

    #[test]
    fn mse_finds_a_range_of_less_error_than_any_that_is_cut_evenly_at_both_ends() {
        let (values, all) = bell();
        let mut histogram = Histogram::new(all);
        histogram.add(&values);
        let mse = mean_square_error(&values, histogram.choose(Observer::Mse));
        for tenth in 1_u8..=10 {
            let share = f32::from(tenth) / 10.0;
            let cut = Range {
                low: all.low * share,
                high: all.high * share,
            };
            let other = mean_square_error(&values, cut);
            assert!(mse <= other, "{mse} at {share}: {other}");
        }
    }

    #[test]
    fn entropy_cuts_outliers_of_a_bell_but_nothing_of_an_even_spread() {
        let (values, all) = bell();
        let mut histogram = Histogram::new(all);
        histogram.add(&values);
        let range = histogram.choose(Observer::Entropy);
        assert!(range.high < 40.0 && range.high > 4.0, "{range:?}");
        let even: Vec<f32> = (0..100_000).map(|i| i as f32 / 100_000.0).collect();
        let mut range = Range::empty();
        range.cover(&even);
        let mut histogram = Histogram::new(range);
        histogram.add(&even);
        assert!(histogram.choose(Observer::Entropy).high > 0.95);
    }
}
