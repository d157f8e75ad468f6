use std::{fs, net::UdpSocket, os::unix::fs::PermissionsExt, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;
use crate::{
    happy_eyeballs,
    tls::{CA_FILE, CERTIFICATE_FILE, Identity, KEY_FILE},
};

/// Keys of one authority for both ends.
fn identity(folder: &Path) -> Identity {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![SERVER_NAME.to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    for (name, text) in [
        (CA_FILE, authority.pem()),
        (CERTIFICATE_FILE, certificate.pem()),
        (KEY_FILE, key.serialize_pem()),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::set_permissions(folder.join(KEY_FILE), fs::Permissions::from_mode(0o600)).unwrap();
    Identity::load(folder).unwrap()
}

#[test]
fn of_two_addresses_the_first_of_which_swallows_packets_the_second_is_connected_to_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let identity = identity(folder.path());
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (connected, expected) = runtime.block_on(async {
        let config = identity.server_config().unwrap();
        let station = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
        let address = station.local_addr().unwrap();
        tokio::spawn(async move {
            let connection = station.accept().await.unwrap().await.unwrap();
            while let Ok((mut out, _)) = connection.accept_bi().await {
                out.finish().unwrap();
            }
        });
        let tls = identity.client_config().unwrap();
        let addresses = vec![silent.local_addr().unwrap(), address];
        let open = |address| Session::open(address, tls.clone(), || {});
        let race = happy_eyeballs::race(addresses, open, |fault: Fault| panic!("{fault:?}"));
        (race.await.map(|session| session.address()), address)
    });
    // The silent one alone would have ended in nothing, after its idle timeout.
    assert_eq!(connected, Some(expected));
}
