//! What an engine is to the rest of the program.

use std::fmt::Debug;

use image::RgbImage;
use thiserror::Error;

use crate::{graph::Graph, normalisation::Normalisation};

/// An engine's name and how it loads a graph: its entry in [`ENGINES`](super::ENGINES).
#[derive(Debug, Clone, Copy)]
pub struct Registration {
    /// What a board file calls it: lower-case letters and digits.
    pub name: &'static str,
    /// Makes the graph ready to run, or declines it with the reason. A panic counts as declining.
    pub load: fn(&Graph<'_>) -> Result<Box<dyn Engine>, EngineError>,
}

/// A network ready to run in one engine, shared by all sessions.
pub trait Engine: Debug + Send + Sync {
    /// The name that it is registered under.
    fn name(&self) -> &'static str;

    /// Every operator, in the order in which they run.
    fn operators(&self) -> Vec<OperatorInfo>;

    /// One worker's memory to run the network with, each tile on `threads` threads, the caller's among them. Weights are
    /// shared with all other sessions.
    ///
    /// # Errors
    /// When the engine cannot make one.
    fn session(&self, threads: usize) -> Result<Box<dyn Session>, EngineError>;
}

/// One worker's memory of a network that runs in an engine.
pub trait Session: Send {
    /// Runs one tile; `cells` receives the landslide probability of each output cell, row-major. The answer depends on the
    /// tile alone, not on the number of threads nor on tiles that were run before.
    ///
    /// The caller has checked that tile and cells are of the sizes that the manifest says, and catches panics.
    ///
    /// # Errors
    /// When the engine fails.
    fn run_tile(&mut self, tile: Tile<'_>, cells: &mut [f32]) -> Result<(), EngineError>;
}

/// What a network looks at: 3 x height x width values of its input's size.
#[derive(Clone, Copy)]
pub enum Tile<'a> {
    /// The part of a picture that begins at `corner`, mirrored beyond the picture's edges.
    Pixels {
        /// The picture; at least one pixel.
        image: &'a RgbImage,
        /// Column and row of the tile's first pixel.
        corner: (u32, u32),
        /// How pixels become the network's values.
        normal: &'a Normalisation,
    },
    /// Normalised values, channel by channel.
    Planes(&'a [f32]),
}

impl<'a> Tile<'a> {
    /// The tile's normalised values, channel by channel, `size` (width, height) in all; `buffer` is reused from tile to tile.
    pub fn planes<'b>(self, size: (u32, u32), buffer: &'b mut Vec<f32>) -> &'b [f32]
    where
        'a: 'b,
    {
        match self {
            Self::Planes(planes) => planes,
            Self::Pixels {
                image,
                corner,
                normal,
            } => {
                normal.fill(image, corner, size, buffer);
                buffer
            }
        }
    }
}

/// One operator of a running network.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OperatorInfo {
    /// Name of the node in the graph that gives its output.
    pub name: String,
    /// Kind of operator.
    pub operator: String,
    /// What runs it: the processor's instructions for fused operators, or the engine's name.
    pub engine: &'static str,
    /// Type of its operands.
    pub precision: String,
    /// Multiplications of its products, where they are known.
    pub multiplications: Option<u64>,
}

/// Why an engine declines a graph or fails, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct EngineError(String);

impl EngineError {
    /// The reason in one line; line breaks in it become spaces.
    pub fn new(reason: impl ToString) -> Self {
        Self(reason.to_string().replace(['\n', '\r'], " "))
    }
}
