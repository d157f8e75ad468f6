//! One end's keys, and the configurations that follow from them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use quinn::{
    VarInt,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use rustls::{
    CertificateError, ClientConfig, RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::{
    error::TlsError,
    files::{Certificate, bad_file, bad_pem, read_certificates, refuse_exposed},
    names::{CA_FILE, CERTIFICATE_FILE, KEY_FILE, PROTOCOL, SERVER_NAME},
    transport::{MAX_STREAMS, transport, window},
};
use crate::codec::{MAX_BATCH_BYTES, MAX_RECEIPT_BYTES};

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
