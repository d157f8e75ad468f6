//! `scarp-forge dataset inspect`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};
use scarp_forge::dataset::inspect::{self, Inspection, PUBLISHED_SHARE, Summary};

use crate::cli::{Outcome, common::write_json, progress::Progress};

const EXAMPLES: &str = "\
Examples:
  scarp-forge dataset inspect GDCLD                       train_dataset, val_dataset, test_data; folders or zip archives
  scarp-forge dataset inspect val_dataset.zip --json val.json

An image's event and sensor are read from its name where that tells (\"Lushan_UAV.tif\"), or from dataset.toml in PATH:

  [[image]]
  name = \"0*\"            # a pattern; later entries win over earlier ones and over names
  event = \"Luding\"
  sensor = \"UAV\"
  gsd_m = 0.2";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder or zip archive
    path: PathBuf,
    /// Write what was found to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let bar = Progress::new("reading", 1);
    let inspection = inspect::run(&args.path, |done, all| {
        bar.done(done, all);
    });
    drop(bar);
    let inspection = inspection?;
    if let Some(path) = &args.json {
        write_json(&inspection, path, None)?;
    }
    for misfit in &inspection.misfits {
        eprintln!("does not fit: {misfit}");
    }
    if inspection.overall.pairs == 0 {
        bail!("{}: no pair can be used", args.path.display());
    }
    print_report(&inspection, &mut io::stdout().lock()).context("standard output")?;
    Ok(if inspection.misfits.is_empty() {
        Outcome::Success
    } else {
        Outcome::Warnings
    })
}

fn print_report(inspection: &Inspection, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", inspection.path.display())?;
    writeln!(out, "part     pairs  published  difference  landslide")?;
    for part in &inspection.parts {
        let (published, difference) = match part.published {
            Some(published) => (
                published.to_string(),
                format!("{:+}", part.found as i64 - published as i64),
            ),
            None => ("-".to_owned(), "-".to_owned()),
        };
        writeln!(
            out,
            "{:<6} {:>7}  {published:>9}  {difference:>10}  {:>9}",
            part.part,
            part.found,
            percent(&part.summary)
        )?;
    }
    writeln!(
        out,
        "fit    {:>7}                         {:>9}   ({:.2} % in GDCLD as published)",
        inspection.overall.pairs,
        percent(&inspection.overall),
        PUBLISHED_SHARE * 100.0
    )?;
    for (title, groups) in [
        ("event", &inspection.events),
        ("sensor", &inspection.sensors),
    ] {
        writeln!(out, "\n{title:<20} pairs  landslide")?;
        for (name, summary) in groups {
            writeln!(
                out,
                "{name:<18} {:>7}  {:>9}",
                summary.pairs,
                percent(summary)
            )?;
        }
    }
    writeln!(out, "\npairs    size         bands  type   georeference")?;
    for form in &inspection.forms {
        let size = format!("{}x{}", form.width, form.height);
        writeln!(
            out,
            "{:>5}    {size:<12} {:<5}  {:<6} {}",
            form.pairs,
            form.bands,
            form.dtype,
            form.georeference.as_deref().unwrap_or("none")
        )?;
    }
    Ok(())
}

fn percent(summary: &Summary) -> String {
    summary
        .landslide_share
        .map_or("-".to_owned(), |share| format!("{:.2} %", share * 100.0))
}
