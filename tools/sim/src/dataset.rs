//! Training and test data in the layout of GDCLD: `images/` and `labels/` of 1024 x 1024 TIFF pairs, and whole scenes.

use std::{fs, path::Path};

use anyhow::Context;
use rayon::prelude::*;

use crate::{
    camera_response::CameraResponse,
    dice::Dice,
    geodesy::Utm,
    ortho::Ortho,
    scene::{Brief, Scene},
    tiff_file::{GeoReference, write_labels, write_rgb},
};

/// Side of a GDCLD tile in pixels.
pub const TILE_PX: usize = 1024;

/// Writes the tiles of seeds `seed..seed + count` below `out/train_dataset`, calling `done` after each.
///
/// # Errors
/// When a file cannot be written.
pub fn write_tiles(
    seed: u64,
    count: u64,
    out: &Path,
    done: impl Fn() + Sync,
) -> anyhow::Result<()> {
    let folder = out.join("train_dataset");
    make_folders(&folder)?;
    write_licence(out)?;
    (seed..seed + count).into_par_iter().try_for_each(|seed| {
        let gsd_m = tile_gsd(seed);
        write_pair(
            &folder,
            &format!("sim_{seed:06}"),
            seed,
            gsd_m,
            (TILE_PX, TILE_PX),
            None,
        )?;
        done();
        Ok(())
    })
}

/// Writes `count` whole georeferenced scenes of varied size below `out/test_data`, calling `done` after each.
///
/// # Errors
/// When a file cannot be written.
pub fn write_scenes(
    seed: u64,
    count: u64,
    out: &Path,
    done: impl Fn() + Sync,
) -> anyhow::Result<()> {
    let folder = out.join("test_data");
    make_folders(&folder)?;
    write_licence(out)?;
    for seed in seed..seed + count {
        let mut dice = Dice::new(seed, 20);
        let size = (1200 + dice.index(1800), 1100 + dice.index(1500));
        let place = GeoReference {
            easting: 400_000.0 + 1000.0 * f64::from(dice.range(0.0, 100.0).round()),
            northing: 3_400_000.0 + 1000.0 * f64::from(dice.range(0.0, 100.0).round()),
            pixel_m: SCENE_GSD_M,
            epsg: Utm::north(48).epsg(),
            egm96_heights: false,
        };
        write_pair(
            &folder,
            &format!("scene_{seed:06}"),
            seed,
            SCENE_GSD_M as f32,
            size,
            Some(place),
        )?;
        done();
    }
    Ok(())
}

/// GSD of whole scenes: the model's.
const SCENE_GSD_M: f64 = 0.2;

/// GSD of a tile, 0.2 to 0.9 m, the finer ones more often: the range of the drone and satellite images of GDCLD that
/// show single trees.
fn tile_gsd(seed: u64) -> f32 {
    0.2 * 4.5_f32.powf(Dice::new(seed, 10).unit().powf(1.3))
}

fn make_folders(folder: &Path) -> anyhow::Result<()> {
    for part in ["images", "labels"] {
        let path = folder.join(part);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    Ok(())
}

/// States the licence of the images, without which no model that was trained on them is released.
fn write_licence(out: &Path) -> anyhow::Result<()> {
    let path = out.join("dataset.toml");
    let text = "[licence]\ndata = \"simulated scenes of scarp-sim\"\nlicence = \"MIT OR Apache-2.0\"\nattribution = \"Scarp contributors\"\n";
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn write_pair(
    folder: &Path,
    name: &str,
    seed: u64,
    gsd_m: f32,
    (columns, rows): (usize, usize),
    place: Option<GeoReference>,
) -> anyhow::Result<()> {
    let (width_m, height_m) = (columns as f32 * gsd_m, rows as f32 * gsd_m);
    let scene = Scene::new(
        seed,
        Brief {
            width_m,
            height_m,
            cell_m: width_m.max(height_m) / 160.0,
            slope: (0.45, 1.0),
            landslides: (1, 6),
            barren: 0.14,
        },
    );
    let ortho = Ortho::paint(&scene, (0.0, 0.0), columns, rows, gsd_m);
    let camera = CameraResponse::draw(&mut Dice::new(seed, 11));
    let image = camera.expose(columns as u32, rows as u32, 0, |x, y| {
        ortho.pixel(x as usize, y as usize)
    });
    let file = format!("{name}.tif");
    let (columns, rows) = (columns as u32, rows as u32);
    write_rgb(
        &folder.join("images").join(&file),
        columns,
        rows,
        image.as_raw(),
        place,
    )?;
    write_labels(
        &folder.join("labels").join(&file),
        columns,
        rows,
        &ortho.labels,
        place,
    )
}
