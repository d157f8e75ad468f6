//! Folders of photographs: the real ones of two drones, and every kind of broken file.

use std::{
    fs,
    io::Cursor,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use geo::{Area, BooleanOps};
use image::{DynamicImage, ImageFormat, RgbImage, codecs::jpeg::JpegEncoder};
use nalgebra::Vector3;
use scarp_capture::{Folder, FolderError, Frame, FrameError, Photograph, TagSettings, Untagged};
use scarp_geo::{Geometry, Terrain, Timestamp, VerticalDatum, area_m2};
use tiff::encoder::{TiffEncoder, colortype::RGB8};

/// A folder of real photographs; `None`, after saying so, when it is absent.
fn real(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("SCARP_REAL_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = data.join(name);
    if !path.exists() {
        eprintln!(
            "NOT CHECKED: {} is absent; set SCARP_REAL_DATA",
            path.display()
        );
        return None;
    }
    Some(path)
}

fn frames(dir: &Path) -> Vec<Frame> {
    let folder = Folder::open(dir, &TagSettings::default(), None, 1);
    folder.unwrap().collect()
}

#[test]
fn all_18_brighton_photographs_are_tagged_and_neighbours_overlap_as_they_were_flown() {
    let Some(dir) = real("brighton") else { return };
    let folder = Folder::open(&dir, &TagSettings::default(), None, 1).unwrap();
    let mut footprints = Vec::new();
    for frame in folder {
        let tag = frame.photograph.unwrap().tag.unwrap();
        assert_eq!((tag.camera.width, tag.camera.height), (4000, 2250));
        let relative = tag.pose.altitude.takeoff.unwrap().metres();
        assert!((39.7..40.3).contains(&relative), "{relative}");
        let absolute = tag
            .pose
            .altitude
            .over(VerticalDatum::Egm96)
            .unwrap()
            .metres();
        assert!((absolute - 198.4).abs() < 0.5, "{absolute}");
        assert!(matches!(tag.pose.time, Some(Timestamp::Camera(_))));
        let geometry = Geometry::new(tag.camera, &tag.pose, &Terrain::flat(1.0)).unwrap();
        let gsd = geometry.gsd_m().unwrap();
        assert!((0.015..0.020).contains(&gsd), "{gsd}");
        footprints.push((frame.sequence, geometry.footprint().unwrap()));
    }
    assert_eq!(footprints.len(), 18);
    // Three lines of six along the short side of the picture, 13 m apart over 39 m of it: two thirds overlap.
    for pair in footprints.windows(2).filter(|pair| pair[1].0 % 6 != 1) {
        let (a, b) = (&pair[0].1, &pair[1].1);
        let share = a.intersection(b).unsigned_area() / a.unsigned_area();
        assert!(
            (0.5..0.85).contains(&share),
            "{} and {}: {share}",
            pair[0].0,
            pair[1].0
        );
    }
}

#[test]
fn seneca_gives_the_angles_of_the_wing_and_the_height_over_both_datums() {
    let Some(dir) = real("seneca") else { return };
    let tags: Vec<_> = frames(&dir)
        .into_iter()
        .map(|f| f.photograph.unwrap().tag.unwrap())
        .collect();
    assert_eq!(tags.len(), 4);
    for tag in &tags {
        let altitude = tag.pose.altitude;
        let undulation = altitude.ellipsoid.unwrap().metres() - altitude.egm96.unwrap().metres();
        assert!((-39.0..-34.0).contains(&undulation), "{undulation}");
        assert!((altitude.takeoff.unwrap().metres() - 71.5).abs() < 2.5);
        // 4.3 mm at 16393 pixels per inch, the picture made smaller from 4000 to 3600.
        assert!((tag.camera.focal_px - 4.3 * 16_393.442_62 / 25.4 * 0.9).abs() < 0.5);
        assert!(matches!(tag.pose.time, Some(Timestamp::Gnss(_))));
        let geometry = Geometry::new(tag.camera, &tag.pose, &Terrain::flat(1.0)).unwrap();
        let gsd = geometry.gsd_m().unwrap();
        assert!((0.027..0.031).contains(&gsd), "{gsd}");
        let area = area_m2(&geometry.footprint().unwrap());
        assert!((7_000.0..10_000.0).contains(&area), "{area}");
    }
    // IMG_0485: nose 4.9 degrees up, right wing 0.7 degrees down.
    let axis = tags[0].pose.attitude.rotation().rotate(&Vector3::x());
    let tilt = axis[2].acos().to_degrees();
    assert!((tilt - 4.889_f64.hypot(0.730)).abs() < 0.01, "{tilt}");
    let ahead = axis[1].atan2(axis[0]).to_degrees().rem_euclid(360.0);
    assert!((ahead - (237.565 - 8.5)).abs() < 1.0, "{ahead}");
}

/// A picture with detail everywhere, so that no part of it can be missing unseen.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| {
        let noise = x
            .wrapping_mul(2_654_435_761)
            .wrapping_add(y.wrapping_mul(40_503))
            >> 7;
        image::Rgb([(noise % 200) as u8, (x % 256) as u8, (y % 256) as u8])
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&image)
        .unwrap();
    bytes
}

