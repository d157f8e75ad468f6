//! What other programs are shown of the store, and kept up to date with while drones report. One file here for each kind.

mod follower;
mod geojson;
mod published;

use std::{io, sync::Arc, time::Duration};

use scarp_link::Envelope;
use thiserror::Error;

use crate::store::{Store, StoreError};
pub use follower::{Follower, MAX_COMMITS_WAITING};
pub use geojson::{GeoJsonFile, Layer, UnknownEnding, Written, standing_feature};
pub use published::{Published, published};

/// The messages of one commit that changed what stands in the store, in their order: surveys, frames, and landslides that
/// are new, newer than what stood, or withdrawn.
pub type Commit = Arc<[Envelope]>;

/// A way to show other programs what the store holds.
pub trait Feed: Send {
    /// Time from one update to the next; what is committed meanwhile is shown together.
    fn interval(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// Shows all that stands in the store, whatever was shown before.
    ///
    /// # Errors
    /// When it cannot be shown. It is called again then, and what was shown before had better still be there.
    fn snapshot(&mut self, store: &Store) -> Result<(), FeedError>;

    /// Shows what `commits`, at least one, have changed since the last call. The store holds them, and perhaps later ones
    /// already. May take its time: commits that do not wait for it are made up for by a snapshot.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    fn update(&mut self, store: &Store, commits: &[Commit]) -> Result<(), FeedError>;
}

/// A feed that does not show what the store holds.
#[derive(Debug, Error)]
pub enum FeedError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("file {path}: {reason}; {}", write_remedy(reason))]
    Write {
        /// The file.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// The file is the store's own.
    #[error("file {path}: is the store itself, and would be lost; give another file")]
    OverStore {
        /// The file.
        path: String,
    },
    /// The system gave no thread.
    #[error("feed: cannot start a thread: {0}; close other programs")]
    Thread(io::Error),
    /// The feed's thread has died.
    #[error("feed: its thread ended in a panic; please report this")]
    Panicked,
}

fn write_remedy(reason: &io::Error) -> &'static str {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, QuotaExceeded, StorageFull};
    match reason.kind() {
        NotFound | NotADirectory => "make its folder, or give another file",
        IsADirectory => "give a file",
        StorageFull | QuotaExceeded => "free disk space",
        _ => "give a file that can be written",
    }
}

/// The feeds of a ground station, as its command line names them.
#[derive(Debug, clap::Args)]
pub struct FeedArgs {
    /// Also keep the landslides that stand in this GeoJSON file, a few seconds behind
    #[arg(long, value_name = "FILE", value_parser = GeoJsonFile::parser())]
    geojson: Option<GeoJsonFile>,
}

impl FeedArgs {
    /// The feeds asked for.
    #[must_use]
    pub fn feeds(self) -> Vec<Box<dyn Feed>> {
        let mut feeds: Vec<Box<dyn Feed>> = Vec::new();
        if let Some(file) = &self.geojson {
            // Of a station that was killed while it wrote.
            scarp_files::clear_parts(file.path());
        }
        feeds.extend(self.geojson.map(|file| Box::new(file) as _));
        feeds
    }
}
