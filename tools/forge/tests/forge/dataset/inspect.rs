//! `dataset inspect`, and archives as `validate` takes them.

use std::{fs, io::Write, path::Path};

use image::{GrayImage, Rgb};
use rstest::rstest;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

/// A folder as a zip archive; `spoil` names an entry of which one stored byte is changed.
fn zip(folder: &Path, archive: &Path, prefix: &str, spoil: Option<&str>) {
    let mut writer = ZipWriter::new(fs::File::create(archive).unwrap());
    let mut spoilt = Vec::new();
    for part in ["images", "labels"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let bytes = fs::read(&path).unwrap();
            let name = format!("{prefix}{part}/{name}");
            writer
                .start_file(&name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(&bytes).unwrap();
            if Some(name.as_str()) == spoil {
                spoilt = name.into_bytes();
            }
        }
    }
    writer.finish().unwrap();
    if !spoilt.is_empty() {
        let mut bytes = fs::read(archive).unwrap();
        let at = bytes
            .windows(spoilt.len())
            .position(|w| w == spoilt)
            .unwrap();
        bytes[at + spoilt.len() + 60] ^= 0x55;
        fs::write(archive, bytes).unwrap();
    }
}

#[test]
fn a_dataset_is_counted_against_what_was_published_and_its_landslides_are_measured() {
    let data = Folder::new()
        .with_pair("train_dataset/", "Palu_GF2_1", 16)
        .with_pair("train_dataset/", "0002", 0)
        .with_pair("val_dataset/", "Lushan_UAV_1", 32)
        .with_pair("test_data/", "Lushan_UAV", 64)
        .with(
            "dataset.toml",
            b"[[image]]\nname = \"0*\"\nevent = \"Luding\"\n",
        );
    let (output, report) = data.inspect("");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let report = report.unwrap();
    let parts = report["parts"].as_array().unwrap();
    let of = |part: usize, field: &str| parts[part][field].as_f64().unwrap();
    assert_eq!(
        [0, 1, 2].map(|part| of(part, "published")),
        [11_162.0, 4_459.0, 7.0]
    );
    assert_eq!([0, 1, 2].map(|part| of(part, "found")), [2.0, 1.0, 1.0]);
    assert_eq!(
        [0, 1, 2].map(|part| of(part, "landslide_share")),
        [0.125, 0.5, 1.0]
    );
    assert_eq!(report["overall"]["landslide_share"], 0.4375);
    assert_eq!(report["events"]["Lushan"]["pairs"], 2);
    assert_eq!(report["events"]["Luding"]["landslide_share"], 0.0);
    assert_eq!(report["sensors"]["Gaofen"]["pairs"], 1);
    assert_eq!(report["sensors"]["unknown"]["pairs"], 1);
    assert_eq!(report["forms"][0]["width"], 64);
    let text = text(&output);
    for said in [
        "-11160", "-4458", "-6", "43.75 %", "8.01 %", "64x64", "uint8",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[rstest]
#[case::as_published("train_dataset.zip", "")]
#[case::nested("val_dataset.zip", "val_dataset/")]
#[case::nested_in_the_archives_own_folder("test_data.zip", "GDCLD/test_data/")]
fn an_archive_gives_what_its_folder_gives(#[case] archive: &str, #[case] prefix: &str) {
    let data = Folder::new()
        .with_pair("a/", "one", 8)
        .with_pair("a/", "two", 4);
    fs::create_dir(data.path("zips")).unwrap();
    zip(
        &data.path("a"),
        &data.path(&format!("zips/{archive}")),
        prefix,
        None,
    );
    let (_, folder) = data.inspect("a");
    let (folder, part) = (folder.unwrap(), archive.split(['_', '.']).next().unwrap());
    for path in ["zips".to_owned(), format!("zips/{archive}")] {
        let (output, zipped) = data.inspect(&path);
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
        let zipped = zipped.unwrap();
        assert_eq!(zipped["overall"], folder["overall"]);
        assert_eq!(zipped["parts"][0]["part"], part);
    }
}

#[rstest]
#[case("image", "label")]
#[case("img", "masks")]
#[case("Images", "MASK")]
fn folders_are_found_however_they_are_spelled_and_nested(
    #[case] images: &str,
    #[case] labels: &str,
) {
    let data = Folder::new()
        .with(
            &format!("train_dataset/train_dataset/{images}/a.png"),
            &image(),
        )
        .with(
            &format!("train_dataset/train_dataset/{labels}/a.png"),
            &label(1, 1),
        )
        .with("train_dataset/__MACOSX/images/._a.png", b"");
    let (output, report) = data.inspect("");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(report.unwrap()["parts"][0]["part"], "train");
}

#[test]
fn a_georeference_is_told_by_its_code() {
    let data = Folder::new().with_pair("", "a", 1);
    let (from, to) = (data.path("images/a.png"), data.path("images/a.tif"));
    gdal(
        "gdal_translate",
        &[
            "-q",
            "-a_srs",
            "EPSG:32648",
            "-a_ullr",
            "400000",
            "3400000",
            "400012.8",
            "3399987.2",
            from.to_str().unwrap(),
            to.to_str().unwrap(),
        ],
    );
    fs::remove_file(from).unwrap();
    let (_, report) = data.inspect("");
    assert_eq!(report.unwrap()["forms"][0]["georeference"], "EPSG:32648");
}

fn truncated_tiff() -> Vec<u8> {
    let data = Folder::new().with_pair("", "a", 1);
    let to = data.path("a.tif");
    gdal(
        "gdal_translate",
        &[
            "-q",
            data.path("images/a.png").to_str().unwrap(),
            to.to_str().unwrap(),
        ],
    );
    let whole = fs::read(to).unwrap();
    whole[..whole.len() * 3 / 4].to_vec()
}

/// A TIFF that says it is 4,000,000,000 x 4,000,000,000 pixels in one strip.
fn bomb() -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let entries: [(u16, u16, u32); 9] = [
        (256, 4, 4_000_000_000),
        (257, 4, 4_000_000_000),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, 4_000_000_000),
        (279, 4, 10),
    ];
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[rstest]
#[case::sizes(
    "a.png",
    image(),
    "a.png",
    png(GrayImage::new(64, 63)),
    "is 64x63 but its image is 64x64"
)]
#[case::label_255("a.png", image(), "a.png", label(9, 255), "holds 0 and 255")]
#[case::label_values("a.png", image(), "a.png", label(9, 7), "holds the values 0, 7")]
#[case::four_bands(
    "a.png",
    png(image::RgbaImage::new(64, 64)),
    "a.png",
    label(9, 1),
    "has 4 bands of 8 bits"
)]
#[case::sixteen_bits("a.png", png(image::ImageBuffer::<Rgb<u16>, Vec<u16>>::new(64, 64)), "a.png", label(9, 1), "3 bands of 16 bits")]
#[case::no_label("a.png", image(), "good2.txt", Vec::new(), "has no label")]
#[case::no_image(
    "notes.txt",
    Vec::new(),
    "a.png",
    label(9, 1),
    "a label without an image"
)]
#[case::truncated("a.tif", truncated_tiff(), "a.png", label(9, 1), "cannot be decoded")]
#[case::bomb(
    "a.tif",
    bomb(),
    "a.png",
    label(9, 1),
    "declares 4000000000x4000000000 pixels"
)]
#[case::two_of_one_name(
    "good.jpg",
    image(),
    "notes.txt",
    Vec::new(),
    "another file has the same name"
)]
fn what_does_not_fit_is_one_clear_line_and_the_rest_is_done(
    #[case] image_name: &str,
    #[case] image: Vec<u8>,
    #[case] label_name: &str,
    #[case] label: Vec<u8>,
    #[case] reason: &str,
) {
    let data = Folder::new()
        .with_pair("val_dataset/", "good", 32)
        .with(&format!("val_dataset/images/{image_name}"), &image)
        .with(&format!("val_dataset/labels/{label_name}"), &label);
    let (output, report) = data.inspect("");
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    let report = report.unwrap();
    let misfits = report["misfits"].as_array().unwrap();
    assert_eq!(misfits.len(), 1, "{misfits:?}");
    let line = misfits[0].as_str().unwrap();
    assert!(
        line.contains(reason) && line.contains("val_dataset") && line.lines().count() == 1,
        "{line}"
    );
    assert!(errors(&output).contains(line));
    assert_eq!(report["overall"]["landslide_share"], 0.5);
}

