//! Several replays under one survey: what of them is the same report, and what a ground station makes of them.

use std::{fs, process::Command};

use scarp_link::Journal;
use serde_json::Value;

use super::{
    replay::{Flight, features, json, lines, tagged, tiny_model},
    support::{
        link::refused,
        station::{Station, program},
    },
};

const SURVEY: &str = "5ca20000-0000-4000-8000-0000000000aa";

/// Replays the flight's folder under the one survey; its footprints and landslides. What it leaves is moved away under this name.
fn replay(flight: &Flight, name: &str, more: impl FnOnce(&mut Command)) -> [Vec<Value>; 2] {
    let mut command = flight.replay(&tiny_model());
    command.args(["--survey", SURVEY]);
    more(&mut command);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", lines(&output));
    fs::rename(flight.path("out"), flight.path(name)).unwrap();
    let folder = flight.path(name).join(format!("survey-{SURVEY}"));
    ["footprints.geojson", "landslides.geojson"].map(|file| features(&folder.join(file)))
}

fn run(features: &[Vec<Value>; 2]) -> Value {
    let run = features[0][0]["properties"]["run"].clone();
    let all = features.iter().flatten();
    assert!(
        all.clone()
            .all(|feature| feature["properties"]["run"] == run)
    );
    run
}

fn flight() -> Flight {
    Flight::with(&[
        ("a.jpg", tagged((31.0, 103.5))),
        ("b.jpg", tagged((31.000_000_5, 103.5))),
    ])
}

#[test]
fn the_same_photographs_searched_in_the_same_way_are_the_same_run_wherever_they_lie() {
    let flight = flight();
    let first = replay(&flight, "first", |_| {});
    let moved = self::flight();
    assert_eq!(replay(&moved, "second", |_| {}), first);
    let run = run(&first);

    fs::remove_file(moved.path("photos/b.jpg")).unwrap();
    let fewer = replay(&moved, "third", |_| {});
    let nadir = replay(&flight, "fourth", |command| {
        command.arg("--nadir");
    });
    let twice = replay(&flight, "fifth", |command| {
        command.args(["--repeat", "2"]);
    });
    let board = fs::read_to_string(flight.path("board.toml")).unwrap();
    let coarser = board.replace("cell_m = 0.4", "cell_m = 0.5");
    fs::write(flight.path("board.toml"), coarser).unwrap();
    let coarser = replay(&flight, "sixth", |_| {});
    fs::write(flight.path("board.toml"), board).unwrap();
    let realtime = replay(&flight, "seventh", |command| {
        command.arg("--realtime");
    });
    let landslide = &first[1][0]["id"];
    for other in [&fewer, &nadir, &twice, &coarser, &realtime] {
        assert_ne!(self::run(other), run);
        assert_ne!(&other[1][0]["id"], landslide);
    }
}

#[test]
fn a_second_folder_under_a_survey_adds_all_it_shows_and_the_first_replayed_again_adds_nothing() {
    let (first, second) = (flight(), Flight::with(&[("a.jpg", tagged((31.1, 103.5)))]));
    let station = Station::serve(&first.path("station"));
    let send = |flight: &Flight, out: &str| {
        replay(flight, out, |command| {
            command.args(["--station", &station.address, "--keys"]);
            command.arg(station.keys());
        })
    };
    let count = |features: [Vec<Value>; 2]| (features[0].len(), features[1].len());
    assert_eq!(count(send(&first, "one")), (2, 1));
    assert_eq!(count(send(&second, "two")), (1, 1));
    send(&first, "again");
    let store = station.store();
    let totals = station.stop();
    assert_eq!(totals["refused"], 0, "{totals}");
    assert!(totals["repeated"].as_u64().unwrap() >= 4, "{totals}");
    for (layer, expected) in [("footprints", 3), ("landslides", 2)] {
        let out = first.path(&format!("{layer}.geojson"));
        let mut export = program();
        export.args(["export", "--survey", SURVEY, "--layer", layer, "--store"]);
        export.arg(&store).arg("--out").arg(&out);
        assert!(export.output().unwrap().status.success());
        assert_eq!(features(&out).len(), expected, "{layer}");
    }
}

#[test]
fn a_message_that_was_set_aside_is_told_by_the_exit_status_of_its_own_run_and_of_no_later_one() {
    let flight = flight();
    let station = Station::serve(&flight.path("station"));
    let journal = flight.path("journal.sqlite");
    let waiting = Journal::open(&journal, 1 << 20).unwrap();
    waiting.append(&[refused()]).unwrap();
    drop(waiting);
    for (survey, status, set_aside, said) in [
        (SURVEY, 3, 1, "set aside in the journal and not sent: 1"),
        (
            "5ca20000-0000-4000-8000-0000000000ab",
            0,
            0,
            "set aside before this start: 1",
        ),
    ] {
        let mut command = flight.replay(&tiny_model());
        command.args(["--survey", survey, "--station", &station.address, "--keys"]);
        command.arg(station.keys()).arg("--journal").arg(&journal);
        let output = command.output().unwrap();
        let lines = lines(&output);
        assert_eq!(output.status.code(), Some(status), "{lines}");
        assert!(lines.contains(said), "{lines}");
        let report = json(&output);
        assert_eq!(
            (&report["set_aside"], &report["refused"]),
            (&set_aside.into(), &set_aside.into())
        );
    }
}
