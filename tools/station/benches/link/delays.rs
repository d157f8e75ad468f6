//! The delay over each link: runs the cases one after the other, the seeds of a case at once, and tells what they came to.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::{
    case::Case,
    delay::{self, CONNECTED, LANDSLIDES, Run},
    figures::{quantile, seconds, short},
    progress::Progress,
};

/// What the runs of a case came to.
struct Outcome<'a> {
    case: &'a Case,
    runs: Vec<Run>,
}

/// Measures `cases` with the seeds 1 to `seeds`.
pub fn measure(cases: &[&Case], seeds: u64, is_json: bool) -> Result<()> {
    let usual = |cases: &[&Case]| cases.iter().map(|case| case.usual).sum::<Duration>();
    let mut progress = Progress::new();
    progress.say(&format!(
        "{} cases, {seeds} seeds at once, {LANDSLIDES} landslides each; takes about {:.0} min",
        cases.len(),
        usual(cases).as_secs_f64() / 60.0
    ));
    let mut outcomes = Vec::new();
    for (nth, case) in cases.iter().enumerate() {
        let rest = usual(&cases[nth + 1..]);
        let runs = fly(case, seeds, rest, &mut progress).context(case.name)?;
        outcomes.push(Outcome { case, runs });
        progress.say(&row(&outcomes[nth]));
    }
    progress.clear();
    let mut out = io::stdout().lock();
    if is_json {
        let lines: Vec<Value> = outcomes.iter().map(json).collect();
        writeln!(out, "{}", json!({ "delay": lines }))?;
    } else {
        write!(out, "{}", table(&outcomes))?;
    }
    let missing: usize = outcomes.iter().map(Outcome::missing).sum();
    ensure!(missing == 0, "{missing} landslides never came");
    Ok(())
}

/// Runs a case with each seed, all at once.
fn fly(case: &Case, seeds: u64, rest: Duration, progress: &mut Progress) -> Result<Vec<Run>> {
    let committed: Vec<AtomicUsize> = (0..seeds).map(|_| AtomicUsize::new(0)).collect();
    let start = Instant::now();
    thread::scope(|scope| {
        let runs: Vec<_> = (1..)
            .zip(&committed)
            .map(|(seed, committed)| scope.spawn(move || delay::run(case, seed, committed)))
            .collect();
        while !runs.iter().all(thread::ScopedJoinHandle::is_finished) {
            let committed = committed.iter().map(|c| c.load(Ordering::Relaxed));
            let left = case.usual.saturating_sub(start.elapsed()) + rest;
            progress.show(&format!(
                "{}: {} of {} landslides committed, about {:.0} s left",
                case.name,
                committed.sum::<usize>(),
                seeds as usize * LANDSLIDES,
                left.as_secs_f64()
            ));
            thread::sleep(Duration::from_millis(200));
        }
        let ended = runs.into_iter().map(|run| run.join());
        ended
            .map(|run| run.map_err(|_| anyhow!("a run panicked"))?)
            .collect()
    })
}

impl Outcome<'_> {
    fn delays(&self) -> Vec<Duration> {
        let delays = self.runs.iter().flat_map(|run| &run.delays);
        delays.copied().flatten().collect()
    }

    fn missing(&self) -> usize {
        let delays = self.runs.iter().flat_map(|run| &run.delays);
        delays.filter(|delay| delay.is_none()).count()
    }

    /// A quantile of each run.
    fn runs(&self, share: f64) -> Vec<Option<Duration>> {
        let delays = self.runs.iter().map(|run| run.delays.iter().flatten());
        delays
            .map(|delays| quantile(&delays.copied().collect::<Vec<_>>(), share))
            .collect()
    }

    /// Delays of what was submitted within the blackouts, and the times to recover from them.
    fn blackout(&self) -> Option<(Vec<Duration>, Vec<Option<Duration>>)> {
        self.case.blackout.as_ref()?;
        let blackouts = || self.runs.iter().filter_map(|run| run.blackout.as_ref());
        let within = blackouts().flat_map(|b| b.within.iter().copied());
        Some((within.collect(), blackouts().map(|b| b.recovery).collect()))
    }

    fn most_late(&self) -> Option<Duration> {
        self.runs.iter().map(|run| run.relay.most_late).max()
    }

    fn message_bytes(&self) -> f64 {
        self.runs.iter().map(|run| run.message_bytes).sum::<f64>() / self.runs.len() as f64
    }
}

