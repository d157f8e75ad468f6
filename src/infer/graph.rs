//! From ONNX bytes to tract's typed graph, held against the manifest; errors and panics of tract as one line.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::{prelude::*, tract_hir::infer::Factoid};

use super::{Manifest, ModelError};

/// Parses the graph and holds its input and output against the manifest.
pub(super) fn typed(
    onnx: &[u8],
    manifest: &Manifest,
    path: &str,
) -> Result<TypedModel, ModelError> {
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

/// Runs `work`, turning a panic into its message: a graph that tract does not expect must not end the flight.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        format!("tract panicked: {}", text.replace('\n', " "))
    })
}

pub(super) fn one_line(error: &TractError) -> String {
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
