//! The ground station as a process of its own.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use scarp_test_support::signal::terminate;
use serde::Deserialize;
use tempfile::TempDir;

use crate::keys::{self, Keys};

/// A folder on the disk that holds what the benchmark builds, with the keys of a station and of its aircraft.
pub struct Site {
    dir: TempDir,
    pub keys: Keys,
}

/// A station that listens.
pub struct Station {
    process: Child,
    output: BufReader<ChildStdout>,
    pub address: SocketAddr,
    pub store: PathBuf,
}

/// What the station says at its end.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Totals {
    pub stored: u64,
    pub repeated: u64,
    pub refused: u64,
}

#[derive(Deserialize)]
struct Listening {
    listening: SocketAddr,
}

impl Site {
    /// A site with so many aircraft.
    pub fn new(aircraft: usize) -> Result<Self> {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let keys = keys::make(&dir.path().join("keys"), aircraft)?;
        Ok(Self { dir, keys })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts `scarp-station serve` on a new store.
    pub fn serve(&self) -> Result<Station> {
        let store = self.path("survey.gpkg");
        let log = self.path("station.log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--store"])
            .arg(&store)
            .arg("--keys")
            .arg(&self.keys.station)
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let listening: Listening = serde_json::from_str(&line)
            .with_context(|| fs::read_to_string(&log).unwrap_or_default())
            .context("the station does not listen")?;
        Ok(Station {
            process,
            output,
            address: listening.listening,
            store,
        })
    }
}

impl Station {
    /// Resident memory, bytes.
    pub fn memory(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(1024
            * kib
                .context("the station has ended by itself")?
                .trim()
                .parse::<u64>()?)
    }

    /// Transactions on the store so far: the counter `iChange` of SQLite's WAL index, see its file format.
    pub fn commits(&self) -> Result<u32> {
        let mut path = self.store.clone().into_os_string();
        path.push("-shm");
        let index = fs::read(&path).with_context(|| Path::new(&path).display().to_string())?;
        let counter = index.get(8..12).context("an empty WAL index")?;
        Ok(u32::from_ne_bytes(counter.try_into()?))
    }

    /// Ends it as Ctrl-C does, and returns what it says.
    pub fn stop(mut self) -> Result<Totals> {
        terminate(&self.process);
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let status = self.process.wait()?;
        ensure!(status.success(), "the station ended with {status}");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
