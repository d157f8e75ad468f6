//! How long each stage takes: `cargo bench`. No test depends on these times.

use std::{convert::Infallible, hint::black_box, path::Path, sync::Arc, time::Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use geo::Rect;
use image::{Rgb, RgbImage};
use scarp_geo::{
    Altitudes, Attitude, Brown, CameraModel, Dem, Geometry, HeightAboveTakeoff, HeightEgm96,
    Latitude, Lens, LocalPlane, Longitude, Pose, PoseCovariance, Terrain, Wgs84,
};
use scarp_infer::{Model, Segmenter, Tiling, blend, resample};
use scarp_inventory::{Detection, Inventory, Observation, ProbabilityGrid, Settings, trace};

/// A frame of 4000 x 3000 pixels, textured so that nothing is trivially constant.
fn frame() -> RgbImage {
    RgbImage::from_fn(4000, 3000, |x, y| {
        let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_le_bytes();
        Rgb([mixed[0], mixed[1], mixed[2]])
    })
}

/// Cells of the network's answer for 1000 x 750 pixels.
const GRID: (usize, usize) = (250, 188);

/// Landslides of all sizes: hills of a sum of waves above one half.
fn hills() -> Vec<f32> {
    let (width, height) = GRID;
    let value = |i: usize| {
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        0.5 + 0.3 * ((x * 0.13).sin() + (y * 0.17).cos() + 0.4 * (x * 0.71 + y * 0.53).sin())
    };
    (0..width * height).map(value).collect()
}

fn images(c: &mut Criterion) {
    let frame = frame();
    c.bench_function("resample 12 Mpx from 0.05 m to 0.2 m", |b| {
        b.iter(|| resample(black_box(&frame), 0.05, 0.2));
    });
    let tiling = Tiling {
        width: 512,
        height: 512,
        overlap: 64,
        stride: 4,
    };
    c.bench_function("blend six tiles to 1000x750", |b| {
        b.iter(|| {
            blend(tiling, 1000, 750, |x, y, cells| -> Result<(), Infallible> {
                cells.fill(black_box((x + y) as f32));
                Ok(())
            })
        });
    });
}

fn inference(c: &mut Criterion) {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let tile = image::imageops::crop_imm(&frame(), 0, 0, 1024, 1024).to_image();
    let mut group = c.benchmark_group("segment 1024x1024 pixels");
    group.sample_size(10);
    for name in ["segformer-lite1", "segformer-lite1-int8"] {
        let dir = models.join(name);
        if !dir.exists() {
            eprintln!(
                "inference with {name} not measured: there is no folder {}",
                dir.display()
            );
            continue;
        }
        let made = Model::load(&dir)
            .map_err(Into::into)
            .and_then(|model| Segmenter::new(&Arc::new(model), 64));
        match made {
            Ok(mut segmenter) => {
                group.bench_function(name, |b| b.iter(|| segmenter.probability(black_box(&tile))));
            }
            Err(error) => eprintln!("inference with {name} not measured: {error}"),
        }
    }
    group.finish();
}

/// A frame's probabilities as the network gives them.
fn grid(values: &[f32]) -> ProbabilityGrid<'_> {
    ProbabilityGrid {
        width: GRID.0,
        height: GRID.1,
        stride: 4,
        image_width: 1000,
        image_height: 750,
        values,
    }
}

fn outlines(c: &mut Criterion) {
    let values = hills();
    let grid = grid(&values);
    c.bench_function("trace 250x188 cells", |b| {
        b.iter(|| trace(black_box(&grid), 0.5, 10.0))
    });
}

/// Where the survey is.
const PLACE: Wgs84 = Wgs84::new(Latitude::from_degrees(31.0), Longitude::from_degrees(103.5));

fn fusion(c: &mut Criterion) {
    let plane = LocalPlane::at(PLACE);
    let rect = |x: f64, y: f64, w: f64, h: f64| {
        use geo::MapCoords;
        let metres = Rect::new((x, y), (x + w, y + h)).to_polygon();
        metres.map_coords(|c| plane.to_geographic(c))
    };
    let observation = Observation {
        footprint: rect(-100.0, -75.0, 200.0, 150.0),
        detections: vec![Detection {
            outline: rect(-30.0, -30.0, 80.0, 60.0),
            probability: 0.9,
            ce90_m: 3.0,
        }],
        time: None,
    };
    let settings = Settings {
        cell_m: 1.0,
        min_area_m2: 50.0,
        max_blocks: 1024,
    };
    let mut inventory = Inventory::new(uuid::Uuid::nil(), plane.clone(), settings);
    c.bench_function("fuse a frame of 200x150 m", |b| {
        b.iter(|| inventory.observe(black_box(&observation)))
    });
}

/// A frame's pose.
fn pose() -> Pose {
    Pose {
        place: PLACE,
        altitude: Altitudes {
            takeoff: Some(HeightAboveTakeoff::new(120.0)),
            ..Altitudes::default()
        },
        attitude: Attitude {
            yaw_deg: 30.0,
            pitch_deg: -80.0,
            roll_deg: 1.0,
        },
        covariance: PoseCovariance::default(),
        velocity: None,
        time: None,
    }
}

