//! `scarp-forge validate` as its users start it, with a model of one convolution: redder than green is landslide.

use std::fs;

use image::{GrayImage, Luma, Rgb};
use rstest::rstest;
use serde_json::Value;

use crate::common::{Dataset, gdal, lines, png, scene};

#[test]
fn counts_are_those_of_a_field_known_pixel_by_pixel_whatever_the_workers() {
    let data = Dataset::good();
    let mut reports = Vec::new();
    for workers in ["1", "3"] {
        fs::remove_dir_all(data.path("out")).ok();
        let (output, report) = data.validate(&["--workers", workers]);
        assert!(output.status.success(), "{}", lines(&output));
        let mut report = report.unwrap();
        // These are measured, not computed.
        for name in ["seconds_per_tile", "peak_rss_bytes"] {
            assert!(report[name].take().as_f64().unwrap() > 0.0, "{name}");
        }
        reports.push(report);
    }
    assert_eq!(reports[0], reports[1]);
    let (image, label) = scene(300, 200);
    let mut expected = [[0_u64; 2]; 2];
    for (pixel, truth) in image.pixels().zip(label.pixels()) {
        expected[usize::from(truth.0[0])][usize::from(pixel.0[0] > pixel.0[1])] += 1;
    }
    let found = |name: &str| reports[0]["overall"][name].as_u64().unwrap();
    // Squares end on cell borders, so a pixel is at most one bilinear step from its cell: the borders may shift by two
    // pixels, nothing else may.
    let border = 300 * 200 * 4 / 20;
    for (name, count) in [
        ("true_positive", expected[1][1]),
        ("false_positive", expected[0][1]),
        ("false_negative", expected[1][0]),
    ] {
        assert!(
            found(name).abs_diff(count) < border,
            "{name}: {} for {count}",
            found(name)
        );
    }
    let total: u64 = [
        "true_positive",
        "false_positive",
        "false_negative",
        "true_negative",
    ]
    .map(found)
    .iter()
    .sum();
    assert_eq!(total, 300 * 200);
}

#[rstest]
#[case::striped_lzw(&["-co", "COMPRESS=LZW"])]
#[case::tiled_deflate(&["-co", "TILED=YES", "-co", "BLOCKXSIZE=64", "-co", "BLOCKYSIZE=48", "-co", "COMPRESS=DEFLATE"])]
#[case::big_tiff(&["-co", "BIGTIFF=YES", "-co", "TILED=YES", "-co", "BLOCKXSIZE=128", "-co", "BLOCKYSIZE=128"])]
fn a_tiff_however_stored_gives_what_the_png_gives(#[case] options: &[&str]) {
    let data = Dataset::good();
    let (_, expected) = data.validate(&[]);
    let tiff = Dataset::new();
    for part in ["images", "labels"] {
        fs::create_dir(tiff.path(part)).unwrap();
        gdal(
            options,
            &data.path(&format!("{part}/good.png")),
            &tiff.path(&format!("{part}/good.tif")),
        );
    }
    let (output, found) = tiff.validate(&[]);
    assert!(output.status.success(), "{}", lines(&output));
    assert_eq!(found.unwrap()["overall"], expected.unwrap()["overall"]);
}

