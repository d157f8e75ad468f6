//! An elevation model of many tiles, in memory that does not grow with them.

use std::{
    env,
    f64::consts::TAU,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use scarp_geo::Dem;

use super::support::at;

/// Cells along a side of a tile of a degree in steps of an arc second.
const SIDE: usize = 3601;
/// The south-west corner of the tiles, five to the north by five to the east.
const CORNER: (usize, usize) = (40, 10);
const TILES: usize = 5;
/// What the process may hold at most: four tiles of a degree at four bytes a cell, one more as it is read, and the test program. All 25
/// are 1300 MB.
const MOST_BYTES: u64 = 450 << 20;
/// Names the folder of tiles to the process whose memory is looked at.
const FOLDER: &str = "SCARP_TEST_TILES";

/// The ground, the same in each degree.
fn height(latitude: f64, longitude: f64) -> f64 {
    1000.0 + 500.0 * (TAU * longitude).sin() + 300.0 * (TAU * latitude).cos()
}

/// Tiles as SRTM has them: one file under the names of all, since the name tells the place.
fn tiles() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let heights = (0..SIDE * SIDE).flat_map(|n| {
        let along = |cells: usize| cells as f64 / (SIDE - 1) as f64;
        let height = height(1.0 - along(n / SIDE), along(n % SIDE));
        (height.round() as i16).to_be_bytes()
    });
    let whole = folder.path().join("tile");
    fs::write(&whole, heights.collect::<Vec<u8>>()).unwrap();
    for n in 0..TILES * TILES {
        let name = format!("N{}E0{}.hgt", CORNER.0 + n / TILES, CORNER.1 + n % TILES);
        fs::hard_link(&whole, folder.path().join(name)).unwrap();
    }
    fs::remove_file(whole).unwrap();
    folder
}

/// Takes heights in every tile, there and back again, and at their seams; prints the most that was held.
fn look_everywhere(folder: PathBuf) {
    let start = Instant::now();
    let dem = Dem::open_all(&[folder], None).unwrap();
    let forth = (0..TILES * TILES).chain((0..TILES * TILES).rev());
    for n in forth {
        let (south, west) = ((CORNER.0 + n / TILES) as f64, (CORNER.1 + n % TILES) as f64);
        for (up, along) in [(0.3, 0.7), (0.5123, 0.001), (0.0, 0.25), (1.0, 1.0)] {
            let (latitude, longitude) = (south + up, west + along);
            let (found, truth) = (
                dem.sample(at(latitude, longitude)).unwrap(),
                height(latitude, longitude),
            );
            // Whole metres, and what the ground bends between two cells.
            assert!(
                (found - truth).abs() < 0.6,
                "{latitude} {longitude}: {found} {truth}"
            );
        }
    }
    let peak = scarp_infer::process_memory::peak_rss_bytes().unwrap();
    eprintln!(
        "peak_rss_bytes {peak} after {} tiles in {:.1} s",
        dem.files().count(),
        start.elapsed().as_secs_f64()
    );
}

#[test]
fn twenty_five_tiles_of_a_degree_are_looked_at_in_the_memory_of_five() {
    if let Some(folder) = env::var_os(FOLDER) {
        return look_everywhere(folder.into());
    }
    let folder = tiles();
    let name = "terrain_tiles::twenty_five_tiles_of_a_degree_are_looked_at_in_the_memory_of_five";
    // A process of its own, so that its memory is not that of the other tests.
    let child = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(FOLDER, Path::new(folder.path()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{said}");
    let (_, after) = said.split_once("peak_rss_bytes ").unwrap();
    eprintln!("{}", after.lines().next().unwrap());
    let peak: u64 = after.split(' ').next().unwrap().parse().unwrap();
    assert!(peak < MOST_BYTES, "{peak} bytes");
}
