//! The sensors of `scarp check`: each must give something real.

use std::{
    fs::{self, File},
    io::{BufReader, Read},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use scarp::{
    capture::{
        Folder, FrameSource, TagSettings,
        live::{self, Camera, CameraFault, to_rgb},
    },
    config::Board,
    flight::{Autopilot, Gnss, Track, autopilot_port, camera_settings, gnss_port},
    nav::{Fix, FixReader, FixSettings, Monotonic, TrajectorySettings},
};

use super::terminal::wait_bar;

/// How long a camera may take to its first frame.
const CAMERA_WAIT: Duration = Duration::from_secs(5);
/// How long a receiver may take to say something sensible: all speeds are tried, and one fix a second settles in ten.
const GNSS_WAIT: Duration = Duration::from_secs(30);
/// How long a receiver's pulse may take: ten fixes and five pulses until it is used.
const PULSE_WAIT: Duration = Duration::from_secs(10);
/// How long an autopilot may take: a heartbeat a second, and ten attitudes until its clock is known.
const AUTOPILOT_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at what has come.
const LOOK: Duration = Duration::from_millis(20);
/// Of a log, as much as holds some minutes.
const LOG_BYTES: u64 = 1 << 20;

/// A frame of a camera, or the first photograph of a folder.
pub fn camera(path: &Path, board: &Board) -> anyhow::Result<String> {
    if path.is_dir() {
        return photographs(path);
    }
    let settings = live::CameraSettings {
        device: path.to_owned(),
        ..camera_settings(board)?
    };
    let started = Instant::now();
    let mut camera = live::open(&settings)?;
    let shot = loop {
        match camera.next(CAMERA_WAIT) {
            Ok(shot) => break shot,
            Err(CameraFault::Damaged { .. }) if started.elapsed() < CAMERA_WAIT => {}
            Err(fault) => return Err(fault.into()),
        }
    };
    let image = to_rgb(&shot.layout, &shot.bytes)?;
    Ok(format!(
        "{}: {} of {}x{}, the first frame after {:.1} s",
        path.display(),
        shot.layout.format,
        image.width(),
        image.height(),
        started.elapsed().as_secs_f64()
    ))
}

fn photographs(folder: &Path) -> anyhow::Result<String> {
    let mut photographs = Folder::open(folder, TagSettings::default())?;
    let count = photographs.remaining();
    match photographs.next_frame() {
        Some(Ok(frame)) => {
            let (width, height) = frame.image.dimensions();
            frame
                .tag
                .map_err(|e| anyhow::anyhow!("{}: {e}", frame.name))?;
            Ok(format!(
                "{count} photographs, the first {width}x{height} and tagged"
            ))
        }
        Some(Err(error)) => Err(error.into()),
        None => anyhow::bail!("{}: no frame in it; name another folder", folder.display()),
    }
}

/// The first position fix of a receiver or of a log of one.
pub fn gnss(device: &Path, board: &Board) -> anyhow::Result<String> {
    // Not opened here: that may wait for a carrier.
    if fs::metadata(device).is_ok_and(|kind| kind.is_file()) {
        return gnss_log(device);
    }
    let mut port = gnss_port(board)?;
    port.device = device.display().to_string();
    let pulsed = port.pps.is_some();
    let gnss = Gnss::start(port, Track::new(TrajectorySettings::default()));
    let (started, bar) = (Instant::now(), wait_bar("a position fix", GNSS_WAIT));
    loop {
        bar.set_position(started.elapsed().as_secs());
        let status = gnss.status();
        let pulse_awaited = pulsed && !status.time_by_pulse && started.elapsed() < PULSE_WAIT;
        if let Some(fix) = status.newest.filter(|_| !pulse_awaited) {
            let speed = status.baud_rate.map(|rate| format!(" at {rate} bit/s"));
            let speed = speed.unwrap_or_default();
            let pulse = match status.pulse_doubt {
                Some(doubt) => format!("; time not by the pulse: {doubt}"),
                None if pulsed => ", time by the pulse".to_owned(),
                None => String::new(),
            };
            return Ok(format!("{}{speed}{pulse}", told(&fix.fix)));
        }
        // What is not there at all need not be waited for.
        let gone = status.opened == 0 && status.trouble.is_some();
        if gone || started.elapsed() > GNSS_WAIT {
            let trouble = status
                .trouble
                .unwrap_or_else(|| "it says nothing".to_owned());
            anyhow::bail!(
                "no position fix within {} s: {trouble}",
                started.elapsed().as_secs()
            );
        }
        thread::sleep(LOOK);
    }
}

/// The first position fix of a log, whose instants nobody knows.
fn gnss_log(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = FixReader::new(FixSettings::default());
    let mut trouble = "no NMEA 0183 sentence in it".to_owned();
    // A file without end is no log.
    for byte in BufReader::new(file.take(LOG_BYTES)).bytes() {
        let byte = byte.with_context(|| path.display().to_string())?;
        match reader.push(byte, Monotonic::from_nanos(0)) {
            Some(Ok(fix)) => return Ok(told(&fix)),
            Some(Err(doubt)) => trouble = doubt.to_string(),
            None => {}
        }
    }
    anyhow::bail!("{}: no position fix: {trouble}", path.display())
}

fn told(fix: &Fix) -> String {
    format!(
        "fix at {:.5}, {:.5}, quality {}",
        fix.latitude_deg, fix.longitude_deg, fix.quality
    )
}

/// Attitudes and a heartbeat of the board's autopilot, and a position where the board takes its.
pub fn autopilot(board: &Board) -> anyhow::Result<String> {
    let address = &board.autopilot.address;
    let track = Track::new(TrajectorySettings::default());
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
            let armed = if armed { "armed" } else { "disarmed" };
            let position = if placed { ", with a position fix" } else { "" };
            return Ok(format!(
                "{:?} of system {} at {address}, {armed}{position}",
                vehicle.autopilot, vehicle.system
            ));
        }
        if started.elapsed() > AUTOPILOT_WAIT {
            let no_fix = |trouble| format!("no position fix: {trouble}");
            let trouble = status.link.trouble().or(status.trouble);
            let trouble = trouble
                .or_else(|| status.fix_trouble.map(no_fix))
                .unwrap_or_else(|| {
                    "no attitude or position; check the rates of its messages".to_owned()
                });
            anyhow::bail!("{address}: {trouble}");
        }
        thread::sleep(LOOK);
    }
}
