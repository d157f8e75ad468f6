//! The network itself, run by tract.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use tract_onnx::{prelude::*, tract_hir::infer::Factoid};

use super::{Manifest, ModelError, files, golden, manifest::MODEL, segmenter::Normalisation};

/// A network proven by its golden output; shared by all workers, each of which runs a [`Session`] of its own.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    plan: Arc<TypedRunnableModel>,
    golden_error: f32,
}

/// One worker's state of a running network.
#[derive(Debug)]
pub struct Session {
    state: TypedSimpleState,
    /// 1, 3, height, width.
    shape: [usize; 4],
}

impl Model {
    /// Loads the model in `dir`: checks its manifest and digests, the graph's input and output, and that it gives the
    /// golden output for the golden input.
    ///
    /// # Errors
    /// One kind for each of these checks, naming the file.
    pub fn load(dir: &Path) -> Result<Self, ModelError> {
        let manifest = Manifest::read(dir)?;
        let path = dir.join(MODEL).display().to_string();
        let onnx = manifest.file(dir, MODEL)?;
        let (input, expected) = golden::read(&manifest, dir)?;
        let mut model = Self::unchecked(manifest, &onnx, &path)?;
        let mut planes = Vec::new();
        Normalisation::of(&model.manifest).fill(&input, (0, 0), input.dimensions(), &mut planes);
        let mut found = vec![0.0; expected.len()];
        model.session()?.probability(&planes, &mut found)?;
        let (error, tolerance) = (
            golden::mean_abs_error(&found, &expected),
            model.manifest.golden.max_mean_abs_error,
        );
        if error.is_nan() || error > tolerance {
            return Err(ModelError::GoldenMismatch {
                path,
                error,
                tolerance,
            });
        }
        model.golden_error = error;
        Ok(model)
    }

    /// A network without a golden output, for tools that compare or build models; nothing that flies uses it. `path` only
    /// names the network in errors. Of the files that the manifest lists, only the digest of `onnx` remains.
    ///
    /// # Errors
    /// When the graph cannot be used or its input or output are not as the manifest says.
    pub fn unproven(mut manifest: Manifest, onnx: &[u8], path: &str) -> Result<Self, ModelError> {
        manifest.files = BTreeMap::from([(MODEL.to_owned(), files::digest(onnx))]);
        Self::unchecked(manifest, onnx, path)
    }

    fn unchecked(manifest: Manifest, onnx: &[u8], path: &str) -> Result<Self, ModelError> {
        let plan = guarded(|| plan(onnx, &manifest, path)).unwrap_or_else(|reason| {
            Err(ModelError::Onnx {
                path: path.to_owned(),
                reason,
            })
        })?;
        Ok(Self {
            manifest,
            plan,
            golden_error: 0.0,
        })
    }

    /// What the model's folder says about it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Mean absolute difference between this engine's answer to the golden input and the golden output.
    #[must_use]
    pub fn golden_error(&self) -> f32 {
        self.golden_error
    }

    /// A state to run the network with, for one thread. Weights are shared with all others.
    ///
    /// # Errors
    /// When tract cannot make one.
    pub fn session(&self) -> Result<Session, ModelError> {
        let state = self
            .plan
            .spawn()
            .map_err(|e| ModelError::Run(one_line(&e)))?;
        let (width, height) = (self.manifest.input.width, self.manifest.input.height);
        Ok(Session {
            state,
            shape: [1, 3, height as usize, width as usize],
        })
    }
}

impl Session {
    /// Runs one tile: `planes` is 3 x height x width normalised values, `cells` receives one probability per output
    /// cell, row-major.
    ///
    /// # Errors
    /// When either has another length than the manifest says, or tract fails; a panic inside tract is an error too.
    pub fn probability(&mut self, planes: &[f32], cells: &mut [f32]) -> Result<(), ModelError> {
        let run = || -> TractResult<TVec<TValue>> {
            let input = Tensor::from_shape(&self.shape, planes)?;
            self.state.run(tvec!(input.into_tvalue()))
        };
        let outputs = guarded(run)
            .and_then(|outputs| outputs.map_err(|e| one_line(&e)))
            .map_err(ModelError::Run)?;
        let logits = outputs
            .first()
            .ok_or_else(|| ModelError::Run("no output".to_owned()))?
            .try_as_plain_ram()
            .and_then(|view| view.as_slice::<f32>())
            .map_err(|e| ModelError::Run(one_line(&e)))?;
        let sigmoid = |logit: f32| 1.0 / (1.0 + (-logit).exp());
        if logits.len() == cells.len() {
            for (cell, &logit) in cells.iter_mut().zip(logits) {
                *cell = sigmoid(logit);
            }
        } else if logits.len() == 2 * cells.len() {
            let (background, landslide) = logits.split_at(cells.len());
            for (cell, (b, l)) in cells.iter_mut().zip(background.iter().zip(landslide)) {
                // Softmax of two classes.
                *cell = sigmoid(l - b);
            }
        } else {
            let reason = format!("{} output cells instead of {}", logits.len(), cells.len());
            return Err(ModelError::Run(reason));
        }
        Ok(())
    }
}

/// Parses and optimises the graph, and holds its input and output against the manifest.
fn plan(
    onnx: &[u8],
    manifest: &Manifest,
    path: &str,
) -> Result<Arc<TypedRunnableModel>, ModelError> {
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
    let graph = graph.into_optimized().map_err(unusable)?;
    let fact = graph.output_fact(0).map_err(unusable)?;
    let sides = fact.shape.as_concrete();
    let fits = fact.datum_type == f32::datum_type()
        && shapes.iter().any(|shape| sides == Some(shape.as_slice()));
    if name != manifest.output.name || !fits {
        return Err(wrong_output(format!("{name} {fact:?}")));
    }
    graph.into_runnable().map_err(unusable)
}

/// Runs `work`, turning a panic into its message: a graph that tract does not expect must not end the flight.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        format!("tract panicked: {}", text.replace('\n', " "))
    })
}

fn one_line(error: &TractError) -> String {
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
