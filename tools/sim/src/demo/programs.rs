//! The firmware and the ground station, run as processes of their own.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use rustix::rand::GetRandomFlags;
use serde::Deserialize;

/// The two programs, next to this one in the build folder.
pub struct Programs {
    folder: PathBuf,
}

/// What `scarp replay --json` ends with, as far as the demo needs it.
#[derive(Debug, Deserialize)]
pub struct Replayed {
    /// Frames searched or turned away.
    pub frames: u64,
    /// Where its results are.
    pub folder: PathBuf,
    /// The model that searched them.
    pub model: String,
    /// Messages the ground station has not confirmed.
    pub undelivered: u64,
    /// Most memory held.
    pub peak_rss_bytes: u64,
    /// From start to end.
    pub seconds: f64,
}

impl Programs {
    /// Those that lie beside this one.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn beside_this_one() -> anyhow::Result<Self> {
        let own = env::current_exe().context("cannot tell where this program lies")?;
        let folder = own.parent().context("this program lies nowhere")?;
        for name in ["scarp", "scarp-station"] {
            let program = folder.join(name);
            ensure!(
                program.is_file(),
                "{}: not there, and the demo runs it; `tools/demo` builds what it needs and flies it",
                program.display()
            );
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Makes fresh keys in `folder`.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn make_keys(&self, folder: &Path) -> anyhow::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        fs::create_dir_all(folder)?;
        let passphrase = folder.join("passphrase");
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&passphrase)?;
        let mut random = [0; 16];
        rustix::rand::getrandom(&mut random, GetRandomFlags::empty())?;
        write!(file, "{:032x}", u128::from_ne_bytes(random))?;
        for command in [&["init"][..], &["enrol", "drone"]] {
            let output = self
                .station()
                .arg("keys")
                .args(command)
                .arg("--keys")
                .arg(folder)
                .arg("--passphrase-file")
                .arg(&passphrase)
                .output()?;
            ensure!(
                output.status.success(),
                "scarp-station keys failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }

    /// Starts the ground station on a free port of the loopback.
    ///
    /// # Errors
    /// When it does not start.
    pub fn serve(&self, store: &Path, keys: &Path) -> anyhow::Result<Station> {
        let mut process = self
            .station()
            .arg("serve")
            .arg("--store")
            .arg(store)
            .arg("--keys")
            .arg(keys.join("station"))
            .args(["--listen", "127.0.0.1:0", "--json"])
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .context("scarp-station does not start")?;
        let mut stdout = BufReader::new(
            process
                .stdout
                .take()
                .context("scarp-station has no output")?,
        );
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let Some(address) = said["listening"].as_str() else {
            // Whatever it was, it has told on standard error.
            process.kill().ok();
            bail!("scarp-station does not listen; see above");
        };
        Ok(Station {
            address: address.to_owned(),
            process,
            _stdout: stdout,
        })
    }

    /// Replays `frames` over `dem`, with the progress shown on standard error, into `out` and to the station.
    ///
    /// # Errors
    /// When the firmware stops with an error.
    pub fn replay(
        &self,
        survey: &Path,
        model: Option<&Path>,
        out: &Path,
        keys: &Path,
        station: &Station,
    ) -> anyhow::Result<Replayed> {
        let output = Command::new(self.folder.join("scarp"))
            .arg("replay")
            .arg(survey.join("frames"))
            .arg("--dem")
            .arg(survey.join("dem.tif"))
            .args(model.iter().flat_map(|model| [Path::new("--model"), model]))
            .arg("--out")
            .arg(out)
            .args(["--station", &station.address])
            .arg("--keys")
            .arg(keys.join("aircraft/drone"))
            .arg("--json")
            .stderr(Stdio::inherit())
            .output()
            .context("scarp does not start")?;
        ensure!(!output.stdout.is_empty(), "scarp replay failed; see above");
        serde_json::from_slice(&output.stdout).context("scarp replay ended without its JSON object")
    }

    /// Exports the landslides of a store as GeoJSON.
    ///
    /// # Errors
    /// When the export fails.
    pub fn export(&self, store: &Path, out: &Path) -> anyhow::Result<()> {
        let output = self
            .station()
            .arg("export")
            .arg("--store")
            .arg(store)
            .arg("--out")
            .arg(out)
            .output()?;
        ensure!(
            output.status.success(),
            "scarp-station export failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(())
    }

    fn station(&self) -> Command {
        Command::new(self.folder.join("scarp-station"))
    }
}

/// A running ground station; dropping it kills it.
pub struct Station {
    address: String,
    process: Child,
    /// Held open, so that its last words find a reader.
    _stdout: BufReader<ChildStdout>,
}

impl Station {
    /// Interrupts the station as Ctrl-C would, and waits for its end.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
        let status = self.process.wait()?;
        ensure!(
            status.success(),
            "scarp-station ended with {status}; see above"
        );
        Ok(())
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        // Already gone after `stop`; otherwise it must not outlive the demo.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
