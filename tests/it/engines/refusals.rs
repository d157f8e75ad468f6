//! Every engine that does not take a graph says why, and what is given to it in a wrong size is an error.

use image::RgbImage;
use scarp_infer::{Model, ModelError, Normalisation, Tile};

use super::{all, decoders, folder, label, picture};

#[test]
fn an_engine_that_declines_a_graph_says_why_in_one_line() {
    let mut declining = Vec::new();
    for name in [
        "tests/fixtures/tiny_model",
        "tests/fixtures/tiny_model_int8",
    ] {
        for engine in all() {
            let Err(error) = Model::load_in(&folder(name), &[engine]) else {
                continue;
            };
            let ModelError::Declined { path, reasons } = &error else {
                panic!("{}: {error}", engine.name);
            };
            assert!(path.ends_with("model.onnx"), "{path}");
            let reason = reasons.strip_prefix(&format!("{} (", engine.name));
            assert!(reason.is_some_and(|reason| reason.len() > 10), "{reasons}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            declining.push(engine.name);
        }
    }
    // Neither the fused operators nor the engine of this test run a single convolution.
    for name in ["int8", "redminusgreen"] {
        let count = declining.iter().filter(|other| **other == name).count();
        assert_eq!(count, 2, "{declining:?}");
    }
}

#[test]
fn a_tile_or_an_answer_of_a_wrong_size_is_an_error_and_the_session_goes_on() {
    let image = picture(64, 64);
    for model in decoders() {
        let manifest = model.manifest();
        let normal = Normalisation::of(manifest);
        let size = (manifest.input.width, manifest.input.height);
        let mut planes = Vec::new();
        normal.fill(&image, (0, 0), size, &mut planes);
        let (columns, rows) = manifest.output_size();
        let mut session = model.session().unwrap();
        let mut expected = vec![0.0; columns * rows];
        session.run(Tile::Planes(&planes), &mut expected).unwrap();

        let nothing = RgbImage::new(0, 0);
        let empty = Tile::Pixels {
            image: &nothing,
            corner: (0, 0),
            normal: &normal,
        };
        let longer = [&planes[..], &[0.0]].concat();
        let mut wrong = |tile, cells: usize| {
            let error = session.run(tile, &mut vec![0.0; cells]).unwrap_err();
            assert!(matches!(error, ModelError::TileSize { .. }), "{error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        };
        for tile in [
            Tile::Planes(&[]),
            Tile::Planes(&planes[1..]),
            Tile::Planes(&longer),
            empty,
        ] {
            wrong(tile, columns * rows);
        }
        for cells in [0, columns * rows - 1, 2 * columns * rows] {
            wrong(Tile::Planes(&planes), cells);
        }

        let mut found = vec![f32::NAN; columns * rows];
        session.run(Tile::Planes(&planes), &mut found).unwrap();
        assert_eq!(found, expected, "{}", label(&model));
    }
}
