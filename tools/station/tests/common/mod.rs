//! Messages, keys and processes for the tests of the ground station.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod enrolled;
pub mod fleet;
pub mod flights;
mod reports;
pub mod strangers;

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use scarp_inventory::Run;
use scarp_link::{Config, Journal, Uplink};
use scarp_station::keys::{Authority, KeysError, Passphrase, Places};
use scarp_test_support::signal::terminate;
use uuid::Uuid;

pub use reports::*;

/// The name of the tests' drone.
pub const AIRCRAFT: &str = "drone";
pub const PASSPHRASE: &str = "correct horse battery staple";
pub const SURVEY: Uuid = Uuid::from_u128(0x5CA2_9000);
pub const RUN: Run = Run {
    survey: SURVEY,
    id: Uuid::from_u128(0x5CA2_9001),
};

/// Far longer than anything here takes; a test that reaches it has failed.
pub const LONG: Duration = Duration::from_secs(60);

/// For a client that a test drives by hand.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// A file in `folder` with a passphrase, for its owner only.
pub fn passphrase_file(folder: &Path) -> String {
    let file = folder.join("passphrase");
    fs::write(&file, PASSPHRASE).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    file.to_str().unwrap().to_owned()
}

/// A folder with keys, for a store and a journal.
pub struct Site {
    pub dir: tempfile::TempDir,
    store: PathBuf,
}

impl Site {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("survey.gpkg");
        let site = Self { dir, store };
        let passphrase = Passphrase::new(PASSPHRASE.to_owned());
        let mut authority =
            Authority::create(site.places(), &passphrase, SystemTime::now()).unwrap();
        authority.enrol(AIRCRAFT, SystemTime::now()).unwrap();
        site
    }

    pub fn places(&self) -> Places {
        Places::new(&self.path("keys"), None)
    }

    /// The authority, opened to enrol or revoke.
    pub fn authority(&self) -> Authority {
        let passphrase = Passphrase::new(PASSPHRASE.to_owned());
        let start = Instant::now();
        loop {
            match Authority::open(self.places(), &passphrase) {
                // Its lock was let go of, but for a program that another test started meanwhile and that has not shed it yet.
                Err(KeysError::Busy { .. }) if start.elapsed() < LONG => {
                    thread::sleep(Duration::from_millis(10));
                }
                opened => return opened.unwrap(),
            }
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.store.clone()
    }

    /// From now on the store is elsewhere below the site's folder.
    pub fn put_store(&mut self, name: &str) {
        self.store = self.path(name);
    }

    /// What the ground station says, for people.
    pub fn log(&self) -> PathBuf {
        self.path("station.log")
    }

    pub fn journal(&self) -> Journal {
        Journal::open(&self.path("journal.sqlite"), 64 << 20).unwrap()
    }

    pub fn uplink(&self, station: SocketAddr) -> Uplink {
        Uplink::start(&self.config(station), self.journal()).unwrap()
    }

    pub fn config(&self, station: SocketAddr) -> Config {
        Config {
            station: station.to_string(),
            keys: self.path("keys/aircraft/drone"),
        }
    }

    /// `scarp-station serve` as a process of its own, on `port` (0: any), once it listens.
    pub fn serve(&self, port: u16) -> Station {
        self.serve_with(port, &[])
    }

    /// The same, with further arguments.
    pub fn serve_with(&self, port: u16, arguments: &[&str]) -> Station {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scarp-station"));
        command.args(self.serve_arguments(port)).args(arguments);
        self.start(command)
    }

    /// What `scarp-station` is to be told to serve this site.
    pub fn serve_arguments(&self, port: u16) -> Vec<OsString> {
        let listen = format!("127.0.0.1:{port}");
        let (store, keys) = (self.store(), self.path("keys/station"));
        let given = ["serve", "--json", "--listen", &listen, "--store"];
        let mut arguments: Vec<OsString> = given.iter().map(Into::into).collect();
        arguments.extend([store.into(), "--keys".into(), keys.into()]);
        arguments
    }

    /// Runs `command`, which becomes such a process, until it listens.
    pub fn start(&self, mut command: Command) -> Station {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(fs::File::create(self.log()).unwrap())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = line["listening"].as_str().unwrap().parse().unwrap();
        Station {
            process,
            output,
            address,
        }
    }
}

pub struct Station {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
    pub address: SocketAddr,
}

impl Station {
    /// SIGKILL: nothing is finished, nothing is closed.
    pub fn kill(mut self) -> SocketAddr {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.address
    }

    /// Its number among the processes.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it ends by itself; its exit status.
    pub fn ended(&mut self) -> Option<i32> {
        until("end", || self.process.try_wait().unwrap().is_some());
        self.process.wait().unwrap().code()
    }

    /// The most memory that it has held since its start, in MB.
    pub fn peak_memory_mb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.id());
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|l| l.trim().strip_suffix(" kB"));
        kilobytes.unwrap().parse::<u64>().unwrap() / 1024
    }

    /// SIGTERM, as Ctrl-C: returns what it says it received.
    pub fn stop(self) -> serde_json::Value {
        let (totals, status) = self.stop_with_status();
        assert_eq!(status, Some(0));
        totals
    }

    /// The same, whatever its exit status, which is returned too.
    pub fn stop_with_status(mut self) -> (serde_json::Value, Option<i32>) {
        terminate(&self.process);
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let status = self.process.wait().unwrap().code();
        (serde_json::from_str(&line).unwrap(), status)
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Waits until `done`, or fails saying `what` did not happen.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG, "did not happen: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A store opened as another program does that writes GeoPackages: triggers run, and have the functions that they need.
pub fn another_program(store: &Path) -> rusqlite::Connection {
    use rusqlite::functions::FunctionFlags;
    let db = rusqlite::Connection::open(store).unwrap();
    let bound = |name: &str, of: fn(geo::Rect<f64>) -> f64| {
        db.create_scalar_function(name, 1, FunctionFlags::SQLITE_UTF8, move |context| {
            let blob: Vec<u8> = context.get(0)?;
            Ok(scarp_station::store::geometry::extent(&blob).map(of))
        })
        .unwrap();
    };
    bound("ST_MinX", |bounds| bounds.min().x);
    bound("ST_MaxX", |bounds| bounds.max().x);
    bound("ST_MinY", |bounds| bounds.min().y);
    bound("ST_MaxY", |bounds| bounds.max().y);
    db.create_scalar_function("ST_IsEmpty", 1, FunctionFlags::SQLITE_UTF8, |context| {
        let blob: Vec<u8> = context.get(0)?;
        Ok(scarp_station::store::geometry::extent(&blob).is_none())
    })
    .unwrap();
    db
}

/// One number from the store, read as another program would.
pub fn query(store: &Path, sql: &str) -> i64 {
    let db = rusqlite::Connection::open(store).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}