#[test]
fn a_damaged_archive_entry_refuses_that_pair_only_in_inspect_and_in_validate() {
    let data = Folder::new()
        .with_pair("a/", "bad", 8)
        .with_pair("a/", "good", 8);
    let spoilt = "test_data/images/bad.png";
    zip(
        &data.path("a"),
        &data.path("test_data.zip"),
        "test_data/",
        Some(spoilt),
    );
    let (output, report) = data.inspect("test_data.zip");
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    let report = report.unwrap();
    let line = report["misfits"][0].as_str().unwrap();
    assert!(
        line.contains("test_data.zip/test_data/images/bad.png: cannot be unpacked"),
        "{line}"
    );
    assert_eq!(report["overall"]["pairs"], 1);

    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/tiny_model"
    );
    let archive = data.path("test_data.zip").display().to_string();
    let out = data.path("out").display().to_string();
    let output = forge(&[
        "validate",
        model,
        "--overlap",
        "16",
        "--data",
        &archive,
        "--out",
        &out,
    ]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(errors(&output).contains(line), "{}", errors(&output));
    assert!(data.path("out/overlays/good.png").exists());
}

#[test]
fn a_truncated_archive_is_one_line_and_the_others_are_done() {
    let data = Folder::new().with_pair("a/", "one", 8);
    fs::create_dir(data.path("zips")).unwrap();
    for part in ["train_dataset", "val_dataset"] {
        zip(
            &data.path("a"),
            &data.path(&format!("zips/{part}.zip")),
            "",
            None,
        );
    }
    let path = data.path("zips/val_dataset.zip");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let (output, report) = data.inspect("zips");
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    let report = report.unwrap();
    assert_eq!(report["overall"]["pairs"], 1);
    assert!(
        errors(&output).contains("val_dataset.zip: cannot be unpacked"),
        "{}",
        errors(&output)
    );
}

#[test]
fn a_dataset_of_which_nothing_can_be_read_fails_with_the_reason() {
    let empty = Folder::new();
    let (output, report) = empty.inspect("");
    assert_eq!((output.status.code(), report.is_none()), (Some(1), true));
    assert!(
        errors(&output).contains("expected train_dataset/images"),
        "{}",
        errors(&output)
    );
    let (output, _) = empty.inspect("nowhere");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("neither a folder nor a zip archive"),
        "{}",
        errors(&output)
    );
    let bad = Folder::new()
        .with("images/a.png", b"")
        .with("labels/a.png", &label(1, 1));
    let (output, _) = bad.inspect("");
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(
        errors(&output).contains("a.png: cannot be decoded"),
        "{}",
        errors(&output)
    );
    let wrong = Folder::new()
        .with_pair("", "a", 1)
        .with("dataset.toml", b"[[image]]\nname = 3\n");
    let (output, _) = wrong.inspect("");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("dataset.toml: line 2"),
        "{}",
        errors(&output)
    );
}
