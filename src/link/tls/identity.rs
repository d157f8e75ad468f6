//! One end's keys, and the configurations that follow from them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use quinn::{VarInt, crypto::rustls::QuicClientConfig};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{
    entrance::Entrance,
    error::TlsError,
    files::{
        Certificate, bad_file, bad_pem, read_certificate, read_certificates, refuse_exposed,
        unreadable,
    },
    names::{CA_FILE, CERTIFICATE_FILE, KEY_FILE, PROTOCOL, REVOKED_FILE, SERVER_NAME},
    peer::Peer,
    revocation::{RevocationError, RevocationList},
    transport::{BATCH_WINDOW, MAX_STREAMS, transport, window},
    verifier,
};
use crate::codec::MAX_RECEIPT_BYTES;

/// One end's certificate and key, the authority it trusts, and whom that authority has revoked.
pub struct Identity {
    folder: PathBuf,
    authority: Certificate,
    roots: Arc<RootCertStore>,
    chain: Vec<Certificate>,
    key: PrivateKeyDer<'static>,
    own: Peer,
    revoked: RevocationList,
}

impl Identity {
    /// Reads the folder `station/` or `aircraft/NAME/`.
    ///
    /// # Errors
    /// When a file is missing or not what it should be, or the key can be read by others.
    pub fn load(folder: &Path) -> Result<Self, TlsError> {
        let path = folder.join(CA_FILE);
        let authority = read_certificate(&path)?;
        let mut roots = RootCertStore::empty();
        roots
            .add(authority.clone())
            .map_err(|e| bad_file(&path, e))?;
        let path = folder.join(CERTIFICATE_FILE);
        let chain = read_certificates(&path)?;
        let own = chain.first().and_then(|own| Peer::of(own));
        let own = own.ok_or_else(|| bad_file(&path, "names nobody"))?;
        let path = folder.join(KEY_FILE);
        refuse_exposed(&path)?;
        let key = PrivateKeyDer::from_pem_file(&path).map_err(|e| bad_pem(&path, e))?;
        let path = folder.join(REVOKED_FILE);
        let revoked = fs::read(&path).map_err(|e| unreadable(&path, e))?;
        let revoked =
            RevocationList::verify(&revoked, &authority).map_err(|e| bad_file(&path, e))?;
        Ok(Self {
            folder: folder.to_owned(),
            authority,
            roots: Arc::new(roots),
            chain,
            key,
            own,
            revoked,
        })
    }

    /// The folder that it was read from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whom its own certificate names.
    #[must_use]
    pub fn own(&self) -> &Peer {
        &self.own
    }

    /// The list of revoked certificates in use.
    #[must_use]
    pub fn revoked(&self) -> &RevocationList {
        &self.revoked
    }

    /// Puts a list of revoked certificates, in DER, into the place of the one in use. Configurations made before know nothing of it.
    /// Returns whether it is another.
    ///
    /// # Errors
    /// When it is no list of this end's authority, or an older one. The one in use then stays.
    pub fn revoke(&mut self, list: &[u8]) -> Result<bool, RevocationError> {
        if list == self.revoked.der() {
            return Ok(false);
        }
        let list = RevocationList::verify(list, &self.authority)?;
        let (found, known) = (list.number(), self.revoked.number());
        if found <= known {
            return Err(RevocationError::Older { found, known });
        }
        self.revoked = list;
        Ok(true)
    }

    /// The aircraft's end of the link.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn client_config(&self) -> Result<quinn::ClientConfig, TlsError> {
        let verifier = verifier::of_station(Arc::clone(&self.roots), &self.revoked)
            .map_err(|e| self.mismatch(e))?;
        let mut tls = ClientConfig::builder_with_provider(verifier::provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| self.mismatch(e))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|e| self.mismatch(e))?;
        tls.alpn_protocols = vec![PROTOCOL.to_vec()];
        // Each connection verifies the other end anew; and without a session to take up there is no 0-RTT, which can be replayed.
        tls.resumption = Resumption::disabled();
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
    pub fn entrance(&self) -> Result<Entrance, TlsError> {
        let verifier = verifier::of_aircraft(Arc::clone(&self.roots), &self.revoked)
            .map_err(|e| self.mismatch(e))?;
        let certificate = CertifiedKey::from_der(
            self.chain.clone(),
            self.key.clone_key(),
            &verifier::provider(),
        )
        .map_err(|e| self.mismatch(e))?;
        let certificate = Arc::new(SingleCertAndKey::from(certificate));
        let config = |crypto| {
            let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
            let mut transport = transport();
            transport
                .max_concurrent_bidi_streams(VarInt::from_u32(MAX_STREAMS))
                .stream_receive_window(window(BATCH_WINDOW))
                .receive_window(window(BATCH_WINDOW))
                .send_window(MAX_RECEIPT_BYTES as u64);
            config.transport_config(Arc::new(transport));
            config
        };
        Entrance::new(verifier, certificate, config).map_err(|e| self.mismatch(e))
    }

    /// The configuration of [`entrance`](Self::entrance) for all who knock.
    ///
    /// # Errors
    /// As there.
    pub fn server_config(&self) -> Result<quinn::ServerConfig, TlsError> {
        Ok(self.entrance()?.config().clone())
    }

    /// Whether an aircraft would take this end for the ground station.
    ///
    /// # Errors
    /// When the certificate is an aircraft's, is revoked, or is not signed by the authority beside it.
    pub fn require_station(&self) -> Result<(), TlsError> {
        let (certificate, intermediates) = self.certificates()?;
        let verifier = verifier::of_station(Arc::clone(&self.roots), &self.revoked)
            .map_err(|e| self.mismatch(e))?;
        let name = ServerName::try_from(SERVER_NAME).map_err(|e| self.mismatch(e))?;
        let verified =
            verifier.verify_server_cert(certificate, intermediates, &name, &[], UnixTime::now());
        let folder = self.folder.display().to_string();
        verified
            .map(drop)
            .map_err(|e| self.unfit(e, TlsError::Aircraft { folder }))
    }

    /// Whether a ground station would take this end for an aircraft, its dates left aside: it may be that station's clock alone
    /// that is right.
    ///
    /// # Errors
    /// When the certificate is the ground station's, is revoked, or is not signed by the authority beside it.
    pub fn require_aircraft(&self) -> Result<(), TlsError> {
        let (certificate, intermediates) = self.certificates()?;
        let verifier = verifier::of_aircraft(Arc::clone(&self.roots), &self.revoked)
            .map_err(|e| self.mismatch(e))?;
        let now = verifier::within(certificate, UnixTime::now());
        let verified = verifier.verify_client_cert(certificate, intermediates, now);
        let folder = self.folder.display().to_string();
        verified
            .map(drop)
            .map_err(|e| self.unfit(e, TlsError::Station { folder }))
    }

    /// This end's own certificate, and those between it and the authority.
    fn certificates(&self) -> Result<(&Certificate, &[Certificate]), TlsError> {
        let split = self.chain.split_first();
        split.ok_or_else(|| self.mismatch("there is no certificate"))
    }

    /// Why a certificate is not accepted: it is `other`'s, revoked, or does not fit.
    fn unfit(&self, error: rustls::Error, other: TlsError) -> TlsError {
        match error {
            rustls::Error::InvalidCertificate(
                CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
            ) => other,
            rustls::Error::InvalidCertificate(CertificateError::Revoked) => TlsError::Revoked {
                folder: self.folder.display().to_string(),
                name: self.own.name.clone(),
            },
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
