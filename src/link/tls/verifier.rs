//! What each end asks of the other's certificate.
//!
//! Both ask for the authority's signature, for the right purpose, and that the list of revoked certificates does not name it. That
//! list covers whatever the authority signs, so a certificate whose state it cannot tell is refused.

use std::sync::Arc;

use rustls::{
    DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        VerifierBuilderError, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::{peer::Peer, revocation::RevocationList};

/// What the ground station asks of an aircraft: also that its certificate is valid by the station's clock.
pub fn of_aircraft(
    roots: Arc<RootCertStore>,
    revoked: &RevocationList,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    WebPkiClientVerifier::builder_with_provider(roots, provider())
        .with_crls([revoked.to_owned_der()])
        .build()
}

/// What an aircraft asks of the ground station: whatever the aircraft's clock says, see [`within`].
pub fn of_station(
    roots: Arc<RootCertStore>,
    revoked: &RevocationList,
) -> Result<Arc<dyn ServerCertVerifier>, VerifierBuilderError> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider())
        .with_crls([revoked.to_owned_der()])
        .build()?;
    Ok(Arc::new(AtAnyTime(verifier)))
}

/// The cryptography of both ends.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// `now`, or the end of the certificate's validity nearest to it. An aircraft wakes up in 1970 or 2055 and must find home all the
/// same: it enforces the list of revoked certificates, and only tells of dates.
pub fn within(certificate: &CertificateDer<'_>, now: UnixTime) -> UnixTime {
    let Some(peer) = Peer::of(certificate) else {
        return now;
    };
    let [earliest, latest] = [peer.not_before, peer.not_after].map(|time| {
        UnixTime::since_unix_epoch(
            time.duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default(),
        )
    });
    now.min(latest).max(earliest)
}

#[derive(Debug)]
struct AtAnyTime(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AtAnyTime {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let now = within(end_entity, now);
        self.0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
