//! The published figures to hold ours against: Fang et al., Earth System Science Data 16, 4817, 2024 (GDCLD), test set.

/// One row of the paper, in percent.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) precision: f64,
    pub(super) recall: f64,
    pub(super) f1: f64,
    /// As printed there, which is less than the two-class mean its own precision and recall imply.
    pub(super) miou: f64,
}

const fn row(what: &'static str, precision: f64, recall: f64, f1: f64, miou: f64) -> Row {
    Row {
        what,
        precision,
        recall,
        f1,
        miou,
    }
}

/// SegFormer MiT-B4, the paper's best network.
pub(super) const ROWS: [Row; 7] = [
    row("GDCLD test set, all", 77.09, 87.09, 81.88, 72.84),
    row("Lushan, UAV 0.2 m", 74.72, 90.35, 81.80, 72.96),
    row("Lushan, Map World", 76.18, 87.35, 81.38, 71.92),
    row("Lushan, PlanetScope", 81.50, 82.28, 81.78, 69.05),
    row("Palu, Map World", 73.48, 91.24, 81.40, 71.12),
    row("Mesetas, PlanetScope", 80.26, 80.97, 80.63, 69.01),
    row("Sumatra, PlanetScope", 83.57, 97.45, 89.30, 82.31),
];
