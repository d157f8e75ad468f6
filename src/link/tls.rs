//! Who may speak to whom: TLS 1.3 with certificates on both ends, all signed by one private authority.
//!
//! `scarp-station keys` writes two folders, `station/` and `drone/`, each with `ca.pem`, `cert.pem` and `key.pem`. There
//! are no default keys and no way to go without: an end whose certificate the other end's authority has not signed
//! gets no connection. A drone's certificate is good for a client only, so a stolen one cannot pose as the station.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use quinn::{
    IdleTimeout, TransportConfig, VarInt,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use rustls::{
    CertificateError, ClientConfig, RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{self, PemObject},
    },
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use thiserror::Error;

use super::codec::{MAX_BATCH_BYTES, MAX_RECEIPT_BYTES};

/// The name in every ground station's certificate, whatever its address.
pub const SERVER_NAME: &str = "scarp-station";
/// The protocol's name in the TLS handshake (ALPN). The number changes when the streams' form does.
pub const PROTOCOL: &[u8] = b"scarp/2";
/// The authority's certificate, in both folders.
pub const CA_FILE: &str = "ca.pem";
/// This end's certificate.
pub const CERTIFICATE_FILE: &str = "cert.pem";
/// This end's private key, readable by its owner only.
pub const KEY_FILE: &str = "key.pem";

/// A connection on which nothing arrives for so long is given up. Long enough for a drone behind a ridge, short enough
/// to try anew soon.
pub(crate) const IDLE_TIMEOUT_MS: u32 = 15_000;
/// Shows both ends that the other is there. Three may be lost before the connection is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// Streams a drone may have open at once. It uses one; the rest is room for one that was given up and one anew.
const MAX_STREAMS: u32 = 4;

/// Keys that cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is missing or not what it should be.
    #[error(
        "keys {path}: {reason}; give the folder station/ or drone/ that `scarp-station keys` wrote"
    )]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system does not let this user read a file.
    #[error("keys {path}: {reason}; make it readable for the user that runs this program")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The private key can be read by others.
    #[error("keys {path}: others can read this private key; run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: String,
    },
    /// The drone was given the ground station's keys.
    #[error(
        "keys {folder}: are the ground station's; give the folder drone/ that `scarp-station keys` wrote"
    )]
    Station {
        /// The folder.
        folder: String,
    },
    /// The ground station was given a drone's keys.
    #[error(
        "keys {folder}: are a drone's; give the folder station/ that `scarp-station keys` wrote"
    )]
    Drone {
        /// The folder.
        folder: String,
    },
    /// The files do not belong together.
    #[error(
        "keys {folder}: {reason}; copy the whole folder again from where `scarp-station keys` wrote it"
    )]
    Mismatch {
        /// The folder.
        folder: String,
        /// What does not fit.
        reason: String,
    },
}

type Certificate = CertificateDer<'static>;

