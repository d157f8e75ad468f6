//! Who gets in, over real QUIC: whose certificate is accepted, whose is not, and what each end is told.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};

use common::{
    AIRCRAFT, Site,
    enrolled::{delivers, log, trouble, uplink},
    fleet, frame, runtime, strangers, until,
};
use quinn::{
    ClientConfig, Endpoint,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
    rustls::{
        self,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use scarp_link::{
    Config, Identity, Journal, Uplink,
    codec::Receipt,
    tls::{self, CA_FILE, CERTIFICATE_FILE, KEY_FILE, PROTOCOL, SERVER_NAME},
};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[test]
fn an_aircraft_whose_certificate_has_ended_or_not_begun_is_told_so_and_others_deliver() {
    let site = Site::new();
    let now = SystemTime::now();
    site.authority().enrol("old", now - 3 * YEAR).unwrap();
    site.authority().enrol("early", now + YEAR).unwrap();
    let station = site.serve(0);
    for name in ["old", "early"] {
        let refused = uplink(&site, name, &station);
        refused.submit(&[frame(7)]).unwrap();
        let line = trouble(&refused);
        assert!(line.contains("has ended or not yet begun"), "{line}");
        assert!(line.contains("keys renew"), "{line}");
    }
    // The station says which aircraft it is, and that it may be its own clock.
    let told = |name: &str| format!("not let in: the certificate of {name} is valid from ");
    until("line of the log", || {
        log(&site).contains(&told("early")) || log(&site).contains(&told("old"))
    });
    let said = log(&site);
    assert!(
        said.contains("and this clock shows 20") && said.contains(": set the clock, or run"),
        "{said}"
    );
    assert!(!said.contains("(UNIX)"), "{said}");
    delivers(&uplink(&site, AIRCRAFT, &station), frame(1));
    assert_eq!(station.stop()["stored"], 1);
}

#[test]
fn an_aircraft_finds_home_whatever_its_clock_says_but_tells_of_dates_that_do_not_fit() {
    let now = SystemTime::now();
    for (made, told) in [(now - 3 * YEAR, "valid from"), (now + YEAR, "valid from")] {
        let site = Site::new();
        site.authority().renew("station", made).unwrap();
        let station = site.serve(0);
        let uplink = uplink(&site, AIRCRAFT, &station);
        let status = delivers(&uplink, frame(1));
        let line = status.last_error.unwrap();
        assert!(status.connected && line.contains(told), "{line}");
        assert!(line.contains("keys renew station"), "{line}");
        // And so does the station.
        assert!(log(&site).contains("keys renew station"), "{}", log(&site));
    }
}

#[test]
fn a_drone_with_keys_of_another_authority_is_told_so_and_stores_nothing() {
    let (site, stranger) = (Site::new(), Site::new());
    let station = site.serve(0);
    let uplink = stranger.uplink(station.address);
    uplink.submit(&[frame(0)]).unwrap();
    until("refusal", || uplink.status().last_error.is_some());
    let status = uplink.drain(Duration::ZERO);
    let line = status.last_error.unwrap();
    assert!(line.contains("do not trust each other"), "{line}");
    assert!(
        line.contains("certificate is of another authority"),
        "{line}"
    );
    assert_eq!((status.connected, status.held.messages), (false, 1));
    assert_eq!(station.stop()["stored"], 0);
}

#[test]
fn a_drone_that_trusts_us_but_that_we_do_not_know_gets_no_answer() {
    let (site, stranger) = (Site::new(), Site::new());
    let station = site.serve(0);
    // It has our authority's certificate, which is no secret, but its own is signed by another.
    let ours = site.path("keys/aircraft/drone");
    for name in [tls::CA_FILE, tls::REVOKED_FILE] {
        std::fs::copy(
            ours.join(name),
            stranger.path("keys/aircraft/drone").join(name),
        )
        .unwrap();
    }
    let config = Identity::load(&stranger.path("keys/aircraft/drone"))
        .unwrap()
        .client_config()
        .unwrap();
    runtime().block_on(async {
        let error = greet(config, &station).await.unwrap_err();
        assert!(
            error.contains("UnknownCA") || error.contains("certificate"),
            "{error}"
        );
    });
}

/// Dates are the first thing that is looked at, and anyone can make a certificate that has ended.
#[test]
fn a_stranger_is_not_taken_for_the_aircraft_whose_name_its_expired_certificate_has() {
    let (site, stranger) = (Site::new(), Site::new());
    let past = SystemTime::now() - 3 * YEAR;
    site.authority().enrol("alpha", SystemTime::now()).unwrap();
    let theirs = stranger.authority().enrol("alpha", past).unwrap();
    for name in [tls::CA_FILE, tls::REVOKED_FILE] {
        std::fs::copy(site.places().end("alpha").join(name), theirs.join(name)).unwrap();
    }
    let station = site.serve(0);
    let config = Identity::load(&theirs).unwrap().client_config().unwrap();
    runtime().block_on(async { greet(config, &station).await.unwrap_err() });
    until("line of the log", || log(&site).contains("not let in"));
    let said = log(&site);
    assert!(
        said.contains("certificate of another authority, with the name alpha"),
        "{said}"
    );
    assert!(!said.contains("set the clock"), "{said}");
}

#[test]
fn a_client_without_a_certificate_gets_no_answer() {
    let site = Site::new();
    let station = site.serve(0);
    let config =
        strangers::without_certificate(&site.path("keys/aircraft/drone").join(tls::CA_FILE));
    runtime().block_on(async {
        let error = greet(config, &station).await.unwrap_err();
        assert!(error.to_lowercase().contains("certificate"), "{error}");
    });
}

#[test]
fn a_stolen_drone_key_cannot_pose_as_the_ground_station() {
    let site = Site::new();
    let thief = Identity::load(&site.path("keys/aircraft/drone")).unwrap();
    let line = refusal_by(&site, thief.server_config().unwrap());
    assert!(line.contains("do not trust each other"), "{line}");
}

#[test]
fn the_keys_of_the_station_are_refused_by_the_drone_at_its_start_and_named() {
    let site = Site::new();
    let config = Config {
        station: "127.0.0.1:4433".to_owned(),
        keys: site.path("keys/station"),
    };
    let line = Uplink::start(&config, site.journal()).err().unwrap();
    let line = line.to_string();
    assert!(
        line.contains("keys/station") && line.contains("folder aircraft/NAME/"),
        "{line}"
    );
}

#[test]
fn a_ground_station_of_another_protocol_is_told_apart_from_one_with_other_keys() {
    let site = Site::new();
    let keys = site.path("keys/station");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(keys.join(tls::CERTIFICATE_FILE)).unwrap()],
            PrivateKeyDer::from_pem_file(keys.join(tls::KEY_FILE)).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"scarp/1".to_vec()];
    let crypto = Arc::new(QuicServerConfig::try_from(config).unwrap());
    let line = refusal_by(&site, quinn::ServerConfig::with_crypto(crypto));
    assert!(line.contains("form of the link, scarp/3"), "{line}");
}

