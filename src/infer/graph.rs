//! A model's ONNX graph, held against its manifest.

use std::cell::Cell;

use tract_onnx::{prelude::*, tract_hir::infer::Factoid};

use super::{Manifest, ModelError, panic_guard::guarded};

/// A graph whose input and output are as the manifest says, for an engine to load.
pub struct Graph<'a> {
    onnx: &'a [u8],
    manifest: &'a Manifest,
    path: &'a str,
    /// As it was read to be checked, for the first who asks.
    typed: Cell<Option<TypedModel>>,
}

impl<'a> Graph<'a> {
    /// Reads the graph and holds it against the manifest; `path` only names it in errors.
    pub(super) fn new(
        onnx: &'a [u8],
        manifest: &'a Manifest,
        path: &'a str,
    ) -> Result<Self, ModelError> {
        let typed = Cell::new(Some(typed(onnx, manifest, path)?));
        Ok(Self {
            onnx,
            manifest,
            path,
            typed,
        })
    }

    /// The ONNX file.
    #[must_use]
    pub fn onnx(&self) -> &'a [u8] {
        self.onnx
    }

    /// What the model's folder says about it.
    #[must_use]
    pub fn manifest(&self) -> &'a Manifest {
        self.manifest
    }

    /// Where the ONNX file lies, for messages.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Width and height of the input.
    #[must_use]
    pub fn input_size(&self) -> (u32, u32) {
        let input = &self.manifest.input;
        (input.width, input.height)
    }

    /// The graph as tract reads it, with one input of fixed size, not optimised yet. It is the caller's own: its weights as
    /// floats may be four times the size of what becomes of them, and are read anew each time.
    ///
    /// # Errors
    /// When tract cannot read it.
    pub fn typed(&self) -> Result<TypedModel, ModelError> {
        match self.typed.take() {
            Some(typed) => Ok(typed),
            None => typed(self.onnx, self.manifest, self.path),
        }
    }
}

/// Parses the graph and holds its input and output against the manifest.
fn typed(onnx: &[u8], manifest: &Manifest, path: &str) -> Result<TypedModel, ModelError> {
    let parsed = guarded(|| parsed(onnx, manifest, path));
    parsed.unwrap_or_else(|reason| {
        Err(ModelError::Onnx {
            path: path.to_owned(),
            reason: format!("tract {reason}"),
        })
    })
}

fn parsed(onnx: &[u8], manifest: &Manifest, path: &str) -> Result<TypedModel, ModelError> {
    let unusable = |error: TractError| ModelError::Onnx {
        path: path.to_owned(),
        reason: one_line(&error),
    };
    let mut graph = tract_onnx::onnx()
        .model_for_read(&mut &onnx[..])
        .map_err(unusable)?;

    let (width, height) = (
        manifest.input.width as usize,
        manifest.input.height as usize,
    );
    let shape = [1, 3, height, width];
    let wrong_input = |found: String| ModelError::Port {
        path: path.to_owned(),
        port: "input",
        found,
        expected: format!("{} f32 {}", manifest.input.name, by(&shape)),
    };
    let inputs = graph.input_outlets().map_err(unusable)?.to_vec();
    let &[input] = inputs.as_slice() else {
        return Err(wrong_input(format!("{} inputs", inputs.len())));
    };
    let name = graph.node(input.node).name.clone();
    let declared = graph.outlet_fact(input).map_err(unusable)?;
    let wanted = InferenceFact::dt_shape(f32::datum_type(), shape);
    // Axes the graph leaves open are set to the manifest's size; fixed ones must agree.
    if name != manifest.input.name || declared.unify(&wanted).is_err() {
        return Err(wrong_input(format!(
            "{name} {}",
            declared.format_dt_shape()
        )));
    }
    graph.set_input_fact(0, wanted).map_err(unusable)?;

    let (columns, rows) = manifest.output_size();
    let shapes = [1, 2].map(|channels| [1, channels, rows, columns]);
    let wrong_output = |found: String| ModelError::Port {
        path: path.to_owned(),
        port: "output",
        found,
        expected: format!(
            "{} f32 {} or {}",
            manifest.output.name,
            by(&shapes[0]),
            by(&shapes[1])
        ),
    };
    let outputs = graph.output_outlets().map_err(unusable)?.to_vec();
    let &[output] = outputs.as_slice() else {
        return Err(wrong_output(format!("{} outputs", outputs.len())));
    };
    let name = graph.outlet_label(output).unwrap_or("unnamed").to_owned();
    let graph = graph.into_typed().map_err(unusable)?;
    let fact = graph.output_fact(0).map_err(unusable)?;
    let sides = fact.shape.as_concrete();
    let fits = fact.datum_type == f32::datum_type()
        && shapes.iter().any(|shape| sides == Some(shape.as_slice()));
    if name != manifest.output.name || !fits {
        return Err(wrong_output(format!("{name} {fact:?}")));
    }
    Ok(graph)
}

/// What tract says, with its causes, in one line.
#[must_use]
pub fn one_line(error: &TractError) -> String {
    let causes: Vec<String> = error
        .chain()
        .map(|cause| cause.to_string().replace('\n', " "))
        .collect();
    causes.join(": ")
}

fn by(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    sides.join("x")
}
