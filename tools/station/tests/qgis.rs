//! QGIS opens the store with its styles, and what is edited in it stands. It takes Debian's `python3-qgis` and half a minute:
//!
//!     SCARP_QGIS=pictures cargo test --release --package scarp-station --test qgis
//!
//! leaves pictures of what QGIS shows in the folder named.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{AIRCRAFT, frame, landslide, query, survey};
use scarp_inventory::LandslideStatus::{Active, Withdrawn};
use scarp_station::store::{Filter, Standing, Store, StoreError};

fn qgis(script: &str, arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qgis");
    // Debian's own, for which its QGIS is.
    let output = Command::new("/usr/bin/python3")
        .arg(folder.join(script))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn edits_in_qgis_stand_after_the_next_version_and_it_draws_the_store_as_it_says() {
    let Some(pictures) = env::var_os("SCARP_QGIS").map(PathBuf::from) else {
        eprintln!("only where SCARP_QGIS names a folder for pictures");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    let slides = |version, status| (1..=6).map(move |id| landslide(id, version, status));
    let frames = (1..700).step_by(5).map(frame);
    store
        .apply(AIRCRAFT, [survey()].into_iter().chain(frames))
        .unwrap();
    store.apply(AIRCRAFT, slides(1, Active)).unwrap();

    // While the station has it open.
    let name = path.to_str().unwrap();
    qgis("edit.py", &[name]);
    store.apply(AIRCRAFT, slides(2, Active)).unwrap();
    store
        .apply(
            AIRCRAFT,
            [landslide(4, 3, Withdrawn), landslide(6, 3, Withdrawn)],
        )
        .unwrap();
    store.rest().unwrap();

    let mut standing: Vec<Standing> = Vec::new();
    let push = |slide| {
        standing.push(slide);
        Ok::<_, StoreError>(())
    };
    assert_eq!(store.landslides(&Filter::default(), push).unwrap().count, 0);
    let of = |name: &str| standing.iter().find(|s| s.name.as_deref() == Some(name));
    let first = of("L-01").unwrap();
    assert_eq!(
        (first.landslide.area_m2, first.landslide.version),
        (4242.0, 2)
    );
    assert_eq!(first.note.as_deref(), Some("road blocked"));
    let moved = of("L-02").unwrap().outline.0[0].exterior().0[0].x;
    assert!((moved - 7.0205).abs() < 1e-9, "{moved}");
    assert!(of("L-03").is_none());
    assert_eq!(of("L-04").unwrap().review.as_deref(), Some("confirmed"));
    assert!(of("L-06").is_none());
    let added: Vec<_> = standing
        .iter()
        .filter(|s| s.source.as_deref() == Some("added by hand"))
        .collect();
    assert_eq!(added.len(), 2);
    assert!(
        added
            .iter()
            .all(|s| s.landslide.area_m2 > 100.0 && s.survey == common::SURVEY)
    );
    assert_eq!(query(&path, "SELECT count(*) FROM reviews"), 6);

    fs::create_dir_all(&pictures).unwrap();
    for (picture, wider) in [("near.png", "1.05"), ("far.png", "8")] {
        let picture = pictures.join(picture);
        let scale = qgis("picture.py", &[name, picture.to_str().unwrap(), wider]);
        eprintln!("{} at {scale}", picture.display());
    }
}
