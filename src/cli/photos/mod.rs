//! `scarp photos`: what is understood of photographs, before any is searched.

mod listing;
mod table;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use scarp_capture::Folder;
use serde::Serialize;

use self::listing::Listed;
use super::{Outcome, reading::ReadingArgs, survey_setup};

const EXAMPLES: &str = "\
Examples:
  scarp photos photos                    a line for each photograph, and the tags that its values come from
  scarp photos monday tuesday --json | jq '.photographs[] | select(.outcome != \"searched\")'

`scarp replay` with the same options searches those that are listed as good, if their pictures are whole and the ground that they show
is known. Exit status 3 tells that some are not.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folders of photographs (JPEG, TIFF), and of folders of them
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Board file, of which the assumed errors count [default: built in, see boards/workstation.toml]
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
    /// One JSON object in place of the table
    #[arg(long)]
    json: bool,
}

/// The JSON object that is printed. Fields may be added, never renamed.
#[derive(Serialize)]
struct Listing<'a> {
    photographs: &'a [Listed],
    remarks: &'a [String],
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let board = survey_setup::board(args.board.as_deref())?;
    let settings = args.reading.settings(&board)?;
    let poses = args.reading.read_poses()?;
    let (mut photographs, mut remarks) = (Vec::new(), Vec::new());
    let mut unused: Option<Vec<String>> = None;
    for folder in &args.photos {
        let survey = Folder::open(folder, &settings, poses.as_ref(), 1)?;
        let of_poses = survey.remarks();
        remarks.extend(of_poses.photographs.clone());
        // A row is of no photograph where it is of none in any folder.
        let here = &of_poses.rows;
        unused = Some(match unused {
            None => here.clone(),
            Some(before) => before
                .into_iter()
                .filter(|row| here.contains(row))
                .collect(),
        });
        let listed = survey.photographs().iter();
        photographs.extend(listed.map(|photograph| Listed::of(folder, photograph)));
    }
    remarks.extend(unused.unwrap_or_default());
    let mut out = io::stdout().lock();
    if args.json {
        let listing = Listing {
            photographs: &photographs,
            remarks: &remarks,
        };
        writeln!(out, "{}", serde_json::to_string(&listing)?)
    } else {
        table::write(&mut out, &photographs, &remarks)
    }
    .context("standard output")?;
    let good = photographs.iter().all(Listed::is_searched);
    Ok(if good {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}
