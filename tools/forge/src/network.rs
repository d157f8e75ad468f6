//! A network as it comes: a model folder, or a bare ONNX file of which only the graph is known.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use scarp_infer::{
    Golden, Input, Manifest, ManifestError, Model, ModelError, Output, Quantization,
};
use thiserror::Error;

use crate::graph::{Facts, Graph, GraphError, NodeExt, facts};

/// ImageNet's statistics, by which nearly all published networks normalise.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];
/// GDCLD's tiles are 1024 x 1024.
const SIDE: usize = 1024;
/// Operators that some exporters put behind the class scores; the engine does their work itself.
const ENDINGS: [&str; 5] = ["Sigmoid", "Softmax", "ArgMax", "Cast", "Squeeze"];

/// What is assumed of a bare ONNX file.
#[derive(Debug, Clone, Copy)]
pub struct Assumed {
    /// Width and height of the input where the graph leaves them open.
    pub size: Option<usize>,
    /// Ground sampling distance in metres.
    pub gsd_m: f64,
    /// Probability from which a cell counts as landslide.
    pub threshold: f32,
}

impl Default for Assumed {
    fn default() -> Self {
        Self {
            size: None,
            gsd_m: 0.2,
            threshold: 0.5,
        }
    }
}

/// A graph and what is known of it.
#[derive(Debug, Clone)]
pub struct Network {
    /// The graph, up to its class scores.
    pub graph: Graph,
    /// What its folder says, or what is assumed.
    pub manifest: Manifest,
    /// The model folder, if it is one.
    pub folder: Option<PathBuf>,
}

/// Why a network cannot be used.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// There is nothing at its path.
    #[error("{0}: there is no such model folder or ONNX file; check the path")]
    Missing(PathBuf),
    /// The model folder is not in order.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The graph cannot be used.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The engine refuses the network.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The graph's input is not one image.
    #[error(
        "{path}: takes {found}; needs one image, 1 x 3 x height x width, sides multiples of 32"
    )]
    Input {
        /// The file.
        path: String,
        /// What it takes.
        found: String,
    },
    /// The graph's output is not a map of one or two classes.
    #[error(
        "{path}: gives {found}; needs 1 or 2 classes (background, landslide) at 1/1 to 1/32 of the input's size"
    )]
    Output {
        /// The file.
        path: String,
        /// What it gives.
        found: String,
    },
}

impl Network {
    /// Reads a model folder or a bare ONNX file, of which `assumed` is assumed.
    ///
    /// # Errors
    /// When the folder or graph cannot be read, or is no segmentation network of one or two classes.
    pub fn read(path: &Path, assumed: &Assumed) -> Result<Self, NetworkError> {
        if path.is_dir() {
            let manifest = Manifest::read(path)?;
            return Ok(Self {
                graph: Graph::read(&path.join("model.onnx"))?,
                manifest,
                folder: Some(path.to_owned()),
            });
        }
        if !path.exists() {
            return Err(NetworkError::Missing(path.to_owned()));
        }
        let mut graph = Graph::read(path)?;
        cut_endings(&mut graph);
        let shape = input_shape(&graph, assumed)?;
        let known = facts(&graph, &shape)?;
        let stride = stride(&graph, &known, &shape)?;
        graph.declare(&shape, known.shape(graph.output()).unwrap_or_default());
        let manifest = manifest(path, &graph, &shape, stride, assumed);
        Ok(Self {
            graph,
            manifest,
            folder: None,
        })
    }

    /// Batch, channels, height and width of the input.
    #[must_use]
    pub fn shape(&self) -> [usize; 4] {
        let input = &self.manifest.input;
        [1, 3, input.height as usize, input.width as usize]
    }

    /// The network with `graph` in place of its own, ready to run.
    ///
    /// # Errors
    /// When the engine refuses it.
    pub fn model(&self, graph: &Graph) -> Result<Model, NetworkError> {
        let manifest = self.manifest.clone();
        Ok(Model::without_golden_check(
            manifest,
            &graph.encode(),
            graph.path(),
        )?)
    }
}

/// Takes away what only turns class scores into probabilities or class numbers.
fn cut_endings(graph: &mut Graph) {
    loop {
        let wiring = graph.wiring();
        let last = wiring
            .producer(graph.output())
            .and_then(|index| graph.nodes().get(index));
        let scores = last
            .filter(|node| ENDINGS.contains(&node.op_type.as_str()))
            .and_then(|node| node.input(0))
            .map(str::to_owned);
        let Some(scores) = scores else { break };
        graph.end_at(&scores);
        graph.eliminate_dead();
    }
}

fn input_shape(graph: &Graph, assumed: &Assumed) -> Result<[usize; 4], NetworkError> {
    let declared = graph.input_shape();
    let wrong = || NetworkError::Input {
        path: graph.path().to_owned(),
        found: format!("{} {declared:?}", graph.input()),
    };
    let &[batch, channels, height, width] = declared.as_slice() else {
        return Err(wrong());
    };
    let open = height.is_none() || width.is_none();
    if open && assumed.size.is_none() {
        return Err(GraphError::OpenSize {
            path: graph.path().to_owned(),
        }
        .into());
    }
    let side = |declared: Option<usize>| declared.or(assumed.size).unwrap_or(SIDE);
    let shape = [
        batch.unwrap_or(1),
        channels.unwrap_or(3),
        side(height),
        side(width),
    ];
    let fits = |side: usize| (32..=4096).contains(&side) && side.is_multiple_of(32);
    (shape[..2] == [1, 3] && fits(shape[2]) && fits(shape[3]))
        .then_some(shape)
        .ok_or_else(wrong)
}

fn stride(graph: &Graph, known: &Facts, shape: &[usize; 4]) -> Result<u32, NetworkError> {
    let found = known.shape(graph.output());
    let stride = found.and_then(|sides| match *sides {
        [1, 1 | 2, rows, columns] if rows > 0 && columns > 0 => {
            let stride = shape[2] / rows;
            let fits = stride * rows == shape[2] && stride * columns == shape[3];
            (fits && stride.is_power_of_two() && stride <= 32).then_some(stride as u32)
        }
        _ => None,
    });
    stride.ok_or_else(|| NetworkError::Output {
        path: graph.path().to_owned(),
        found: format!("{} {:?}", graph.output(), found.unwrap_or_default()),
    })
}

fn manifest(
    path: &Path,
    graph: &Graph,
    shape: &[usize; 4],
    stride: u32,
    assumed: &Assumed,
) -> Manifest {
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let quantized = graph
        .nodes()
        .iter()
        .any(|node| node.op_type == "DequantizeLinear");
    Manifest {
        format: 1,
        name: name.unwrap_or_default(),
        version: "unknown".to_owned(),
        licence: "unknown".to_owned(),
        architecture: "unknown".to_owned(),
        classes: vec!["background".to_owned(), "landslide".to_owned()],
        threshold: assumed.threshold,
        input: Input {
            name: graph.input().to_owned(),
            width: shape[3] as u32,
            height: shape[2] as u32,
            gsd_m: assumed.gsd_m,
            mean: MEAN,
            std: STD,
        },
        output: Output {
            name: graph.output().to_owned(),
            stride,
        },
        quantization: Quantization {
            scheme: if quantized { "QDQ" } else { "none" }.to_owned(),
        },
        training: Vec::new(),
        golden: Golden {
            input: String::new(),
            output: String::new(),
            max_mean_abs_error: 0.5,
        },
        files: BTreeMap::new(),
    }
}
