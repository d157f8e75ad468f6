//! The published figures to hold ours against: Fang et al., Earth System Science Data 16, 4817, 2024 (GDCLD).

use serde::Serialize;

use crate::metrics::Scores;

/// One row of the paper, in percent as printed there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Row {
    /// The network.
    pub network: &'static str,
    /// The images it was judged by.
    pub what: &'static str,
    /// Share of what was found that is landslide.
    pub precision: f64,
    /// Share of the landslides that was found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// As printed there, which is less than the two-class mean its own precision and recall imply.
    pub miou: f64,
}

const fn row(what: &'static str, precision: f64, recall: f64, f1: f64, miou: f64) -> Row {
    Row {
        network: "SegFormer MiT-B4",
        what,
        precision,
        recall,
        f1,
        miou,
    }
}

impl Row {
    /// Landslide IoU in percent that F1 implies.
    pub(super) fn landslide_iou(&self) -> f64 {
        self.f1 / (2.0 - self.f1 / 100.0)
    }
}

/// SegFormer MiT-B4, the paper's best network, on the whole test set.
pub(super) const TEST_SET: Row = row("GDCLD test set, all", 77.09, 87.09, 81.88, 72.84);

/// The same by event and sensor.
pub(super) const SOURCES: [(&str, &str, Row); 6] = [
    (
        "Lushan",
        "UAV",
        row("Lushan, UAV 0.2 m", 74.72, 90.35, 81.80, 72.96),
    ),
    (
        "Lushan",
        "Map World",
        row("Lushan, Map World", 76.18, 87.35, 81.38, 71.92),
    ),
    (
        "Lushan",
        "PlanetScope",
        row("Lushan, PlanetScope", 81.50, 82.28, 81.78, 69.05),
    ),
    (
        "Palu",
        "Map World",
        row("Palu, Map World", 73.48, 91.24, 81.40, 71.12),
    ),
    (
        "Mesetas",
        "PlanetScope",
        row("Mesetas, PlanetScope", 80.26, 80.97, 80.63, 69.01),
    ),
    (
        "Sumatra",
        "PlanetScope",
        row("Sumatra, PlanetScope", 83.57, 97.45, 89.30, 82.31),
    ),
];

/// The same on the validation set.
pub(super) const VALIDATION_SET: Row = row("GDCLD validation set, all", 91.35, 91.70, 91.52, 85.06);

/// mIoU of the paper's other networks on the whole test set, in percent.
pub(crate) const OTHER_NETWORKS: [(&str, f64); 6] = [
    ("SwinUNet", 67.18),
    ("UperNet", 65.42),
    ("HRNet", 61.79),
    ("DeepLabV3", 59.73),
    ("ResUNet", 57.06),
    ("UNet", 56.09),
];

/// The paper's row for the same images as ours, and how far ours is above it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Published {
    /// The row.
    #[serde(flatten)]
    pub row: Row,
    /// Landslide IoU in percent that the row's F1 implies: F1 / (2 - F1).
    pub landslide_iou: f64,
    /// Ours less theirs, in percentage points.
    pub difference_points: Difference,
}

/// Differences of scores in percentage points; none where a score does not exist. There is none for mIoU, because what the
/// paper prints under that name is not what its precision and recall imply.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Difference of precision.
    pub precision: Option<f64>,
    /// Difference of recall.
    pub recall: Option<f64>,
    /// Difference of F1.
    pub f1: Option<f64>,
    /// Difference of the landslide IoU.
    pub landslide_iou: Option<f64>,
}

impl Published {
    /// Holds `ours` against `row`.
    pub(super) fn new(row: Row, ours: &Scores) -> Self {
        let points = |ours: Option<f64>, theirs: f64| ours.map(|ours| ours * 100.0 - theirs);
        let landslide_iou = row.landslide_iou();
        Self {
            row,
            landslide_iou,
            difference_points: Difference {
                precision: points(ours.precision, row.precision),
                recall: points(ours.recall, row.recall),
                f1: points(ours.f1, row.f1),
                landslide_iou: points(ours.landslide_iou, landslide_iou),
            },
        }
    }
}

/// The paper's row for images of that event and sensor, however their names are spaced.
pub(super) fn source(event: &str, sensor: &str) -> Option<Row> {
    let same = |a: &str, b: &str| letters(a).eq(letters(b));
    SOURCES
        .iter()
        .find(|(e, s, _)| same(e, event) && same(s, sensor))
        .map(|(_, _, row)| *row)
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}
