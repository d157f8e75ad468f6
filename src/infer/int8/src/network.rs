//! A whole network: operators in order, and the one block of memory that all their activations share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Attention, Columns, Convolution, Decoder, Entry, FeedForward, Finish, IMAGE_CHANNELS, Isa,
    Norm, Pixels, Team, Upsample,
    memory::{Block, LINE, Part},
};

/// Pixels that a thread normalises at once.
const NORM_ROWS: usize = 64;
/// Coarse maps that a decoder takes at most.
pub const MAPS: usize = 8;

/// Number of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Activation(usize);

/// An operator with the activations that it reads.
#[derive(Debug, Clone)]
pub enum Operator {
    /// The way in.
    Entry(Entry),
    /// Convolution of an activation.
    Convolution(Convolution, Activation),
    /// A map of floats to normalised bytes, so many pixels of it.
    Norm(Norm, usize, Activation),
    /// Packs the keys and values that the attention will read.
    Context(Arc<Attention>, [Source; 2]),
    /// Attention of a map of floats, given it normed and its context.
    Attention(Arc<Attention>, [Activation; 3]),
    /// Feed-forward of a map of floats.
    FeedForward(FeedForward, Activation),
    /// Logits of the finest map, then the coarser ones.
    Decoder(Decoder, Activation, Vec<Activation>),
    /// Logits brought to another size.
    Upsample(Upsample, Activation),
}

/// Where the keys or the values of a context lie.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// A map of floats, one row for each key.
    pub map: Activation,
    /// Elements of a row.
    pub stride: usize,
    /// The first that counts.
    pub first: usize,
}

#[derive(Debug)]
struct Step {
    operator: Operator,
    output: Activation,
    name: String,
}

/// Collects operators in the order in which they run.
#[derive(Debug, Default)]
pub struct Builder {
    steps: Vec<Step>,
    /// Bytes of each activation.
    bytes: Vec<usize>,
}

/// What [`Network::steps`] tells of an operator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepInfo<'a> {
    /// Name of the node in the graph that gives its output.
    pub name: &'a str,
    /// Kind of operator.
    pub operator: &'static str,
    /// What is multiplied with what.
    pub precision: &'static str,
    /// Multiplications of its products.
    pub multiplications: u64,
}

/// Operators, weights and the plan of their memory; shared by all sessions.
#[derive(Debug)]
pub struct Network {
    steps: Vec<Step>,
    /// By activation.
    parts: Vec<Part>,
    bytes: usize,
    scratch: usize,
    input: usize,
    output: usize,
}

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
    team: Team,
    activations: Block,
    scratch: Block,
}

impl Builder {
    /// Adds an operator called `name` and returns its output, `bytes` long.
    pub fn add(&mut self, name: &str, operator: Operator) -> Activation {
        let output = Activation(self.bytes.len());
        self.bytes.push(operator.output_bytes());
        self.steps.push(Step {
            operator,
            output,
            name: name.to_owned(),
        });
        output
    }

    /// Plans the memory. The last operator gives the network's output, which is floats.
    #[must_use]
    pub fn finish(self) -> Network {
        let parts = plan(&self.steps, &self.bytes);
        let bytes = parts
            .iter()
            .map(|part| part.start + part.length)
            .max()
            .unwrap_or(0);
        let scratch = self
            .steps
            .iter()
            .map(|step| step.operator.scratch())
            .max()
            .unwrap_or(0);
        let input = self.steps.iter().find_map(|step| match &step.operator {
            Operator::Entry(entry) => Some(3 * entry.size.area()),
            _ => None,
        });
        Network {
            output: self.bytes.last().map_or(0, |bytes| bytes / 4),
            input: input.unwrap_or(0),
            steps: self.steps,
            parts,
            bytes,
            scratch,
        }
    }
}

