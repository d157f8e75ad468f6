//! `scarp-station keys`.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::SystemTime,
};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use scarp_station::keys::{Authority, Issued, Ledger, Passphrase, Places, SOON, STATION, Validity};
use serde_json::json;

pub const LEARN: &str = "\
The keys of one ground station and its aircraft, below the folder --keys:
  authority/      signs the others; its private key lies under a passphrase. It is needed for these commands only: keep it on a
                  stick (--authority), and a copy of it elsewhere
  station/        for `scarp-station serve --keys`
  aircraft/NAME/  for that aircraft, copied to it by hand: whoever has this folder is that aircraft

Examples:
  scarp-station keys init                  once
  scarp-station keys enrol alpha           then copy keys/aircraft/alpha to the aircraft, as its folder of keys
  scarp-station keys revoke alpha          it is lost: the running station drops it within seconds
  scarp-station keys renew alpha           before its certificate ends, or when it is found again; then copy the folder anew";

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes an authority under a passphrase, and the ground station's keys
    Init(Sealed),
    /// Makes the keys of a new aircraft; copy their folder to it by hand
    Enrol(Named),
    /// Lists the certificates, when they end and which are revoked
    List(List),
    /// Shuts out an aircraft, or the ground station; the running station notices within seconds
    Revoke(Named),
    /// Makes new keys for an aircraft, or the ground station, whose certificate ends or is revoked
    Renew(Named),
}

#[derive(clap::Args)]
struct Where {
    /// Folder of the keys
    #[arg(long, value_name = "DIR", default_value = "keys")]
    keys: PathBuf,
    /// Folder of the authority, where it is not authority/ in that of the keys
    #[arg(long, value_name = "DIR")]
    authority: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Sealed {
    #[command(flatten)]
    place: Where,
    /// File whose first line is the passphrase, readable by its owner only; else it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Named {
    /// Name of the aircraft: letters, digits, - and _ (`station` names the ground station)
    name: String,
    #[command(flatten)]
    sealed: Sealed,
}

#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    place: Where,
    /// Print a JSON object for each certificate
    #[arg(long)]
    json: bool,
}

impl Where {
    fn places(&self) -> Places {
        Places::new(&self.keys, self.authority.as_deref())
    }
}

impl Named {
    fn authority(&self) -> anyhow::Result<Authority> {
        let places = self.sealed.place.places();
        // Before a passphrase is asked for in vain.
        Ledger::read(places.authority())?;
        let passphrase = match &self.sealed.passphrase_file {
            Some(file) => Passphrase::read(file)?,
            None => ask("Passphrase of the authority: ")?,
        };
        Ok(Authority::open(places, &passphrase)?)
    }

    /// The same, to make certificates by a clock that shows `now`.
    fn authority_by(&self, now: SystemTime) -> anyhow::Result<Authority> {
        let authority = self.authority()?;
        authority.require_clock(now)?;
        Ok(authority)
    }
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let now = SystemTime::now();
    match &args.command {
        Command::Init(args) => init(args, now),
        Command::List(args) => list(args, now),
        Command::Enrol(args) => {
            let folder = args.authority_by(now)?.enrol(&args.name, now)?;
            eprintln!(
                "{} is enrolled. Copy {} to the aircraft by hand, and delete it here.",
                args.name,
                folder.display()
            );
            Ok(())
        }
        Command::Renew(args) => {
            let folder = args.authority_by(now)?.renew(&args.name, now)?;
            let folder = folder.display();
            if args.name == STATION {
                eprintln!("The ground station has new keys in {folder}. Start it anew.");
            } else {
                eprintln!(
                    "{} has new keys. Copy {folder} to the aircraft by hand, and delete it here.",
                    args.name
                );
            }
            Ok(())
        }
        Command::Revoke(args) => revoke(args, now),
    }
}

fn init(args: &Sealed, now: SystemTime) -> anyhow::Result<()> {
    let places = args.place.places();
    // Before a passphrase is asked for in vain.
    Authority::require_room(&places)?;
    let passphrase = match &args.passphrase_file {
        Some(file) => Passphrase::read(file)?,
        None => ask_twice()?,
    };
    Authority::create(places.clone(), &passphrase, now)?;
    eprintln!(
        "The authority is in {}: keep a copy of it, and its passphrase. The ground station's keys are in {}. \
         Next: `scarp-station keys enrol NAME` for each aircraft.",
        places.authority().display(),
        places.end(STATION).display()
    );
    Ok(())
}

fn revoke(args: &Named, now: SystemTime) -> anyhow::Result<()> {
    let done = args.authority()?.revoke(&args.name, now)?;
    let places = args.sealed.place.places();
    let name = &args.name;
    match done.certificates {
        0 => eprintln!("{name} was revoked already; the list is written again."),
        1 => eprintln!("{name} is revoked."),
        more => eprintln!("{name} is revoked, all {more} certificates of it."),
    }
    if !done.station {
        eprintln!(
            "{} is not here: copy {}/revoked.crl into the folder of keys that the ground station runs with.",
            places.end(STATION).display(),
            places.authority().display()
        );
    }
    Ok(())
}