#[test]
fn pixels_that_nobody_judged_count_nowhere_where_the_dataset_says_that_there_are_such() {
    let (image, mut label) = scene(300, 200);
    // The lower half, where hits, misses and false alarms are, is not judged.
    label
        .enumerate_pixels_mut()
        .filter(|(_, y, _)| *y >= 100)
        .for_each(|(_, _, pixel)| *pixel = Luma([255]));
    let (top, judged) = (
        image::imageops::crop_imm(&image, 0, 0, 300, 100).to_image(),
        image::imageops::crop_imm(&label, 0, 0, 300, 100).to_image(),
    );
    let data = Dataset::new()
        .with("images/a.png", &png(image))
        .with("labels/a.png", &png(label));
    let (output, _) = data.validate(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        lines(&output).contains("ignored = 255"),
        "{}",
        lines(&output)
    );

    let data = data.with("dataset.toml", b"ignored = 255\n");
    let (output, found) = data.validate(&[]);
    assert!(output.status.success(), "{}", lines(&output));
    let found = found.unwrap();
    let alone = Dataset::new()
        .with("images/a.png", &png(top))
        .with("labels/a.png", &png(judged));
    let expected = alone.validate(&[]).1.unwrap();
    let counts = [
        "true_positive",
        "false_positive",
        "false_negative",
        "true_negative",
    ];
    let of = |report: &Value, name: &str| report["overall"][name].as_u64().unwrap();
    assert_eq!(
        counts.iter().map(|name| of(&found, name)).sum::<u64>(),
        300 * 100
    );
    for name in counts {
        // Cells at the cut see what lies below it in one image and its mirror in the other.
        assert!(
            of(&found, name).abs_diff(of(&expected, name)) < 300 * 8,
            "{name}"
        );
    }
    assert_eq!(
        found["overall"]["objects"]["landslides"],
        expected["overall"]["objects"]["landslides"]
    );
}

#[test]
fn an_image_enlarged_gives_nearly_what_it_gives_at_its_own_scale() {
    let (image, label) = scene(300, 200);
    let half = image::imageops::resize(&image, 150, 100, image::imageops::FilterType::Triangle);
    let small = image::imageops::resize(&label, 150, 100, image::imageops::FilterType::Nearest);
    let (_, full) = Dataset::good().validate(&[]);
    let data = Dataset::new()
        .with("images/a.png", &png(half))
        .with("labels/a.png", &png(small));
    let (output, scaled) = data.validate(&["--scale", "2"]);
    assert!(output.status.success(), "{}", lines(&output));
    let iou = |report: Option<Value>| {
        report.unwrap()["overall"]["landslide_iou"]
            .as_f64()
            .unwrap()
    };
    assert!((iou(full) - iou(scaled)).abs() < 0.05);
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped_unless_anything_has_changed() {
    let (image, label) = scene(100, 100);
    let data = Dataset::good()
        .with("images/second.png", &png(image))
        .with("labels/second.png", &png(label));
    let (_, first) = data.validate(&[]);
    fs::remove_file(data.path("out/images/good.json")).unwrap();
    let (_, second) = data.validate(&[]);
    let (first, second) = (first.unwrap(), second.unwrap());
    for name in ["overall", "groups", "sweep"] {
        assert_eq!(first[name], second[name], "{name}");
    }
    let resumed = |report: &Value| {
        report["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["resumed"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (resumed(&first), resumed(&second)),
        (vec![false, false], vec![false, true])
    );
    let (_, other) = data.validate(&["--threshold", "0.7"]);
    assert_eq!(resumed(&other.unwrap()), [false, false]);
}

#[test]
fn the_page_stands_alone_and_holds_every_image() {
    let data = Dataset::good();
    data.validate(&[]);
    let page = fs::read_to_string(data.path("out/report.html")).unwrap();
    assert!(
        page.contains("data:image/") && page.contains("MiT-B4") && page.contains("<b>good</b>")
    );
    assert!(!page.contains("src=\"http") && !page.contains("href="));
}

fn truncated_tiff() -> Vec<u8> {
    let data = Dataset::good();
    gdal(
        &["-co", "COMPRESS=DEFLATE"],
        &data.path("images/good.png"),
        &data.path("a.tif"),
    );
    let whole = fs::read(data.path("a.tif")).unwrap();
    whole[..whole.len() / 2].to_vec()
}

/// A TIFF that says it is 4,000,000,000 x 4,000,000,000 pixels in one strip.
fn bomb() -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, 4_000_000_000),
        (257, 4, 1, 4_000_000_000),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, 4_000_000_000),
        (279, 4, 1, 10),
    ];
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

