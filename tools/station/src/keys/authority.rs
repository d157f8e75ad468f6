//! The authority: it enrols, renews and revokes.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::SystemTime,
};

use chrono::{DateTime, SubsecRound, Utc};
use quinn::rustls::pki_types::{CertificateDer, pem::PemObject};
use rcgen::{Issuer, KeyPair};
use scarp_link::tls::{
    CA_FILE, CERTIFICATE_FILE, KEY_FILE, MAX_REVOKED_BYTES, REVOKED_FILE, RevocationList, is_name,
};

use super::{
    certificate,
    error::KeysError,
    folder::{self, Places, Readers, STATION},
    ledger::{LEDGER_FILE, Ledger},
    passphrase::Passphrase,
};

/// An authority whose private key is open. While it is, no other command can change the keys.
pub struct Authority {
    places: Places,
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    ledger: Ledger,
    _lock: File,
}

/// What a revocation has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// Certificates revoked now; none where all had been.
    pub certificates: usize,
    /// Whether the ground station's folder was there to take the list.
    pub station: bool,
}

impl Authority {
    /// Makes an authority whose private key lies under `passphrase`, and the keys of its ground station.
    ///
    /// # Errors
    /// When there are keys already, the passphrase is too short, or a file cannot be written.
    pub fn create(
        places: Places,
        passphrase: &Passphrase,
        now: SystemTime,
    ) -> Result<Self, KeysError> {
        passphrase.check()?;
        Self::require_room(&places)?;
        let now = seconds(now);
        let key = KeyPair::generate()?;
        let sealed = passphrase.seal(&key)?;
        let certificate = certificate::authority(&key, now)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, key)?;
        let ledger = Ledger {
            list_number: 1,
            ..Ledger::default()
        };
        folder::make(
            places.authority(),
            &[
                (CA_FILE, certificate.as_bytes(), Readers::All),
                (KEY_FILE, sealed.as_bytes(), Readers::Owner),
                (LEDGER_FILE, &ledger.encode()?, Readers::All),
                (
                    REVOKED_FILE,
                    &certificate::list(&issuer, &ledger, now)?,
                    Readers::All,
                ),
            ],
        )?;
        let mut authority = Self {
            _lock: lock(&places)?,
            places,
            certificate,
            issuer,
            ledger,
        };
        authority.issue(STATION, now)?;
        Ok(authority)
    }

    /// Whether an authority and its ground station's keys can be made in `places`.
    ///
    /// # Errors
    /// When there are keys already.
    pub fn require_room(places: &Places) -> Result<(), KeysError> {
        const OTHER: &str = "give another folder with --keys or --authority";
        let station = places.end(STATION);
        // As a command leaves it that was stopped in between.
        let half = Ledger::read(places.authority()).is_ok() && !station.exists();
        let remedy = if half {
            "`scarp-station keys renew station` makes the ground station's keys with it, or give another folder with --keys or --authority"
        } else {
            OTHER
        };
        refuse_existing(places.authority(), remedy)?;
        refuse_existing(&station, OTHER)
    }

    /// Opens an authority's private key.
    ///
    /// # Errors
    /// When there is no authority, the passphrase is another, or a file is damaged or another authority's.
    pub fn open(places: Places, passphrase: &Passphrase) -> Result<Self, KeysError> {
        // First, since it says that there is no authority.
        Ledger::read(places.authority())?;
        let lock = lock(&places)?;
        let path = places.authority().join(CA_FILE);
        let certificate = fs::read_to_string(&path).map_err(|e| KeysError::read(&path, e))?;
        let key = passphrase.open(&places.authority().join(KEY_FILE))?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, key)
            .map_err(|e| KeysError::damaged(&path, e))?;
        let authority = Self {
            ledger: Ledger::read(places.authority())?,
            places,
            certificate,
            issuer,
            _lock: lock,
        };
        authority.require_fit()?;
        Ok(authority)
    }

    /// Makes sure that what this authority signs will be taken for its own: keys that nobody accepts would be noticed in the field.
    fn require_fit(&self) -> Result<(), KeysError> {
        let signed = certificate::list(&self.issuer, &self.ledger, SystemTime::now())?;
        self.require_own(&signed).map_err(|_| {
            let path = self.places.authority().join(CA_FILE);
            KeysError::damaged(&path, "it is not of the private key beside it")
        })
    }

    /// The list of revoked certificates as it was signed last.
    fn list(&self) -> Result<Vec<u8>, KeysError> {
        let path = self.places.authority().join(REVOKED_FILE);
        let list = fs::read(&path).map_err(|e| KeysError::read(&path, e))?;
        let own = self.require_own(&list);
        own.map_err(|reason| KeysError::damaged(&path, reason))?;
        Ok(list)
    }

    /// Whether a list is signed by this authority.
    fn require_own(&self, list: &[u8]) -> Result<(), String> {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes());
        let certificate = certificate.map_err(|e| e.to_string())?;
        let list = RevocationList::verify(list, &certificate);
        list.map(drop).map_err(|e| e.to_string())
    }

    /// Makes sure that the clock, which shows `now`, is not behind this authority's beginning: certificates would be made for another time.
    ///
    /// # Errors
    /// When it is.
    pub fn require_clock(&self, now: SystemTime) -> Result<(), KeysError> {
        let now = DateTime::<Utc>::from(now);
        match self.ledger.began() {
            Some(began) if now < began => Err(KeysError::Clock {
                now: now.date_naive().to_string(),
                began: began.date_naive().to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Makes the keys of a new aircraft, and returns their folder.
    ///
    /// # Errors
    /// When the name cannot be one, is taken, or a file cannot be written.
    pub fn enrol(&mut self, name: &str, now: SystemTime) -> Result<PathBuf, KeysError> {
        let name_of = || name.to_owned();
        if !is_name(name) || !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(KeysError::Name { name: name_of() });
        }
        if is_device(name) {
            return Err(KeysError::Device { name: name_of() });
        }
        if name == STATION || self.ledger.knows(name) {
            return Err(KeysError::Known { name: name_of() });
        }
        if let Some(other) = self.ledger.alike(name) {
            let other = other.to_owned();
            return Err(KeysError::Alike {
                name: name_of(),
                other,
            });
        }
        refuse_existing(&self.places.end(name), "move it away, or take another name")?;
        self.issue(name, seconds(now))
    }

    /// Makes new keys for the ground station or an aircraft, revoked or not, and returns their folder. The certificates before stay
    /// as good as they are.
    ///
    /// # Errors
    /// When nobody has this name, or a file cannot be written.
    pub fn renew(&mut self, name: &str, now: SystemTime) -> Result<PathBuf, KeysError> {
        if name != STATION {
            self.require(name)?;
        }
        self.issue(name, seconds(now))
    }

    /// Revokes all certificates of the ground station or an aircraft, and puts the new list where keys lie.
    ///
    /// # Errors
    /// When nobody has this name, the list is full, or a file cannot be written.
    pub fn revoke(&mut self, name: &str, now: SystemTime) -> Result<Revoked, KeysError> {
        self.require(name)?;
        let now = seconds(now);
        let mut certificates = 0;
        for issued in &mut self.ledger.issued {
            if issued.name == name && issued.revoked.is_none() {
                issued.revoked = Some(now.into());
                certificates += 1;
            }
        }
        // Also where there is none left to revoke: a command that was killed may have left the list unwritten.
        self.ledger.list_number += 1;
        let list = certificate::list(&self.issuer, &self.ledger, now)?;
        if list.len() > MAX_REVOKED_BYTES {
            return Err(KeysError::ListFull {
                bytes: list.len(),
                limit: MAX_REVOKED_BYTES,
            });
        }
        self.ledger.write(self.places.authority())?;
        folder::replace(&self.places.authority().join(REVOKED_FILE), &list)?;
        Ok(Revoked {
            certificates,
            station: self.places.put_revoked(&list)?,
        })
    }

    fn require(&self, name: &str) -> Result<(), KeysError> {
        if self.ledger.knows(name) {
            return Ok(());
        }
        Err(KeysError::Unknown {
            name: name.to_owned(),
        })
    }

    fn issue(&mut self, name: &str, now: SystemTime) -> Result<PathBuf, KeysError> {
        let list = self.list()?;
        let new = certificate::issue(&self.issuer, name, now)?;
        // Noted before it is handed out, so that it can be revoked whatever happens in between.
        self.ledger.issued.push(new.issued);
        self.ledger.write(self.places.authority())?;
        let folder = self.places.end(name);
        folder::make_anew(
            &folder,
            &[
                (CA_FILE, self.certificate.as_bytes(), Readers::All),
                (CERTIFICATE_FILE, new.certificate.as_bytes(), Readers::All),
                (KEY_FILE, new.key.serialize_pem().as_bytes(), Readers::Owner),
                (REVOKED_FILE, &list, Readers::All),
            ],
        )?;
        Ok(folder)
    }
}

/// Whether Windows takes `name` for that of a device in whatever folder
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn is_device(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let numbered = |kind| {
        name.strip_prefix(kind)
            .is_some_and(|number: &str| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    ["CON", "PRN", "AUX", "NUL"].contains(&name.as_str()) || numbered("COM") || numbered("LPT")
}

fn refuse_existing(folder: &Path, remedy: &'static str) -> Result<(), KeysError> {
    if folder.exists() {
        let path = folder.display().to_string();
        return Err(KeysError::Exists { path, remedy });
    }
    Ok(())
}

/// Keeps other commands from changing the keys until it is dropped.
fn lock(places: &Places) -> Result<File, KeysError> {
    let path = places.authority().join(CA_FILE);
    let file = File::open(&path).map_err(|e| KeysError::read(&path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(KeysError::Busy {
            path: places.authority().display().to_string(),
        }),
        Err(TryLockError::Error(reason)) => Err(KeysError::Lock {
            path: path.display().to_string(),
            reason,
        }),
    }
}

/// As certificates have it, and the ledger.
fn seconds(time: SystemTime) -> SystemTime {
    DateTime::<Utc>::from(time).trunc_subsecs(0).into()
}
