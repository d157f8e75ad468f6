//! Model folders as users hand them over: good ones work, each bad one is refused with one line that says why.

use std::{fs, path::Path, sync::Arc, thread};

use image::{Rgb, RgbImage};
use scarp_infer::{Model, ModelError, SegmentError, Segmenter};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// A copy of the tiny model that a test may spoil.
fn copy() -> TempDir {
    let dir = TempDir::new().unwrap();
    for entry in fs::read_dir(Path::new(FIXTURES).join("tiny_model")).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
    }
    dir
}

/// Replaces text in the manifest.
fn edit(dir: &TempDir, from: &str, to: &str) {
    let manifest = dir.path().join("manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains(from), "{from} is not in the manifest");
    fs::write(manifest, text.replace(from, to)).unwrap();
}

/// Replaces a file and its digest, as a maker of a bad model would.
fn replace(dir: &TempDir, name: &str, bytes: &[u8]) {
    let file = dir.path().join(name);
    let hex = |bytes: &[u8]| {
        Sha256::digest(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    };
    edit(dir, &hex(&fs::read(&file).unwrap()), &hex(bytes));
    fs::write(file, bytes).unwrap();
}

/// The error of loading, which must be one line.
fn refusal(dir: &Path) -> (ModelError, String) {
    let error = Model::load(dir).unwrap_err();
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.len() < 600, "{line}");
    (error, line)
}

fn segmenter(name: &str) -> Segmenter {
    let model = Arc::new(Model::load(&Path::new(FIXTURES).join(name)).unwrap());
    Segmenter::new(&model, 16).unwrap()
}

/// Green land with a red square of cells 20..30 x 8..14.
fn scene() -> RgbImage {
    RgbImage::from_fn(230, 150, |x, y| {
        let slide = (80..120).contains(&x) && (32..56).contains(&y);
        if slide {
            Rgb([180, 90, 60])
        } else {
            Rgb([60, 120, 50])
        }
    })
}

#[test]
fn float_and_int8_models_find_the_same_red_ground_across_tiles() {
    for name in ["tiny_model", "tiny_model_int8"] {
        let map = segmenter(name).probability(&scene()).unwrap();
        assert_eq!((map.width, map.height, map.stride), (57, 37, 4));
        for (index, &p) in map.data.iter().enumerate() {
            let (column, row) = (index % map.width, index / map.width);
            let slide = (20..30).contains(&column) && (8..14).contains(&row);
            assert_eq!(p >= 0.5, slide, "{name}: cell {column}, {row} has {p}");
        }
    }
}

#[test]
fn workers_share_one_model_and_agree() {
    let model = Arc::new(Model::load(&Path::new(FIXTURES).join("tiny_model")).unwrap());
    let expected = Segmenter::new(&model, 16)
        .unwrap()
        .probability(&scene())
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut worker = Segmenter::new(&model, 16).unwrap();
                for _ in 0..5 {
                    assert_eq!(worker.probability(&scene()).unwrap(), expected);
                }
            });
        }
    });
}

#[test]
fn an_image_smaller_than_a_tile_is_segmented_and_a_speck_is_refused() {
    let mut segmenter = segmenter("tiny_model");
    let map = segmenter
        .probability(&RgbImage::from_pixel(40, 33, Rgb([200, 50, 50])))
        .unwrap();
    assert_eq!((map.width, map.height), (10, 8));
    assert!(map.data.iter().all(|&p| p > 0.5));
    let error = segmenter.probability(&RgbImage::new(1, 1)).unwrap_err();
    assert!(matches!(
        error,
        SegmentError::TooSmall {
            width: 1,
            height: 1
        }
    ));
}

#[test]
fn an_overlap_that_leaves_no_tile_is_refused() {
    let model = Arc::new(Model::load(&Path::new(FIXTURES).join("tiny_model")).unwrap());
    for overlap in [0, 15, 33, 64, u32::MAX] {
        assert!(
            matches!(
                Segmenter::new(&model, overlap),
                Err(SegmentError::Overlap { .. })
            ),
            "{overlap}"
        );
    }
}

#[test]
fn a_folder_without_a_manifest_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let (_, line) = refusal(dir.path());
    assert!(
        line.contains("manifest.toml") && line.contains("--model"),
        "{line}"
    );
}

#[test]
fn a_model_cut_short_is_refused_by_its_digest() {
    let dir = copy();
    let file = dir.path().join("model.onnx");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let (_, line) = refusal(dir.path());
    assert!(
        line.contains("model.onnx") && line.contains("cut short"),
        "{line}"
    );
}

#[test]
fn a_model_cut_short_anywhere_is_refused_even_with_a_matching_digest() {
    let bytes = fs::read(Path::new(FIXTURES).join("tiny_model/model.onnx")).unwrap();
    for length in (0..bytes.len()).step_by(7) {
        let dir = copy();
        replace(&dir, "model.onnx", &bytes[..length]);
        let (error, line) = refusal(dir.path());
        // Cut exactly between two fields it is still an ONNX file, of another shape.
        let kind = matches!(error, ModelError::Onnx { .. } | ModelError::Port { .. });
        assert!(
            kind && line.contains("model.onnx"),
            "{length} bytes: {line}"
        );
    }
}

#[test]
fn a_model_with_another_input_shape_is_refused_with_both_shapes() {
    let dir = copy();
    edit(&dir, "width = 64", "width = 96");
    let image = RgbImage::new(96, 64);
    image.save(dir.path().join("new.png")).unwrap();
    let png = fs::read(dir.path().join("new.png")).unwrap();
    replace(&dir, "golden_input.png", &png);
    replace(&dir, "golden_output.bin", &[0; 24 * 16 * 4]);
    let (error, line) = refusal(dir.path());
    assert!(
        matches!(error, ModelError::Port { port: "input", .. }),
        "{line}"
    );
    assert!(
        line.contains("1,3,64,64") && line.contains("1x3x64x96"),
        "{line}"
    );
}

