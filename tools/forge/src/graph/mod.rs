//! An ONNX graph that can be read, changed and written again.

mod eliminate_dead;
mod error;
mod facts;
mod macs;
mod node;
mod tensor;

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use prost::Message;
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
    tensor_shape_proto::{Dimension, dimension::Value as Dim},
    type_proto,
};

pub use self::{
    error::GraphError,
    facts::{Constant, Facts, facts},
    macs::macs,
    node::{NodeExt, node},
    tensor::{Values, float_tensor, int_tensor, raw_tensor},
};

/// A float or quantized network: one image in, one map out.
#[derive(Debug, Clone)]
pub struct Graph {
    /// All of the file but the graph.
    header: ModelProto,
    graph: GraphProto,
    path: String,
}

/// Who makes and who takes each value.
pub struct Wiring {
    producers: HashMap<String, usize>,
    consumers: HashMap<String, usize>,
}

impl Graph {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// When the file cannot be read, is no ONNX graph, keeps its weights in another file, or has more than one input or output.
    pub fn read(path: &Path) -> Result<Self, GraphError> {
        let bytes = fs::read(path).map_err(|error| GraphError::Read {
            path: path.display().to_string(),
            error,
        })?;
        Self::decode(&bytes, &path.display().to_string())
    }

    /// Reads the bytes of an ONNX file; `path` only names it in errors.
    ///
    /// # Errors
    /// As [`Graph::read`].
    pub fn decode(bytes: &[u8], path: &str) -> Result<Self, GraphError> {
        let unusable = |reason: String| GraphError::Unusable {
            path: path.to_owned(),
            reason,
        };
        let mut header = ModelProto::decode(bytes)
            .map_err(|e| unusable(format!("not an ONNX file ({e}); export it again")))?;
        let graph = header
            .graph
            .take()
            .filter(|graph| !graph.node.is_empty())
            .ok_or_else(|| unusable("holds no graph; export it again".to_owned()))?;
        if graph.initializer.iter().any(tensor::is_external) {
            return Err(unusable(
                "keeps its weights in another file; save it with them inside (onnx.save)"
                    .to_owned(),
            ));
        }
        let mut this = Self {
            header,
            graph,
            path: path.to_owned(),
        };
        this.only_real_inputs();
        for (side, ports) in [
            ("inputs", &this.graph.input),
            ("outputs", &this.graph.output),
        ] {
            if ports.len() != 1 {
                let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
                return Err(unusable(format!(
                    "has {} {side} ({}), needs one; export the network for one image and one map",
                    ports.len(),
                    names.join(", ")
                )));
            }
        }
        Ok(this)
    }

