//! Nodes and their attributes.

use tract_onnx::pb::{AttributeProto, NodeProto, attribute_proto::AttributeType};

/// Reading a node's attributes.
pub trait NodeExt {
    /// An integer attribute.
    fn int(&self, name: &str) -> Option<i64>;
    /// A float attribute.
    fn float(&self, name: &str) -> Option<f32>;
    /// A list of integers.
    fn ints(&self, name: &str) -> Option<&[i64]>;
    /// A text attribute.
    fn text(&self, name: &str) -> Option<&str>;
    /// The input of that number, if it is given.
    fn input(&self, index: usize) -> Option<&str>;
    /// The node with another integer attribute.
    #[must_use]
    fn with_int(self, name: &str, value: i64) -> Self;
}

impl NodeExt for NodeProto {
    fn int(&self, name: &str) -> Option<i64> {
        attribute(self, name).map(|a| a.i)
    }

    fn float(&self, name: &str) -> Option<f32> {
        attribute(self, name).map(|a| a.f)
    }

    fn ints(&self, name: &str) -> Option<&[i64]> {
        attribute(self, name).map(|a| a.ints.as_slice())
    }

    fn text(&self, name: &str) -> Option<&str> {
        attribute(self, name).and_then(|a| std::str::from_utf8(&a.s).ok())
    }

    fn input(&self, index: usize) -> Option<&str> {
        self.input
            .get(index)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    fn with_int(mut self, name: &str, value: i64) -> Self {
        self.attribute.retain(|a| a.name != name);
        self.attribute.push(AttributeProto {
            name: name.to_owned(),
            r#type: AttributeType::Int as i32,
            i: value,
            ..AttributeProto::default()
        });
        self
    }
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|a| a.name == name)
}

/// A node of the default domain with one output, which also names it.
#[must_use]
pub fn node(op: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        name: output.to_owned(),
        op_type: op.to_owned(),
        ..NodeProto::default()
    }
}