/// Places every activation so that none overlaps another that lives at the same time: the largest first, each at the lowest
/// place that is free for all its life.
fn plan(steps: &[Step], bytes: &[usize]) -> Vec<Part> {
    let mut lives: Vec<(usize, usize)> = (0..bytes.len()).map(|i| (i, i)).collect();
    for (number, step) in steps.iter().enumerate() {
        for read in step.operator.reads() {
            lives[read.0].1 = number;
        }
    }
    if let Some(last) = lives.last_mut() {
        last.1 = steps.len();
    }
    let mut order: Vec<usize> = (0..bytes.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(bytes[i]));
    let mut parts = vec![
        Part {
            start: 0,
            length: 0
        };
        bytes.len()
    ];
    let mut placed: Vec<usize> = Vec::new();
    for i in order {
        let length = bytes[i].next_multiple_of(LINE);
        let mut taken: Vec<Part> = placed
            .iter()
            .filter(|&&other| lives[other].0 <= lives[i].1 && lives[i].0 <= lives[other].1)
            .map(|&other| parts[other])
            .collect();
        taken.sort_by_key(|part| part.start);
        let mut start = 0;
        for part in taken {
            if start + length <= part.start {
                break;
            }
            start = start.max(part.start + part.length.next_multiple_of(LINE));
        }
        parts[i] = Part {
            start,
            length: bytes[i],
        };
        placed.push(i);
    }
    parts
}

impl Operator {
    fn reads(&self) -> Vec<Activation> {
        match self {
            Self::Entry(_) => Vec::new(),
            Self::Convolution(_, x)
            | Self::Norm(_, _, x)
            | Self::FeedForward(_, x)
            | Self::Upsample(_, x) => {
                vec![*x]
            }
            Self::Context(_, from) => from.iter().map(|source| source.map).collect(),
            Self::Attention(_, from) => from.to_vec(),
            Self::Decoder(_, finest, coarse) => [&[*finest], coarse.as_slice()].concat(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Entry(_) => "average and quantize",
            Self::Convolution(layer, _)
                if matches!(layer.finish, Finish::NormFloats(_) | Finish::NormBytes(_)) =>
            {
                "convolution and norm"
            }
            Self::Convolution(layer, _) if layer.window.is_some() => "convolution",
            Self::Convolution(..) => "linear",
            Self::Norm(..) => "norm",
            Self::Context(..) => "pack keys and values",
            Self::Attention(..) => "attention",
            Self::FeedForward(..) => "feed-forward",
            Self::Decoder(..) => "decoder",
            Self::Upsample(..) => "upsample",
        }
    }

    fn precision(&self) -> &'static str {
        match self {
            Self::Entry(_) | Self::Norm(..) | Self::Context(..) => "f32 to u8",
            Self::Upsample(..) => "f32",
            Self::Convolution(..)
            | Self::Attention(..)
            | Self::FeedForward(..)
            | Self::Decoder(..) => "u8 x i8",
        }
    }

    fn multiplications(&self) -> u64 {
        let linear = |layer: &crate::Linear| layer.inputs() * layer.outputs();
        let count = match self {
            Self::Entry(_) | Self::Norm(..) | Self::Context(..) | Self::Upsample(..) => 0,
            Self::Convolution(layer, _) => layer.output().area() * linear(&layer.linear),
            Self::Attention(layer, _) => {
                let products = 2 * layer.count * layer.query.outputs();
                layer.pixels * (linear(&layer.query) + linear(&layer.project) + products)
            }
            Self::FeedForward(layer, _) => {
                let taps = 9 * layer.depthwise.channels();
                layer.size.area() * (linear(&layer.expand) + linear(&layer.contract) + taps)
            }
            Self::Decoder(layer, ..) => {
                let branch = |branch: &crate::Branch| branch.size.area() * linear(&branch.project);
                let classify = layer.finest.size.area() * linear(&layer.classify);
                branch(&layer.finest) + layer.coarse.iter().map(branch).sum::<usize>() + classify
            }
        };
        count as u64
    }

    /// Bytes of the output.
    fn output_bytes(&self) -> usize {
        match self {
            Self::Entry(layer) => layer.output_size().area() * IMAGE_CHANNELS,
            Self::Convolution(layer, _) => {
                let elements = layer.output().area() * layer.linear.outputs();
                if layer.gives_bytes() {
                    elements
                } else {
                    4 * elements
                }
            }
            Self::Norm(norm, pixels, _) => norm.gain.len() * pixels,
            Self::Context(layer, _) => layer.context_bytes(),
            Self::Attention(layer, _) => 4 * layer.pixels * layer.project.outputs(),
            Self::FeedForward(layer, _) => 4 * layer.size.area() * layer.contract.outputs(),
            Self::Decoder(layer, ..) => 4 * layer.finest.size.area() * layer.classify.outputs(),
            Self::Upsample(layer, _) => 4 * layer.to.area() * layer.channels,
        }
    }

