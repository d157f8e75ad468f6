//! tract, which runs every network that it can read.

use std::sync::Arc;

use tract_linalg::multithread::{Executor, multithread_tract_scope};
use tract_onnx::prelude::*;

use super::{
    interface::{Engine, EngineError, OperatorInfo, Registration, Session, Tile},
    probabilities::{Order, probabilities},
};
use crate::{
    graph::{Graph, one_line},
    tract_resize::with_fast_upsampling,
};

/// tract with our upsampling.
pub(super) const TRACT: Registration = Registration {
    name: "tract",
    load,
};

fn load(graph: &Graph<'_>) -> Result<Box<dyn Engine>, EngineError> {
    let optimised = with_fast_upsampling(graph.typed().map_err(EngineError::new)?)
        .and_then(TypedModel::into_optimized);
    let plan = optimised
        .and_then(TypedModel::into_runnable)
        .map_err(failed)?;
    let size = graph.input_size();
    Ok(Box::new(Tract { plan, size }))
}

fn failed(error: TractError) -> EngineError {
    EngineError::new(one_line(&error))
}

#[derive(Debug)]
struct Tract {
    plan: Arc<TypedRunnableModel>,
    /// Width and height of the input.
    size: (u32, u32),
}

impl Engine for Tract {
    fn name(&self) -> &'static str {
        TRACT.name
    }

    fn operators(&self) -> Vec<OperatorInfo> {
        let graph = self.plan.model();
        let info = |node: &TypedNode| {
            let types = node.inputs.iter().map(|&input| {
                let fact = graph.outlet_fact(input);
                fact.map_or_else(|_| "?".to_owned(), |fact| format!("{:?}", fact.datum_type))
            });
            OperatorInfo {
                name: node.name.clone(),
                operator: node.op.name().into_owned(),
                engine: TRACT.name,
                precision: types.collect::<Vec<_>>().join(" x ").to_lowercase(),
                multiplications: None,
            }
        };
        let nodes = graph.nodes().iter().filter(|node| !node.inputs.is_empty());
        nodes.map(info).collect()
    }

    fn session(&self, threads: usize) -> Result<Box<dyn Session>, EngineError> {
        let executor = match threads {
            0 | 1 => Executor::SingleThread,
            more => Executor::multithread(more),
        };
        Ok(Box::new(TractSession {
            state: self.plan.spawn().map_err(failed)?,
            executor,
            size: self.size,
            planes: Vec::new(),
        }))
    }
}

struct TractSession {
    state: TypedSimpleState,
    executor: Executor,
    size: (u32, u32),
    /// A tile's normalised values.
    planes: Vec<f32>,
}

impl Session for TractSession {
    fn run_tile(&mut self, tile: Tile<'_>, cells: &mut [f32]) -> Result<(), EngineError> {
        let Self {
            state,
            executor,
            size,
            planes,
        } = self;
        let planes = tile.planes(*size, planes);
        let shape = [1, 3, size.1 as usize, size.0 as usize];
        let input = Tensor::from_shape(&shape, planes).map_err(failed)?;
        multithread_tract_scope(executor.clone(), || {
            let outputs = state.run(tvec!(input.into_tvalue())).map_err(failed)?;
            let output = outputs
                .first()
                .ok_or_else(|| EngineError::new("no output"))?;
            let view = output.try_as_plain_ram().map_err(failed)?;
            let logits = view.as_slice::<f32>().map_err(failed)?;
            probabilities(logits, Order::ByClass, cells)
        })
    }
}
