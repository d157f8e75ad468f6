//! A model: its manifest, its network and the proof that they belong together.

use std::{collections::BTreeMap, path::Path};

use super::{
    ENGINES, Engine, Graph, Manifest, ModelError, ModelSession, Registration, Tile, files, golden,
    manifest::MODEL, normalisation::Normalisation, panic_guard::guarded,
};

/// A network proven by its golden output; shared by all workers, each of which runs a [`ModelSession`] of its own.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    engine: Box<dyn Engine>,
    declined: Vec<Declined>,
    golden_error: f32,
}

/// An engine that does not run a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// Its name.
    pub engine: &'static str,
    /// What it says, in one line.
    pub reason: String,
}

impl Model {
    /// Loads the model in `dir` for the first of [`ENGINES`] that accepts it; see [`load_in`](Self::load_in).
    ///
    /// # Errors
    /// As `load_in`.
    pub fn load(dir: &Path) -> Result<Self, ModelError> {
        Self::load_in(dir, ENGINES)
    }

    /// Loads the model in `dir` for the first of `engines` that accepts its graph: checks its manifest and digests, the
    /// graph's input and output, and that it gives the golden output for the golden input.
    ///
    /// # Errors
    /// One kind for each of these checks, naming the file; [`ModelError::Declined`] when none of them accepts it.
    pub fn load_in(dir: &Path, engines: &[Registration]) -> Result<Self, ModelError> {
        let manifest = Manifest::read(dir)?;
        let path = dir.join(MODEL).display().to_string();
        let onnx = manifest.file(dir, MODEL)?;
        let (input, expected) = golden::read(&manifest, dir)?;
        let mut model = Self::unchecked(manifest, &onnx, &path, engines)?;
        let mut planes = Vec::new();
        Normalisation::of(&model.manifest).fill(&input, (0, 0), input.dimensions(), &mut planes);
        let mut found = vec![0.0; expected.len()];
        model.session()?.run(Tile::Planes(&planes), &mut found)?;
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
    pub fn without_golden_check(
        mut manifest: Manifest,
        onnx: &[u8],
        path: &str,
    ) -> Result<Self, ModelError> {
        manifest.files = BTreeMap::from([(MODEL.to_owned(), files::digest(onnx))]);
        Self::unchecked(manifest, onnx, path, ENGINES)
    }

    fn unchecked(
        manifest: Manifest,
        onnx: &[u8],
        path: &str,
        engines: &[Registration],
    ) -> Result<Self, ModelError> {
        let (engine, declined) = first_accepting(&Graph::new(onnx, &manifest, path)?, engines)?;
        Ok(Self {
            manifest,
            engine,
            declined,
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

    /// What runs the network.
    #[must_use]
    pub fn engine(&self) -> &dyn Engine {
        self.engine.as_ref()
    }

    /// The engines that declined the network before the one that runs it, in that order.
    #[must_use]
    pub fn declined(&self) -> &[Declined] {
        &self.declined
    }

    /// A session to run the network with, on the calling thread. Weights are shared with all others.
    ///
    /// # Errors
    /// When the engine cannot make one.
    pub fn session(&self) -> Result<ModelSession, ModelError> {
        self.session_on(1)
    }

    /// A session to run the network with, each tile on `threads` threads, the caller's among them.
    ///
    /// # Errors
    /// When the engine cannot make one.
    pub fn session_on(&self, threads: usize) -> Result<ModelSession, ModelError> {
        ModelSession::new(self.engine(), &self.manifest, threads)
    }
}

/// The graph in the first engine that accepts it, and those that declined it before.
fn first_accepting(
    graph: &Graph<'_>,
    engines: &[Registration],
) -> Result<(Box<dyn Engine>, Vec<Declined>), ModelError> {
    let mut declined = Vec::new();
    for &Registration { name, load } in engines {
        let loaded = guarded(|| load(graph).map_err(|error| error.to_string()));
        let reason = match loaded.flatten() {
            Ok(engine) => return Ok((engine, declined)),
            Err(reason) => reason,
        };
        log::debug!("{}: {name} declines it, {reason}", graph.path());
        declined.push(Declined {
            engine: name,
            reason,
        });
    }
    let reasons = declined
        .iter()
        .map(|d| format!("{} ({})", d.engine, d.reason));
    Err(ModelError::Declined {
        path: graph.path().to_owned(),
        reasons: reasons.collect::<Vec<_>>().join(" and "),
    })
}
