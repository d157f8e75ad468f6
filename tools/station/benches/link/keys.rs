//! The keys of all who take part.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Result;
use scarp_station::keys::{Authority, Passphrase, Places, STATION};

/// The folders with the keys of the station and of each aircraft.
pub struct Keys {
    pub station: PathBuf,
    pub aircraft: Vec<PathBuf>,
}

/// Makes keys for so many aircraft in `folder`.
pub fn make(folder: &Path, aircraft: usize) -> Result<Keys> {
    let places = Places::new(folder, None);
    let passphrase = Passphrase::new("of a folder that goes with the benchmark".to_owned());
    let now = SystemTime::now();
    let mut authority = Authority::create(places.clone(), &passphrase, now)?;
    let enrol = |number| Ok(authority.enrol(&format!("aircraft-{number}"), now)?);
    Ok(Keys {
        aircraft: (1..=aircraft).map(enrol).collect::<Result<_>>()?,
        station: places.end(STATION),
    })
}
