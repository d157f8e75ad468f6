//! The keys of all who take part.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Result;
use scarp_station::keys::{Authority, Passphrase, Places, STATION};
use uuid::Uuid;

/// The folders with the keys of the station and of each aircraft.
pub struct Keys {
    pub station: PathBuf,
    pub aircraft: Vec<PathBuf>,
}

/// Makes keys for so many aircraft in `folder`.
pub fn make(folder: &Path, aircraft: usize) -> Result<Keys> {
    let places = Places::new(folder, None);
    let passphrase = Passphrase::new(Uuid::new_v4().to_string());
    let now = SystemTime::now();
    let mut authority = Authority::create(places.clone(), &passphrase, now)?;
    let aircraft = (0..aircraft).map(|number| authority.enrol(&format!("aircraft-{number}"), now));
    Ok(Keys {
        aircraft: aircraft.collect::<Result<_, _>>()?,
        station: places.end(STATION),
    })
}
