use std::{fs, net::UdpSocket, os::unix::fs::PermissionsExt, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, date_time_ymd,
};

use super::*;
use crate::{
    happy_eyeballs,
    tls::{CA_FILE, CERTIFICATE_FILE, Identity, KEY_FILE, REVOKED_FILE},
};

/// Keys that do for both ends.
fn write_keys(folder: &Path) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut both = CertificateParams::new(vec![SERVER_NAME.to_owned()]).unwrap();
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
    for (name, contents) in [
        (CA_FILE, authority.pem().as_bytes()),
        (CERTIFICATE_FILE, certificate.pem().as_bytes()),
        (KEY_FILE, key.serialize_pem().as_bytes()),
        (REVOKED_FILE, revoked.der().as_ref()),
    ] {
        fs::write(folder.join(name), contents).unwrap();
    }
    fs::set_permissions(folder.join(KEY_FILE), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn of_two_addresses_the_first_of_which_swallows_packets_the_second_is_connected_to_in_time() {
    let folder = tempfile::tempdir().unwrap();
    write_keys(folder.path());
    let station = Identity::load(folder.path()).unwrap();
    let trust = Trust::load(folder.path(), &folder.path().join("journal.sqlite")).unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (connected, expected) = runtime.block_on(async {
        let config = station.server_config().unwrap();
        let station = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
        let address = station.local_addr().unwrap();
        tokio::spawn(async move {
            let connection = station.accept().await.unwrap().await.unwrap();
            while let Ok((mut out, _)) = connection.accept_bi().await {
                out.finish().unwrap();
            }
        });
        let addresses = vec![silent.local_addr().unwrap(), address];
        let open = |address| Session::shake_hands(address, Arc::clone(&trust));
        let race = happy_eyeballs::race(addresses, open, |fault: Fault| panic!("{fault:?}"));
        (race.await.map(|session| session.address()), address)
    });
    // The silent one alone would have ended in nothing, after its idle timeout.
    assert_eq!(connected, Some(expected));
}
