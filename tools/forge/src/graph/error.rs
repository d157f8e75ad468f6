//! Why a graph cannot be used.

use std::io;

use thiserror::Error;

/// A graph that cannot be read, understood or written. Each message is one line: which file, what, what to do.
#[derive(Debug, Error)]
pub enum GraphError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// The file.
        path: String,
        /// Why the system refused.
        error: io::Error,
    },
    /// The file cannot be written.
    #[error("{path}: {error}; free space or choose another place")]
    Write {
        /// The file.
        path: String,
        /// Why the system refused.
        error: io::Error,
    },
    /// The graph is not one this tool can work on.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The input leaves sides open that must be known.
    #[error(
        "{path}: leaves the size of its input open; say it with --size, for instance --size 1024"
    )]
    OpenSize {
        /// The file.
        path: String,
    },
    /// tract does not understand the graph.
    #[error(
        "{path}: tract cannot run this graph ({reason}); export it with plain operators of opset 11 to 17"
    )]
    Engine {
        /// The file.
        path: String,
        /// What tract says.
        reason: String,
    },
}
