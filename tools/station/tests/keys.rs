//! `scarp-station keys`: what it makes, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use common::{
    AIRCRAFT, PASSPHRASE, Site,
    enrolled::{failure, keys},
    passphrase_file,
};
use scarp_link::{
    Identity,
    tls::{CA_FILE, KEY_FILE, REVOKED_FILE},
};
use scarp_station::keys::Ledger;
use serde_json::Value;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

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
fn an_aircraft_that_is_called_nearly_as_a_device_is_enrolled() {
    let site = Site::new();
    for name in ["console", "com", "com10", "lptx", "nul-1", "a-con"] {
        site.authority().enrol(name, SystemTime::now()).unwrap();
    }
}

#[test]
fn no_certificate_is_made_by_a_clock_that_is_behind_the_authoritys_beginning() {
    let site = Site::new();
    let (authority, now) = (site.authority(), SystemTime::now());
    authority.require_clock(now).unwrap();
    let line = authority.require_clock(now - 3 * YEAR).unwrap_err();
    let line = line.to_string();
    assert!(line.contains("this computer's clock shows 20"), "{line}");
    assert!(line.ends_with("set the clock"), "{line}");
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
        (["enrol", "con"], "name of a device on Windows"),
        (["enrol", "NUL"], "name of a device on Windows"),
        (["enrol", "Lpt1"], "name of a device on Windows"),
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

fn chmod(file: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }
}