fn projection(c: &mut Criterion) {
    let camera = CameraModel::centred(4000, 3000, 2800.0);
    let geometry = Geometry::new(camera, &pose(), &Terrain::flat(1.0));
    c.bench_function("place one vertex with its CE90 on flat ground", |b| {
        b.iter(|| {
            geometry
                .as_ref()
                .map(|g| g.pixel_to_ground(black_box(1234.5), black_box(678.9)))
        });
    });
}

/// Rays to a hill whose cells lie in a UTM zone of WGS84, and in a system that `proj4rs` computes.
fn rays(c: &mut Criterion) {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/georeference");
    let pose = Pose {
        place: Wgs84::new(
            Latitude::from_degrees(-46.563_2),
            Longitude::from_degrees(-73.169_4),
        ),
        altitude: Altitudes {
            egm96: Some(HeightEgm96::new(1400.0)),
            ..Altitudes::default()
        },
        attitude: Attitude {
            yaw_deg: 30.0,
            pitch_deg: -80.0,
            roll_deg: 1.0,
        },
        covariance: PoseCovariance::default(),
        velocity: None,
        time: None,
    };
    let camera = CameraModel::centred(4000, 3000, 2800.0);
    let mut group = c.benchmark_group("place one vertex with its CE90 on an elevation model");
    group.throughput(Throughput::Elements(1));
    for (name, file) in [("of UTM", "dem.tif"), ("by proj4rs", "sirgas-2000.tif")] {
        let terrain = Dem::open(&models.join(file), None).map(|dem| Terrain::dem(dem, 1.0));
        let geometry = match terrain {
            Ok(terrain) => Geometry::new(camera, &pose, &terrain),
            Err(error) => {
                eprintln!("rays not measured: {error}");
                continue;
            }
        };
        group.bench_function(name, |b| {
            b.iter(|| {
                geometry
                    .as_ref()
                    .map(|g| g.pixel_to_ground(black_box(1834.5), black_box(1278.9)))
            });
        });
    }
    group.finish();
}

/// Rounds in which the work with a lens and without takes turns, so that both meet the same computer.
const ROUNDS: usize = 15;

/// What a lens that bends costs of a frame's time: placing its footprint and every vertex of its landslides through a lens and without one,
/// beside resampling, inference and tracing, in turns.
fn lens(_: &mut Criterion) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/segformer-lite1-int8");
    let made = Model::load(&model)
        .map_err(Into::into)
        .and_then(|model| Segmenter::new(&Arc::new(model), 64));
    let mut segmenter = match made {
        Ok(segmenter) => segmenter,
        Err(error) => {
            eprintln!("lens not measured: {error}");
            return;
        }
    };
    let (frame, values) = (frame(), hills());
    let grid = grid(&values);
    let bent = Brown::new([-0.11, 0.015, -0.027, 0.0, 0.0, 0.0], [1e-4, 1e-4]);
    let straight = CameraModel::centred(4000, 3000, 2800.0);
    let bent = CameraModel {
        lens: bent.map_or(Lens::Pinhole, Lens::Brown),
        ..straight
    };
    let place = |camera: CameraModel| {
        let geometry = Geometry::new(camera, &pose(), &Terrain::flat(1.0));
        let Ok(geometry) = geometry else { return 0 };
        let footprint = geometry
            .footprint()
            .map_or(0, |ring| ring.exterior().0.len());
        let outlines = trace(&grid, 0.5, 100.0);
        let vertices = outlines
            .iter()
            .flat_map(|outline| outline.polygon.exterior().coords());
        let placed = vertices.filter(|at| geometry.pixel_to_ground(at.x * 4.0, at.y * 4.0).is_ok());
        footprint + placed.count()
    };
    let (mut whole, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new());
    let time = |work: &mut dyn FnMut() -> usize| {
        let started = Instant::now();
        black_box(work());
        started.elapsed().as_secs_f64()
    };
    for _ in 0..ROUNDS {
        whole.push(time(&mut || {
            let small = resample(black_box(&frame), 0.05, 0.2);
            let map = small.map(|small| segmenter.probability(&small));
            let cells = map.map_or(0, |map| map.map_or(0, |map| map.data.len()));
            cells + place(straight)
        }));
        without.push(time(&mut || place(straight)));
        with.push(time(&mut || place(bent)));
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (whole, with, without) = (median(&mut whole), median(&mut with), median(&mut without));
    eprintln!(
        "a frame {:.1} ms, of it tracing and placing {:.3} ms; through a lens {:.3} ms: {:.2} % of the frame more",
        whole * 1e3,
        without * 1e3,
        with * 1e3,
        (with - without) / whole * 100.0
    );
}

criterion_group!(
    benches, images, inference, outlines, fusion, projection, rays, lens
);
criterion_main!(benches);
