//! Why a model folder or a model is refused.

use thiserror::Error;

/// A model folder that cannot be trusted or understood. Each message is one line: what, where, what to do.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// A file of the folder cannot be read.
    #[error("model file {path}: {reason}; give a complete model folder with --model")]
    Read {
        /// The file.
        path: String,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// The manifest is not TOML, lacks a key or has a value of the wrong type.
    #[error("model manifest {path}: {reason}; write it as src/README.md says under Model folders")]
    Syntax {
        /// The manifest.
        path: String,
        /// What the parser says, in one line.
        reason: String,
    },
    /// A value is outside its range.
    #[error("model manifest {path}: {key} = {value} is out of range; it must be {range}")]
    Value {
        /// The manifest.
        path: String,
        /// Dotted key.
        key: &'static str,
        /// The value found.
        value: String,
        /// The values allowed.
        range: &'static str,
    },
    /// A file name leads out of the model folder.
    #[error(
        "model manifest {path}: file \"{name}\" lies outside the model folder; name only files inside it"
    )]
    Escapes {
        /// The manifest.
        path: String,
        /// The name found.
        name: String,
    },
    /// A file is used but has no digest.
    #[error("model manifest {path}: [files] does not list \"{name}\"; add its SHA-256")]
    Unlisted {
        /// The manifest.
        path: String,
        /// The file that is used.
        name: String,
    },
    /// A file is larger than any sensible model.
    #[error(
        "model file {path}: larger than {limit} bytes; give a model folder made for this program"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file's content is not what the manifest promises.
    #[error(
        "model file {path}: SHA-256 is {found}, the manifest says {expected}; the file is cut short or changed, copy the model folder again"
    )]
    Digest {
        /// The file.
        path: String,
        /// Digest in the manifest.
        expected: String,
        /// Digest of the file.
        found: String,
    },
}

/// A model that cannot be used. Each message is one line: what, where, what to do.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The folder or its manifest is at fault.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The ONNX file is cut short or holds what tract cannot read.
    #[error("model {path}: {reason}; export it again as tools/train/README.md says")]
    Onnx {
        /// The ONNX file.
        path: String,
        /// What tract says, in one line.
        reason: String,
    },
    /// The graph's input or output is not what the manifest says.
    #[error(
        "model {path}: {port} is {found}, the manifest says {expected}; correct the manifest or export the model again"
    )]
    Port {
        /// The ONNX file.
        path: String,
        /// "input" or "output".
        port: &'static str,
        /// Name and shape in the graph.
        found: String,
        /// Name and shape in the manifest.
        expected: String,
    },
    /// No engine runs the graph.
    #[error(
        "model {path}: declined by {reasons}; export it again as tools/train/README.md says, or choose another engine"
    )]
    Declined {
        /// The ONNX file.
        path: String,
        /// Every engine that was to run it, with what it says in brackets.
        reasons: String,
    },
    /// A golden file cannot be used.
    #[error("golden file {path}: {reason}; copy the model folder again")]
    GoldenFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The engine's answer for the golden input is another.
    #[error(
        "model {path}: golden output is off by {error:.4} in the mean, at most {tolerance:.4} is allowed; do not fly with it, copy or export the model again"
    )]
    GoldenMismatch {
        /// The ONNX file.
        path: String,
        /// Mean absolute difference of probabilities.
        error: f32,
        /// The most the manifest allows.
        tolerance: f32,
    },
    /// A tile or the room for its answer is not of the size that the manifest says.
    #[error("tile: {found} {what} instead of {expected}; cut it as the model's manifest says")]
    TileSize {
        /// What there is too much or too little of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much there must be.
        expected: usize,
    },
    /// The network failed while running.
    #[error("network failed: {0}; run `scarp check`")]
    Run(String),
}