#[test]
fn a_key_that_is_not_of_its_certificate_is_refused_before_any_ground_station_is_waited_for() {
    let site = Site::new();
    site.authority().enrol("alpha", SystemTime::now()).unwrap();
    let folder = |name: &str| site.places().end(name);
    fs::copy(
        folder("alpha").join(KEY_FILE),
        folder(AIRCRAFT).join(KEY_FILE),
    )
    .unwrap();
    let config = Config {
        station: "127.0.0.1:9".to_owned(),
        keys: folder(AIRCRAFT),
    };
    let journal = Journal::open(&site.path("journal.sqlite"), 1 << 20).unwrap();
    let line = Uplink::start(&config, journal).err().unwrap().to_string();
    assert!(line.contains("copy the whole folder again"), "{line}");
}

#[test]
fn the_station_takes_no_data_before_the_handshake_which_could_be_a_repeat() {
    let site = Site::new();
    let station = site.serve(0);
    let folder = site.places().end(AIRCRAFT);
    let mut roots = rustls::RootCertStore::empty();
    let certificate = |name: &str| CertificateDer::from_pem_file(folder.join(name)).unwrap();
    roots.add(certificate(CA_FILE)).unwrap();
    // A client that would: rustls keeps sessions by default.
    let provider = rustls::crypto::ring::default_provider();
    let mut eager = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![certificate(CERTIFICATE_FILE)],
            PrivateKeyDer::from_pem_file(folder.join(KEY_FILE)).unwrap(),
        )
        .unwrap();
    eager.alpn_protocols = vec![PROTOCOL.to_vec()];
    eager.enable_early_data = true;
    let eager = ClientConfig::new(Arc::new(QuicClientConfig::try_from(eager).unwrap()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let connect = || {
            endpoint
                .connect_with(eager.clone(), station.address, SERVER_NAME)
                .unwrap()
        };
        let connection = connect().await.unwrap();
        // A session ticket would have come by now.
        fleet::exchange(&connection, &[]).await.unwrap();
        assert!(connect().into_0rtt().is_err());
    });
}

/// What a drone of `site` reports of a station of this configuration that takes part in any handshake.
fn refusal_by(site: &Site, config: quinn::ServerConfig) -> String {
    let runtime = runtime();
    let _guard = runtime.enter();
    let endpoint = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = endpoint.local_addr().unwrap();
    runtime.spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            incoming.await.ok();
        }
    });
    let uplink = site.uplink(address);
    until("refusal", || uplink.status().last_error.is_some());
    uplink.drain(Duration::ZERO).last_error.unwrap()
}

/// Connects and sends an empty batch; the handshake alone does not show whether the server accepts us.
async fn greet(config: quinn::ClientConfig, station: &common::Station) -> Result<Receipt, String> {
    let connection = fleet::connect(config, station.address);
    let connection = connection.await.map_err(|e| e.to_string())?;
    match fleet::exchange(&connection, &[]).await {
        Ok(receipt) => Ok(receipt),
        Err(_) => Err(connection.closed().await.to_string()),
    }
}
