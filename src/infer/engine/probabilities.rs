//! From a network's logits to probabilities, the same for every engine.

use super::interface::EngineError;

/// In which order the logits of two classes come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// All cells of the background, then all of the landslide class.
    ByClass,
    /// Both classes of a cell, then those of the next.
    ByCell,
}

/// Sigmoid of one logit for each cell, or softmax of two: background, landslide.
pub(super) fn probabilities(
    logits: &[f32],
    order: Order,
    cells: &mut [f32],
) -> Result<(), EngineError> {
    let sigmoid = |logit: f32| 1.0 / (1.0 + (-logit).exp());
    let count = cells.len();
    if logits.len() == count {
        for (cell, &logit) in cells.iter_mut().zip(logits) {
            *cell = sigmoid(logit);
        }
    } else if logits.len() == 2 * count {
        for (number, cell) in cells.iter_mut().enumerate() {
            let (background, landslide) = match order {
                Order::ByClass => (number, count + number),
                Order::ByCell => (2 * number, 2 * number + 1),
            };
            *cell = sigmoid(logits[landslide] - logits[background]);
        }
    } else {
        let found = logits.len();
        return Err(EngineError::new(format!(
            "{found} output values for {count} cells"
        )));
    }
    Ok(())
}
