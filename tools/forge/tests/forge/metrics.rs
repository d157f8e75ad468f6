//! Scores equal those of scikit-learn and torchmetrics on the same arrays (fixtures/metrics.py).

use scarp_forge::metrics::{Confusion, Curve};
use serde_json::Value;

const CASES: &str = include_str!("fixtures/metrics.json");

#[test]
fn counts_and_scores_equal_scikit_learns_at_every_threshold() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    for case in cases.as_array().unwrap() {
        let scores = case["scores"].as_array().unwrap();
        let thresholds: Vec<f32> = scores
            .iter()
            .map(|s| s["threshold"].as_f64().unwrap() as f32)
            .collect();
        let mut curve = Curve::new(thresholds.len());
        let pixels = case["probability"]
            .as_array()
            .unwrap()
            .iter()
            .zip(case["truth"].as_array().unwrap());
        for (probability, truth) in pixels {
            curve.count(
                probability.as_f64().unwrap() as f32,
                truth == 1,
                &thresholds,
            );
        }
        for (index, expected) in scores.iter().enumerate() {
            let found = curve.at(index);
            let counts = serde_json::to_value(found).unwrap();
            for (name, count) in counts.as_object().unwrap() {
                assert_eq!(*count, expected[name], "{name} at {}", thresholds[index]);
            }
            let values = serde_json::to_value(found.scores()).unwrap();
            for (name, value) in values.as_object().unwrap() {
                let difference = value.as_f64().unwrap() - expected[name].as_f64().unwrap();
                assert!(difference.abs() < 1e-9, "{name} differs by {difference}");
            }
        }
    }
}

#[test]
fn a_score_that_would_divide_by_zero_is_none_and_not_a_number_made_up() {
    let nothing_there = Confusion {
        true_negative: 9,
        ..Confusion::default()
    }
    .scores();
    assert_eq!(
        (
            nothing_there.precision,
            nothing_there.recall,
            nothing_there.landslide_iou
        ),
        (None, None, None)
    );
    let missed = Confusion {
        false_negative: 3,
        ..Confusion::default()
    }
    .scores();
    assert_eq!(
        (missed.precision, missed.recall, missed.landslide_iou),
        (None, Some(0.0), Some(0.0))
    );
}
