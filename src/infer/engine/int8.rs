//! The fused int8 operators, for quantized networks that are recognised as a whole.

use std::sync::Arc;

use scarp_int8::{Input, Isa, Network, Pixels, Size, StepInfo};

use super::{
    interface::{Engine, EngineError, OperatorInfo, Registration, Session, Tile},
    probabilities::{Order, probabilities},
};
use crate::{graph::Graph, lowering::lower};

/// The fused int8 operators.
pub(super) const INT8: Registration = Registration { name: "int8", load };

fn load(graph: &Graph<'_>) -> Result<Box<dyn Engine>, EngineError> {
    let network = lower(graph.typed().map_err(EngineError::new)?).map_err(EngineError::new)?;
    Ok(Box::new(Int8(Arc::new(network))))
}

#[derive(Debug)]
struct Int8(Arc<Network>);

impl Engine for Int8 {
    fn name(&self) -> &'static str {
        INT8.name
    }

    fn operators(&self) -> Vec<OperatorInfo> {
        let engine = Isa::best().name();
        let info = |step: StepInfo<'_>| OperatorInfo {
            name: step.name.to_owned(),
            operator: step.operator.to_owned(),
            engine,
            precision: step.precision.to_owned(),
            multiplications: Some(step.multiplications),
        };
        self.0.steps().map(info).collect()
    }

    fn session(&self, threads: usize) -> Result<Box<dyn Session>, EngineError> {
        let session = scarp_int8::Session::new(&self.0, Isa::best(), threads);
        Ok(Box::new(Int8Session(session)))
    }
}

struct Int8Session(scarp_int8::Session);

impl Session for Int8Session {
    fn run_tile(&mut self, tile: Tile<'_>, cells: &mut [f32]) -> Result<(), EngineError> {
        let input = match tile {
            Tile::Planes(planes) => Input::Planes(planes),
            Tile::Pixels {
                image,
                corner,
                normal,
            } => Input::Pixels(Pixels {
                data: image.as_raw(),
                size: Size {
                    height: image.height() as usize,
                    width: image.width() as usize,
                },
                corner: (corner.1 as usize, corner.0 as usize),
                scale: normal.scale(),
                shift: normal.shift(),
            }),
        };
        let logits = self.0.run(input).map_err(EngineError::new)?;
        probabilities(logits, Order::ByCell, cells)
    }
}
