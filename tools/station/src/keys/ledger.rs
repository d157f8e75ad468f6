//! The ledger: what the authority has issued, and what it has revoked.

use std::{fs, io, ops::RangeInclusive, path::Path, time::SystemTime};

use chrono::{DateTime, Datelike, Utc};
use scarp_link::tls::{Serial, is_name};
use serde::{Deserialize, Serialize};

use super::{
    error::KeysError,
    folder::{self, STATION},
};

/// The ledger's file, in the authority's folder.
pub(super) const LEDGER_FILE: &str = "issued.json";

/// Years that a certificate can tell (RFC 5280, section 4.1.2.5), from when the authorities of this program can be.
const YEARS: RangeInclusive<i32> = 1950..=9999;
/// Most bytes of a serial number (RFC 5280, section 4.1.2.2).
const MAX_SERIAL_BYTES: usize = 20;
/// Far more lists than anybody signs, and room to count on from there.
const MAX_LIST_NUMBER: u64 = u64::MAX / 2;

/// What the authority has issued, in that order, and what it has revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Every certificate, also of those that have ended.
    pub issued: Vec<Issued>,
    /// Number of the list of revoked certificates. Each list has a higher one than the list before it.
    pub list_number: u64,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Whom it names: an aircraft, or [`STATION`].
    pub name: String,
    /// Its serial number, in hexadecimal digits.
    #[serde(with = "digits")]
    pub serial: Serial,
    /// When it begins to be valid.
    pub not_before: DateTime<Utc>,
    /// When it ends.
    pub not_after: DateTime<Utc>,
    /// When it was revoked, if it was.
    pub revoked: Option<DateTime<Utc>>,
}

/// What a certificate is good for at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// It was revoked.
    Revoked,
    /// It has not begun.
    NotYetValid,
    /// It is accepted.
    Valid,
    /// It has ended.
    Ended,
}

impl Issued {
    /// What it is good for by a clock that shows `now`.
    #[must_use]
    pub fn validity(&self, now: SystemTime) -> Validity {
        let now = DateTime::<Utc>::from(now);
        if self.revoked.is_some() {
            Validity::Revoked
        } else if now < self.not_before {
            Validity::NotYetValid
        } else if now > self.not_after {
            Validity::Ended
        } else {
            Validity::Valid
        }
    }

    /// What no authority has written, if anything here is it.
    fn fault(&self) -> Option<String> {
        let Self { name, serial, .. } = self;
        if !is_name(name) {
            return Some(format!("name {name:?}"));
        }
        if !(1..=MAX_SERIAL_BYTES).contains(&serial.bytes().len()) {
            return Some(format!("serial number {serial} of {name}"));
        }
        let times = [Some(self.not_before), Some(self.not_after), self.revoked];
        let mut years = times.into_iter().flatten().map(|time| time.year());
        let year = years.find(|year| !YEARS.contains(year))?;
        Some(format!("year {year} of {name}"))
    }

    /// Whole days until it ends, negative once it has.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> i64 {
        (self.not_after - DateTime::<Utc>::from(now))
            .num_seconds()
            .div_euclid(24 * 60 * 60)
    }
}

impl Ledger {
    /// Reads the ledger of the authority in `folder`.
    ///
    /// # Errors
    /// When there is no authority, or its ledger is damaged.
    pub fn read(folder: &Path) -> Result<Self, KeysError> {
        let path = folder.join(LEDGER_FILE);
        let text = fs::read(&path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => KeysError::NoAuthority {
                path: folder.display().to_string(),
            },
            _ => KeysError::read(&path, e),
        })?;
        let ledger: Self =
            serde_json::from_slice(&text).map_err(|e| KeysError::damaged(&path, e))?;
        match ledger.fault() {
            Some(fault) => Err(KeysError::damaged(&path, fault)),
            None => Ok(ledger),
        }
    }

    /// What no authority has written, if anything here is it.
    fn fault(&self) -> Option<String> {
        if self.list_number > MAX_LIST_NUMBER {
            return Some(format!("list number {}", self.list_number));
        }
        self.issued.iter().find_map(Issued::fault)
    }

    /// Puts it into the place of the one in `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<(), KeysError> {
        folder::replace(&folder.join(LEDGER_FILE), &self.encode()?)
    }

    /// As it lies in its file.
    pub(super) fn encode(&self) -> Result<Vec<u8>, KeysError> {
        serde_json::to_vec_pretty(self).map_err(|e| KeysError::Crypto(e.to_string()))
    }

    /// Somebody's name that differs from `name` in upper and lower case only.
    #[must_use]
    pub fn alike(&self, name: &str) -> Option<&str> {
        let known = self.issued.iter().map(|issued| issued.name.as_str());
        let mut names = known.chain([STATION]);
        names.find(|known| *known != name && known.eq_ignore_ascii_case(name))
    }

    /// When the authority was made, by its clock then: with its first certificate.
    pub(super) fn began(&self) -> Option<DateTime<Utc>> {
        self.issued.iter().map(|issued| issued.not_before).min()
    }

    /// Whether somebody was ever enrolled under this name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.issued.iter().any(|issued| issued.name == name)
    }
}

mod digits {
    use scarp_link::tls::Serial;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(serial: &Serial, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(serial)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Serial, D::Error> {
        let digits = String::deserialize(from)?;
        digits.parse().map_err(D::Error::custom)
    }
}
