//! The passphrase under which the authority's private key lies, and that key under it.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use pkcs8::{
    EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument,
    der::pem::{LineEnding, PemLabel},
    pkcs5::pbes2,
};
use rcgen::KeyPair;
use ring::rand::{SecureRandom, SystemRandom};

use super::error::KeysError;

/// Fewest characters of a new passphrase.
const LEAST: usize = 12;
/// Rounds of PBKDF2-HMAC-SHA-256 (OWASP, Password Storage Cheat Sheet): what a guess costs.
const ROUNDS: u32 = 600_000;

/// Most bytes that are read of a passphrase's file.
const MAX_FILE_BYTES: u64 = 4096;

/// What opens the authority's private key.
pub struct Passphrase(String);

impl Passphrase {
    /// A passphrase as it was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The first line of a file.
    ///
    /// # Errors
    /// When the file cannot be read, others can, or its first line is none.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let unusable = |reason: &dyn std::fmt::Display| KeysError::PassphraseFile {
            path: path.display().to_string(),
            reason: reason.to_string(),
        };
        let found = fs::metadata(path).map_err(|e| unusable(&e))?;
        if found.is_dir() {
            return Err(unusable(&"is a folder"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A pipe is no file that others could open.
            if found.is_file() && found.permissions().mode() & 0o077 != 0 {
                let path = path.display().to_string();
                return Err(KeysError::Exposed { path });
            }
        }
        let mut text = String::new();
        let file = File::open(path).map_err(|e| unusable(&e))?;
        file.take(MAX_FILE_BYTES)
            .read_to_string(&mut text)
            .map_err(|_| unusable(&"is no text"))?;
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Self(line.to_owned())),
            _ => Err(unusable(&"its first line is empty")),
        }
    }

    /// Refuses one that is too short for a new key.
    pub(super) fn check(&self) -> Result<(), KeysError> {
        let found = self.0.chars().count();
        if found < LEAST {
            return Err(KeysError::Short {
                found,
                least: LEAST,
            });
        }
        Ok(())
    }

    /// A private key under this passphrase: PKCS #8, PBES2 (RFC 8018) with PBKDF2-HMAC-SHA-256 and AES-256-CBC, as PEM.
    pub(super) fn seal(&self, key: &KeyPair) -> Result<String, KeysError> {
        let failed = |e: &dyn std::fmt::Display| KeysError::Crypto(e.to_string());
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        let random = SystemRandom::new();
        random.fill(&mut salt).map_err(|e| failed(&e))?;
        random.fill(&mut iv).map_err(|e| failed(&e))?;
        let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv)
            .map_err(|e| failed(&e))?;
        let sealed = PrivateKeyInfoRef::try_from(key.serialized_der())
            .and_then(|key| key.encrypt_with_params(parameters, &self.0))
            .map_err(|e| failed(&e))?;
        let pem = sealed
            .to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)
            .map_err(|e| failed(&e))?;
        Ok(pem.to_string())
    }

    /// The private key in the file at `path`.
    pub(super) fn open(&self, path: &Path) -> Result<KeyPair, KeysError> {
        let pem = fs::read_to_string(path).map_err(|e| KeysError::read(path, e))?;
        let (label, sealed) =
            SecretDocument::from_pem(&pem).map_err(|e| KeysError::damaged(path, e))?;
        EncryptedPrivateKeyInfoRef::validate_pem_label(label)
            .map_err(|e| KeysError::damaged(path, e))?;
        let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes())
            .map_err(|e| KeysError::damaged(path, e))?;
        let wrong = || KeysError::Passphrase {
            path: path.display().to_string(),
        };
        let key = sealed.decrypt(&self.0).map_err(|_| wrong())?;
        // A wrong passphrase may by chance leave bytes that end as they should.
        KeyPair::try_from(key.as_bytes()).map_err(|_| wrong())
    }
}
