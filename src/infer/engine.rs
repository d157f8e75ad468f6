//! What runs a network: the fused int8 operators where it is a quantized SegFormer, tract for any other.

use std::sync::Arc;

use image::RgbImage;
use scarp_int8::{Input, Isa, Network, Pixels, Size};
use tract_linalg::multithread::{Executor, multithread_tract_scope};
use tract_onnx::prelude::*;

use super::{
    ModelError, Normalisation, Unfused,
    graph::{guarded, one_line},
    lower, with_fast_upsampling,
};

/// A network ready to run, shared by all sessions.
#[derive(Debug)]
pub enum Engine {
    /// All of it in fused operators.
    Fused(Arc<Network>),
    /// All of it in tract.
    Tract {
        /// The optimised graph.
        plan: Arc<TypedRunnableModel>,
        /// Why it is not fused.
        fallback_reason: Unfused,
    },
}

/// One operator of a running network.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OperatorInfo {
    /// Name of the node in the graph that gives its output.
    pub name: String,
    /// Kind of operator.
    pub operator: String,
    /// What runs it: the processor's instructions for fused operators, or "tract".
    pub engine: &'static str,
    /// Type of its operands.
    pub precision: String,
    /// Multiplications of its products, where they are known.
    pub multiplications: Option<u64>,
}

/// One worker's state of a running network.
#[derive(Debug)]
pub struct Session {
    state: State,
    /// 1, 3, height, width.
    shape: [usize; 4],
    /// A tile's normalised values, for tract.
    planes: Vec<f32>,
}

#[derive(Debug)]
enum State {
    Fused(scarp_int8::Session),
    Tract(TypedSimpleState, Executor),
}

impl Engine {
    /// The engine for the typed graph that `graph` makes, each time anew; `path` only names it in errors.
    pub(super) fn new(
        graph: impl Fn() -> Result<TypedModel, ModelError>,
        path: &str,
    ) -> Result<Self, ModelError> {
        let fallback_reason = match lower(graph()?) {
            Ok(network) => return Ok(Self::Fused(Arc::new(network))),
            Err(fallback_reason) => fallback_reason,
        };
        log::debug!("{path}: left to tract, {fallback_reason}");
        let unusable = |error: TractError| ModelError::Onnx {
            path: path.to_owned(),
            reason: one_line(&error),
        };
        let graph = with_fast_upsampling(graph()?).and_then(TypedModel::into_optimized);
        let graph = graph.map_err(unusable)?;
        let plan = graph.into_runnable().map_err(unusable)?;
        Ok(Self::Tract {
            plan,
            fallback_reason,
        })
    }

    /// Every operator, in the order in which they run.
    #[must_use]
    pub fn operators(&self) -> Vec<OperatorInfo> {
        match self {
            Self::Fused(network) => {
                let engine = Isa::best().name();
                let info = |step: scarp_int8::StepInfo<'_>| OperatorInfo {
                    name: step.name.to_owned(),
                    operator: step.operator.to_owned(),
                    engine,
                    precision: step.precision.to_owned(),
                    multiplications: Some(step.multiplications),
                };
                network.steps().map(info).collect()
            }
            Self::Tract { plan, .. } => {
                let graph = plan.model();
                let nodes = graph.nodes().iter().filter(|node| !node.inputs.is_empty());
                let info = |node: &TypedNode| {
                    let types = node.inputs.iter().map(|&input| {
                        let fact = graph.outlet_fact(input);
                        fact.map_or_else(
                            |_| "?".to_owned(),
                            |fact| format!("{:?}", fact.datum_type),
                        )
                    });
                    OperatorInfo {
                        name: node.name.clone(),
                        operator: node.op.name().into_owned(),
                        engine: "tract",
                        precision: types.collect::<Vec<_>>().join(" x ").to_lowercase(),
                        multiplications: None,
                    }
                };
                nodes.map(info).collect()
            }
        }
    }

    pub(super) fn session(&self, shape: [usize; 4], threads: usize) -> Result<Session, ModelError> {
        let state = match self {
            Self::Fused(network) => {
                State::Fused(scarp_int8::Session::new(network, Isa::best(), threads))
            }
            Self::Tract { plan, .. } => {
                let executor = match threads {
                    0 | 1 => Executor::SingleThread,
                    more => Executor::multithread(more),
                };
                let state = plan.spawn().map_err(|e| ModelError::Run(one_line(&e)))?;
                State::Tract(state, executor)
            }
        };
        Ok(Session {
            state,
            shape,
            planes: Vec::new(),
        })
    }
}

