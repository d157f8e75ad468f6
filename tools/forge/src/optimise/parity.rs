//! Whether two graphs compute the same.

use crate::{
    engine::Engine,
    graph::{Graph, GraphError},
};

/// How far two graphs are apart on the same images.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Parity {
    /// Images compared.
    pub images: usize,
    /// Largest difference of an output value.
    pub difference: f32,
    /// Largest output value, without its sign.
    pub magnitude: f32,
}

impl Parity {
    /// The difference over the output's magnitude, or over one if that is less.
    #[must_use]
    pub fn relative(&self) -> f32 {
        self.difference / self.magnitude.max(1.0)
    }
}

/// Runs both graphs on normalised images of `shape`.
///
/// # Errors
/// When tract cannot run one of them, or their outputs differ in size.
pub fn parity<'a>(
    before: &Graph,
    after: &Graph,
    shape: &[usize; 4],
    images: impl Iterator<Item = &'a [f32]>,
) -> Result<Parity, GraphError> {
    let engines = [before, after].map(|graph| Engine::new(graph, shape, &[graph.output()]));
    let [before_engine, after_engine] = engines;
    let (before_engine, after_engine) = (before_engine?, after_engine?);
    let mut parity = Parity::default();
    for image in images {
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        before_engine.run(image, |_, values| expected = values.to_vec())?;
        after_engine.run(image, |_, values| found = values.to_vec())?;
        if expected.len() != found.len() {
            return Err(GraphError::Engine {
                path: after.path().to_owned(),
                reason: format!(
                    "{} output values instead of {}",
                    found.len(),
                    expected.len()
                ),
            });
        }
        parity.images += 1;
        for (a, b) in expected.iter().zip(&found) {
            let difference = (a - b).abs();
            // A NaN must not pass for agreement.
            if difference.is_nan() || difference > parity.difference {
                parity.difference = if difference.is_nan() {
                    f32::INFINITY
                } else {
                    difference
                };
            }
            parity.magnitude = parity.magnitude.max(a.abs());
        }
    }
    Ok(parity)
}