    /// Bytes of scratch memory for each thread.
    fn scratch(&self) -> usize {
        match self {
            Self::Convolution(layer, _) => layer.scratch(),
            Self::Attention(layer, _) => layer.scratch(),
            Self::FeedForward(layer, _) => layer.scratch(),
            Self::Decoder(layer, ..) => layer.scratch(),
            Self::Entry(layer) => layer.scratch(),
            Self::Norm(..) | Self::Context(..) | Self::Upsample(..) => 0,
        }
    }
}

impl Network {
    /// Floats of the input: three planes.
    #[must_use]
    pub fn input(&self) -> usize {
        self.input
    }

    /// Floats of the output: logits, pixel by pixel.
    #[must_use]
    pub fn output(&self) -> usize {
        self.output
    }

    /// What runs, in order.
    pub fn steps(&self) -> impl Iterator<Item = StepInfo<'_>> {
        self.steps.iter().map(|step| StepInfo {
            name: &step.name,
            operator: step.operator.kind(),
            precision: step.operator.precision(),
            multiplications: step.operator.multiplications(),
        })
    }

    /// Values of each pixel of the output.
    #[must_use]
    pub fn classes(&self) -> usize {
        match self.steps.last().map(|step| &step.operator) {
            Some(Operator::Decoder(layer, ..)) => layer.classify.outputs(),
            Some(Operator::Upsample(layer, _)) => layer.channels,
            _ => 1,
        }
    }

    /// Bytes of a session with so many threads.
    #[must_use]
    pub fn session_bytes(&self, threads: usize) -> usize {
        self.bytes + self.scratch * threads
    }
}

impl Session {
    /// Memory and threads to run `network` with; the caller is one of the threads.
    #[must_use]
    pub fn new(network: &Arc<Network>, isa: Isa, threads: usize) -> Self {
        let team = Team::new(threads);
        Self {
            activations: Block::new(network.bytes),
            scratch: Block::new(network.scratch * team.threads()),
            network: Arc::clone(network),
            isa,
            team,
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
        let (isa, team) = (self.isa, &mut self.team);
        let (out, rest) = self.activations.split(network.parts[step.output.0]);
        let bytes = |x: &Activation| rest.bytes(network.parts[x.0]);
        let floats = |x: &Activation| rest.floats(network.parts[x.0]);
        let scratch = self.scratch.bytes();
        match &step.operator {
            Operator::Entry(layer) => match input {
                Input::Planes(planes) => layer.planes(isa, team, planes, out),
                Input::Pixels(pixels) => layer.pixels(isa, team, pixels, scratch, out),
            },
            Operator::Convolution(layer, x) if layer.gives_bytes() => {
                layer.bytes(isa, team, bytes(x), scratch, out)
            }
            Operator::Convolution(layer, x) => {
                layer.floats(isa, team, bytes(x), scratch, bytemuck::cast_slice_mut(out));
            }
            Operator::Norm(norm, _, x) => {
                let width = norm.gain.len();
                let x = floats(x);
                team.chunks(out, NORM_ROWS * width, &mut [(); 0], |block, out, _| {
                    norm.bytes(isa, &x[block * NORM_ROWS * width..][..out.len()], out);
                });
            }
            Operator::Context(layer, from) => {
                let columns = |source: &Source| Columns {
                    data: floats(&source.map),
                    stride: source.stride,
                    first: source.first,
                };
                layer.pack(isa, team, columns(&from[0]), columns(&from[1]), out);
            }
            Operator::Attention(layer, [x, normed, context]) => {
                let from = (floats(x), bytes(normed), bytes(context));
                layer.run(isa, team, from, scratch, bytemuck::cast_slice_mut(out));
            }
            Operator::FeedForward(layer, x) => {
                layer.run(isa, team, floats(x), scratch, bytemuck::cast_slice_mut(out));
            }
            Operator::Upsample(layer, x) => {
                layer.run(isa, team, floats(x), bytemuck::cast_slice_mut(out));
            }
            Operator::Decoder(layer, finest, coarse) => {
                let mut maps = [&[][..]; MAPS];
                for (map, x) in maps.iter_mut().zip(coarse) {
                    *map = bytes(x);
                }
                let maps = &maps[..coarse.len().min(MAPS)];
                layer.run(
                    isa,
                    team,
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