impl Session {
    /// Runs one tile: `planes` is 3 x height x width normalised values, `cells` receives one probability per output
    /// cell, row-major.
    ///
    /// # Errors
    /// When either has another length than the manifest says, or tract fails; a panic inside tract is an error too.
    pub fn probability(&mut self, planes: &[f32], cells: &mut [f32]) -> Result<(), ModelError> {
        let state = &mut self.state;
        guarded(|| match state {
            State::Fused(session) => fused(session, Input::Planes(planes), cells),
            State::Tract(state, executor) => multithread_tract_scope(executor.clone(), || {
                by_tract(state, &self.shape, planes, cells)
            }),
        })
        .flatten()
        .map_err(ModelError::Run)
    }

    /// Runs the tile of `image` that begins at `corner` (column, row) and is mirrored beyond the image's edges; `cells`
    /// receives one probability per output cell, row-major.
    ///
    /// # Errors
    /// As [`probability`](Self::probability).
    pub fn tile(
        &mut self,
        image: &RgbImage,
        corner: (u32, u32),
        normal: &Normalisation,
        cells: &mut [f32],
    ) -> Result<(), ModelError> {
        if let State::Fused(session) = &mut self.state {
            let (width, height) = image.dimensions();
            let pixels = Pixels {
                data: image.as_raw(),
                size: Size {
                    height: height as usize,
                    width: width as usize,
                },
                corner: (corner.1 as usize, corner.0 as usize),
                scale: normal.scale(),
                shift: normal.shift(),
            };
            return guarded(|| fused(session, Input::Pixels(pixels), cells))
                .flatten()
                .map_err(ModelError::Run);
        }
        let mut planes = std::mem::take(&mut self.planes);
        let size = (self.shape[3] as u32, self.shape[2] as u32);
        normal.fill(image, corner, size, &mut planes);
        let result = self.probability(&planes, cells);
        self.planes = planes;
        result
    }
}

/// Runs the fused operators: logits come pixel by pixel.
fn fused(
    session: &mut scarp_int8::Session,
    input: Input<'_>,
    cells: &mut [f32],
) -> Result<(), String> {
    let logits = session.run(input).map_err(|e| e.to_string())?;
    probabilities(logits, cells, |cell| (2 * cell, 2 * cell + 1))
}

/// Runs tract: logits come class by class.
fn by_tract(
    state: &mut TypedSimpleState,
    shape: &[usize; 4],
    planes: &[f32],
    cells: &mut [f32],
) -> Result<(), String> {
    let input = Tensor::from_shape(shape, planes).map_err(|e| one_line(&e))?;
    let outputs = state
        .run(tvec!(input.into_tvalue()))
        .map_err(|e| one_line(&e))?;
    let output = outputs.first().ok_or("no output")?;
    let view = output.try_as_plain_ram().map_err(|e| one_line(&e))?;
    let logits = view.as_slice::<f32>().map_err(|e| one_line(&e))?;
    let count = cells.len();
    probabilities(logits, cells, |cell| (cell, count + cell))
}

/// Sigmoid of one logit for each cell, or softmax of two, which lie at `places` of a cell: background, landslide.
fn probabilities(
    logits: &[f32],
    cells: &mut [f32],
    places: impl Fn(usize) -> (usize, usize),
) -> Result<(), String> {
    let sigmoid = |logit: f32| 1.0 / (1.0 + (-logit).exp());
    if logits.len() == cells.len() {
        for (cell, &logit) in cells.iter_mut().zip(logits) {
            *cell = sigmoid(logit);
        }
    } else if logits.len() == 2 * cells.len() {
        for (number, cell) in cells.iter_mut().enumerate() {
            let (background, landslide) = places(number);
            *cell = sigmoid(logits[landslide] - logits[background]);
        }
    } else {
        return Err(format!(
            "{} output values for {} cells",
            logits.len(),
            cells.len()
        ));
    }
    Ok(())
}
