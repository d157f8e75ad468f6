//! `scarp fly` and `scarp check` as they are started on an aircraft's computer, without its sensors.

use std::{
    fs,
    net::UdpSocket,
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use scarp_test_support::{Aircraft, signal::terminate};
use serde_json::Value;
use tempfile::TempDir;

use crate::documents::{keys, promised_keys};

const TINY_MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/tiny_model_int8"
);

/// A board whose sensors are not plugged in.
pub fn board(folder: &Path, more: &str) -> String {
    let free = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let path = folder.join("board.toml");
    let text = format!(
        "[inference]\ntile_overlap_px = 16\n[camera]\ndevice = '{0}/video'\nformats = ['YUYV']\nfocal_px = 1000.0\n[gnss]\ndevice = '{0}/gnss'\n\
         [autopilot]\naddress = 'udpin:{free}'\n[paths]\nmodel = '{TINY_MODEL}'\nout = '{0}/out'\n{more}",
        folder.display()
    );
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn scarp(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp"));
    command.args(arguments);
    command
}

pub fn lines(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn it_waits_for_its_sensors_tells_the_service_manager_and_ends_well_when_it_is_stopped() {
    let folder = TempDir::new().unwrap();
    let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let flying = scarp(&["fly", "--json", "--board", &board(folder.path(), "")])
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let started = Instant::now();
    while !["READY=1", "STATUS=waiting: no position fix", "WATCHDOG=1"]
        .iter()
        .all(|word| told.contains(word))
    {
        assert!(started.elapsed() < Duration::from_secs(20), "{told}");
        let mut datagram = [0; 1024];
        let count = socket.recv(&mut datagram).unwrap();
        told += &String::from_utf8_lossy(&datagram[..count]);
        told.push('\n');
    }
    // Long enough for the port's reader to say what it misses.
    thread::sleep(Duration::from_secs(1));
    let health: Value =
        serde_json::from_slice(&fs::read(folder.path().join("out/health.json")).unwrap()).unwrap();
    assert_eq!(health["state"], "waiting_for_fix");
    let promised = promised_keys("OUT/health.json");
    let told = keys(&health);
    // This board has no link.
    let missing: Vec<_> = promised.difference(&told).map(String::as_str).collect();
    assert_eq!(
        missing,
        [
            "confirmed",
            "confirmed_s",
            "connected",
            "discarded",
            "disk_fault",
            "messages",
            "only_in_memory",
            "set_aside",
            "set_aside_reasons",
            "unsendable",
            "waiting"
        ]
    );
    assert!(told.is_subset(&promised), "{told:?}");
    let gnss = health["gnss"]["fault"].as_str().unwrap();
    assert!(
        gnss.contains("gnss") && gnss.contains("plugged in"),
        "{gnss}"
    );
    let camera = health["camera"]["fault"].as_str().unwrap();
    assert!(camera.contains("video"), "{camera}");

    terminate(&flying);
    let output = flying.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", lines(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Without a frame there is none to tell of.
    let mut promised = promised_keys("scarp fly --json");
    for of_a_frame in ["sequence", "name", "outcome", "reason"] {
        assert!(promised.remove(of_a_frame));
    }
    assert_eq!(promised, keys(&report));
    assert_eq!(
        (&report["interrupted"], &report["frames"]),
        (&true.into(), &0.into())
    );
    let survey = format!("survey-{}", report["survey"].as_str().unwrap());
    assert!(
        folder
            .path()
            .join("out")
            .join(survey)
            .join("landslides.geojson")
            .is_file()
    );
}

#[test]
fn a_board_that_names_no_camera_is_refused_with_what_to_set() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("board.toml");
    fs::write(&path, "[gnss]\nbaud_rate = 9600\n").unwrap();
    let output = scarp(&["fly", "--board", &path.display().to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let line = lines(&output);
    assert!(
        line.contains("board.toml") && line.contains("camera.device"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
}

/// State and detail of one part of a failed check of the board.
fn checked(board: &str) -> impl Fn(&str) -> (Value, String) {
    let output = scarp(&["check", "--json", "--board", board])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", lines(&output));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    move |name| {
        let checks = told["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        (
            check["state"].clone(),
            check["detail"].as_str().unwrap().to_owned(),
        )
    }
}

#[test]
fn a_datum_that_cannot_be_understood_fails_the_check_of_the_board() {
    let folder = TempDir::new().unwrap();
    let board = board(folder.path(), "");
    let text = fs::read_to_string(&board).unwrap();
    fs::write(
        &board,
        text.replace("[gnss]\n", "[gnss]\naltitude_datum = 'msl'\n"),
    )
    .unwrap();
    let state = checked(&board);
    let (board, detail) = state("board");
    assert!(
        board == "failed" && detail.contains("gnss.altitude_datum"),
        "{detail}"
    );
    let (gnss, detail) = state("GNSS");
    assert!(
        gnss == "not_checked" && !detail.contains("datum"),
        "{detail}"
    );
}

/// As u-blox receivers are sold; between fixes so far apart no frame is placed.
#[test]
fn a_receiver_with_one_fix_a_second_fails_the_check_and_an_autopilot_with_fifty_attitudes_does_not()
{
    let folder = TempDir::new().unwrap();
    let board = board(folder.path(), "");
    let text = fs::read_to_string(&board).unwrap();
    let address = text.split("udpin:").nth(1).unwrap();
    let address = address.split('\'').next().unwrap();
    let aircraft = Aircraft::new();
    aircraft.set(|s| &s.gnss_slow, true);
    let device = folder.path().join("gnss");
    let sensors = aircraft.fly(device.clone(), address.to_owned());
    let started = Instant::now();
    while !device.exists() {
        assert!(started.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(10));
    }
    let state = checked(&board);
    let (gnss, detail) = state("GNSS");
    assert!(gnss == "failed" && detail.contains("raise"), "{detail}");
    let (autopilot, detail) = state("autopilot");
    assert!(
        autopilot == "ok" && detail.contains("attitudes"),
        "{detail}"
    );
    aircraft.set(|s| &s.gnss_slow, false);
    let (gnss, detail) = checked(&board)("GNSS");
    assert!(gnss == "ok" && detail.contains("a second"), "{detail}");
    aircraft.end();
    for sensor in sensors {
        sensor.join().unwrap();
    }
}

#[test]
fn a_check_of_the_board_names_every_sensor_that_is_missing() {
    let folder = TempDir::new().unwrap();
    let board = board(
        folder.path(),
        "[link]\nstation = '127.0.0.1:1'\nkeys = 'nowhere'\n",
    );
    let state = checked(&board);
    assert_eq!(state("model").0, "ok");
    for (name, word) in [
        ("camera", "video"),
        ("GNSS", "plugged in"),
        ("autopilot", "no heartbeat"),
        ("link", "nowhere"),
    ] {
        let (state, detail) = state(name);
        assert!(
            state == "failed" && detail.contains(word),
            "{name}: {detail}"
        );
    }
}
