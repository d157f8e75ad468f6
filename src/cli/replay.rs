//! `scarp replay`: a folder of geotagged photographs through the whole pipeline.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use anyhow::Context;
use scarp::pipeline::{
    self, Flight, Summary, SurveyLog, WhenFull, WhenRefused,
    output::{OutputFolder, survey_folder},
};
use scarp_inventory::Run;
use scarp_link::{Journal, LinkStatus};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Outcome, journal, model_folder,
    reading::ReadingArgs,
    replay_run::Replayed,
    replay_source::Replay,
    survey_setup::{self, LinkArgs},
    terminal,
    terrain::TerrainArgs,
};

const EXAMPLES: &str = "\
Examples:
  scarp replay photos                              search over flat ground, results in scarp-out/survey-ID/
  scarp replay photos --dem dem.tif                place landslides on an elevation model
  scarp replay photos --station 10.0.0.2:4433 --keys keys/aircraft/alpha
                                                   and send them to a ground station
  scarp replay photos --json | jq .landslides      for programs

Interrupt (Ctrl-C) to stop: frames under way are finished, nothing found is lost. Both files are good GeoJSON at any time, also
when the program is killed. A survey that has results in --out already is not searched again there.
Exit status 3 tells that frames were not searched (untagged, over ground that is not known, left out, unreadable, corrupt, of an unsuitable scale,
dropped), or messages wait in the journal, were set aside by this replay (refused by the ground station, or damaged), or are lost because the
journal could not be written and they were in memory only. `scarp photos` lists what is understood of each photograph.";

/// Remarks on the photographs that are told at most.
const REMARKS: usize = 20;

#[derive(clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", model_folder::SEARCH))]
pub struct Args {
    /// Folder of photographs (JPEG, TIFF; folders in it too) with EXIF GPS and the XMP of DJI, Autel, Parrot, Skydio, senseFly or Pix4D
    photos: PathBuf,
    /// Folder of the model: manifest.toml, model.onnx and golden pair [default: the board's, else a released one, see below]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    terrain: TerrainArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Folder for the results: footprints.geojson and landslides.geojson in a folder survey-ID for each survey
    #[arg(long, value_name = "DIR", default_value = "scarp-out")]
    out: PathBuf,
    #[command(flatten)]
    link: LinkArgs,
    /// Board file: model, threads, queues, assumed errors, limits [default: built in, see boards/workstation.toml]
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
    /// Identity of the survey, under which the ground station keeps what is found [default: a new one]. Other photographs, another
    /// model or other settings add to what it has of the survey; the same ones again, at full speed, add nothing
    #[arg(long, value_name = "UUID", value_parser = survey)]
    survey: Option<Uuid>,
    /// Hand frames over at the pace they were taken, and drop the oldest waiting one when inference falls behind
    #[arg(long)]
    realtime: bool,
    /// Replay the folder this many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// End with one JSON object on standard output; people's output stays on standard error
    #[arg(long)]
    json: bool,
}

/// The JSON object a replay ends with. Fields may be added, never renamed.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    summary: Summary,
    survey: Uuid,
    /// Where its results are.
    folder: PathBuf,
    model: String,
    /// Messages the ground station has not confirmed.
    undelivered: u64,
    /// Messages that are gone: they were in memory only.
    messages_lost: u64,
    /// Messages the ground station refused.
    refused: u64,
    /// Messages set aside, whatever the reason.
    set_aside: u64,
    /// Messages that say what no message can, and were left out.
    unsendable: u64,
    /// Why messages are not on the disk.
    storage_error: Option<String>,
    /// Whether the replay was interrupted before its source ended.
    interrupted: bool,
    seconds: f64,
    peak_rss_bytes: Option<u64>,
}

