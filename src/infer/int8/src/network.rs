//! A whole network: operators in order, and the plan of their memory.

use crate::{
    memory::Part,
    operator::{Operator, Step, TensorId},
    plan::plan,
};

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
    pub(crate) steps: Vec<Step>,
    /// By activation.
    pub(crate) parts: Vec<Part>,
    pub(crate) bytes: usize,
    pub(crate) scratch: usize,
    pub(crate) input: usize,
    output: usize,
}

impl Builder {
    /// Adds an operator called `name` and returns its output, `bytes` long.
    pub fn add(&mut self, name: &str, operator: Operator) -> TensorId {
        let output = TensorId(self.bytes.len());
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
            Operator::InputQuantize(entry) => Some(3 * entry.size.area()),
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
            Some(Operator::Decoder(layer, ..)) => layer.classes(),
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
