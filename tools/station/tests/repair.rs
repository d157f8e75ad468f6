//! A damaged store: what is whole of it is saved, and what is lost is told.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{fs, path::Path, process::Command};

use common::{AIRCRAFT, another_program, frame, landslide, landslides, query, square, survey};
use scarp_inventory::LandslideStatus::{Active, Withdrawn};
use scarp_station::store::{Store, geometry};

/// A store of 60 landslides and frames with what people did to it, closed.
fn filled(path: &Path) {
    let mut store = Store::open(path).unwrap();
    let slides = (1..=60).map(|id| landslide(id, 1, Active));
    store
        .apply(
            AIRCRAFT,
            [survey()]
                .into_iter()
                .chain((1..=60).map(frame))
                .chain(slides),
        )
        .unwrap();
    let other = another_program(path);
    let drawn = geometry::encode_parts(&square(7.0, 46.1, 0.001).into()).unwrap();
    other
        .execute(
            "UPDATE landslides SET geom = ?1, note = 'moved' WHERE name = 'L-10'",
            [&drawn],
        )
        .unwrap();
    other
        .execute(
            "UPDATE landslides SET area_m2 = 77.0 WHERE name = 'L-11'",
            [],
        )
        .unwrap();
    other
        .execute("DELETE FROM landslides WHERE name = 'L-12'", [])
        .unwrap();
    other
        .execute(
            "INSERT INTO landslides (geom, note) VALUES (?1, 'drawn')",
            [&drawn],
        )
        .unwrap();
    drop(other);
    store
        .apply(
            AIRCRAFT,
            [landslide(10, 2, Active), landslide(13, 2, Withdrawn)],
        )
        .unwrap();
    store.close().unwrap();
}

fn repair(store: &Path, out: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(["repair", "--store"])
        .arg(store)
        .arg(out)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn of_a_sound_store_all_is_saved_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let [path, out] = ["s.gpkg", "saved.gpkg"].map(|name| dir.path().join(name));
    filled(&path);
    let (status, said) = repair(&path, &out);
    assert_eq!(status, Some(0), "{said}");
    for rows in [
        "SELECT group_concat(name || area_m2 || coalesce(note, '') || source || coalesce(version, '') || hex(geom)) FROM
             (SELECT * FROM landslides ORDER BY fid)",
        "SELECT count(*) || max(fid) FROM footprints",
        "SELECT count(*) FROM messages",
        "SELECT group_concat(verdict || name) FROM reviews",
        "SELECT count(*) FROM rtree_landslides_geom",
        "SELECT area_km2 FROM coverage",
    ] {
        let [was, is] = [&path, &out].map(|store| {
            let db = rusqlite::Connection::open(store).unwrap();
            db.query_row(rows, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
        });
        assert_eq!(was, is, "{rows}");
    }
    // It goes on from there.
    let mut store = Store::open(&out).unwrap();
    assert_eq!(
        store
            .apply(AIRCRAFT, [landslide(1, 1, Active)])
            .unwrap()
            .repeated,
        1
    );
    assert_eq!(
        store
            .apply(
                AIRCRAFT,
                [landslide(12, 2, Active), landslide(70, 1, Active)]
            )
            .unwrap()
            .new,
        2
    );
    assert_eq!(
        query(&out, "SELECT count(*) FROM landslides WHERE name = 'L-12'"),
        0
    );
}

#[test]
fn whatever_page_is_damaged_the_rest_is_saved_and_the_loss_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    filled(&path);
    let whole = fs::read(&path).unwrap();
    let mut saved = 0;
    // The first page holds the list of tables.
    for page in (1..whole.len() / 4096).step_by(3) {
        let mut bytes = whole.clone();
        bytes[page * 4096..page * 4096 + 64].fill(0xa5);
        fs::write(&path, &bytes).unwrap();
        let out = dir.path().join(format!("saved-{page}.gpkg"));
        let (status, said) = repair(&path, &out);
        if said.contains("panicked") {
            panic!("page {page}: {said}");
        }
        if !out.exists() {
            assert_eq!(
                (status, said.lines().count()),
                (Some(1), 1),
                "page {page}: {said}"
            );
            continue;
        }
        saved += 1;
        let store = Store::open(&out).unwrap();
        // 59 stand. What is lost of the layer is made again of the history, and the other way round.
        let left = landslides(&store).unwrap().len();
        assert!(
            (57..=60).contains(&left),
            "page {page}: {left} landslides, {said}"
        );
        assert!(
            status == Some(0) || said.contains("are lost"),
            "page {page}: {said}"
        );
        fs::remove_file(&out).unwrap();
    }
    let pages = whole.len() / 4096 / 3;
    assert!(saved * 10 >= pages * 8, "{saved} of {pages}");
}
