//! Scores by event, by sensor, and by both.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    ImageReport, Scored,
    paper::{self, Published},
};
use crate::metrics::Counts;

/// What an image is said to be of when nothing tells.
const UNKNOWN: &str = "unknown";

/// Images that have something in common.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Their event; none if they were grouped by sensor alone.
    pub event: Option<String>,
    /// Their sensor; none if they were grouped by event alone.
    pub sensor: Option<String>,
    /// Images.
    pub images: usize,
    /// Mean of the images' landslide IoU, over those that have one.
    pub per_image_mean_iou: Option<f64>,
    /// Counts and scores of all their pixels and objects.
    #[serde(flatten)]
    pub scored: Scored,
    /// The paper's row for them.
    pub published: Option<Published>,
}

impl Group {
    /// "Lushan, UAV", "Lushan" or "UAV".
    #[must_use]
    pub fn name(&self) -> String {
        let parts: Vec<&str> = [&self.event, &self.sensor]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .collect();
        parts.join(", ")
    }

    /// Whether nothing is known of its images.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        [&self.event, &self.sensor]
            .into_iter()
            .flatten()
            .all(|part| part == UNKNOWN)
    }
}

type Key = (Option<String>, Option<String>);

/// The groups of `images`: each event, each sensor, each event with each sensor.
pub(super) fn groups(images: &[&ImageReport], thresholds: usize, shown: usize) -> Vec<Group> {
    let kinds: [fn(Key) -> Key; 3] = [
        |(event, _)| (event, None),
        |(_, sensor)| (None, sensor),
        |key| key,
    ];
    let mut all = Vec::new();
    for kind in kinds {
        let mut sets: BTreeMap<Key, Vec<&ImageReport>> = BTreeMap::new();
        for image in images {
            let known = |part: &Option<String>| Some(part.clone().unwrap_or(UNKNOWN.to_owned()));
            let key = kind((known(&image.event), known(&image.sensor)));
            sets.entry(key).or_default().push(image);
        }
        all.extend(
            sets.into_iter()
                .map(|(key, images)| group(key, &images, thresholds, shown)),
        );
    }
    all
}

fn group((event, sensor): Key, images: &[&ImageReport], thresholds: usize, shown: usize) -> Group {
    let scored = Scored::new(&pool(images, thresholds), shown);
    let published = event
        .as_deref()
        .zip(sensor.as_deref())
        .and_then(|(event, sensor)| paper::source(event, sensor))
        .map(|row| Published::new(row, &scored.tally.scores));
    Group {
        event,
        sensor,
        images: images.len(),
        per_image_mean_iou: mean_iou(images),
        scored,
        published,
    }
}

/// The paper's row for the whole test set, if the groups are its six sources and no other.
pub(super) fn test_set(groups: &[Group], overall: &Scored) -> Option<Published> {
    let mut sources = groups
        .iter()
        .filter(|group| group.event.is_some() && group.sensor.is_some());
    let complete = sources.clone().count() == paper::SOURCES.len();
    (complete && sources.all(|group| group.published.is_some()))
        .then(|| Published::new(paper::TEST_SET, &overall.tally.scores))
}

/// Adds up what was counted on `images`.
pub(super) fn pool(images: &[&ImageReport], thresholds: usize) -> Counts {
    let mut total = Counts::new(thresholds);
    images.iter().for_each(|image| total.add(&image.counts));
    total
}

pub(super) fn mean_iou(images: &[&ImageReport]) -> Option<f64> {
    let ious: Vec<f64> = images
        .iter()
        .filter_map(|image| image.scored.tally.scores.landslide_iou)
        .collect();
    (!ious.is_empty()).then(|| ious.iter().sum::<f64>() / ious.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dataset::{Entry, Origin, Pair},
        validate::{Effort, Found, GroundResolution},
    };

    /// An image of that origin with so many pixels hit, raised falsely, and missed.
    fn image(event: Option<&str>, sensor: Option<&str>, pixels: [u64; 3]) -> ImageReport {
        let pair = Pair {
            name: String::new(),
            image: Entry::File("".into()),
            label: Entry::File("".into()),
            origin: Origin {
                event: event.map(str::to_owned),
                sensor: sensor.map(str::to_owned),
                gsd_m: None,
            },
            ignored: false,
        };
        let resolution = GroundResolution {
            gsd_m: 0.2,
            scale: 1.0,
        };
        let mut counts = Counts::new(1);
        let kinds = [(0.9, true), (0.9, false), (0.1, true)];
        for (pixels, (probability, landslide)) in pixels.into_iter().zip(kinds) {
            (0..pixels).for_each(|_| counts.curve.count(probability, landslide, &[0.5]));
        }
        let effort = Effort::default();
        ImageReport::new(&pair, resolution, Found { counts, effort }, 0, false)
    }

    fn grouped(images: &[ImageReport]) -> Vec<Group> {
        groups(&images.iter().collect::<Vec<_>>(), 1, 0)
    }

    #[test]
    fn each_event_each_sensor_and_each_pair_of_them_is_a_group_and_the_unknown_are_one_too() {
        let images = [
            image(Some("Lushan"), Some("UAV"), [3, 1, 0]),
            image(Some("Lushan"), Some("PlanetScope"), [1, 1, 2]),
            image(Some("Palu"), None, [1, 0, 0]),
        ];
        let groups = grouped(&images);
        let names: Vec<String> = groups.iter().map(Group::name).collect();
        assert_eq!(
            names,
            [
                "Lushan",
                "Palu",
                "PlanetScope",
                "UAV",
                "unknown",
                "Lushan, PlanetScope",
                "Lushan, UAV",
                "Palu, unknown"
            ]
        );
        let lushan = &groups[0];
        assert_eq!(lushan.images, 2);
        assert_eq!(lushan.scored.tally.scores.precision, Some(4.0 / 6.0));
        assert_eq!(lushan.per_image_mean_iou, Some((0.75 + 0.25) / 2.0));
    }

    #[test]
    fn a_source_of_the_paper_stands_beside_its_row_however_it_is_written() {
        let groups = grouped(&[image(Some("lushan"), Some("MapWorld"), [3, 1, 1])]);
        assert!(groups[0].published.is_none() && groups[1].published.is_none());
        let published = groups[2].published.unwrap();
        assert_eq!(published.row.what, "Lushan, Map World");
        let f1 = published.difference_points.f1.unwrap();
        assert!((f1 - (75.0 - 81.38)).abs() < 1e-9);
        assert!((published.landslide_iou - 68.60).abs() < 0.01);
    }

    #[test]
    fn the_papers_row_for_the_whole_test_set_stands_only_beside_all_its_sources() {
        let mut images: Vec<ImageReport> = paper::SOURCES
            .iter()
            .map(|(event, sensor, _)| image(Some(event), Some(sensor), [3, 1, 1]))
            .collect();
        let row = |images: &[ImageReport]| {
            let groups = grouped(images);
            let all: Vec<&ImageReport> = images.iter().collect();
            test_set(&groups, &Scored::new(&pool(&all, 1), 0)).map(|p| p.row.what)
        };
        assert_eq!(row(&images), Some("GDCLD test set, all"));
        images.push(image(Some("elsewhere"), Some("UAV"), [1, 0, 0]));
        assert_eq!(row(&images), None);
        assert_eq!(row(&images[..5]), None);
    }
}
