use std::net::UdpSocket;

use scarp_test_support::keys;

use super::*;
use crate::{happy_eyeballs, tls::Identity};

#[test]
fn of_two_addresses_the_first_of_which_swallows_packets_the_second_is_connected_to_in_time() {
    let folder = tempfile::tempdir().unwrap();
    keys::write(folder.path());
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
