//! The keys of all who take part.

use std::path::{Path, PathBuf};

use anyhow::Result;
use scarp_station::keys;

/// The folders with the keys of the station and of each aircraft.
pub struct Keys {
    pub station: PathBuf,
    pub aircraft: Vec<PathBuf>,
}

/// Makes keys for so many aircraft in `folder`; they share theirs.
pub fn make(folder: &Path, aircraft: usize) -> Result<Keys> {
    keys::make(folder)?;
    Ok(Keys {
        station: folder.join(keys::STATION_FOLDER),
        aircraft: vec![folder.join(keys::DRONE_FOLDER); aircraft],
    })
}
