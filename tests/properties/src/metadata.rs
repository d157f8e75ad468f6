//! Metadata of a photograph to where it was taken.

use std::io::Cursor;

use scarp_capture::{Metadata, Reading, Tag, TagSettings};

/// Reads `data` as a JPEG; as an XMP packet where it begins like one; else as the block of an EXIF segment.
pub fn check(data: &[u8]) {
    let (metadata, size) = match data {
        [0xFF, 0xD8, ..] => match Metadata::read(Cursor::new(data)) {
            Ok(read) => read,
            Err(_) => return,
        },
        [b'<', ..] => (Metadata::from_xmp(data), (4000, 3000)),
        _ => (Metadata::from_exif(data.to_vec()), (4000, 3000)),
    };
    for assume_nadir in [false, true] {
        let settings = TagSettings {
            assume_nadir,
            ..TagSettings::default()
        };
        let reading = Reading::of(&metadata, size, &settings);
        match reading.tag() {
            Ok(tag) => {
                assert_true(&tag);
                assert_eq!(reading.reasons().next(), None);
            }
            Err(untagged) => {
                assert_eq!(untagged.to_string().lines().count(), 1, "{untagged}");
                assert_eq!(reading.reasons().next(), Some(&untagged));
            }
        }
    }
}

/// Whatever the metadata say, no frame may be placed where it cannot be.
fn assert_true(tag: &Tag) {
    let Tag { pose, camera } = tag;
    assert!(pose.place.is_on_earth(), "{tag:?}");
    assert!(!pose.altitude.is_empty(), "{tag:?}");
    let (altitude, attitude) = (pose.altitude, pose.attitude);
    let numbers = [
        altitude.takeoff.map(|height| height.metres()),
        altitude.ellipsoid.map(|height| height.metres()),
        altitude.egm96.map(|height| height.metres()),
        Some(attitude.yaw_deg),
        Some(attitude.pitch_deg),
        Some(attitude.roll_deg),
        Some(camera.cx),
        Some(camera.cy),
    ];
    assert!(
        numbers.iter().flatten().all(|number| number.is_finite()),
        "{tag:?}"
    );
    let sigma = pose.covariance;
    for positive in [
        camera.focal_px,
        camera.focal_sigma_px,
        sigma.sigma_north_m,
        sigma.sigma_east_m,
        sigma.sigma_up_m,
    ] {
        assert!(positive.is_finite() && positive > 0.0, "{tag:?}");
    }
}
