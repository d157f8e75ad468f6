//! Scores of a choice of images.

use super::{
    ImageReport, Scored,
    groups::{Group, groups, mean_iou, pool, test_set},
    paper::Published,
};

/// Scores of some of a report's images.
pub(crate) struct Selection {
    pub(crate) overall: Scored,
    pub(crate) per_image_mean_iou: Option<f64>,
    pub(crate) groups: Vec<Group>,
    pub(crate) published: Option<Published>,
}

/// Pools `images`, of which each has counts at `thresholds`; `shown` is the number of the threshold that is reported.
pub(super) fn select(images: &[&ImageReport], thresholds: usize, shown: usize) -> Selection {
    let overall = Scored::new(&pool(images, thresholds), shown);
    let groups = groups(images, thresholds, shown);
    Selection {
        per_image_mean_iou: mean_iou(images),
        published: test_set(&groups, &overall),
        groups,
        overall,
    }
}
