//! Which tiles and images are taken, and on which side of the split they lie.

use super::*;

#[test]
fn tiles_without_landslides_are_left_out_unless_named_or_chosen() {
    let data = Folder::new()
        .with_scene("a.tif", 0.0)
        .with_scene("flat.tif", 1000.0)
        .with_outlines(ONE)
        .with(
            "negatives.txt",
            b"# looked at by hand\nflat.tif\na_r001_c001 # a road\nnowhere\n",
        );
    let output = data.make("slides.geojson", &["--split", "1:0"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(
        errors(&output).contains("flat.tif: no outline lies in it; name it in --negatives"),
        "{}",
        errors(&output)
    );
    assert_eq!(data.made("train_dataset"), ["a_r000_c000"]);
    assert!(text(&output).contains("left out: 5 tiles without landslides"));

    let list = data.path("negatives.txt").display().to_string();
    let output = data.make("slides.geojson", &["--split", "1:0", "--negatives", &list]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(
        errors(&output).contains("nowhere: is in the list of negatives, but"),
        "{}",
        errors(&output)
    );
    let made = data.made("train_dataset");
    assert_eq!(made.len(), 8, "{made:?}");
    assert!(made.contains(&"a_r001_c001".to_owned()));
    let empty = data.path("out/train_dataset/labels/flat_r000_c000.tif");
    assert!(pixels(&empty, Kind::Label).1.iter().all(|v| *v == 0));
}

#[test]
fn pixels_outside_of_the_picture_are_no_landslide_and_tiles_mostly_outside_are_left_out() {
    let image = RgbImage::from_fn(128, 64, |x, _| {
        if !(40..120).contains(&x) {
            Rgb([7, 7, 7])
        } else {
            Rgb([90, 120, 90])
        }
    });
    let data = Folder::new()
        .with("scene.png", &png(image))
        .with_outlines(&[&[&[(0.0, 0.0), (128.0, 0.0), (128.0, 64.0), (0.0, 64.0)]]]);
    fs::create_dir(data.path("ortho")).unwrap();
    let (from, to) = (data.path("scene.png"), data.path("ortho/a.tif"));
    let arguments = [
        "-q",
        "-a_srs",
        "EPSG:32648",
        "-a_nodata",
        "7",
        "-a_ullr",
        "400000",
        "3400000",
        "400025.6",
        "3399987.2",
        from.to_str().unwrap(),
        to.to_str().unwrap(),
    ];
    gdal("gdal_translate", &arguments);
    let output = data.make("slides.geojson", &["--split", "1:0"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(data.made("train_dataset"), ["a_r000_c001"]);
    assert!(text(&output).contains("1 with less than half a picture"));
    let (_, labels) = pixels(
        &data.path("out/train_dataset/labels/a_r000_c001.tif"),
        Kind::Label,
    );
    assert!((0..64).all(|x| labels[x] == u8::from(x < 56)));
}

#[test]
fn an_event_left_out_is_kept_whole_for_testing_and_no_other_image_shows_its_ground() {
    let data = Folder::new()
        .with_scene("Palu_1.tif", 0.0)
        .with_scene("Lushan_overlapping.tif", 150.0)
        .with_scene("Lushan_1.tif", 1000.0)
        .with_scene("nameless.tif", 2000.0)
        .with_outlines(&[
            SLIDES[0],
            &[&[(160.0, 5.0), (190.0, 5.0), (190.0, 20.0)]],
            &[&[(1005.0, 5.0), (1020.0, 5.0), (1020.0, 20.0)]],
            &[&[(2005.0, 5.0), (2020.0, 5.0), (2020.0, 20.0)]],
        ]);
    let output = data.make("slides.geojson", &["--split", "1:0", "--leave-out", "palu"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert_eq!(data.made("test_data"), ["Palu_1"]);
    assert_eq!(data.made("train_dataset"), ["Lushan_1_r000_c000"]);
    for reason in [
        "nameless.tif: its event is not known",
        "Lushan_overlapping.tif: overlaps",
    ] {
        assert!(errors(&output).contains(reason), "{}", errors(&output));
    }
    let test = data.path("out/test_data/images/Palu_1.tif");
    assert_eq!(
        fs::read(test).unwrap(),
        fs::read(data.path("ortho/Palu_1.tif")).unwrap()
    );
    let (width, labels) = pixels(&data.path("out/test_data/labels/Palu_1.tif"), Kind::Label);
    assert_eq!((width, labels.len()), (200, 200 * 150));
    assert_eq!((labels[20 * 200 + 40], labels[30 * 200 + 40]), (1, 0));

    let output = data.make("slides.geojson", &["--leave-out", "Mesetas"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("no image is of the event Mesetas"),
        "{}",
        errors(&output)
    );
}

#[test]
fn images_of_the_same_ground_are_on_one_side_and_tiles_are_split_only_when_asked_to() {
    let slide = |east: f64| [(east + 5.0, 5.0), (east + 60.0, 5.0), (east + 190.0, 120.0)];
    let slides: Vec<_> = (0..4).map(|i| slide(f64::from(i) * 1000.0)).collect();
    let polygons: Vec<[&[(f64, f64)]; 1]> = slides.iter().map(|s| [&s[..]]).collect();
    let polygons: Vec<&[&[(f64, f64)]]> = polygons.iter().map(|p| &p[..]).collect();
    let mut data = Folder::new().with_outlines(&polygons);
    for (name, east) in [
        ("a.tif", 0.0),
        ("a_again.tif", 10.0),
        ("b.tif", 1000.0),
        ("c.tif", 2000.0),
        ("d.tif", 3000.0),
    ] {
        data = data.with_scene(name, east);
    }
    for seed in ["1", "2", "3"] {
        let output = data.make("slides.geojson", &["--seed", seed]);
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
        let side = |part: &str| {
            let mut stems: Vec<_> = data
                .made(part)
                .iter()
                .map(|name| name.rsplitn(3, '_').last().unwrap().to_owned())
                .collect();
            stems.dedup();
            stems
        };
        let (train, val) = (side("train_dataset"), side("val_dataset"));
        assert!(!train.is_empty() && !val.is_empty());
        assert_eq!(train.len() + val.len(), 5, "{train:?} {val:?}");
        let has = |side: &[String], name: &str| side.contains(&name.to_owned());
        assert_eq!(has(&val, "a"), has(&val, "a_again"), "{train:?} {val:?}");
    }
    let output = data.make("slides.geojson", &["--by", "tile", "--keep-empty", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let counts = ["train_dataset", "val_dataset"].map(|part| data.made(part).len());
    assert!(counts == [22, 8] || counts == [23, 7], "{counts:?}");

    let alone = Folder::new().with_scene("a.tif", 0.0).with_outlines(ONE);
    let output = alone.make("slides.geojson", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("cannot be divided") && !alone.path("out").exists(),
        "{}",
        errors(&output)
    );
}
