//! Running a network: one worker's memory and threads.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Columns, Isa, MAPS, Network, Operator, Pixels, Source, ThreadPool,
    memory::{Block, Part},
    operator::Step,
    operator::TensorId,
};

/// Pixels that a thread normalises at once.
const NORM_ROWS: usize = 64;

/// What a network looks at.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Three planes of normalised floats, as large as the network's input.
    Planes(&'a [f32]),
    /// A picture, from whose corner on the network's input is cut.
    Pixels(Pixels<'a>),
}

/// One worker's memory and threads.
#[derive(Debug)]
pub struct Session {
    network: Arc<Network>,
    isa: Isa,
    pool: ThreadPool,
    activations: Block,
    scratch: Block,
}

impl Session {
    /// Memory and threads to run `network` with; the caller is one of the threads.
    #[must_use]
    pub fn new(network: &Arc<Network>, isa: Isa, threads: usize) -> Self {
        let pool = ThreadPool::new(threads);
        Self {
            activations: Block::new(network.bytes),
            scratch: Block::new(network.scratch * pool.threads()),
            network: Arc::clone(network),
            isa,
            pool,
        }
    }

    /// What it runs.
    #[must_use]
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Values of each pixel of the output.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.network.classes()
    }

    /// Runs the network; the answer stays valid until the next run. Allocates nothing.
    ///
    /// # Errors
    /// When the input has another size than the network's.
    pub fn run(&mut self, input: Input<'_>) -> Result<&[f32], WrongInput> {
        self.watched(input, |_, _| ())
    }

    /// As [`run`](Self::run), telling `watch` of each step's number and the time that it took.
    ///
    /// # Errors
    /// As `run`.
    pub fn watched(
        &mut self,
        input: Input<'_>,
        mut watch: impl FnMut(usize, Duration),
    ) -> Result<&[f32], WrongInput> {
        let (found, expected) = match input {
            Input::Planes(planes) => (planes.len(), self.network.input),
            Input::Pixels(pixels) => (pixels.data.len(), 3 * pixels.size.area().max(1)),
        };
        if found != expected {
            return Err(WrongInput { found, expected });
        }
        let network = Arc::clone(&self.network);
        for (number, step) in network.steps.iter().enumerate() {
            let start = Instant::now();
            self.step(&network, step, input);
            watch(number, start.elapsed());
        }
        let last = network.parts.last().copied().unwrap_or(Part {
            start: 0,
            length: 0,
        });
        Ok(bytemuck::cast_slice(
            &self.activations.bytes()[last.start..][..last.length],
        ))
    }

    fn step(&mut self, network: &Network, step: &Step, input: Input<'_>) {
        let (isa, pool) = (self.isa, &mut self.pool);
        let (out, rest) = self.activations.split(network.parts[step.output.0]);
        let bytes = |x: &TensorId| rest.bytes(network.parts[x.0]);
        let floats = |x: &TensorId| rest.floats(network.parts[x.0]);
        let scratch = self.scratch.bytes();
        match &step.operator {
            Operator::InputQuantize(layer) => match input {
                Input::Planes(planes) => layer.planes(isa, pool, planes, out),
                Input::Pixels(pixels) => layer.pixels(isa, pool, pixels, scratch, out),
            },
            Operator::Convolution(layer, x) if layer.gives_bytes() => {
                layer.bytes(isa, pool, bytes(x), scratch, out)
            }
            Operator::Convolution(layer, x) => {
                layer.floats(isa, pool, bytes(x), scratch, bytemuck::cast_slice_mut(out));
            }
            Operator::Norm(norm, _, x) => {
                let width = norm.gain.len();
                let x = floats(x);
                pool.chunks(out, NORM_ROWS * width, &mut [(); 0], |block, out, _| {
                    norm.bytes(isa, &x[block * NORM_ROWS * width..][..out.len()], out);
                });
            }
            Operator::Context(layer, from) => {
                let columns = |source: &Source| Columns {
                    data: floats(&source.map),
                    stride: source.stride,
                    first: source.first,
                };
                layer.pack(isa, pool, columns(&from[0]), columns(&from[1]), out);
            }
            Operator::Attention(layer, [x, normed, context]) => {
                let from = (floats(x), bytes(normed), bytes(context));
                layer.run(isa, pool, from, scratch, bytemuck::cast_slice_mut(out));
            }
            Operator::FeedForward(layer, x) => {
                layer.run(isa, pool, floats(x), scratch, bytemuck::cast_slice_mut(out));
            }
            Operator::InvertedResidual(layer, x) => {
                layer.run(isa, pool, bytes(x), scratch, out);
            }
            Operator::Upsample(layer, x) => {
                layer.run(isa, pool, floats(x), bytemuck::cast_slice_mut(out));
            }
            Operator::Decoder(layer, finest, coarse) => {
                let mut maps = [&[][..]; MAPS];
                for (map, x) in maps.iter_mut().zip(coarse) {
                    *map = bytes(x);
                }
                let maps = &maps[..coarse.len().min(MAPS)];
                layer.run(
                    isa,
                    pool,
                    bytes(finest),
                    maps,
                    scratch,
                    bytemuck::cast_slice_mut(out),
                );
            }
        }
    }
}

/// An input of another size than the network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} input values instead of {expected}")]
pub struct WrongInput {
    /// What was given.
    pub found: usize,
    /// What the network takes.
    pub expected: usize,
}
