//! `scarp fly`: a survey with the aircraft's own sensors.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use scarp::{
    flight::{self, Captured, Destination, Equipment, FlightResult, Health, HealthFile, Totals},
    pipeline::{self, Flight, Summary, WhenFull, output::survey_folder},
};
use scarp_capture::live::{self, CAMERAS};
use scarp_config::Board;
use scarp_geo::Terrain;
use scarp_inventory::Run;
use scarp_link::{Config, Journal, LinkStatus};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Outcome, journal, model_folder,
    survey_setup::{self, LinkArgs},
    terrain::{self, TerrainArgs},
};

const EXAMPLES: &str = "\
Examples:
  scarp check --board board.toml                   whether this computer can fly
  scarp fly --board /etc/scarp/board.toml          wait for the sensors, survey, end when landed
  scarp fly --board board.toml --station 10.0.0.2:4433 --keys keys/aircraft/alpha --json

It waits for camera, position fixes, attitude and armed motors, searches what the camera sees, and ends once the autopilot
is disarmed again, or is interrupted. OUT/health.json says four times a second how it goes; OUT/survey-ID/ keeps what is found.
A sensor that fails is waited for: frames without a place are counted and never placed.
Exit status 3 tells that frames were not searched (untagged, corrupt, dropped), messages wait in the journal or were set
aside in this flight (refused by the ground station, or damaged), messages were in memory only and are lost, or the disk was full.";

#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", model_folder::SEARCH))]
pub struct Args {
    /// Board file: sensors, paths, limits; see boards/
    #[arg(long, value_name = "FILE")]
    board: PathBuf,
    /// Folder of the model [default: the board's paths.model, else a released one, see below]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    terrain: TerrainArgs,
    /// Folder for what the flight leaves [default: the board's paths.out]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    link: LinkArgs,
    /// End with one JSON object on standard output; people's output stays on standard error
    #[arg(long)]
    json: bool,
}

/// The JSON object a flight ends with. Fields may be added, never renamed.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    summary: Summary,
    camera: Captured,
    totals: Totals,
    survey: Uuid,
    /// Where its results are.
    folder: PathBuf,
    model: String,
    /// Messages the ground station has not confirmed.
    undelivered: u64,
    /// Messages that are gone: they were in memory only, or there was no room for them anywhere.
    messages_lost: u64,
    /// Messages the ground station refused.
    refused: u64,
    /// Messages set aside, whatever the reason.
    set_aside: u64,
    /// Messages that say what no message can, and were left out.
    unsendable: u64,
    /// Why something found could not be kept on the disk.
    storage_error: Option<String>,
    /// Whether the flight was stopped before the aircraft had landed.
    interrupted: bool,
    seconds: f64,
    peak_rss_bytes: Option<u64>,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let board = Board::load(&args.board)?;
    let equipment = Equipment::of(&board)?;
    let paths = &board.paths;
    let out = args.out.as_ref().unwrap_or(&paths.out);
    survey_setup::make_folder(out)?;
    flight::make_room(out, equipment.disk).with_context(|| out.display().to_string())?;
    let run = Run {
        survey: Uuid::new_v4(),
        id: Uuid::new_v4(),
    };
    // Before anything that takes time: what an earlier flight left there is not so any more.
    HealthFile::new(out.join("health.json"), run.survey).write(&Health::starting());
    let model = pipeline::load_model(&board, &model_folder::find(args.model.as_deref(), &board)?)?;
    let terrain = terrain(args, &board)?;
    let when_full = WhenFull::DropOldest;
    let flight = Flight::from_board(&board, Arc::new(model), run, when_full);
    let journal = journal::path(args.link.journal.as_ref(), out);
    if let Err(error) = journal::take_over(&journal) {
        log::error!("{error:#}");
    }
    let open = || Journal::open_or_replace(&journal, board.journal.max_bytes);
    let uplink = survey_setup::uplink(station(args, &board)?, open)?;
    if let Some(uplink) = &uplink {
        survey_setup::announce(uplink, &flight)?;
    }
    let stop = survey_setup::stop_on_interrupt("frames under way are finished")?;
    let camera = equipment.camera.clone();
    let open = move || live::open(CAMERAS, &camera);
    let destination = Destination {
        out,
        uplink: uplink.clone(),
    };
    let flown = flight::fly(equipment, open, terrain, &flight, destination, &stop)?;
    let link = uplink.as_deref().map(survey_setup::finish);
    let report = report(
        &flown,
        &flight,
        survey_folder(out, run.survey),
        started,
        link.as_ref(),
    );
    print_report(&report, link.as_ref());
    survey_setup::print_undelivered(link.as_ref());
    if args.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(&report)?).context("standard output")?;
    }
    let lost = flown.summary.lost();
    let delivered = survey_setup::all_delivered(link.as_ref());
    let well = lost == 0 && delivered && flown.storage_error.is_none();
    Ok(if well {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// The ground station of the command line, or of the board.
fn station(args: &Args, board: &Board) -> anyhow::Result<Option<Config>> {
    match args.link.station.config() {
        Some(named) => Ok(Some(named)),
        None => survey_setup::station(board),
    }
}

/// The terrain of the command line, or of the board.
fn terrain(args: &Args, board: &Board) -> anyhow::Result<Terrain> {
    if args.terrain.dem.is_empty() {
        terrain::of_board(board)
    } else {
        args.terrain.terrain(board.errors.dem_m)
    }
}

fn report(
    flown: &FlightResult,
    flight: &Flight,
    folder: PathBuf,
    started: Instant,
    link: Option<&LinkStatus>,
) -> Report {
    Report {
        summary: flown.summary.clone(),
        camera: flown.health.captured,
        totals: flown.health.frames,
        survey: flight.run.survey,
        folder,
        model: flight.model.manifest().name.clone(),
        undelivered: link.map_or(0, LinkStatus::undelivered),
        messages_lost: link.map_or(0, LinkStatus::lost),
        refused: link.map_or(0, |status| status.refused),
        set_aside: link.map_or(0, |status| status.newly_set_aside),
        unsendable: link.map_or(0, |status| status.unsendable),
        storage_error: flown.storage_error.clone(),
        interrupted: flown.health.status.state != flight::State::Landed,
        seconds: started.elapsed().as_secs_f64(),
        peak_rss_bytes: scarp_infer::process_memory::peak_rss_bytes(),
    }
}

fn print_report(report: &Report, link: Option<&LinkStatus>) {
    let s = &report.summary;
    eprintln!(
        "Frames searched or turned away: {}, of them {s} {:.1} s.",
        s.frames, report.seconds
    );
    eprintln!(
        "Frames that the camera gave: {}; dropped by its driver: {}.",
        report.camera.counts.frames, report.camera.counts.dropped
    );
    eprintln!("Results are in {}.", report.folder.display());
    // The journal's own is told with what it means for the messages.
    if let Some(line) = report.storage_error.as_deref()
        && Some(line) != survey_setup::disk_fault(link)
    {
        eprintln!("Not all could be kept: {line}");
    }
}