fn table(outcomes: &[Outcome<'_>]) -> String {
    let mut text = format!(
        "Delay from Uplink::submit's return to the sight of the commit; {LANDSLIDES} landslides a run, of {:.0} bytes, connected {} s before.\n\n\
         | case | each way | median (of each run) | 99 % (of each run) | never came | relay late by at most |\n|---|---|---|---|---|---|\n",
        outcomes.iter().map(Outcome::message_bytes).sum::<f64>() / outcomes.len() as f64,
        CONNECTED.as_secs(),
    );
    for outcome in outcomes {
        text += &row(outcome);
        text.push('\n');
    }
    for outcome in outcomes {
        if let Some((within, recoveries)) = outcome.blackout() {
            let recoveries: Vec<String> = recoveries.into_iter().map(short).collect();
            text += &format!(
                "\n{}: of those submitted in it median {}, 99 % {}; all was there {} after its end (each run).\n",
                outcome.case.name,
                short(quantile(&within, 0.5)),
                short(quantile(&within, 0.99)),
                recoveries.join(", ")
            );
        }
    }
    text
}

fn row(outcome: &Outcome<'_>) -> String {
    let delays = outcome.delays();
    let cell = |share| {
        let runs = outcome.runs(share).into_iter().map(short);
        let runs = runs.collect::<Vec<_>>().join(", ");
        format!("{} ({runs})", short(quantile(&delays, share)))
    };
    format!(
        "| {} | {} | {} | {} | {} | {} |",
        outcome.case.name,
        link(outcome.case),
        cell(0.5),
        cell(0.99),
        outcome.missing(),
        short(outcome.most_late()),
    )
}

/// What the link of a case is like, in a few words.
fn link(case: &Case) -> String {
    let conditions = &case.conditions;
    let mut text = format!(
        "{} kbit/s, {}/s",
        conditions.rate_bit_s / 1000,
        case.pace_hz
    );
    if conditions.loss > 0.0 {
        text += &format!(", {:.0} % lost", 100.0 * conditions.loss);
    }
    if !conditions.delay.is_zero() {
        text += &format!(", {} ms", conditions.delay.as_millis());
    }
    if let Some(blackout) = &case.blackout {
        text += &format!(", nothing for {} s", blackout.length.as_secs());
    }
    text
}

fn json(outcome: &Outcome<'_>) -> Value {
    let delays = outcome.delays();
    let times = |values: Vec<Option<Duration>>| values.into_iter().map(seconds).collect::<Vec<_>>();
    let mut line = json!({
        "case": outcome.case.name,
        "rate_bit_s": outcome.case.conditions.rate_bit_s,
        "one_way_s": outcome.case.conditions.delay.as_secs_f64(),
        "loss": outcome.case.conditions.loss,
        "queue_bytes": outcome.case.conditions.queue_bytes,
        "pace_hz": outcome.case.pace_hz,
        "landslides": outcome.runs.len() * LANDSLIDES,
        "message_bytes": outcome.message_bytes().round(),
        "missing": outcome.missing(),
        "median_s": seconds(quantile(&delays, 0.5)),
        "p99_s": seconds(quantile(&delays, 0.99)),
        "max_s": seconds(quantile(&delays, 1.0)),
        "medians_s": times(outcome.runs(0.5)),
        "p99s_s": times(outcome.runs(0.99)),
        "relay_most_late_s": seconds(outcome.most_late()),
    });
    if let Some((within, recoveries)) = outcome.blackout() {
        line["blackout"] = json!({
            "median_s": seconds(quantile(&within, 0.5)),
            "p99_s": seconds(quantile(&within, 0.99)),
            "recovery_s": times(recoveries),
        });
    }
    line
}