fn list(args: &List, now: SystemTime) -> anyhow::Result<()> {
    let ledger = Ledger::read(args.place.places().authority())?;
    let mut out = io::stdout().lock();
    for issued in &ledger.issued {
        let line = if args.json {
            json!({
                "name": issued.name, "serial": issued.serial.to_string(),
                "not_before": text(issued.not_before), "not_after": text(issued.not_after),
                "days_left": issued.days_left(now), "revoked": issued.revoked.map(text),
                "state": issued.validity(now),
            })
            .to_string()
        } else {
            format!("{:20}  {}", issued.name, state(issued, now))
        };
        writeln!(out, "{line}").context("standard output")?;
    }
    for line in warnings(&ledger, now) {
        eprintln!("{line}");
    }
    Ok(())
}

/// What is to be done about the certificates listed.
fn warnings(ledger: &Ledger, now: SystemTime) -> Vec<String> {
    let early = |issued: &&Issued| issued.validity(now) == Validity::NotYetValid;
    let early = ledger.issued.iter().filter(early).count();
    let clock = (early > 0).then(|| {
        format!(
            "Certificates not yet valid: {early}. They are made by the clock of the day, so check this computer's: it shows {}.",
            text(now.into())
        )
    });
    let ending = ending(ledger, now).map(|issued| {
        let (name, end) = (&issued.name, text(issued.not_after));
        let verb = if issued.validity(now) == Validity::Ended {
            "ended"
        } else {
            "ends"
        };
        format!("{name}: its certificate {verb} {end}; `scarp-station keys renew {name}`")
    });
    clock.into_iter().chain(ending).collect()
}

/// The newest certificate of each name, where it is good and ends soon.
fn ending(ledger: &Ledger, now: SystemTime) -> impl Iterator<Item = &Issued> {
    let newest = |(place, issued): (usize, &Issued)| {
        let later = ledger.issued.iter().skip(place + 1);
        later.filter(|other| other.name == issued.name).count() == 0
    };
    let soon = DateTime::<Utc>::from(now + SOON);
    let issued = ledger.issued.iter().enumerate();
    issued
        .filter(move |&(place, issued)| newest((place, issued)))
        .map(|(_, issued)| issued)
        .filter(move |issued| issued.revoked.is_none() && issued.not_after < soon)
}

fn state(issued: &Issued, now: SystemTime) -> String {
    let (begin, end) = (text(issued.not_before), text(issued.not_after));
    match issued.validity(now) {
        Validity::Revoked => {
            let at = issued.revoked.map(text).unwrap_or_default();
            format!("revoked {at}")
        }
        Validity::NotYetValid => format!("not yet valid, from {begin} until {end}"),
        Validity::Valid => format!("valid   until {end}, {} days", issued.days_left(now)),
        Validity::Ended => format!("ended   {end}"),
    }
}

fn text(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn ask_twice() -> anyhow::Result<Passphrase> {
    let first = typed("New passphrase of the authority: ")?;
    ensure!(
        first == typed("The same again: ")?,
        "passphrase: the two differ; start again"
    );
    Ok(Passphrase::new(first))
}

fn ask(prompt: &str) -> anyhow::Result<Passphrase> {
    Ok(Passphrase::new(typed(prompt)?))
}

fn typed(prompt: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        bail!("passphrase: there is no terminal to ask on; give a file with --passphrase-file");
    }
    rpassword::prompt_password(prompt)
        .context("passphrase: the terminal cannot be read; give a file with --passphrase-file")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// The list of an authority made now with one aircraft, as a clock that shows `at` tells it, and the warnings.
    fn listed(at: impl Fn(SystemTime) -> SystemTime) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path(), None);
        let now = SystemTime::now();
        let passphrase = Passphrase::new("x".repeat(12));
        let mut authority = Authority::create(places.clone(), &passphrase, now).unwrap();
        authority.enrol("alpha", now).unwrap();
        let ledger = Ledger::read(places.authority()).unwrap();
        let at = at(now);
        let lines: Vec<String> = ledger
            .issued
            .iter()
            .map(|issued| state(issued, at))
            .collect();
        (lines.join("\n"), warnings(&ledger, at))
    }

    #[test]
    fn a_clock_before_a_certificates_beginning_is_told_of_and_the_certificate_not_called_valid() {
        let (lines, warnings) = listed(|now| now - 3 * YEAR);
        assert_eq!(lines.matches("not yet valid, from ").count(), 2, "{lines}");
        let [clock] = &warnings[..] else {
            panic!("{warnings:?}");
        };
        assert!(clock.contains("not yet valid: 2"), "{clock}");
        assert!(clock.contains("check this computer's: it shows"), "{clock}");
    }

    #[test]
    fn a_certificate_is_listed_as_valid_until_its_end_and_as_ended_from_then_on() {
        let (lines, told) = listed(|now| now);
        assert_eq!(lines.matches("valid   until ").count(), 2, "{lines}");
        assert!(told.is_empty(), "{told:?}");
        let (lines, told) = listed(|now| now + 3 * YEAR);
        assert_eq!(lines.matches("ended ").count(), 2, "{lines}");
        assert!(told[1].contains("alpha: its certificate ended"), "{told:?}");
    }
}
