//! Revoked certificates: who is shut out, and what the list of them may be.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use common::{
    AIRCRAFT, Site,
    enrolled::{delivers, journal, keys, log, trouble, uplink},
    frame, runtime, survey, until,
};
use proptest::prelude::*;
use quinn::{
    Endpoint,
    rustls::pki_types::{CertificateDer, pem::PemObject},
};
use scarp_link::{
    CloseCode, Config, Identity, Uplink,
    codec::Receipt,
    tls::{CA_FILE, MAX_REVOKED_BYTES, REVOKED_FILE, RevocationError, RevocationList},
};

#[test]
fn an_aircraft_revoked_in_flight_is_dropped_and_kept_out_and_others_stay_connected() {
    let site = Site::new();
    site.authority().enrol("alpha", SystemTime::now()).unwrap();
    let station = site.serve(0);
    let [lost, other] = [AIRCRAFT, "alpha"].map(|name| uplink(&site, name, &station));
    delivers(&lost, survey());
    until("connection", || other.status().connected);

    let output = keys(&site, &["revoke", AIRCRAFT]);
    assert!(output.status.success(), "{output:?}");
    until("end", || !lost.status().connected);
    until("refusal", || {
        let line = lost.status().last_error;
        line.is_some_and(|line| line.contains("has shut this drone out"))
    });
    // Also once it is refused in the handshake.
    until("refusal in the handshake", || {
        log(&site).contains(&format!(
            "not let in: the certificate of {AIRCRAFT} is revoked"
        ))
    });
    let line = lost.status().last_error.unwrap();
    assert!(line.contains("(its certificate is revoked)"), "{line}");
    assert!(!line.contains("error 44"), "{line}");
    lost.submit(&[frame(1)]).unwrap();
    assert_eq!(lost.drain(Duration::from_millis(300)).held.messages, 1);
    let status = other.status();
    assert!(
        status.connected && status.last_error.is_none(),
        "{status:?}"
    );
    // Each line says who it is about.
    let said = log(&site);
    let about = format!("{AIRCRAFT} disconnected: its certificate is revoked");
    assert!(said.contains(&about), "{said}");
    assert!(said.contains("alpha connected from 127.0.0.1:"), "{said}");
    assert!(!said.contains("alpha disconnected"), "{said}");

    // Found again: new keys, the same name, and so the same surveys.
    drop(lost);
    assert!(keys(&site, &["renew", AIRCRAFT]).status.success());
    delivers(&uplink(&site, AIRCRAFT, &station), frame(2));
    assert_eq!(station.stop()["stored"], 3);
}

#[test]
fn a_list_that_is_damaged_older_or_of_another_authority_changes_nothing_and_is_told_of_once() {
    let (site, stranger) = (Site::new(), Site::new());
    let file = site.path("keys/station").join(REVOKED_FILE);
    let first = fs::read(&file).unwrap();
    site.authority().enrol("alpha", SystemTime::now()).unwrap();
    site.authority()
        .revoke(AIRCRAFT, SystemTime::now())
        .unwrap();
    let second = fs::read(&file).unwrap();
    let foreign = fs::read(stranger.path("keys/station").join(REVOKED_FILE)).unwrap();
    let mut damaged = second.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let station = site.serve(0);
    let other = uplink(&site, "alpha", &station);
    let told = |reason: &str| log(&site).matches(reason).count();
    let lists = [
        (&first, "is list number 1, and number 2 is in use"),
        (&damaged, "authority has not signed"),
    ];
    for (number, (list, reason)) in lists.into_iter().enumerate() {
        fs::write(&file, list).unwrap();
        until(reason, || told("the list before it stays") > number);
        assert!(told(reason) > 0, "{}", log(&site));
    }
    fs::remove_file(&file).unwrap();
    until("missing file", || told("No such file") > 0);
    assert_eq!(told("the list before it stays"), 3, "{}", log(&site));
    let refused = uplink(&site, AIRCRAFT, &station);
    let line = trouble(&refused);
    assert!(line.contains("has shut this drone out"), "{line}");
    delivers(&other, frame(1));
    let mut identity = Identity::load(&site.places().end("alpha")).unwrap();
    assert_eq!(identity.revoke(&foreign), Err(RevocationError::Foreign));
    let long = identity.revoke(&vec![0x30; MAX_REVOKED_BYTES + 1]);
    assert!(matches!(long, Err(RevocationError::TooLong(_))), "{long:?}");
    // A station does not start without a good list: it would let everyone in.
    drop((refused, other));
    station.stop();
    let line = Identity::load(&site.path("keys/station")).err().unwrap();
    assert!(line.to_string().contains(REVOKED_FILE), "{line}");
}