fn deep() -> Vec<u8> {
    png(image::ImageBuffer::<Rgb<u16>, Vec<u16>>::from_pixel(
        64,
        64,
        Rgb([9, 9, 9]),
    ))
}

fn four_bands() -> Vec<u8> {
    png(image::RgbaImage::from_pixel(
        64,
        64,
        image::Rgba([9, 9, 9, 9]),
    ))
}

fn label_of(value: u8) -> Vec<u8> {
    png(GrayImage::from_fn(64, 64, |x, _| {
        Luma([if x < 9 { value } else { 0 }])
    }))
}

fn small_image() -> Vec<u8> {
    png(scene(64, 64).0)
}

#[rstest]
#[case::label_of_another_size("bad.png", small_image(), "bad.png", png(scene(64, 63).1), "is 64x63 but its image is 64x64")]
#[case::label_0_and_255(
    "bad.png",
    small_image(),
    "bad.png",
    label_of(255),
    "holds the value 255; labels are 0 and 1"
)]
#[case::label_with_other_values(
    "bad.png",
    small_image(),
    "bad.png",
    label_of(7),
    "holds the value 7; labels are 0 and 1"
)]
#[case::four_bands(
    "bad.png",
    four_bands(),
    "bad.png",
    label_of(1),
    "has 4 bands of 8 bits, needs 3"
)]
#[case::sixteen_bits(
    "bad.png",
    deep(),
    "bad.png",
    label_of(1),
    "has 3 bands of 16 bits, needs 3"
)]
#[case::missing_label("bad.png", small_image(), "other.png", label_of(1), "has no label")]
#[case::truncated_tiff("bad.tif", truncated_tiff(), "bad.png", png(scene(300, 200).1), "cannot be decoded")]
#[case::bomb(
    "bad.tif",
    bomb(),
    "bad.png",
    label_of(1),
    "declares 4000000000x4000000000 pixels"
)]
#[case::empty_file("bad.png", Vec::new(), "bad.png", label_of(1), "cannot be decoded")]
#[case::text("bad.tif", b"no image".to_vec(), "bad.png", label_of(1), "cannot be decoded")]
fn an_unusable_image_is_one_clear_line_and_the_others_are_done(
    #[case] image: &str,
    #[case] image_bytes: Vec<u8>,
    #[case] label: &str,
    #[case] label_bytes: Vec<u8>,
    #[case] reason: &str,
) {
    let data = Dataset::good()
        .with(&format!("images/{image}"), &image_bytes)
        .with(&format!("labels/{label}"), &label_bytes);
    let (output, report) = data.validate(&[]);
    let text = lines(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    let report = report.unwrap();
    let refused = report["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1, "{text}");
    let line = refused[0]["reason"].as_str().unwrap();
    assert!(
        line.contains(reason) && line.contains("bad.") && line.lines().count() == 1,
        "{line}"
    );
    assert!(text.contains(line), "{text}");
    assert_eq!(report["images"].as_array().unwrap().len(), 1);
}

#[test]
fn a_model_that_does_not_exist_is_one_clear_line() {
    let (output, _) = Dataset::good().forge("validate", &["no/such/model"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = lines(&output);
    assert!(
        text.contains("no/such/model: there is no such model folder or ONNX file"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_dataset_of_which_nothing_can_be_used_fails_with_the_reason() {
    let empty = Dataset::new();
    let (output, report) = empty.validate(&[]);
    assert_eq!((output.status.code(), report), (Some(1), None));
    assert!(
        lines(&output).contains("expected test_data/images"),
        "{}",
        lines(&output)
    );
    let bad = Dataset::new()
        .with("images/bad.png", b"")
        .with("labels/bad.png", &label_of(1));
    let (output, _) = bad.validate(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        lines(&output).contains("bad.png: cannot be decoded"),
        "{}",
        lines(&output)
    );
}
