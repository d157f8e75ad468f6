//! Whether outlines are right as often as their confidence says.

use serde::Serialize;

/// Groups of outlines, as even in number as may be.
const BINS: usize = 10;

/// One outline's confidence, and how it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stated {
    /// Stated probability, 0 to 1, that the outline is a landslide.
    pub confidence: f64,
    /// At least half of it is.
    pub right: bool,
}

/// Outlines of like confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Outlines in it.
    pub outlines: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that are right.
    pub right: f64,
}

/// Stated confidence beside the share that is right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Mean over the bins of the distance between the two.
    pub mean_gap: f64,
    /// From the least confident outlines to the most, ten bins of equal count, fewer where there are fewer outlines.
    pub bins: Vec<Bin>,
}

impl Reliability {
    /// `None` without outlines.
    #[must_use]
    pub fn of(stated: &[Stated]) -> Option<Self> {
        let mut sorted = stated.to_vec();
        sorted.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
        let count = BINS.min(sorted.len());
        let edge = |bin: usize| bin * sorted.len() / count;
        let bins: Vec<Bin> = (0..count)
            .map(|bin| Bin::of(&sorted[edge(bin)..edge(bin + 1)]))
            .collect();
        let gaps: f64 = bins.iter().map(|b| (b.confidence - b.right).abs()).sum();
        (count > 0).then(|| Self {
            mean_gap: gaps / count as f64,
            bins,
        })
    }
}

impl Bin {
    fn of(stated: &[Stated]) -> Self {
        let outlines = stated.len();
        let confidence = stated.iter().map(|s| s.confidence).sum::<f64>();
        let right = stated.iter().filter(|s| s.right).count();
        Self {
            outlines,
            confidence: confidence / outlines as f64,
            right: right as f64 / outlines as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(confidence: f64, right: bool) -> Stated {
        Stated { confidence, right }
    }

    #[test]
    fn ten_sure_outlines_of_which_half_are_right_are_half_off() {
        let ten: Vec<Stated> = (0..10).map(|i| stated(1.0, i % 2 == 0)).collect();
        let found = Reliability::of(&[&ten[..], &ten[..]].concat()).unwrap();
        assert_eq!((found.bins.len(), found.mean_gap), (10, 0.5));
    }

    #[test]
    fn bins_go_from_the_least_sure_to_the_surest_and_hold_all() {
        let many: Vec<Stated> = (0..37)
            .map(|i| stated(f64::from(36 - i) / 36.0, i < 18))
            .collect();
        let found = Reliability::of(&many).unwrap();
        assert_eq!(found.bins.iter().map(|b| b.outlines).sum::<usize>(), 37);
        assert!(found.bins.is_sorted_by(|a, b| a.confidence < b.confidence));
        assert_eq!((found.bins[0].right, found.bins[9].right), (0.0, 1.0));
    }

    #[test]
    fn few_outlines_are_a_bin_each_and_none_are_none() {
        let found = Reliability::of(&[stated(0.75, true), stated(0.25, false)]).unwrap();
        assert_eq!((found.bins.len(), found.mean_gap), (2, 0.25));
        assert_eq!(Reliability::of(&[]), None);
    }
}
