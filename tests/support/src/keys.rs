//! Keys of a radio link for both of its ends at once, without a ground station's program to make them.

use std::{fs, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, date_time_ymd,
};

/// Writes a folder of keys whose certificate, named `drone`, does for an aircraft and for a ground station, beside the authority that
/// signed it and its list, which revokes nobody. The folder is made where it is not there.
pub fn write(folder: &Path) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut both = CertificateParams::new(vec!["scarp-station".to_owned()]).unwrap();
    both.distinguished_name.push(DnType::CommonName, "drone");
    let certificate = both.signed_by(&key, &authority).unwrap();
    let revoked = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2046, 1, 1),
        crl_number: 1.into(),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
    .signed_by(&authority)
    .unwrap();
    fs::create_dir_all(folder).unwrap();
    for (name, contents) in [
        ("ca.pem", authority.pem().as_bytes()),
        ("cert.pem", certificate.pem().as_bytes()),
        ("key.pem", key.serialize_pem().as_bytes()),
        ("revoked.crl", revoked.der().as_ref()),
    ] {
        fs::write(folder.join(name), contents).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(folder.join("key.pem"), private).unwrap();
    }
}
