//! One flight: sensors, pipeline and watch together, from power-on to landing.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use parking_lot::Mutex;
use scarp_capture::live::{Camera, OpenError};
use scarp_geo::Terrain;
use scarp_link::Uplink;
use sd_notify::NotifyState;
use thiserror::Error;

use super::{
    autopilot::Autopilot,
    frame_accounting::Workload,
    gnss::Gnss,
    health_file::{Health, HealthFile},
    live_source::{CameraStatus, Live, Watched},
    load_shedder::{Level, LoadShedderSettings},
    monitor::{LinkProbe, Monitor, POLL, notify},
    monotonic_clock::now,
    placement_health::PlacementHealth,
    sensor_settings::{Equipment, Positions},
    shared_trajectory::Track,
    thumbnail_store::{Store, Thumbnails},
};
use crate::pipeline::{
    self, Flight, PipelineError, Summary, SurveyLog, WhenRefused,
    output::{OutputError, OutputFolder, survey_folder},
};

/// Where a flight puts what it finds.
pub struct Destination<'a> {
    /// Folder for all flights: `health.json`, and a folder for each survey.
    pub out: &'a Path,
    /// The link to the ground station, where there is one.
    pub uplink: Option<Arc<Uplink>>,
}

/// How a flight ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FlightResult {
    /// What became of the frames.
    pub summary: Summary,
    /// Health at the end.
    pub health: Health,
    /// Why something that was found could not be kept on the disk.
    pub storage_error: Option<String>,
}

/// Why a flight could not begin or ended before its time.
#[derive(Debug, Error)]
pub enum FlightError {
    /// A folder cannot be made.
    #[error("{path}: {reason}; free space or choose another with --out")]
    Folder {
        /// The folder.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
    /// A file in it cannot be made.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The system gave no thread.
    #[error("cannot start a thread: {0}; close other programs")]
    Thread(io::Error),
    /// The pipeline failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// Flies with `equipment` over `terrain` until the aircraft has landed or `stop` is raised. The camera is what `open` opens.
///
/// # Errors
/// When the folders cannot be made or the network fails. A sensor that is missing or fails is no error: it is waited for.
pub fn fly<O>(
    equipment: Equipment,
    open: O,
    terrain: Terrain,
    flight: &Flight,
    destination: Destination<'_>,
    stop: &Arc<AtomicBool>,
) -> Result<FlightResult, FlightError>
where
    O: FnMut() -> Result<Box<dyn Camera>, OpenError> + Send,
{
    let survey = survey_folder(destination.out, flight.run.survey);
    let made = |reason| FlightError::Folder {
        path: survey.display().to_string(),
        reason,
    };
    fs::create_dir_all(&survey).map_err(made)?;
    let thumbnails = Thumbnails::start(Store::open(&survey, equipment.disk).map_err(made)?)
        .map_err(FlightError::Thread)?;
    let watched = Watched {
        camera: Arc::new(Mutex::new(CameraStatus::default())),
        level: Arc::new(Mutex::new(Level::Full)),
        surveying: Arc::default(),
        stop: Arc::clone(stop),
        workload: Workload::default(),
        placement: PlacementHealth::default(),
    };
    let disk = Arc::default();
    let (store, workload) = (thumbnails.store(), watched.workload.clone());
    let mut log = SurveyLog::new(
        OutputFolder::create(&survey)?,
        destination.uplink.clone(),
        flight.run,
        WhenRefused::TryAgain {
            fault: Arc::clone(&disk),
            make_room: Box::new(move || store.make_room()),
        },
        move |report, changed| workload.report(report, changed, now()),
    );
    let track = Track::new(equipment.trajectory);
    let uplink = destination.uplink;
    let probe: LinkProbe = Box::new(move || uplink.as_ref().map(|uplink| uplink.status()));
    let gnss = match equipment.positions {
        Positions::Receiver(port) => Some(Gnss::start(port, track.clone())),
        Positions::Autopilot => None,
    };
    let mut monitor = Monitor::new(
        gnss,
        Autopilot::start(equipment.autopilot, track.clone()).map_err(FlightError::Thread)?,
        watched.clone(),
        Arc::clone(&disk),
        probe,
        HealthFile::new(destination.out.join("health.json"), flight.run.survey),
        LoadShedderSettings {
            // Every queue full and every worker at work.
            busy_frames: 4 * flight.queue_frames + flight.workers,
            reduce_c: equipment.reduce_c,
            shed_c: equipment.shed_c,
        },
    );
    let mut source = Live::new(
        open,
        (equipment.model, equipment.exposure),
        (track, terrain),
        flight,
        watched,
        thumbnails,
    );
    let over = AtomicBool::new(false);
    notify(&[NotifyState::Ready]);
    let (summary, health) = thread::scope(|scope| {
        let watching = scope.spawn(|| {
            loop {
                let health = monitor.poll();
                if over.load(Ordering::Relaxed) {
                    return health;
                }
                thread::sleep(POLL);
            }
        });
        let summary = pipeline::run(&mut source, flight, &mut log, stop);
        over.store(true, Ordering::Relaxed);
        (summary, watching.join())
    });
    notify(&[NotifyState::Stopping]);
    let summary = summary?;
    let health = health.map_err(|_| PipelineError::Panic("watch"))?;
    let storage_error = disk.lock().clone();
    Ok(FlightResult {
        summary,
        health,
        storage_error,
    })
}
