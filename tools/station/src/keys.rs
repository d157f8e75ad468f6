//! Makes the keys with which a ground station and its drones know each other.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use scarp_link::tls::{CA_FILE, CERTIFICATE_FILE, KEY_FILE, SERVER_NAME};
use thiserror::Error;

/// The ground station's folder, inside the one given.
pub const STATION_FOLDER: &str = "station";
/// The drones' folder, inside the one given.
pub const DRONE_FOLDER: &str = "drone";

/// Keys that could not be made.
#[derive(Debug, Error)]
pub enum KeysError {
    /// There are keys already.
    #[error("keys {path}: exists already and is never overwritten; give another folder with --out")]
    Exists {
        /// The folder found.
        path: String,
    },
    /// A file cannot be written.
    #[error("keys {path}: {reason}; give a folder that can be written with --out")]
    Write {
        /// The file or folder.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// The cryptography failed.
    #[error("keys: cannot be made: {reason}; please report this")]
    Crypto {
        /// What it says.
        reason: rcgen::Error,
    },
}

impl From<rcgen::Error> for KeysError {
    fn from(reason: rcgen::Error) -> Self {
        Self::Crypto { reason }
    }
}

/// Writes `station/` and `drone/` below `out`, each with the authority's certificate, its own certificate and its own
/// private key (ECDSA P-256). Private keys are readable by their owner only.
///
/// The authority's private key is thrown away once it has signed both, so nobody can steal it and admit drones of
/// their own. Several drones share one folder; to shut one out, make new keys and copy them to the others.
///
/// # Errors
/// When there are keys already, or a file cannot be written.
pub fn make(out: &Path) -> Result<(), KeysError> {
    let folders = [STATION_FOLDER, DRONE_FOLDER].map(|name| out.join(name));
    for folder in &folders {
        if folder.exists() {
            return Err(KeysError::Exists {
                path: folder.display().to_string(),
            });
        }
    }
    let authority_key = KeyPair::generate()?;
    let mut authority = validity(CertificateParams::default());
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    name(&mut authority, "Scarp survey authority");
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);
    let [station, drone] = &folders;
    for (folder, common_name, use_for) in [
        (station, SERVER_NAME, ExtendedKeyUsagePurpose::ServerAuth),
        (drone, "scarp-drone", ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        let key = KeyPair::generate()?;
        let mut params = validity(CertificateParams::new(vec![common_name.to_owned()])?);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![use_for];
        params.use_authority_key_identifier_extension = true;
        name(&mut params, common_name);
        let certificate = params.signed_by(&key, &issuer)?.pem();
        make_folder(folder)?;
        write(folder.join(CA_FILE), &authority_pem, 0o644)?;
        write(folder.join(CERTIFICATE_FILE), &certificate, 0o644)?;
        write(folder.join(KEY_FILE), &key.serialize_pem(), 0o600)?;
    }
    Ok(())
}

/// Valid as long as the encoding allows: a flight computer without a clock of its own wakes up in 1970, and must still
/// be let in. Trust ends when new keys are made, not by date.
fn validity(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(1970, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params
}

fn name(params: &mut CertificateParams, common_name: &str) {
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
}

fn make_folder(folder: &Path) -> Result<(), KeysError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| write_error(folder, e))
}

fn write(path: PathBuf, text: &str, mode: u32) -> Result<(), KeysError> {
    let mut options = OpenOptions::new();
    // Never over a file that is there, and never readable by others, not even for a moment.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options
        .open(&path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(|e| write_error(&path, e))
}

fn write_error(path: &Path, reason: io::Error) -> KeysError {
    KeysError::Write {
        path: path.display().to_string(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarp_link::Identity;

    #[test]
    fn each_folder_has_keys_that_fit_and_differ_from_every_other_run() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        make(&a).unwrap();
        make(&b).unwrap();
        let station = Identity::load(&a.join(STATION_FOLDER)).unwrap();
        let drone = Identity::load(&a.join(DRONE_FOLDER)).unwrap();
        station.server_config().unwrap();
        drone.client_config().unwrap();
        let other = Identity::load(&b.join(DRONE_FOLDER)).unwrap();
        assert_ne!(drone.secret(), other.secret());
        assert_ne!(drone.secret(), station.secret());
    }

    #[test]
    fn keys_are_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path()).unwrap();
        let key = dir.path().join(DRONE_FOLDER).join(KEY_FILE);
        let before = fs::read(&key).unwrap();
        let error = make(dir.path()).unwrap_err();
        assert!(matches!(error, KeysError::Exists { .. }), "{error}");
        assert_eq!(fs::read(&key).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_key_is_for_its_owner_only_and_is_refused_when_it_is_not() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        make(dir.path()).unwrap();
        let folder = dir.path().join(DRONE_FOLDER);
        let key = folder.join(KEY_FILE);
        assert_eq!(
            fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let line = Identity::load(&folder).err().unwrap().to_string();
        assert!(line.contains("chmod 600"), "{line}");
    }

    #[test]
    fn missing_cut_and_mixed_up_keys_are_reported_in_one_line_that_names_the_place() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path()).unwrap();
        let station = dir.path().join(STATION_FOLDER);
        let drone = dir.path().join(DRONE_FOLDER);
        let line = |folder: &Path| match Identity::load(folder) {
            Ok(identity) => identity.client_config().err().unwrap().to_string(),
            Err(e) => e.to_string(),
        };
        let parent = line(dir.path());
        assert!(
            parent.contains("ca.pem") && parent.contains("station/ or drone/"),
            "{parent}"
        );
        fs::copy(station.join(KEY_FILE), drone.join(KEY_FILE)).unwrap();
        let mixed = line(&drone);
        assert!(
            mixed.contains("drone") && mixed.contains("copy the whole folder"),
            "{mixed}"
        );
        fs::write(station.join(CERTIFICATE_FILE), "-----BEGIN CERT").unwrap();
        let cut = line(&station);
        assert!(cut.contains("cert.pem"), "{cut}");
        assert!([parent, mixed, cut].iter().all(|l| l.lines().count() == 1));
    }
}
