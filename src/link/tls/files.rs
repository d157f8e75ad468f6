//! Reading keys from their folder.

use std::{io, path::Path};

use rustls::pki_types::{
    CertificateDer,
    pem::{self, PemObject},
};

use super::error::TlsError;

/// A certificate, in DER.
pub type Certificate = CertificateDer<'static>;

/// The certificates in a PEM file, at least one.
pub fn read_certificates(path: &Path) -> Result<Vec<Certificate>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|e| bad_pem(path, e))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| bad_pem(path, e))?;
    if certificates.is_empty() {
        return Err(bad_file(path, "holds no certificate"));
    }
    Ok(certificates)
}

/// The one certificate in a PEM file.
pub fn read_certificate(path: &Path) -> Result<Certificate, TlsError> {
    match <[_; 1]>::try_from(read_certificates(path)?) {
        Ok([certificate]) => Ok(certificate),
        Err(_) => Err(bad_file(path, "holds more than one certificate")),
    }
}

/// Refuses a private key that others can read.
#[cfg(unix)]
pub fn refuse_exposed(key: &Path) -> Result<(), TlsError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(key)
        .map_err(|e| unreadable(key, e))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(TlsError::Exposed {
            path: key.display().to_string(),
        });
    }
    Ok(())
}

/// Refuses a private key that others can read, where the system can tell.
#[cfg(not(unix))]
pub fn refuse_exposed(_key: &Path) -> Result<(), TlsError> {
    Ok(())
}

/// The error for a PEM file that cannot be read.
pub fn bad_pem(path: &Path, error: pem::Error) -> TlsError {
    match error {
        pem::Error::Io(reason) => unreadable(path, reason),
        error => bad_file(path, error),
    }
}

/// The error for a file that the system does not let this program read.
pub fn unreadable(path: &Path, reason: io::Error) -> TlsError {
    if reason.kind() == io::ErrorKind::PermissionDenied {
        let path = path.display().to_string();
        TlsError::Unreadable { path, reason }
    } else {
        bad_file(path, reason)
    }
}

/// The error for a file that is missing or not what it should be.
pub fn bad_file(path: &Path, reason: impl std::fmt::Display) -> TlsError {
    TlsError::File {
        path: path.display().to_string(),
        reason: reason.to_string().replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_this_user_may_not_read_is_told_by_that_and_not_by_a_wrong_folder() {
        let path = Path::new("keys/aircraft/alpha/key.pem");
        let told = |kind: io::ErrorKind| bad_pem(path, pem::Error::Io(kind.into())).to_string();
        let denied = told(io::ErrorKind::PermissionDenied);
        assert!(
            denied.starts_with(
                "keys keys/aircraft/alpha/key.pem: permission denied; make it readable"
            )
        );
        let missing = told(io::ErrorKind::NotFound);
        assert!(missing.contains("give this end's folder"), "{missing}");
        assert!(!missing.contains("I/O error"), "{missing}");
    }
}