fn survey(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text).map_err(|_| {
        "not a UUID; a replay and a flight end with theirs in --json, and `scarp-station surveys --store FILE` lists those \
         that a ground station has received"
    })
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let board = survey_setup::board(args.board.as_deref())?;
    let errors = &board.errors;
    let settings = args.reading.settings(&board)?;
    let terrain = args.terrain.terrain(errors.dem_m)?;
    let model = model_folder::find(args.model.as_deref(), &board)?;
    let (photos, times) = (args.photos.clone(), args.repeat);
    let poses = args.reading.read_poses()?;
    let mut source = Replay::open(photos, (settings, poses), terrain, times, args.realtime)?;
    warn(source.remarks());
    let survey = args.survey.unwrap_or_else(Uuid::new_v4);
    let loaded = pipeline::load_model(&board, &model)?;
    let id = Replayed {
        photographs: source.photographs().collect(),
        board: &board,
        model: loaded.manifest(),
        terrain: &args.terrain,
        settings: &settings,
        poses: args.reading.poses.as_deref(),
        times: args.repeat,
        realtime: args.realtime,
    }
    .run(survey);
    let flight = Flight::from_board(
        &board,
        Arc::new(loaded),
        Run { survey, id },
        if args.realtime {
            WhenFull::DropOldest
        } else {
            WhenFull::Wait
        },
    );
    let link = &args.link;
    let station = link.station.config();
    let journal = journal::path(link.journal.as_ref(), &args.out);
    let max_bytes = board.journal.max_bytes;
    survey_setup::make_folder(&args.out)?;
    journal::take_over(&journal)?;
    // Before the results: a survey that cannot be sent leaves no folder, so that it can be begun again.
    let uplink = survey_setup::uplink(station, || Journal::open_to_replay(&journal, max_bytes))?;
    let results = survey_folder(&args.out, survey);
    let folder = OutputFolder::create(&results)?;
    if let Some(uplink) = &uplink {
        survey_setup::announce(uplink, &flight)?;
    }
    let bar = terminal::frame_bar(source.remaining());
    let mut log = SurveyLog::new(
        folder,
        uplink.clone(),
        flight.run,
        WhenRefused::End,
        |_, _| bar.inc(1),
    );
    let stop = survey_setup::stop_on_interrupt("frames under way are finished")?;
    let summary = pipeline::run(&mut source, &flight, &mut log, &stop)?;
    bar.finish_and_clear();
    let link = uplink.as_deref().map(survey_setup::finish);

    let report = Report {
        summary,
        survey,
        folder: results,
        model: flight.model.manifest().name.clone(),
        undelivered: link.as_ref().map_or(0, LinkStatus::undelivered),
        messages_lost: link.as_ref().map_or(0, LinkStatus::lost),
        refused: link.as_ref().map_or(0, |status| status.refused),
        set_aside: link.as_ref().map_or(0, |status| status.newly_set_aside),
        unsendable: link.as_ref().map_or(0, |status| status.unsendable),
        storage_error: survey_setup::disk_fault(link.as_ref()).map(str::to_owned),
        interrupted: stop.load(Ordering::Relaxed),
        seconds: started.elapsed().as_secs_f64(),
        peak_rss_bytes: scarp_infer::process_memory::peak_rss_bytes(),
    };
    print_report(&report, &model, link.as_ref());
    if args.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(&report)?).context("standard output")?;
    }
    let lost = report.summary.lost();
    let delivered = survey_setup::all_delivered(link.as_ref());
    let well = lost == 0 && delivered && !report.interrupted;
    Ok(if well {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

/// Tells the first remarks, and how many more there are.
fn warn<'a>(mut remarks: impl Iterator<Item = &'a str>) {
    for remark in remarks.by_ref().take(REMARKS) {
        log::warn!("{remark}");
    }
    match remarks.count() {
        0 => {}
        more => {
            log::warn!("{more} more of the kind; `scarp photos` with the same options tells all")
        }
    }
}

fn print_report(report: &Report, model: &Path, link: Option<&LinkStatus>) {
    let s = &report.summary;
    eprintln!("Frames: {}, of them {s} {:.1} s.", s.frames, report.seconds);
    eprintln!("Searched by {}.", model.display());
    eprintln!("Results are in {}.", report.folder.display());
    survey_setup::print_undelivered(link);
}
