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

use super::tls::{Identity, RevocationError, TlsError, peer};

/// The aircraft's keys, and what it knows to be revoked.
pub struct Trust {
    known: Mutex<Known>,
    /// Where the list is kept.
    kept: PathBuf,
}

struct Known {
    identity: Identity,
    /// Whether the list in force is kept, or lies beside the keys.
    is_kept: bool,
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
        let fault = match fs::read(&kept) {
            // One that is no later than that beside the keys has nothing to tell.
            Ok(list) => identity
                .revoke(&list)
                .err()
                .filter(|e| !e.is_older())
                .map(|e| e.to_string()),
            Err(e) => Some(e)
                .filter(|e| e.kind() != io::ErrorKind::NotFound)
                .map(|e| e.to_string()),
        };
        if let Some(fault) = &fault {
            log::warn!(
                "keys {}: {fault}; what the ground station sends takes its place",
                kept.display()
            );
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
            known: Mutex::new(Known {
                identity,
                is_kept: fault.is_none(),
            }),
            kept,
        }))
    }

    /// The configuration for the next connection, with the list that is in force now.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn client_config(&self) -> Result<quinn::ClientConfig, TlsError> {
        self.known.lock().identity.client_config()
    }

    /// Judges the ground station at the other end of `connection` anew, by the list of revoked certificates that it has sent (none where
    /// empty). Returns what is wrong with that list, the place where it is kept, its certificate's dates or this aircraft's clock, in one
    /// line: such a station is told of and accepted.
    ///
    /// # Errors
    /// When its certificate is revoked.
    pub fn greeted(
        &self,
        connection: &Connection,
        list: &[u8],
    ) -> Result<Option<String>, RevokedStation> {
        let mut known = self.known.lock();
        let mut faults = Vec::new();
        if !list.is_empty() {
            faults.extend(self.take(&mut known, list));
        }
        if let Some(station) = peer(connection) {
            if known.identity.revoked().revokes(&station.serial) {
                return Err(RevokedStation);
            }
            let fault = station.date_fault(SystemTime::now());
            faults.extend(fault.map(|fault| format!("link: {fault}")));
        }
        Ok((!faults.is_empty()).then(|| faults.join("; ")))
    }

    /// Takes a list that a ground station has sent, and keeps the one that is in force then; what is wrong with it.
    fn take(&self, known: &mut Known, list: &[u8]) -> Option<String> {
        let refused = match known.identity.revoke(list) {
            Ok(is_newer) => {
                known.is_kept &= !is_newer;
                None
            }
            Err(e) => Some(e),
        };
        // Another authority's ground station is none of ours, and what is kept may be of the one whose keys come back.
        let is_ours = refused.as_ref().is_none_or(RevocationError::is_older);
        if is_ours && !known.is_kept {
            match self.keep(known.identity.revoked().der()) {
                Ok(()) => known.is_kept = true,
                Err(e) => {
                    return Some(format!(
                        "keys {}: {e}; what is revoked holds until this program ends; make the folder writable",
                        self.kept.display()
                    ));
                }
            }
        }
        refused.map(|e| {
            format!(
                "link: the list of revoked certificates that the ground station sends {e}; the one before holds"
            )
        })
    }

    fn keep(&self, list: &[u8]) -> io::Result<()> {
        let write = |file: &mut dyn io::Write| file.write_all(list);
        scarp_files::replace_durably(&self.kept, write, |e| e)
    }
}
