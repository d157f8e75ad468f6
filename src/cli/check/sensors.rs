//! The sensors of `scarp check`: each must give something real.

use std::{
    fs::{self, File},
    io::{BufReader, Read},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use scarp::flight::{Autopilot, Gnss, Track, autopilot_port, camera_settings, gnss_port, now};
use scarp_capture::{
    Folder, TagSettings,
    live::{self, CAMERAS, CameraSettings, ReconnectingCamera, Step, to_rgb},
};
use scarp_config::Board;
use scarp_geo::{GeoError, Terrain};
use scarp_nav::{Fix, FixReader, FixSettings, Monotonic, TrajectorySettings};

use crate::cli::terminal::wait_bar;

/// How long a camera may take to its second frame.
const CAMERA_WAIT: Duration = Duration::from_secs(5);
/// How long a receiver may take to say something sensible: all speeds are tried, and one fix a second settles in ten.
const GNSS_WAIT: Duration = Duration::from_secs(30);
/// How long a receiver's pulse may take: ten fixes and five pulses until it is used.
const PULSE_WAIT: Duration = Duration::from_secs(10);
/// How long an autopilot may take: a heartbeat a second, and ten attitudes until its clock is known.
const AUTOPILOT_WAIT: Duration = Duration::from_secs(5);
/// How long a sensor's samples are counted, to tell how often they come.
const RATE_WAIT: Duration = Duration::from_secs(2);
/// Time between two polls of what has come.
const POLL: Duration = Duration::from_millis(20);
/// Of a log, as much as holds some minutes.
const LOG_BYTES: u64 = 1 << 20;

/// Two frames of a camera, which must differ and be of this moment; or the first photograph of a folder.
pub fn camera(path: &Path, board: &Board) -> anyhow::Result<String> {
    if path.is_dir() {
        return photographs(path);
    }
    anyhow::ensure!(
        path.exists() && !path.is_file(),
        "{}: {}; name a video device that is plugged in, or a folder of photographs",
        path.display(),
        if path.exists() {
            "is a file"
        } else {
            "is not there"
        }
    );
    let settings = CameraSettings {
        device: path.to_owned(),
        ..camera_settings(board)?
    };
    let started = Instant::now();
    let mut camera = ReconnectingCamera::new(|| live::open(CAMERAS, &settings));
    let shot = loop {
        let step = camera.step(now(), POLL);
        let closed = matches!(step, Step::Closed { .. });
        match step {
            Step::Frame(shot) if camera.counts().frames > 1 => break shot,
            _ if closed || started.elapsed() > CAMERA_WAIT => {
                // A fault names the camera.
                anyhow::bail!(match camera.fault() {
                    Some(fault) => fault.to_owned(),
                    None => format!("camera {}: gives no frame", path.display()),
                });
            }
            _ => {}
        }
    };
    let image = to_rgb(&shot.layout, &shot.bytes)?;
    Ok(format!(
        "{}: {} of {}x{}, two frames after {:.1} s",
        path.display(),
        shot.layout.format,
        image.width(),
        image.height(),
        started.elapsed().as_secs_f64()
    ))
}

fn photographs(folder: &Path) -> anyhow::Result<String> {
    let mut photographs = Folder::open(folder, &TagSettings::default(), None, 1)?;
    let count = photographs.remaining();
    let Some(frame) = photographs.next() else {
        anyhow::bail!("{}: no frame in it; name another folder", folder.display());
    };
    let photograph = frame.photograph?;
    let (width, height) = photograph.image.dimensions();
    let tag = photograph.tag;
    tag.map_err(|e| anyhow::anyhow!("{}: {e}", frame.name))?;
    Ok(format!(
        "photographs: {count}, the first {width}x{height} and tagged"
    ))
}

/// How far apart a sensor's samples come, when it is asked twice how many there were and when the newest was.
fn interval_s(samples: impl Fn() -> Option<(u64, Monotonic)>) -> Option<f64> {
    let (before, first) = samples()?;
    thread::sleep(RATE_WAIT);
    let (after, last) = samples()?;
    (after > before).then(|| last.seconds_since(first) / (after - before) as f64)
}

/// A frame over an elevation model is placed by a height over the model's datum, or one that can be turned into such.
fn has_height(fix: &Fix, terrain: Option<&Terrain>) -> Result<(), GeoError> {
    let over = |terrain: &Terrain| {
        let datum = terrain.datum()?;
        Some(terrain.height_over(datum, &fix.altitude, fix.place))
    };
    terrain.and_then(over).transpose().map(|_| ())
}

/// Poses lie between samples, which must not be further apart than that.
fn often_enough(what: &str, interval_s: Option<f64>, limit_s: f64) -> anyhow::Result<String> {
    let Some(interval_s) = interval_s else {
        anyhow::bail!(
            "one {what} came, and then none in {} s; raise their rate",
            RATE_WAIT.as_secs()
        );
    };
    anyhow::ensure!(
        interval_s <= limit_s,
        "one {what} every {interval_s:.2} s; frames are placed between two no more than {limit_s} s apart, so raise their rate"
    );
    Ok(format!("{:.0} a second", 1.0 / interval_s))
}

/// Position fixes of a receiver, often enough and with a height over the ground's datum; or the first of a log of one.
pub fn gnss(device: &Path, board: &Board, terrain: Option<&Terrain>) -> anyhow::Result<String> {
    // Not opened here: that may wait for a carrier.
    if fs::metadata(device).is_ok_and(|kind| kind.is_file()) {
        return gnss_log(device, gnss_port(board).fix);
    }
    let port = gnss_port(board).at(device.display().to_string())?;
    let pulsed = port.pps.is_some();
    let settings = TrajectorySettings::default();
    let gnss = Gnss::start(port, Track::new(settings));
    let (started, bar) = (Instant::now(), wait_bar("a position fix", GNSS_WAIT));
    loop {
        bar.set_position(started.elapsed().as_secs());
        let status = gnss.status();
        let pulse_awaited = pulsed && !status.time_by_pulse && started.elapsed() < PULSE_WAIT;
        if let Some(fix) = status.newest.filter(|_| !pulse_awaited) {
            has_height(&fix.fix, terrain)?;
            let samples = || {
                let status = gnss.status();
                status.newest.map(|fix| (status.fixes, fix.at))
            };
            let rate = often_enough("fix", interval_s(samples), settings.max_fix_gap_s)?;
            let speed = status.baud_rate.map(|rate| format!(" at {rate} bit/s"));
            let speed = speed.unwrap_or_default();
            let pulse = match status.pulse_doubt {
                Some(doubt) => format!("; time not by the pulse: {doubt}"),
                None if pulsed => ", time by the pulse".to_owned(),
                None => String::new(),
            };
            return Ok(format!("{}{speed}, {rate}{pulse}", described(&fix.fix)));
        }
        // What is not there at all need not be waited for.
        let gone = status.opened == 0 && status.fault.is_some();
        if gone || started.elapsed() > GNSS_WAIT {
            let fault = status.fault.unwrap_or_else(|| "it says nothing".to_owned());
            anyhow::ensure!(!gone, "{fault}");
            anyhow::bail!("no position fix within {} s: {fault}", GNSS_WAIT.as_secs());
        }
        thread::sleep(POLL);
    }
}

/// The first position fix of a log, whose instants nobody knows.
fn gnss_log(path: &Path, settings: FixSettings) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = FixReader::new(settings);
    let mut fault = "no NMEA 0183 sentence in it".to_owned();
    // A file without end is no log.
    for byte in BufReader::new(file.take(LOG_BYTES)).bytes() {
        let byte = byte.with_context(|| path.display().to_string())?;
        match reader.push(byte, Monotonic::from_nanos(0)) {
            Some(Ok(fix)) => return Ok(described(&fix)),
            Some(Err(doubt)) => fault = doubt.to_string(),
            None => {}
        }
    }
    anyhow::bail!("{}: no position fix: {fault}", path.display())
}