#[test]
fn a_model_with_another_output_is_refused() {
    let dir = copy();
    edit(&dir, "stride = 4", "stride = 8");
    replace(&dir, "golden_output.bin", &[0; 8 * 8 * 4]);
    let (error, line) = refusal(dir.path());
    assert!(
        matches!(error, ModelError::Port { port: "output", .. }),
        "{line}"
    );
    assert!(
        line.contains("logits") && line.contains("1x1x8x8"),
        "{line}"
    );
    let dir = copy();
    edit(&dir, "name = \"logits\"", "name = \"mask\"");
    assert!(matches!(
        refusal(dir.path()).0,
        ModelError::Port { port: "output", .. }
    ));
}

#[test]
fn a_model_whose_golden_output_differs_is_refused_with_the_difference() {
    let dir = copy();
    let file = dir.path().join("golden_output.bin");
    let off: Vec<u8> = fs::read(file)
        .unwrap()
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
        .flat_map(|p| (p * 0.9).to_le_bytes())
        .collect();
    replace(&dir, "golden_output.bin", &off);
    let (error, line) = refusal(dir.path());
    let ModelError::GoldenMismatch { error, .. } = error else {
        panic!("{line}");
    };
    assert!((0.02..0.06).contains(&error), "{error}");
}

#[test]
fn golden_files_of_the_wrong_kind_or_size_are_refused_by_name() {
    for (name, bytes) in [
        ("golden_input.png", &b"not a picture"[..]),
        ("golden_output.bin", &[0; 100][..]),
        ("golden_output.bin", &[0xff; 1024][..]),
    ] {
        let dir = copy();
        replace(&dir, name, bytes);
        let (error, line) = refusal(dir.path());
        assert!(
            matches!(error, ModelError::GoldenFile { .. }) && line.contains(name),
            "{line}"
        );
    }
}

#[test]
fn a_value_of_another_kind_is_refused_with_its_line_and_what_belongs_there() {
    let whole = "a whole number, 0 or more";
    for (line, from, to, expected) in [
        (1, "format = 1", "format = 'one'", whole),
        (7, "threshold = 0.5", "threshold = []", "a number"),
        (29, "[files]", "[[files]]", "a table of keys"),
        (2, "format = 1", "format = 1\noutput = 1", "a table of keys"),
    ] {
        let dir = copy();
        if to.contains("output") {
            edit(&dir, "[output]", "[another]");
        }
        edit(&dir, from, to);
        let (_, text) = refusal(dir.path());
        let place = format!("manifest.toml: line {line}: invalid type: ");
        let expected = format!("expected {expected}; ");
        assert!(text.contains(&place) && text.contains(&expected), "{text}");
    }
}

#[test]
fn values_out_of_range_are_refused_by_key() {
    for (from, to, key) in [
        ("threshold = 0.5", "threshold = 1.0", "threshold"),
        ("threshold = 0.5", "threshold = nan", "threshold"),
        ("width = 64", "width = 65", "input.width"),
        ("height = 64", "height = 0", "input.height"),
        ("height = 64", "height = 1000000000", "input.height"),
        ("gsd_m = 0.2", "gsd_m = -0.2", "input.gsd_m"),
        ("std = [0.25", "std = [0.0", "input.std"),
        ("mean = [0.5", "mean = [inf", "input.mean"),
        ("stride = 4", "stride = 0", "output.stride"),
        ("stride = 4", "stride = 5", "output.stride"),
        ("format = 1", "format = 2", "format"),
        ("\"landslide\"]", "\"landslide\", \"road\"]", "classes"),
        ("error = 0.0001", "error = 0.0", "golden.max_mean_abs_error"),
    ] {
        let dir = copy();
        edit(&dir, from, to);
        let (_, line) = refusal(dir.path());
        assert!(
            line.contains("manifest.toml") && line.contains(&format!("{key} = ")),
            "{to}: {line}"
        );
    }
}

#[test]
fn file_names_that_lead_out_of_the_folder_are_refused() {
    for name in ["../secret", "/etc/hostname", "a/../../secret", ""] {
        let dir = copy();
        edit(&dir, "[files]", &format!("[files]\n\"{name}\" = \"00\""));
        let (_, line) = refusal(dir.path());
        assert!(line.contains("outside the model folder"), "{name}: {line}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_folder_is_refused() {
    let dir = copy();
    let file = dir.path().join("golden_input.png");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(
        Path::new(FIXTURES).join("tiny_model/golden_input.png"),
        file,
    )
    .unwrap();
    let (_, line) = refusal(dir.path());
    assert!(line.contains("outside the model folder"), "{line}");
}

#[test]
fn a_file_that_is_used_must_be_listed_and_present() {
    let dir = copy();
    edit(
        &dir,
        "\"golden_output.bin\" = ",
        "\"golden_input.png.bak\" = ",
    );
    assert!(
        refusal(dir.path())
            .1
            .contains("does not list \"golden_output.bin\"")
    );
    let dir = copy();
    fs::remove_file(dir.path().join("golden_output.bin")).unwrap();
    assert!(refusal(dir.path()).1.contains("golden_output.bin"));
    let dir = copy();
    edit(&dir, "licence = ", "license = ");
    assert!(refusal(dir.path()).1.contains("licence"));
}
