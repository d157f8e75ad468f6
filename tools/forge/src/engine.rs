//! A changed graph run by the engine that flies, with any of its inner values as results.

use std::sync::Arc;

use scarp_infer::{guarded, one_line};
use tract_onnx::{prelude::*, tract_hir::internal::TractErrorContext};

use crate::graph::{Graph, GraphError};

/// A graph ready to run, shared by threads.
pub struct Engine {
    plan: Arc<TypedRunnableModel>,
    shape: [usize; 4],
    path: String,
}

impl Engine {
    /// Compiles a graph for an input of `shape` (batch, channels, height, width), to give `values`.
    ///
    /// # Errors
    /// When tract cannot run it or knows no such value.
    pub fn new(graph: &Graph, shape: &[usize; 4], values: &[&str]) -> Result<Self, GraphError> {
        let wrong = |reason: String| GraphError::Engine {
            path: graph.path().to_owned(),
            reason,
        };
        let compile = || -> TractResult<Arc<TypedRunnableModel>> {
            let onnx = tract_onnx::onnx().with_ignore_value_info(true);
            let parsed = onnx.parse(&graph.to_proto(), None)?;
            let mut model = parsed.model;
            model.set_input_fact(0, InferenceFact::dt_shape(f32::datum_type(), shape))?;
            let outlets = values.iter().map(|&value| {
                parsed
                    .outlets_by_name
                    .get(value)
                    .copied()
                    .with_context(|| format!("no value {value}"))
            });
            let outlets: Vec<OutletId> = outlets.collect::<TractResult<_>>()?;
            model.select_output_outlets(&outlets)?;
            model.into_optimized()?.into_runnable()
        };
        let plan = guarded(compile)
            .map_err(wrong)?
            .map_err(|e| wrong(one_line(&e)))?;
        Ok(Self {
            plan,
            shape: *shape,
            path: graph.path().to_owned(),
        })
    }

    /// Runs the graph on a normalised image and hands each value, in the order asked for, to `take`.
    ///
    /// # Errors
    /// When tract fails, or a value is no float.
    pub fn run(
        &self,
        image: &[f32],
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<(), GraphError> {
        let wrong = |reason: String| GraphError::Engine {
            path: self.path.clone(),
            reason,
        };
        let run = || -> TractResult<()> {
            let image = Tensor::from_shape(&self.shape, image)?;
            let values = self.plan.run(tvec!(image.into_tvalue()))?;
            for (index, value) in values.iter().enumerate() {
                take(index, value.try_as_plain_ram()?.as_slice::<f32>()?);
            }
            Ok(())
        };
        guarded(run)
            .map_err(wrong)?
            .map_err(|e| wrong(one_line(&e)))
    }
}