/// Writes the bytes as the only photograph of a folder and reads it.
fn read(bytes: &[u8]) -> Result<Photograph, FrameError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("A.JPG"), bytes).unwrap();
    let frame = frames(dir.path()).pop().unwrap();
    assert_eq!((frame.name.as_str(), frame.sequence), ("A.JPG", 1));
    frame.photograph
}

#[test]
fn a_whole_photograph_decodes_to_its_own_pixels() {
    let bytes = jpeg(640, 512);
    let expected = image::load_from_memory(&bytes).unwrap().to_rgb8();
    let frame = read(&bytes).unwrap();
    assert_eq!(frame.image.dimensions(), (640, 512));
    let worst = frame
        .image
        .as_raw()
        .iter()
        .zip(expected.as_raw())
        .map(|(a, b)| a.abs_diff(*b))
        .max();
    assert!(worst <= Some(2), "{worst:?}");
    assert_eq!(frame.tag.unwrap_err(), Untagged::NoPosition);
}

#[test]
fn a_grey_photograph_decodes_to_three_equal_channels() {
    let grey = DynamicImage::ImageRgb8(RgbImage::from_pixel(600, 512, image::Rgb([90, 90, 90])))
        .to_luma8();
    let mut bytes = Cursor::new(Vec::new());
    grey.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let frame = read(&bytes.into_inner()).unwrap();
    assert!(
        frame
            .image
            .pixels()
            .all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2])
    );
}

/// Reads `whole` cut at many places: as it is, with an end marker put behind, and filled up with zeros.
fn cut_everywhere(whole: &[u8], end: usize, cuts: usize) {
    for i in 0..cuts {
        let at = 2 + (end - 6) * i / cuts;
        let cut = &whole[..at];
        let marked = [cut, &[0xFF, 0xD9]].concat();
        let filled = [cut, &vec![0; whole.len() - at]].concat();
        for (how, bytes) in [("cut", cut), ("marked", &marked), ("filled", &filled)] {
            match read(bytes) {
                Err(error) => assert_eq!(error.to_string().lines().count(), 1),
                Ok(_) => panic!("{how} at byte {at} of {end} was taken for whole"),
            }
        }
    }
}

#[test]
fn a_photograph_cut_at_any_place_is_refused() {
    let whole = jpeg(640, 512);
    cut_everywhere(&whole, whole.len(), 97);
}

#[test]
fn a_real_photograph_cut_at_any_place_is_refused() {
    let Some(dir) = real("brighton") else { return };
    let whole = fs::read(dir.join("DJI_0018.JPG")).unwrap();
    // The preview that the camera appends is not part of the picture.
    let preview = whole
        .windows(3)
        .rposition(|w| w == [0xFF, 0xD8, 0xFF])
        .unwrap();
    let end = whole[..preview]
        .windows(2)
        .rposition(|w| w == [0xFF, 0xD9])
        .unwrap();
    assert!(end > whole.len() / 2);
    cut_everywhere(&whole, end, 11);
}

