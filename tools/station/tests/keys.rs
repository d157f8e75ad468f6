//! Who gets in, over real QUIC: certificates that have ended, are revoked in flight or are another's; and what `keys` makes.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
    time::{Duration, SystemTime},
};

use common::{
    AIRCRAFT, LONG, PASSPHRASE, Site, fleet, frame, landslide, passphrase_file, query, survey,
    until,
};
use proptest::prelude::*;
use quinn::{
    ClientConfig, Endpoint,
    crypto::rustls::QuicClientConfig,
    rustls::{
        self,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use scarp_inventory::{
    LandslideStatus::{Active, Withdrawn},
    Run,
};
use scarp_link::{
    Config, Envelope, Identity, Journal, LinkStatus, Uplink,
    tls::{
        CA_FILE, CERTIFICATE_FILE, KEY_FILE, MAX_REVOKED_BYTES, PROTOCOL, REVOKED_FILE,
        RevocationError, RevocationList, SERVER_NAME,
    },
};
use scarp_station::{keys::Ledger, store::MAX_VERSION_STEP};
use serde_json::Value;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// `scarp-station keys` with these arguments, on the keys of `site`.
fn keys(site: &Site, arguments: &[&str]) -> Output {
    let secret = passphrase_file(site.dir.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp-station"));
    command.arg("keys").args(arguments);
    command.arg("--keys").arg(site.path("keys"));
    if arguments[0] != "list" {
        command.args(["--passphrase-file", &secret]);
    }
    command.output().unwrap()
}

/// The one line on standard error of a command that must fail.
fn failure(site: &Site, arguments: &[&str]) -> String {
    let output = keys(site, arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

/// The link of the aircraft `name`, with a journal of its own.
fn uplink(site: &Site, name: &str, station: &common::Station) -> Uplink {
    let config = Config {
        station: station.address.to_string(),
        keys: site.places().end(name),
    };
    Uplink::start(&config, journal(site, name)).unwrap()
}

fn journal(site: &Site, name: &str) -> Journal {
    Journal::open(&site.path(&format!("{name}.sqlite")), 64 << 20).unwrap()
}

fn trouble(uplink: &Uplink) -> String {
    until("trouble", || uplink.status().last_error.is_some());
    uplink.status().last_error.unwrap()
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.log()).unwrap()
}

/// That an aircraft delivers, and that nothing was refused.
fn delivers(uplink: &Uplink, message: Envelope) -> LinkStatus {
    uplink.submit(&[message]).unwrap();
    let end = uplink.drain(LONG);
    assert_eq!((end.held.messages, end.refused), (0, 0), "{end:?}");
    end
}

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
    delivers(&uplink(&site, AIRCRAFT, &station), frame(1));
    assert_eq!(station.stop()["stored"], 1);
}

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
fn a_survey_belongs_to_the_aircraft_that_reported_it_first_and_no_other_writes_it() {
    let site = Site::new();
    site.authority().enrol("alpha", SystemTime::now()).unwrap();
    let station = site.serve(0);
    let owner = uplink(&site, AIRCRAFT, &station);
    owner.submit(&[survey(), landslide(1, 1, Active)]).unwrap();
    assert_eq!(owner.drain(LONG).held.messages, 0);
    let other = uplink(&site, "alpha", &station);
    other
        .submit(&[landslide(1, 2, Withdrawn), survey(), frame(1)])
        .unwrap();
    let end = other.drain(LONG);
    assert_eq!((end.held.messages, end.refused, end.confirmed), (0, 3, 0));
    let line = end.last_error.unwrap();
    let reason = format!("belongs to aircraft {AIRCRAFT}, and alpha cannot write it");
    assert!(line.contains(&reason), "{line}");
    delivers(&owner, landslide(1, 3, Active));
    let store = site.store();
    assert_eq!(query(&store, "SELECT version FROM landslides"), 3);
    let named = format!("SELECT count(*) FROM surveys WHERE aircraft = '{AIRCRAFT}'");
    assert_eq!(query(&store, &named), 1);
    // It has surveys of its own.
    let own = Envelope::new(
        Run::unnamed(uuid::Uuid::from_u128(9)),
        survey().body().clone(),
    );
    other.submit(&[own]).unwrap();
    assert_eq!(other.drain(LONG).confirmed, 1);
}

#[test]
fn a_version_far_above_those_known_is_refused_so_that_no_message_is_the_last_word_for_ever() {
    let site = Site::new();
    let station = site.serve(0);
    let uplink = uplink(&site, AIRCRAFT, &station);
    let step = MAX_VERSION_STEP;
    for (version, refused) in [(u32::MAX, 1), (step + 1, 2), (step, 2), (2 * step, 2)] {
        uplink.submit(&[landslide(1, version, Active)]).unwrap();
        let end = uplink.drain(LONG);
        assert_eq!((end.held.messages, end.refused), (0, refused), "{version}");
    }
    let line = uplink.status().last_error.unwrap();
    assert!(line.contains("too far above it (at most 10000)"), "{line}");
    let version = "SELECT version FROM landslides";
    assert_eq!(query(&site.store(), version), i64::from(2 * step));
}

#[test]
fn keys_list_says_who_is_enrolled_until_when_and_who_is_revoked() {
    let site = Site::new();
    let now = SystemTime::now();
    site.authority().enrol("soon", now - 2 * YEAR).unwrap();
    site.authority().revoke(AIRCRAFT, now).unwrap();
    let output = keys(&site, &["list", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str()).collect();
    assert_eq!(names, [Some("station"), Some(AIRCRAFT), Some("soon")]);
    assert_eq!(lines[0]["revoked"], Value::Null);
    assert!(lines[1]["revoked"].is_string() && lines[1]["days_left"] == 729);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("soon: its certificate"), "{said}");
    assert!(!said.contains(AIRCRAFT), "{said}");
    let text = String::from_utf8(keys(&site, &["list"]).stdout).unwrap();
    assert!(
        text.contains("revoked 20") && text.contains("valid"),
        "{text}"
    );
}

#[test]
fn a_name_that_is_none_is_taken_or_is_unknown_is_refused_with_what_to_do() {
    let site = Site::new();
    for (arguments, reason) in [
        (["enrol", AIRCRAFT], "keys renew drone"),
        (["enrol", "station"], "keys renew station"),
        (["enrol", "../station"], "letters from a to z"),
        (["enrol", "a b"], "letters from a to z"),
        (["enrol", "\u{e4}lpha"], "letters from a to z"),
        (["enrol", ""], "letters from a to z"),
        (["enrol", "_a"], "begin with a letter or digit"),
        (["enrol", &"x".repeat(65)], "letters from a to z"),
        (
            ["enrol", "Drone"],
            "Drone and drone differ in upper and lower case only",
        ),
        (
            ["enrol", "STATION"],
            "STATION and station differ in upper and lower case only",
        ),
        (["renew", "alpha"], "not enrolled"),
        (["revoke", "../drone"], "not enrolled"),
    ] {
        let line = failure(&site, &arguments);
        assert!(line.contains(reason), "{arguments:?}: {line}");
    }
    let ledger = Ledger::read(site.places().authority()).unwrap();
    assert_eq!(ledger.issued.len(), 2);
}

#[test]
fn the_authority_opens_with_its_passphrase_only_and_from_wherever_it_lies() {
    let site = Site::new();
    let secret = PathBuf::from(passphrase_file(site.dir.path()));
    let stick = site.path("stick");
    fs::rename(site.places().authority(), &stick).unwrap();
    let missing = failure(&site, &["enrol", "alpha"]);
    assert!(missing.contains("--authority"), "{missing}");
    let stick = stick.to_str().unwrap();
    let enrol = ["enrol", "alpha", "--authority", stick];
    let with = |passphrase: &str| {
        fs::write(&secret, passphrase).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scarp-station"));
        command.arg("keys").args(enrol).arg("--keys");
        command.arg(site.path("keys"));
        command.arg("--passphrase-file").arg(&secret);
        command.output().unwrap()
    };
    let wrong = String::from_utf8(with("another long passphrase").stderr).unwrap();
    assert!(wrong.contains("does not open this private key"), "{wrong}");
    assert!(with(&format!("{PASSPHRASE}\n")).status.success());
    Identity::load(&site.places().end("alpha"))
        .unwrap()
        .require_aircraft()
        .unwrap();

    let other = site.path("other");
    let arguments = ["init", "--keys", other.to_str().unwrap()];
    let init = |passphrase: &str, mode: u32| {
        fs::write(&secret, passphrase).unwrap();
        chmod(&secret, mode);
        let mut command = Command::new(env!("CARGO_BIN_EXE_scarp-station"));
        command.arg("keys").args(arguments);
        command.arg("--passphrase-file").arg(&secret);
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert!(init("short", 0o600).contains("at least 12"));
    assert!(init("", 0o600).contains("its first line is empty"));
    assert!(init("\n", 0o600).contains("its first line is empty"));
    assert!(init(PASSPHRASE, 0o640).contains("chmod 600"));
    assert!(!other.exists());
}

#[test]
fn a_passphrase_file_that_cannot_be_used_is_named_with_the_true_cause() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    fs::write(site.path("bytes"), [0xff, 0xfe, 0xfd]).unwrap();
    chmod(&site.path("bytes"), 0o600);
    for (file, cause) in [
        ("none", "No such file or directory"),
        ("keys", "is a folder"),
        ("bytes", "is no text"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
            .args(["keys", "init", "--keys", &path("new")])
            .args(["--passphrase-file", &path(file)])
            .output()
            .unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        let named = format!("passphrase file {}: {cause}", path(file));
        assert!(line.contains(&named), "{line}");
    }
    assert!(!site.path("new").exists());
}

#[test]
fn an_authority_whose_files_do_not_fit_makes_no_keys_and_names_the_file() {
    let (site, other) = (Site::new(), Site::new());
    let authority = |name: &str| site.places().authority().join(name);
    let others = |name: &str| other.places().authority().join(name);
    for file in [CA_FILE, REVOKED_FILE] {
        let own = fs::read(authority(file)).unwrap();
        fs::copy(others(file), authority(file)).unwrap();
        let line = failure(&site, &["enrol", "alpha"]);
        assert!(line.contains(file) && line.contains("is damaged"), "{line}");
        fs::write(authority(file), own).unwrap();
    }
    assert!(!site.places().end("alpha").exists());
    // The list is made anew whatever lies there.
    fs::remove_file(authority(REVOKED_FILE)).unwrap();
    assert!(keys(&site, &["revoke", AIRCRAFT]).status.success());
    assert!(keys(&site, &["enrol", "alpha"]).status.success());
}

#[test]
fn a_ledger_that_no_authority_has_written_is_refused_and_none_makes_a_command_panic() {
    let site = Site::new();
    let file = site.places().authority().join("issued.json");
    let whole: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let far = "+99999-01-01T00:00:00Z";
    for (place, value, told) in [
        ("/list_number", Value::from(u64::MAX), "list number"),
        ("/issued/1/revoked", far.into(), "year 99999 of drone"),
        (
            "/issued/1/not_after",
            "-0500-01-01T00:00:00Z".into(),
            "year -500",
        ),
        ("/issued/1/serial", "".into(), "serial number  of drone"),
        ("/issued/1/serial", "0x".into(), "hexadecimal"),
        (
            "/issued/1/serial",
            "11".repeat(21).into(),
            "serial number 11",
        ),
        ("/issued/1/name", "../../x".into(), "../../x"),
        ("/issued/1/name", "a\u{1b}[31m".into(), "name \"a\\u{1b}"),
    ] {
        let mut ledger = whole.clone();
        *ledger.pointer_mut(place).unwrap() = value;
        fs::write(&file, ledger.to_string()).unwrap();
        for command in [&["list"][..], &["revoke", AIRCRAFT], &["enrol", "alpha"]] {
            let line = failure(&site, command);
            assert!(line.contains("issued.json: is damaged ("), "{line}");
            assert!(line.contains(told), "{place}: {line}");
        }
    }
}

#[test]
fn keys_of_which_only_the_authority_was_made_are_completed_and_not_begun_anew() {
    let site = Site::new();
    fs::remove_dir_all(site.path("keys/station")).unwrap();
    let line = failure(&site, &["init"]);
    assert!(line.contains("keys renew station"), "{line}");
    assert!(keys(&site, &["renew", "station"]).status.success());
    Identity::load(&site.path("keys/station"))
        .unwrap()
        .require_station()
        .unwrap();
}

#[test]
fn one_command_at_a_time_changes_the_keys() {
    let site = Site::new();
    let _at_work = site.authority();
    let line = failure(&site, &["enrol", "alpha"]);
    assert!(line.contains("another `scarp-station keys`"), "{line}");
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

#[test]
fn private_keys_are_for_their_owner_only_and_the_authoritys_lies_under_its_passphrase() {
    let site = Site::new();
    let places = site.places();
    for folder in [
        places.authority().to_owned(),
        places.end("station"),
        places.end(AIRCRAFT),
    ] {
        let key = folder.join(KEY_FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", key.display());
        }
        let sealed = fs::read_to_string(&key).unwrap();
        let expected = folder == places.authority();
        let label = "BEGIN ENCRYPTED PRIVATE KEY";
        assert_eq!(sealed.contains(label), expected, "{}", key.display());
    }
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
fn openssl_reads_the_authoritys_key_and_its_list() {
    let site = Site::new();
    site.authority()
        .revoke(AIRCRAFT, SystemTime::now())
        .unwrap();
    let openssl = |arguments: &[&str]| {
        let authority = site.places().authority().to_owned();
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(authority)
            .output();
        let output = output.expect("openssl, which tools/test installs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    };
    let (_, version) = openssl(&["version"]);
    let check = |arguments: &[&str], good: bool| {
        let (success, said) = openssl(arguments);
        assert_eq!(success, good, "{version}: {arguments:?}: {said}");
        said
    };
    let secret = passphrase_file(site.dir.path());
    let secret = format!("file:{secret}");
    check(
        &["pkey", "-in", "key.pem", "-noout", "-passin", &secret],
        true,
    );
    check(
        &["pkey", "-in", "key.pem", "-noout", "-passin", "pass:other"],
        false,
    );
    let said = check(
        &[
            "crl",
            "-inform",
            "DER",
            "-in",
            "revoked.crl",
            "-CAfile",
            "ca.pem",
            "-text",
            "-noout",
        ],
        true,
    );
    let ledger = Ledger::read(site.places().authority()).unwrap();
    let serial = ledger.issued[1].serial.to_string().to_uppercase();
    assert!(
        said.contains("verify OK") && said.contains(&serial),
        "{said}"
    );
    let list = ["-crl_check", "-CAfile", "ca.pem", "-CRLfile", "revoked.crl"];
    let station = site.path("keys/station/cert.pem");
    let aircraft = site.places().end(AIRCRAFT).join("cert.pem");
    for (certificate, good) in [(station, true), (aircraft, false)] {
        let certificate = certificate.to_str().unwrap();
        let said = check(&[&["verify"][..], &list, &[certificate]].concat(), good);
        assert_eq!(said.contains("certificate revoked"), !good, "{said}");
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

fn chmod(file: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }
}
