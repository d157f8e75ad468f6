//! Memory: it grows with the probability map, a float for each 16 pixels, and with nothing else.

use std::fs;

use crate::common::{Dataset, gdal, lines, png, scene};

/// Peak of a validation of a scene of that many pixels a side, in bytes.
fn peak(side: u32) -> u64 {
    let data = Dataset::new();
    let (image, label) = scene(side, side);
    for (part, bytes) in [("images", png(image)), ("labels", png(label))] {
        let (folder, whole) = (data.path(part), data.path("whole.png"));
        fs::create_dir(&folder).unwrap();
        fs::write(&whole, bytes).unwrap();
        gdal(&["-co", "COMPRESS=LZW"], &whole, &folder.join("scene.tif"));
    }
    let (output, report) = data.validate(&["--workers", "2"]);
    assert!(output.status.success(), "{}", lines(&output));
    report.unwrap()["peak_rss_bytes"].as_u64().unwrap()
}

#[test]
fn a_scene_of_sixteen_times_the_pixels_takes_little_more_memory() {
    let (small, large) = (peak(1_000), peak(4_000));
    let pixels = 4_000 * 4_000;
    // The map is a quarter of a byte for each pixel. Strips already decoded are kept up to 72 MB each of image and label,
    // so a scene of this size is held whole: 4 bytes for each pixel. Held decoded and enlarged it would be 10 and more.
    let most = pixels / 4 + 4 * pixels + (24 << 20);
    assert!(
        large < small + most,
        "{small} bytes at 1,000 px, {large} at 4,000 px"
    );
}