#[test]
fn every_kind_of_bad_file_gives_one_line_that_names_it_and_the_good_one_is_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut huge = jpeg(640, 512);
    let sof = huge.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    huge[sof + 5..sof + 9].copy_from_slice(&[0xFF, 0x00, 0xFF, 0x00]);
    let mut wide = jpeg(640, 512);
    wide[sof + 5..sof + 9].copy_from_slice(&[0x2E, 0xE0, 0x3A, 0x98]);
    let files: [(&str, Vec<u8>); 7] = [
        ("1_empty.jpg", Vec::new()),
        ("2_text.jpg", b"not a picture".to_vec()),
        ("3_tiny.jpg", jpeg(1, 1)),
        ("4_cut.jpeg", jpeg(640, 512)[..9_000].to_vec()),
        ("5_huge.JPG", huge),
        ("6_wide.JPG", wide),
        ("7_good.JPG", jpeg(640, 512)),
    ];
    for (name, bytes) in &files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    fs::write(dir.path().join("LICENSE"), "text").unwrap();
    fs::write(dir.path().join("._8.JPG"), "dropping of a file manager").unwrap();
    let read = frames(dir.path());
    assert_eq!(read.len(), files.len());
    for ((name, _), frame) in files.iter().zip(&read).take(6) {
        let line = frame.photograph.as_ref().unwrap_err().to_string();
        assert!(line.contains(name) && line.contains("; "), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
    assert!(matches!(read[0].photograph, Err(FrameError::Empty { .. })));
    assert!(matches!(
        read[1].photograph,
        Err(FrameError::NotJpeg { .. })
    ));
    assert!(matches!(
        read[2].photograph,
        Err(FrameError::TooSmall { .. })
    ));
    assert!(matches!(
        read[3].photograph,
        Err(FrameError::Truncated { .. })
    ));
    assert!(matches!(
        read[4].photograph,
        Err(FrameError::TooLarge { .. })
    ));
    assert!(
        matches!(read[5].photograph, Err(FrameError::Truncated { .. })),
        "{:?}",
        read[5].photograph.as_ref().err()
    );
    assert_eq!(read[6].sequence, 7);
}

#[test]
fn a_link_to_a_photograph_that_is_gone_is_a_frame_that_cannot_be_read_and_a_folder_is_none() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.jpg"), jpeg(640, 512)).unwrap();
    symlink("a.jpg", dir.path().join("b.jpg")).unwrap();
    symlink("card/c.jpg", dir.path().join("c.jpg")).unwrap();
    fs::create_dir(dir.path().join("d.jpg")).unwrap();
    let read = frames(dir.path());
    let names: Vec<_> = read.iter().map(|frame| frame.name.as_str()).collect();
    assert_eq!(names, ["a.jpg", "b.jpg", "c.jpg"]);
    assert!(read[1].photograph.is_ok());
    assert!(matches!(read[2].photograph, Err(FrameError::Read { .. })));
}

#[test]
fn folders_in_the_folder_are_walked_in_the_order_of_their_paths_and_each_once_however_links_lead() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "b/2.jpg",
        "b/1.jpg",
        "a/deep/9.JPG",
        "z.jpeg",
        ".trash/x.jpg",
        "c/._1.jpg",
    ] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, jpeg(640, 512)).unwrap();
    }
    // Around itself, and another way to the same folder.
    symlink("..", dir.path().join("a/up")).unwrap();
    symlink("b", dir.path().join("d")).unwrap();
    symlink("nowhere", dir.path().join("gone")).unwrap();
    // What a flight left.
    fs::create_dir(dir.path().join("survey")).unwrap();
    fs::write(dir.path().join("survey/footprints.geojson"), "{}").unwrap();
    fs::write(dir.path().join("survey/1.jpg"), jpeg(640, 512)).unwrap();
    let read = frames(dir.path());
    let names: Vec<_> = read.iter().map(|frame| frame.name.as_str()).collect();
    assert_eq!(names, ["a/deep/9.JPG", "b/1.jpg", "b/2.jpg", "z.jpeg"]);
}

#[test]
fn a_tiff_is_a_photograph_and_a_geotiff_is_a_map() {
    let dir = tempfile::tempdir().unwrap();
    let picture = RgbImage::from_fn(640, 512, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    encoder
        .write_image::<RGB8>(640, 512, picture.as_raw())
        .unwrap();
    fs::write(dir.path().join("a.tif"), bytes.into_inner()).unwrap();
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/georeference/dem.tif");
    fs::copy(&map, dir.path().join("dem.tif")).unwrap();
    let read = frames(dir.path());
    assert_eq!(read.len(), 1);
    let photograph = read[0].photograph.as_ref().unwrap();
    assert_eq!(photograph.image, picture);
    assert_eq!(photograph.tag, Err(Untagged::NoPosition));
    fs::remove_file(dir.path().join("a.tif")).unwrap();
    let none = Folder::open(dir.path(), &TagSettings::default(), None, 1).unwrap_err();
    assert!(matches!(none, FolderError::OnlyMaps { maps: 1, .. }));
}

#[test]
fn a_folder_that_is_missing_or_has_no_photographs_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| Folder::open(path, &TagSettings::default(), None, 1).unwrap_err();
    assert!(matches!(open(dir.path()), FolderError::NoImages { .. }));
    assert!(matches!(
        open(&dir.path().join("no")),
        FolderError::Read { .. }
    ));
}