    /// The bytes of the ONNX file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.to_proto().encode_to_vec()
    }

    /// The whole file's structure.
    #[must_use]
    pub fn to_proto(&self) -> ModelProto {
        ModelProto {
            graph: Some(self.graph.clone()),
            ..self.header.clone()
        }
    }

    /// Writes the ONNX file, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), GraphError> {
        scarp_files::replace(path, &self.encode()).map_err(|error| GraphError::Write {
            path: path.display().to_string(),
            error,
        })
    }

    /// The file this graph came from, for messages.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Nodes in an order in which they can be run.
    #[must_use]
    pub fn nodes(&self) -> &[NodeProto] {
        &self.graph.node
    }

    /// Name of the input.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.graph.input[0].name
    }

    /// Name of the output.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.graph.output[0].name
    }

    /// Declared sides of the input: batch, channels, height, width; `None` for a side that is left open.
    #[must_use]
    pub fn input_shape(&self) -> Vec<Option<usize>> {
        let dims = shape_of(&self.graph.input[0]);
        dims.iter()
            .map(|dim| match dim.value {
                Some(Dim::DimValue(side)) => usize::try_from(side).ok().filter(|side| *side > 0),
                _ => None,
            })
            .collect()
    }

    /// Version of the default operator set.
    #[must_use]
    pub fn opset(&self) -> i64 {
        let default = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        let imports = &self.header.opset_import;
        imports
            .iter()
            .find(|import| default(&import.domain))
            .map_or(1, |import| import.version)
    }

    /// The constant of that name.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&TensorProto> {
        self.graph.initializer.iter().find(|t| t.name == name)
    }

    /// The constant of that name, if it holds floats.
    #[must_use]
    pub fn floats(&self, name: &str) -> Option<Values<f32>> {
        self.constant(name).and_then(tensor::floats)
    }

    /// The constant of that name, if it holds integers.
    #[must_use]
    pub fn ints(&self, name: &str) -> Option<Values<i64>> {
        self.constant(name).and_then(tensor::ints)
    }

    /// Number of weights.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        let count = |t: &TensorProto| t.dims.iter().map(|d| d.unsigned_abs()).product::<u64>();
        self.graph.initializer.iter().map(count).sum()
    }

    /// Adds a constant under a new name that begins with the given one, and returns that name.
    pub fn add_constant(&mut self, mut tensor: TensorProto, name: &str) -> String {
        tensor.name = self.fresh(name);
        let name = tensor.name.clone();
        self.graph.initializer.push(tensor);
        name
    }

    /// Adds a node; [`Graph::eliminate_dead`] brings it to its place.
    pub fn add_node(&mut self, node: NodeProto) {
        self.graph.node.push(node);
    }

    /// The nodes, to be changed.
    pub fn nodes_mut(&mut self) -> &mut Vec<NodeProto> {
        &mut self.graph.node
    }

    /// A name that nothing has yet, made from the given one.
    #[must_use]
    pub fn fresh(&self, name: &str) -> String {
        let taken = |name: &str| {
            self.graph.initializer.iter().any(|t| t.name == name)
                || self
                    .graph
                    .node
                    .iter()
                    .any(|n| n.output.iter().any(|o| o == name))
                || self.graph.input.iter().any(|i| i.name == name)
        };
        std::iter::once(name.to_owned())
            .chain((2_u32..).map(|n| format!("{name}_{n}")))
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    /// Makes everything that takes `old` take `new`. A graph's output keeps its name: the maker of `new` then gives `old`.
    pub fn replace(&mut self, old: &str, new: &str) {
        let (from, to) = if old == self.output() {
            (new, old)
        } else {
            (old, new)
        };
        let is_output = old == self.output();
        for node in &mut self.graph.node {
            let outputs = node.output.iter_mut();
            if is_output {
                // The former maker of the output loses it; `eliminate_dead` removes that node if nothing else takes from it.
                outputs.for_each(|output| {
                    if output == to {
                        *output = format!("{to}.replaced");
                    } else if output == from {
                        to.clone_into(output);
                    }
                });
            }
            for input in &mut node.input {
                if input == from {
                    to.clone_into(input);
                }
            }
        }
    }

    /// Declares the sides of input and output.
    pub fn declare(&mut self, input: &[usize], output: &[usize]) {
        declare(&mut self.graph.input[0], input);
        declare(&mut self.graph.output[0], output);
    }

    /// Makes `name`, a value inside the graph, its output.
    pub fn end_at(&mut self, name: &str) {
        name.clone_into(&mut self.graph.output[0].name);
        if let Some(value) = self.graph.output[0]
            .r#type
            .as_mut()
            .and_then(|t| t.value.as_mut())
        {
            let type_proto::Value::TensorType(tensor) = value;
            tensor.shape = None;
            tensor.elem_type = tract_onnx::pb::tensor_proto::DataType::Float as i32;
        }
    }

    /// Who makes and takes what, as the graph is now.
    #[must_use]
    pub fn wiring(&self) -> Wiring {
        let mut wiring = Wiring {
            producers: HashMap::new(),
            consumers: HashMap::new(),
        };
        for (index, node) in self.graph.node.iter().enumerate() {
            for output in &node.output {
                wiring.producers.insert(output.clone(), index);
            }
            for input in &node.input {
                *wiring.consumers.entry(input.clone()).or_default() += 1;
            }
        }
        *wiring
            .consumers
            .entry(self.output().to_owned())
            .or_default() += 1;
        wiring
    }

    /// Old exporters list weights among the inputs.
    fn only_real_inputs(&mut self) {
        let weights: HashSet<&str> = self
            .graph
            .initializer
            .iter()
            .map(|t| t.name.as_str())
            .collect();
        self.graph
            .input
            .retain(|input| !weights.contains(input.name.as_str()));
    }
}

impl Wiring {
    /// The number of the node that makes a value.
    #[must_use]
    pub fn producer(&self, value: &str) -> Option<usize> {
        self.producers.get(value).copied()
    }

    /// How often a value is taken, the graph's output included.
    #[must_use]
    pub fn consumers(&self, value: &str) -> usize {
        self.consumers.get(value).copied().unwrap_or(0)
    }
}

fn shape_of(port: &ValueInfoProto) -> Vec<Dimension> {
    port.r#type
        .as_ref()
        .and_then(|t| t.value.as_ref())
        .and_then(|value| {
            let type_proto::Value::TensorType(tensor) = value;
            tensor.shape.as_ref()
        })
        .map_or_else(Vec::new, |shape| shape.dim.clone())
}

fn declare(port: &mut ValueInfoProto, sides: &[usize]) {
    if let Some(value) = port.r#type.as_mut().and_then(|t| t.value.as_mut()) {
        let type_proto::Value::TensorType(tensor) = value;
        let dim = sides.iter().map(|&side| Dimension {
            denotation: String::new(),
            value: Some(Dim::DimValue(side as i64)),
        });
        tensor.shape = Some(tract_onnx::pb::TensorShapeProto { dim: dim.collect() });
    }
}
