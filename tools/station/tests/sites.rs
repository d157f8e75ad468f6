//! The same ground flown twice, by several aircraft: each place that slid is one site, and what people say of sites outlasts the next
//! flight.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{f64::consts::TAU, path::Path};

use common::{another_program, landslide, query, square};
use geo::{BooleanOps, Coord, Polygon, coord};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scarp_inventory::{Landslide, LandslideStatus::Active, Run};
use scarp_link::{Body, Envelope};
use scarp_station::store::Store;
use uuid::Uuid;

/// Metres in a degree of latitude, and of longitude at 46 degrees north.
const DEGREE: Coord<f64> = Coord {
    x: 77_470.0,
    y: 111_150.0,
};

fn seen(run: u128, id: u128, outline: Polygon<f64>) -> Envelope {
    let report = landslide(id, 1, Active);
    let Body::Landslide(slide) = report.body() else {
        panic!("a landslide was made");
    };
    let body = Landslide {
        id: Uuid::new_v5(&Uuid::from_u128(run), &id.to_be_bytes()),
        outline,
        ce90_m: 2.0,
        ..slide.clone()
    };
    let run = Run {
        survey: Uuid::from_u128(900 + run),
        id: Uuid::from_u128(run),
    };
    Envelope::new(run, Body::Landslide(body))
}

/// A landslide as a ring of corners about its middle, in metres.
fn ring(middle: Coord<f64>, radius: f64, roughness: f64, random: &mut StdRng) -> Polygon<f64> {
    let corner = |n: usize| {
        let angle = n as f64 / 24.0 * TAU;
        (
            angle,
            radius * (1.0 + roughness * random.random_range(-1.0..1.0)),
        )
    };
    let corners: Vec<_> = (0..24).map(corner).collect();
    let place = |(angle, radius): (f64, f64)| {
        coord! { x: 7.0 + (middle.x + 0.5 * radius * angle.cos()) / DEGREE.x, y: 46.0 + (middle.y + radius * angle.sin()) / DEGREE.y }
    };
    Polygon::new(corners.into_iter().map(place).collect(), vec![])
}

fn sites(path: &Path) -> i64 {
    query(path, "SELECT count(*) FROM sites")
}

#[test]
fn two_flights_of_two_aircraft_over_forty_slides_give_forty_sites() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    let mut random = StdRng::seed_from_u64(17);
    // True slides of 3 to 60 m, 150 m apart.
    let slides: Vec<_> = (0..40)
        .map(|n| {
            let middle = coord! { x: f64::from(n % 8) * 150.0, y: f64::from(n / 8) * 150.0 };
            (middle, 3.0 * 20_f64.powf(random.random_range(0.0..1.0)))
        })
        .collect();
    let mut reported = 0;
    for run in 1..=4_u128 {
        let mut id = 0;
        // Each aircraft is off by what its CE90 says, all flight long.
        let off = coord! { x: random.random_range(-1.4..1.4), y: random.random_range(-1.4..1.4) };
        for &(middle, radius) in &slides {
            let outline = ring(middle + off, radius, 0.15, &mut random);
            let parts = match random.random_range(0..10) {
                // Missed.
                0 => vec![],
                // Taken for two.
                1 | 2 => {
                    let bounds = square(
                        middle.x / DEGREE.x + 6.999,
                        46.0 + middle.y / DEGREE.y + 2e-6,
                        0.002,
                    );
                    let halves = [outline.intersection(&bounds), outline.difference(&bounds)];
                    halves.into_iter().flatten().collect()
                }
                _ => vec![outline],
            };
            for part in parts {
                id += 1;
                reported += 1;
                store
                    .apply(
                        if run % 2 == 0 { "alpha" } else { "bravo" },
                        [seen(run, id, part)],
                    )
                    .unwrap();
            }
        }
        store.rest().unwrap();
    }
    let standing = query(&path, "SELECT count(*) FROM landslides");
    eprintln!(
        "{reported} landslides reported of 40 slides: {} sites",
        sites(&path)
    );
    assert_eq!(standing, reported);
    assert!(reported > 140, "{reported}");
    assert!((36..=44).contains(&sites(&path)), "{}", sites(&path));
    assert_eq!(
        query(&path, "SELECT count(*) FROM landslides WHERE site IS NULL"),
        0
    );
    assert_eq!(query(&path, "SELECT sum(landslides) FROM sites"), standing);
}

/// Two slides beside each other, 40 m apart, seen once; and a third far away.
fn two_slides() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = Store::open(&path).unwrap();
    store.apply("alpha", flight(1)).unwrap();
    store.rest().unwrap();
    assert_eq!(sites(&path), 3);
    (dir, path, store)
}

fn flight(run: u128) -> Vec<Envelope> {
    let mut random = StdRng::seed_from_u64(run as u64);
    let mut at = |id: u128, x: f64| {
        seen(
            run,
            id,
            ring(coord! { x: x, y: 0.0 }, 15.0, 0.1, &mut random),
        )
    };
    vec![at(1, 0.0), at(2, 40.0), at(3, 500.0)]
}

fn site_of(path: &Path, run: u128, id: u128) -> String {
    let id = Uuid::new_v5(&Uuid::from_u128(run), &id.to_be_bytes()).to_string();
    let db = rusqlite::Connection::open(path).unwrap();
    db.query_row("SELECT site FROM landslides WHERE id = ?1", [id], |row| {
        row.get(0)
    })
    .unwrap()
}

fn put(path: &Path, run: u128, id: u128, site: Option<&str>) {
    let id = Uuid::new_v5(&Uuid::from_u128(run), &id.to_be_bytes()).to_string();
    let changed = another_program(path)
        .execute("UPDATE landslides SET site = ?2 WHERE id = ?1", (id, site))
        .unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn sites_that_people_merge_stay_one_after_the_next_flight_and_can_be_parted_again() {
    let (_dir, path, mut store) = two_slides();
    let [first, second] = [1, 2].map(|id| site_of(&path, 1, id));
    put(&path, 1, 2, Some(&first));
    store.rest().unwrap();
    assert_eq!(sites(&path), 2);
    store.apply("alpha", flight(2)).unwrap();
    store.rest().unwrap();
    assert_eq!(sites(&path), 2);
    assert_eq!(
        [site_of(&path, 2, 1), site_of(&path, 2, 2)],
        [first.clone(), first.clone()]
    );
    for run in [1, 2] {
        put(&path, run, 2, Some(&second));
    }
    store.rest().unwrap();
    assert_eq!(sites(&path), 3);
    assert_eq!(query(&path, "SELECT min(landslides) FROM sites"), 2);
}

#[test]
fn a_landslide_that_people_part_from_its_site_stays_apart_after_the_next_flight() {
    let (_dir, path, mut store) = two_slides();
    store.apply("alpha", flight(2)).unwrap();
    store.rest().unwrap();
    assert_eq!(sites(&path), 3);
    put(&path, 2, 1, None);
    store.rest().unwrap();
    assert_eq!(sites(&path), 4);
    let apart = site_of(&path, 2, 1);
    store.apply("alpha", flight(3)).unwrap();
    store.rest().unwrap();
    assert_eq!(sites(&path), 4);
    assert_eq!(site_of(&path, 2, 1), apart);
    assert_ne!(site_of(&path, 1, 1), apart);
}

#[test]
fn a_site_whose_landslides_are_all_deleted_is_none() {
    let (_dir, path, mut store) = two_slides();
    another_program(&path)
        .execute("DELETE FROM landslides", [])
        .unwrap();
    store.rest().unwrap();
    assert_eq!(sites(&path), 0);
}