#[test]
fn an_aircraft_learns_over_the_link_that_a_stations_keys_are_stolen_and_never_forgets_it() {
    let site = Site::new();
    let (own, stolen) = (site.path("keys/station"), site.path("stolen"));
    copy(&own, &stolen);
    let mut authority = site.authority();
    authority.revoke("station", SystemTime::now()).unwrap();
    // The station itself is told at its start.
    let line = Identity::load(&own).unwrap().require_station().unwrap_err();
    assert!(line.to_string().contains("keys renew station"), "{line}");
    authority.renew("station", SystemTime::now()).unwrap();
    drop(authority);

    // An aircraft that had its keys before: all that it will know it learns from the station.
    let aircraft = site.places().end(AIRCRAFT).join(REVOKED_FILE);
    fs::copy(stolen.join(REVOKED_FILE), &aircraft).unwrap();
    let station = site.serve(0);
    delivers(&uplink(&site, AIRCRAFT, &station), frame(1));
    let port = station.address.port();
    station.stop();

    fs::remove_dir_all(&own).unwrap();
    copy(&stolen, &own);
    let thief = site.serve(port);
    for _ in 0..2 {
        let uplink = uplink(&site, AIRCRAFT, &thief);
        uplink.submit(&[frame(2)]).unwrap();
        let line = trouble(&uplink);
        assert!(line.contains("certificate that is revoked"), "{line}");
    }
    assert_eq!(thief.stop()["stored"], 0);
}

/// The connection on which an aircraft learns it. Later ones end in the handshake already.
#[test]
fn an_aircraft_tells_a_station_whose_certificate_is_revoked_by_the_code_of_that_why_it_hangs_up() {
    let site = Site::new();
    let stolen = Identity::load(&site.path("keys/station")).unwrap();
    let aircraft = site.places().end(AIRCRAFT).join(REVOKED_FILE);
    let before = fs::read(&aircraft).unwrap();
    let mut authority = site.authority();
    authority.revoke("station", SystemTime::now()).unwrap();
    let list = fs::read(&aircraft).unwrap();
    fs::write(&aircraft, before).unwrap();

    let runtime = runtime();
    let _guard = runtime.enter();
    let config = stolen.server_config().unwrap();
    let endpoint = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = endpoint.local_addr().unwrap();
    let hung_up = runtime.spawn(async move {
        let connection = endpoint.accept().await.unwrap().await.unwrap();
        let (mut out, mut input) = connection.accept_bi().await.unwrap();
        assert!(input.read_to_end(0).await.unwrap().is_empty());
        let receipt = Receipt {
            revoked: list,
            ..Receipt::default()
        };
        out.write_all(&receipt.encode()).await.unwrap();
        out.finish().unwrap();
        connection.closed().await
    });
    let uplink = site.uplink(address);
    let end = runtime.block_on(hung_up).unwrap();
    assert_eq!(CloseCode::of(&end), Some(CloseCode::Revoked), "{end}");
    let said = "the ground station's certificate is revoked";
    assert!(end.to_string().contains(said), "{end}");
    assert!(trouble(&uplink).contains("certificate that is revoked"));
    assert!(!uplink.status().connected);
}

#[test]
fn a_kept_list_that_is_of_no_use_is_replaced_by_that_of_the_station_and_stays_without_one() {
    let (site, stranger) = (Site::new(), Site::new());
    let list = |site: &Site| fs::read(site.path("keys/station").join(REVOKED_FILE)).unwrap();
    let kept = site.path(&format!("{AIRCRAFT}.sqlite.{REVOKED_FILE}"));
    let station = site.serve(0);
    for unusable in [list(&stranger), b"no list".to_vec()] {
        fs::write(&kept, &unusable).unwrap();
        let away = Config {
            station: "127.0.0.1:9".to_owned(),
            keys: site.places().end(AIRCRAFT),
        };
        drop(Uplink::start(&away, journal(&site, AIRCRAFT)).unwrap());
        assert_eq!(fs::read(&kept).unwrap(), unusable);
        delivers(&uplink(&site, AIRCRAFT, &station), frame(1));
        assert_eq!(fs::read(&kept).unwrap(), list(&site));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_list_of_which_any_byte_is_another_is_refused(at in any::<prop::sample::Index>(), mask in 1_u8..) {
        static SITE: std::sync::LazyLock<(CertificateDer<'static>, Vec<u8>)> = std::sync::LazyLock::new(|| {
            let site = Site::new();
            let authority = CertificateDer::from_pem_file(site.path("keys/station").join(CA_FILE)).unwrap();
            site.authority().revoke(AIRCRAFT, SystemTime::now()).unwrap();
            let list = fs::read(site.path("keys/station").join(REVOKED_FILE)).unwrap();
            (authority, list)
        });
        let (authority, list) = &*SITE;
        let mut list = list.clone();
        prop_assert!(RevocationList::verify(&list, authority).is_ok());
        let at = at.index(list.len());
        list[at] ^= mask;
        prop_assert!(RevocationList::verify(&list, authority).is_err(), "byte {}", at);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
