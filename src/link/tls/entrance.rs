//! What a ground station asks of each who knocks, and whose certificate it did not accept.

use std::{
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use quinn::{ConnectionError, crypto::rustls::QuicServerConfig};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    pki_types::{CertificateDer, UnixTime},
    server::{
        NoServerSessionStorage, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{
    alert::{NO_APPLICATION_PROTOCOL, of_certificate, tls_alert},
    names::PROTOCOL,
    peer::Peer,
    verifier,
};

/// The configurations of a ground station's end.
pub struct Entrance {
    verifier: Arc<dyn ClientCertVerifier>,
    certificate: Arc<dyn ResolvesServerCert>,
    /// For all who knock.
    config: quinn::ServerConfig,
}

/// Whose certificate was not accepted on one connection, if that is why there is none. Clones tell of the same connection.
#[derive(Debug, Clone, Default)]
pub struct Refused(Arc<OnceLock<Refusal>>);

/// A certificate that was not accepted.
#[derive(Debug)]
struct Refusal {
    /// Whom it names. Whoever shows it has not proved that it is theirs.
    peer: Option<Peer>,
    error: Error,
}

impl Entrance {
    /// One where certificates are verified by `verifier`, and this end shows `certificate`; of `config` all but the cryptography holds.
    pub(super) fn new(
        verifier: Arc<dyn ClientCertVerifier>,
        certificate: Arc<dyn ResolvesServerCert>,
        config: impl FnOnce(QuicServerConfig) -> quinn::ServerConfig,
    ) -> Result<Self, String> {
        let crypto = crypto(Arc::clone(&verifier), &certificate)?;
        Ok(Self {
            verifier,
            certificate,
            config: config(crypto),
        })
    }

    /// The configuration for all who knock.
    #[must_use]
    pub fn config(&self) -> &quinn::ServerConfig {
        &self.config
    }

    /// The configuration for one connection, and what tells afterwards whose certificate was not accepted on it.
    #[must_use]
    pub fn for_one(&self) -> (quinn::ServerConfig, Refused) {
        let refused = Refused::default();
        let noting = Noting {
            verifier: Arc::clone(&self.verifier),
            refused: refused.clone(),
        };
        let mut config = self.config.clone();
        // As it went before, it goes now.
        if let Ok(crypto) = crypto(Arc::new(noting), &self.certificate) {
            config.crypto = Arc::new(crypto);
        }
        (config, refused)
    }
}

fn crypto(
    verifier: Arc<dyn ClientCertVerifier>,
    certificate: &Arc<dyn ResolvesServerCert>,
) -> Result<QuicServerConfig, String> {
    let mut tls = ServerConfig::builder_with_provider(verifier::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| e.to_string())?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::clone(certificate));
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    // As at the aircraft's end: what a session was given before a revocation must not outlive it.
    tls.send_tls13_tickets = 0;
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    QuicServerConfig::try_from(tls).map_err(|e| e.to_string())
}

impl Refused {
    /// Why the handshake that ended with `error` failed, at `now`, in one line: whose certificate was not accepted and what to do about it,
    /// where it was for a certificate.
    #[must_use]
    pub fn describe(&self, error: &ConnectionError, now: SystemTime) -> String {
        log::debug!("link: {error}");
        if let Some(refusal) = self.0.get() {
            return refusal.describe(now);
        }
        match (tls_alert(error), error) {
            (Some(NO_APPLICATION_PROTOCOL), _) => format!(
                "it does not speak this form of the link, {}; update both ends to one version",
                String::from_utf8_lossy(PROTOCOL)
            ),
            (Some(alert), ConnectionError::ConnectionClosed(_)) => format!(
                "it says that this station's certificate {}; give both ends keys of one authority",
                of_certificate(alert)
            ),
            (Some(alert), _) => format!("its certificate {}", of_certificate(alert)),
            (None, error) => error.to_string(),
        }
    }
}

impl Refusal {
    fn describe(&self, now: SystemTime) -> String {
        let Some(peer) = &self.peer else {
            return "its certificate names nobody; give it keys by `scarp-station keys enrol`"
                .to_owned();
        };
        let name = &peer.name;
        let dates = peer.date_fault(now).filter(|_| is_of_dates(&self.error));
        if let Some(dates) = dates {
            return dates;
        }
        let Error::InvalidCertificate(error) = &self.error else {
            return format!("the certificate of {name} is not accepted");
        };
        match error {
            CertificateError::Revoked => format!(
                "the certificate of {name} is revoked; `scarp-station keys renew {name}` makes new keys for it"
            ),
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnknownRevocationStatus => format!(
                "it shows a certificate of another authority, with the name {name}; give both ends keys of one authority"
            ),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                format!(
                    "the certificate of {name} is not an aircraft's; give it the folder aircraft/NAME/"
                )
            }
            _ => format!("the certificate of {name} is not accepted"),
        }
    }
}

/// Whether a certificate's dates alone are at fault, as far as was looked.
fn is_of_dates(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        )
    )
}

/// Verifies as another does, and notes whose certificate is not accepted.
#[derive(Debug)]
struct Noting {
    verifier: Arc<dyn ClientCertVerifier>,
    refused: Refused,
}

impl ClientCertVerifier for Noting {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self
            .verifier
            .verify_client_cert(end_entity, intermediates, now);
        verified.inspect_err(|error| {
            // Dates are looked at before the signature is, and anyone can make a certificate with a name and dates.
            let error = if is_of_dates(error) {
                let within = verifier::within(end_entity, now);
                let otherwise = self
                    .verifier
                    .verify_client_cert(end_entity, intermediates, within);
                otherwise.err().unwrap_or_else(|| error.clone())
            } else {
                error.clone()
            };
            let peer = Peer::of(end_entity);
            self.refused.0.set(Refusal { peer, error }).ok();
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