/// One end's certificate and key, and the authority it trusts.
pub struct Identity {
    folder: PathBuf,
    roots: Arc<RootCertStore>,
    chain: Vec<Certificate>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads the folder `station/` or `drone/`.
    ///
    /// # Errors
    /// When a file is missing, is no PEM of its kind, or the key can be read by others.
    pub fn load(folder: &Path) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates(&folder.join(CA_FILE))? {
            roots
                .add(certificate)
                .map_err(|e| bad_file(&folder.join(CA_FILE), e))?;
        }
        let key_path = folder.join(KEY_FILE);
        refuse_exposed(&key_path)?;
        Ok(Self {
            folder: folder.to_owned(),
            roots: Arc::new(roots),
            chain: read_certificates(&folder.join(CERTIFICATE_FILE))?,
            key: PrivateKeyDer::from_pem_file(&key_path).map_err(|e| bad_pem(&key_path, e))?,
        })
    }

    /// The drone's end of the link.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn client_config(&self) -> Result<quinn::ClientConfig, TlsError> {
        let mut tls = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| self.mismatch(e))?
            .with_root_certificates(Arc::clone(&self.roots))
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|e| self.mismatch(e))?;
        tls.alpn_protocols = vec![PROTOCOL.to_vec()];
        let crypto = QuicClientConfig::try_from(tls).map_err(|e| self.mismatch(e))?;
        let mut config = quinn::ClientConfig::new(Arc::new(crypto));
        let mut transport = transport();
        // The ground station opens no streams.
        transport
            .max_concurrent_bidi_streams(VarInt::from_u32(0))
            .stream_receive_window(window(MAX_RECEIPT_BYTES))
            .receive_window(window(MAX_RECEIPT_BYTES));
        config.transport_config(Arc::new(transport));
        Ok(config)
    }

    /// The ground station's end of the link. A client without a certificate of the same authority is refused.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn server_config(&self) -> Result<quinn::ServerConfig, TlsError> {
        let mut tls = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| self.mismatch(e))?
            .with_client_cert_verifier(self.client_verifier()?)
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|e| self.mismatch(e))?;
        tls.alpn_protocols = vec![PROTOCOL.to_vec()];
        let crypto = QuicServerConfig::try_from(tls).map_err(|e| self.mismatch(e))?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
        let mut transport = transport();
        transport
            .max_concurrent_bidi_streams(VarInt::from_u32(MAX_STREAMS))
            .stream_receive_window(window(MAX_BATCH_BYTES))
            .receive_window(window(2 * MAX_BATCH_BYTES));
        config.transport_config(Arc::new(transport));
        Ok(config)
    }

    /// Whether a drone would take this end for the ground station.
    ///
    /// # Errors
    /// When the certificate is a drone's, or is not signed by the authority beside it.
    pub fn require_station(&self) -> Result<(), TlsError> {
        let (certificate, intermediates) = self.certificates()?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider())
                .build()
                .map_err(|e| self.mismatch(e))?;
        let name = ServerName::try_from(SERVER_NAME).map_err(|e| self.mismatch(e))?;
        let verified =
            verifier.verify_server_cert(certificate, intermediates, &name, &[], UnixTime::now());
        let folder = self.folder.display().to_string();
        verified
            .map(drop)
            .map_err(|e| self.unfit(e, TlsError::Drone { folder }))
    }

    /// Whether a ground station would take this end for a drone.
    ///
    /// # Errors
    /// When the certificate is the ground station's, or is not signed by the authority beside it.
    pub fn require_drone(&self) -> Result<(), TlsError> {
        let (certificate, intermediates) = self.certificates()?;
        let verified =
            self.client_verifier()?
                .verify_client_cert(certificate, intermediates, UnixTime::now());
        let folder = self.folder.display().to_string();
        verified
            .map(drop)
            .map_err(|e| self.unfit(e, TlsError::Station { folder }))
    }

    fn client_verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        WebPkiClientVerifier::builder_with_provider(Arc::clone(&self.roots), provider())
            .build()
            .map_err(|e| self.mismatch(e))
    }

    /// This end's own certificate, and those between it and the authority.
    fn certificates(&self) -> Result<(&Certificate, &[Certificate]), TlsError> {
        let split = self.chain.split_first();
        split.ok_or_else(|| self.mismatch("there is no certificate"))
    }

    /// Why a certificate is not accepted: it is `other`'s, or does not fit.
    fn unfit(&self, error: rustls::Error, other: TlsError) -> TlsError {
        match error {
            rustls::Error::InvalidCertificate(
                CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
            ) => other,
            error => self.mismatch(error),
        }
    }

    /// The private key's bytes (DER), from which the ground station derives what must outlive its process.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        self.key.secret_der()
    }

    fn mismatch(&self, reason: impl std::fmt::Display) -> TlsError {
        TlsError::Mismatch {
            folder: self.folder.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_TIMEOUT_MS))))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None);
    transport
}

fn window(bytes: usize) -> VarInt {
    VarInt::try_from(bytes as u64).unwrap_or(VarInt::MAX)
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|e| bad_pem(path, e))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| bad_pem(path, e))?;
    if certificates.is_empty() {
        return Err(bad_file(path, "holds no certificate"));
    }
    Ok(certificates)
}

#[cfg(unix)]
fn refuse_exposed(key: &Path) -> Result<(), TlsError> {
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

#[cfg(not(unix))]
fn refuse_exposed(_key: &Path) -> Result<(), TlsError> {
    Ok(())
}

fn bad_pem(path: &Path, error: pem::Error) -> TlsError {
    match error {
        pem::Error::Io(reason) => unreadable(path, reason),
        error => bad_file(path, error),
    }
}

fn unreadable(path: &Path, reason: io::Error) -> TlsError {
    if reason.kind() == io::ErrorKind::PermissionDenied {
        let path = path.display().to_string();
        TlsError::Unreadable { path, reason }
    } else {
        bad_file(path, reason)
    }
}

fn bad_file(path: &Path, reason: impl std::fmt::Display) -> TlsError {
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
        let path = Path::new("keys/drone/key.pem");
        let told = |kind: io::ErrorKind| bad_pem(path, pem::Error::Io(kind.into())).to_string();
        let denied = told(io::ErrorKind::PermissionDenied);
        assert!(denied.starts_with("keys keys/drone/key.pem: permission denied; make it readable"));
        let missing = told(io::ErrorKind::NotFound);
        assert!(missing.contains("give the folder"), "{missing}");
        assert!(!missing.contains("I/O error"), "{missing}");
    }
}
