//! An engine for the tiny decoders alone, which computes what tests/fixtures/tiny_models.py says they do.

use scarp_infer::{Engine, EngineError, Graph, OperatorInfo, Registration, Session, Tile};

pub const RED_MINUS_GREEN: Registration = Registration {
    name: "redminusgreen",
    load,
};

const GAIN: f32 = 2.0;
const BIAS: f32 = -0.5;

/// Landslide probability of a cell in which red is `difference` above green in the mean, both normalised.
pub fn probability(difference: f32) -> f32 {
    1.0 / (1.0 + (-(GAIN * difference + BIAS)).exp())
}

fn load(graph: &Graph<'_>) -> Result<Box<dyn Engine>, EngineError> {
    // Names of layers stand in an ONNX file as they are.
    for layer in ["embed", "fuse", "relu"] {
        let mut places = graph.onnx().windows(layer.len());
        if !places.any(|text| text == layer.as_bytes()) {
            return Err(EngineError::new(format!("there is no layer {layer}")));
        }
    }
    Ok(Box::new(RedMinusGreen {
        size: graph.input_size(),
        stride: graph.manifest().output.stride as usize,
    }))
}

#[derive(Debug)]
struct RedMinusGreen {
    size: (u32, u32),
    stride: usize,
}

impl Engine for RedMinusGreen {
    fn name(&self) -> &'static str {
        RED_MINUS_GREEN.name
    }

    fn operators(&self) -> Vec<OperatorInfo> {
        vec![OperatorInfo {
            name: "logits".to_owned(),
            operator: "red minus green".to_owned(),
            engine: RED_MINUS_GREEN.name,
            precision: "f32".to_owned(),
            multiplications: None,
        }]
    }

    fn session(&self, _threads: usize) -> Result<Box<dyn Session>, EngineError> {
        Ok(Box::new(RedMinusGreenSession {
            size: self.size,
            stride: self.stride,
            planes: Vec::new(),
        }))
    }
}

struct RedMinusGreenSession {
    size: (u32, u32),
    stride: usize,
    planes: Vec<f32>,
}

impl Session for RedMinusGreenSession {
    fn run_tile(&mut self, tile: Tile<'_>, cells: &mut [f32]) -> Result<(), EngineError> {
        let (width, side) = (self.size.0 as usize, self.stride);
        let planes = tile.planes(self.size, &mut self.planes);
        let (red, others) = planes.split_at(planes.len() / 3);
        for (number, cell) in cells.iter_mut().enumerate() {
            let (column, row) = (number % (width / side), number / (width / side));
            let mut sum = 0.0;
            for y in 0..side {
                let start = (row * side + y) * width + column * side;
                let (red, green) = (&red[start..][..side], &others[start..][..side]);
                sum += red.iter().sum::<f32>() - green.iter().sum::<f32>();
            }
            *cell = probability(sum / (side * side) as f32);
        }
        Ok(())
    }
}