fn described(fix: &Fix) -> String {
    format!("fix at {:.5}, quality {}", fix.place, fix.quality)
}

/// Attitudes and a heartbeat of the board's autopilot, and where the board takes its positions those, as of a receiver.
pub fn autopilot(board: &Board, terrain: Option<&Terrain>) -> anyhow::Result<String> {
    let address = &board.autopilot.address;
    let settings = TrajectorySettings::default();
    let track = Track::new(settings);
    let port = autopilot_port(board)?;
    let placed = port.positions;
    let autopilot = Autopilot::start(port, track)?;
    let (started, bar) = (Instant::now(), wait_bar("the autopilot", AUTOPILOT_WAIT));
    loop {
        bar.set_position(started.elapsed().as_secs());
        let status = autopilot.status();
        if let (Some(vehicle), Some(_), Some(armed)) =
            (status.link.vehicle, status.newest, status.armed)
            && (status.newest_fix.is_some() || !placed)
        {
            let samples = || {
                let status = autopilot.status();
                status.newest.map(|at| (status.attitudes, at))
            };
            let limit_s = settings.max_attitude_gap_s;
            let rate = often_enough("attitude", interval_s(samples), limit_s)?;
            let armed = if armed { "armed" } else { "disarmed" };
            let position = match status.newest_fix {
                Some(fix) => {
                    has_height(&fix.fix, terrain)?;
                    let samples = || {
                        let status = autopilot.status();
                        status.newest_fix.map(|fix| (status.fixes, fix.at))
                    };
                    let limit_s = settings.max_fix_gap_s;
                    let rate = often_enough("position", interval_s(samples), limit_s)?;
                    format!(", {} {rate}", described(&fix.fix))
                }
                None => String::new(),
            };
            return Ok(format!(
                "{:?} of system {} at {address}, {armed}, attitudes {rate}{position}",
                vehicle.autopilot, vehicle.system
            ));
        }
        if started.elapsed() > AUTOPILOT_WAIT {
            let no_fix = |fault| format!("no position fix: {fault}");
            let fault = status.link.fault().or(status.fault);
            let fault = fault
                .or_else(|| status.fix_fault.map(no_fix))
                .unwrap_or_else(|| {
                    "no attitude or position; check the rates of its messages".to_owned()
                });
            anyhow::bail!("{address}: {fault}");
        }
        thread::sleep(POLL);
    }
}
