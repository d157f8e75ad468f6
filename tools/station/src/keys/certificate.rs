//! The certificates and lists that the authority signs.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use scarp_link::tls::{SERVER_NAME, Serial};

use super::{
    error::KeysError,
    folder::STATION,
    ledger::{Issued, Ledger},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a certificate is valid: two seasons, so that keys are renewed between flights and not in the field.
const VALID: Duration = DAY.saturating_mul(730);
/// A certificate that ends sooner is told of.
pub const SOON: Duration = DAY.saturating_mul(30);
/// How long before it was made a certificate is valid already: the clocks of two computers differ.
const LENIENCY: Duration = DAY;
/// How long the authority is valid. Nobody enforces it: who trusts an authority has it on the disk.
const AUTHORITY_VALID: Duration = DAY.saturating_mul(7300);

/// A certificate, its private key, and what the ledger says of it.
pub struct New {
    pub certificate: String,
    pub key: KeyPair,
    pub issued: Issued,
}

/// The authority's own certificate.
pub fn authority(key: &KeyPair, now: SystemTime) -> Result<String, KeysError> {
    let serial = serial()?;
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = (now - LENIENCY).into();
    params.not_after = (now + AUTHORITY_VALID).into();
    // Each authority has a name of its own, so that a certificate of another is told as that.
    let digits: String = serial.to_string().chars().take(8).collect();
    let name = format!("Scarp authority {digits}");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from_slice(serial.bytes()));
    Ok(params.self_signed(key)?.pem())
}

/// A certificate for the ground station, or for the aircraft of this name, with a new key.
pub fn issue(issuer: &Issuer<'_, KeyPair>, name: &str, now: SystemTime) -> Result<New, KeysError> {
    let (names, purpose) = if name == STATION {
        let names = vec![SERVER_NAME.to_owned()];
        (names, ExtendedKeyUsagePurpose::ServerAuth)
    } else {
        (Vec::new(), ExtendedKeyUsagePurpose::ClientAuth)
    };
    let (key, serial) = (KeyPair::generate()?, serial()?);
    let (not_before, not_after) = (now - LENIENCY, now + VALID);
    let mut params = CertificateParams::new(names)?;
    params.not_before = not_before.into();
    params.not_after = not_after.into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from_slice(serial.bytes()));
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(New {
        certificate: params.signed_by(&key, issuer)?.pem(),
        key,
        issued: Issued {
            name: name.to_owned(),
            serial,
            not_before: not_before.into(),
            not_after: not_after.into(),
            revoked: None,
        },
    })
}

/// The list of all that is revoked in the ledger, in DER.
pub fn list(
    issuer: &Issuer<'_, KeyPair>,
    ledger: &Ledger,
    now: SystemTime,
) -> Result<Vec<u8>, KeysError> {
    let revoked = ledger.issued.iter().filter_map(|issued| {
        let at: DateTime<Utc> = issued.revoked?;
        Some(RevokedCertParams {
            serial_number: SerialNumber::from_slice(issued.serial.bytes()),
            revocation_time: SystemTime::from(at).into(),
            reason_code: None,
            invalidity_date: None,
        })
    });
    let list = CertificateRevocationListParams {
        this_update: now.into(),
        // A list holds until a later one comes: an aircraft may not know the date, and a station without the authority at hand
        // must not fall silent. RFC 5280 wants the field all the same.
        next_update: (now + AUTHORITY_VALID).into(),
        crl_number: ledger.list_number.into(),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(issuer)?.der().to_vec())
}

/// 127 random bits. The first is set and the number positive, so that it always has 16 bytes.
fn serial() -> Result<Serial, KeysError> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|e| KeysError::Crypto(e.to_string()))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(Serial::new(&bytes))
}
