//! A model: its manifest, its network and the proof that they belong together.

use std::{collections::BTreeMap, path::Path};

use super::{
    Engine, Manifest, ModelError, Session, files, golden, graph, manifest::MODEL,
    normalisation::Normalisation,
};

/// A network proven by its golden output; shared by all workers, each of which runs a [`Session`] of its own.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    engine: Engine,
    golden_error: f32,
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
    pub fn without_golden_check(
        mut manifest: Manifest,
        onnx: &[u8],
        path: &str,
    ) -> Result<Self, ModelError> {
        manifest.files = BTreeMap::from([(MODEL.to_owned(), files::digest(onnx))]);
        Self::unchecked(manifest, onnx, path)
    }

    fn unchecked(manifest: Manifest, onnx: &[u8], path: &str) -> Result<Self, ModelError> {
        let build = || Engine::new(|| graph::typed(onnx, &manifest, path), path);
        let engine = graph::guarded(build).unwrap_or_else(|reason| {
            Err(ModelError::Onnx {
                path: path.to_owned(),
                reason,
            })
        })?;
        Ok(Self {
            manifest,
            engine,
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
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A state to run the network with, on the calling thread. Weights are shared with all others.
    ///
    /// # Errors
    /// When tract cannot make one.
    pub fn session(&self) -> Result<Session, ModelError> {
        self.session_on(1)
    }

    /// A state to run the network with, each tile on `threads` threads, the caller's among them.
    ///
    /// # Errors
    /// When tract cannot make one.
    pub fn session_on(&self, threads: usize) -> Result<Session, ModelError> {
        let (width, height) = (self.manifest.input.width, self.manifest.input.height);
        self.engine
            .session([1, 3, height as usize, width as usize], threads)
    }
}
