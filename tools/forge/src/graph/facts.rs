//! Shapes and constants of a graph's values, as the engine that flies works them out.

use std::collections::HashMap;

use scarp_infer::{guarded, one_line};
use tract_onnx::{
    prelude::*,
    tract_hir::{
        infer::Factoid,
        internal::{DimLike, TDim},
    },
};

use super::{Graph, GraphError, Values};

/// What is known of each value once the input's size is.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    shapes: HashMap<String, Vec<usize>>,
    constants: HashMap<String, Constant>,
}

/// A value that does not depend on the image.
#[derive(Debug, Clone)]
pub enum Constant {
    /// 64-bit integers, as shapes are.
    Ints(Values<i64>),
    /// 32-bit floats.
    Floats(Values<f32>),
}

impl Facts {
    /// Sides of a value.
    #[must_use]
    pub fn shape(&self, value: &str) -> Option<&[usize]> {
        self.shapes.get(value).map(Vec::as_slice)
    }

    /// Notes the sides of a value that was added to the graph.
    pub fn note(&mut self, value: &str, shape: Vec<usize>) {
        self.shapes.insert(value.to_owned(), shape);
    }

    /// A value that does not depend on the image.
    #[must_use]
    pub fn constant(&self, value: &str) -> Option<&Constant> {
        self.constants.get(value)
    }
}

/// Works out shapes and constants for an input of `shape`.
///
/// # Errors
/// When tract does not understand the graph.
pub fn facts(graph: &Graph, shape: &[usize]) -> Result<Facts, GraphError> {
    let wrong = |reason: String| GraphError::Engine {
        path: graph.path().to_owned(),
        reason,
    };
    guarded(|| analyse(graph, shape))
        .map_err(&wrong)?
        .map_err(|e| wrong(one_line(&e)))
}

fn analyse(graph: &Graph, shape: &[usize]) -> TractResult<Facts> {
    let parsed = tract_onnx::onnx()
        .with_ignore_value_info(true)
        .parse(&graph.to_proto(), None)?;
    let (mut model, outlets) = (parsed.model, parsed.outlets_by_name);
    model.set_input_fact(0, InferenceFact::dt_shape(f32::datum_type(), shape))?;
    // An operator it cannot infer leaves its own values unknown, which is enough for the others.
    model.analyse(true).ok();
    let mut facts = Facts::default();
    for (name, outlet) in outlets {
        let fact = model.outlet_fact(outlet)?;
        if let Some(sides) = fact.shape.concretize() {
            let sides: Option<Vec<usize>> = sides.iter().map(|d| d.to_usize().ok()).collect();
            if let Some(sides) = sides {
                facts.shapes.insert(name.clone(), sides);
            }
        }
        if let Some(constant) = fact.value.concretize().and_then(|t| constant(&t)) {
            facts.constants.insert(name, constant);
        }
    }
    Ok(facts)
}

fn constant(tensor: &Tensor) -> Option<Constant> {
    let shape = tensor.shape().to_vec();
    let kind = tensor.datum_type();
    if kind == TDim::datum_type() || kind == i64::datum_type() {
        let cast = tensor.cast_to::<i64>().ok()?;
        let data = cast
            .try_as_plain_ram()
            .ok()?
            .as_slice::<i64>()
            .ok()?
            .to_vec();
        return Some(Constant::Ints(Values { shape, data }));
    }
    if kind == f32::datum_type() {
        let data = tensor
            .try_as_plain_ram()
            .ok()?
            .as_slice::<f32>()
            .ok()?
            .to_vec();
        return Some(Constant::Floats(Values { shape, data }));
    }
    None
}
