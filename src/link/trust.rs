//! What an aircraft holds of its ground station's certificate, kept across flights.
//!
//! An aircraft can be without a true clock and away from whoever runs the authority, so the list of revoked certificates comes to it
//! over the link, signed. It is kept beside the journal, where the aircraft may write, and the later of that and the one beside the
//! keys is in force.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use parking_lot::Mutex;
use quinn::Connection;

use super::tls::{Identity, TlsError, peer};

/// The aircraft's keys, and what it knows to be revoked.
pub struct Trust {
    identity: Mutex<Identity>,
    /// Where the list is kept.
    kept: PathBuf,
}

/// The ground station's certificate is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedStation;

impl Trust {
    /// Reads the aircraft's keys, and the list that came over the link in earlier flights, kept beside `journal`.
    ///
    /// # Errors
    /// When the keys cannot be used, other than that they are revoked. A kept list that cannot is told of and left aside: the ground station sends it again.
    pub fn load(keys: &Path, journal: &Path) -> Result<Arc<Self>, TlsError> {
        let mut identity = Identity::load(keys)?;
        let kept = journal.with_added_extension("revoked.crl");
        match fs::read(&kept) {
            Ok(list) => {
                // One that is no later than that beside the keys has nothing to tell.
                if let Err(e) = identity.revoke(&list)
                    && !e.is_older()
                {
                    log::warn!(
                        "keys {}: {e}; the ground station sends it again",
                        kept.display()
                    );
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => log::warn!(
                "keys {}: {e}; the ground station sends it again",
                kept.display()
            ),
        }
        match identity.require_aircraft() {
            // No reason to stay on the ground: the ground station will say so, and the journal keeps what is found.
            Err(error @ TlsError::Revoked { .. }) => log::error!("{error}"),
            other => other?,
        }
        // Key and certificate that do not belong together never will: no reason to wait for a ground station.
        identity.client_config()?;
        if let Some(fault) = identity.own().date_fault(SystemTime::now()) {
            log::warn!("keys {}: {fault}", keys.display());
        }
        Ok(Arc::new(Self {
            identity: Mutex::new(identity),
            kept,
        }))
    }

    /// The configuration for the next connection, with the list that is in force now.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn client_config(&self) -> Result<quinn::ClientConfig, TlsError> {
        self.identity.lock().client_config()
    }

    /// Judges the ground station at the other end of `connection` anew, by the list of revoked certificates that it has sent (none where
    /// empty). Returns what is wrong with its certificate's dates, or this aircraft's clock, in one line: such a station is told of and
    /// accepted.
    ///
    /// # Errors
    /// When its certificate is revoked.
    pub fn greeted(
        &self,
        connection: &Connection,
        list: &[u8],
    ) -> Result<Option<String>, RevokedStation> {
        let mut identity = self.identity.lock();
        if !list.is_empty() {
            match identity.revoke(list) {
                Ok(true) => self.keep(list),
                Ok(false) => {}
                Err(e) => log::warn!(
                    "link: the list of revoked certificates that the ground station sends {e}; the one before holds"
                ),
            }
        }
        let Some(station) = peer(connection) else {
            return Ok(None);
        };
        if identity.revoked().revokes(&station.serial) {
            return Err(RevokedStation);
        }
        let fault = station.date_fault(SystemTime::now());
        Ok(fault.map(|fault| format!("link: {fault}")))
    }

    fn keep(&self, list: &[u8]) {
        let write = |file: &mut dyn io::Write| file.write_all(list);
        if let Err(e) = scarp_files::replace_durably(&self.kept, write, |e| e) {
            log::warn!(
                "keys {}: {e}; what is revoked holds until this program ends; make the folder writable",
                self.kept.display()
            );
        }
    }
}
