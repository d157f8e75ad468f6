//! The focal length of a photograph, and whether its tellings agree.

use super::{
    Untagged, exif::Exif, metadata::Metadata, picture_scale::PictureScale, sourced::Sourced,
    xmp::Property,
};

const CALIBRATED: Property = Property::dji("CalibratedFocalLength");
const NOMINAL: &str = "EXIF FocalLength, FocalPlaneXResolution";
const EQUIVALENT: &str = "EXIF FocalLengthIn35mmFilm";

/// Diagonal of a 36 x 24 mm frame in millimetres, to which CIPA DCG-001 refers focal lengths "in 35 mm film".
const DIAGONAL_35MM: f64 = 43.266_615_305_567_87;

/// Relative one-sigma errors of the focal length, by where it comes from. A maker's leaves out distortion, temperature and focus; nominal focal lengths are rounded to 0.1 mm, 35 mm equivalents to 1 mm. Where the sensor's shape is
/// not known, its diagonal may be 8 % off.
const SIGMA_CALIBRATED: f64 = 0.005;
const SIGMA_NOMINAL: f64 = 0.015;
const SIGMA_35MM: f64 = 0.02;
const SIGMA_35MM_ANY_SENSOR: f64 = 0.04;

/// Two tellings further apart than this ratio contradict each other: what rounding leaves, and not what cropping does.
const AGREE: f64 = 1.1;

/// Sensors of 3:2 by their diagonals in millimetres: 1 inch, APS-C, full frame. All others in drones are 4:3.
const DIAGONALS_3_2_MM: [std::ops::RangeInclusive<f64>; 3] =
    [15.0..=17.0, 25.5..=30.5, 40.0..=46.0];

/// A focal length, across the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FocalLength {
    /// In pixels of the picture.
    pub(super) pixels: f64,
    /// One-sigma error, as a part of it.
    pub(super) sigma: f64,
}

/// The focal length in pixels is, in this order, that of the lens's own calibration; DJI's `CalibratedFocalLength`; `FocalLength` times `FocalPlaneXResolution`; or derived
/// from `FocalLengthIn35mmFilm`, which is an equivalence of diagonals. All but the last are those of the whole sensor
/// and grow with the digital zoom; `measured` has.
///
/// # Errors
/// When there is none, or two contradict each other: all but the last are of the picture as the camera wrote it, and that holds for
/// one made smaller as well and not for one cropped, so that a picture changed without a trace in EXIF's size shows here.
pub(super) fn focal_length(
    metadata: &Metadata,
    scale: &PictureScale,
    measured: Option<Sourced<FocalLength>>,
) -> Result<Sourced<FocalLength>, Untagged> {
    let exif = &metadata.exif;
    let enlarged = scale.resized * scale.zoom;
    let designed = metadata.xmp.number(CALIBRATED)?.map(|pixels| {
        let focal = FocalLength {
            pixels: pixels * enlarged,
            sigma: SIGMA_CALIBRATED,
        };
        Sourced::new(focal, CALIBRATED)
    });
    let calibrated = measured.or(designed);
    let nominal = exif.focal_length_mm.zip(exif.pixels_per_mm);
    let nominal = nominal.map(|(mm, per_mm)| {
        let focal = FocalLength {
            pixels: mm * per_mm * enlarged,
            sigma: SIGMA_NOMINAL,
        };
        Sourced::new(focal, NOMINAL)
    });
    let equivalents = equivalents(exif, scale);
    // It is not told whether the equivalent counts the zoom.
    let like_an_equivalent = |focal: &Sourced<FocalLength>| {
        equivalents
            .iter()
            .any(|px| agree(*px, focal.value.pixels) || agree(*px * scale.zoom, focal.value.pixels))
    };
    let differ = |a: &Sourced<FocalLength>, (second_px, second): (f64, &str)| {
        Err(Untagged::FocalLengthsDiffer {
            first: a.from.clone(),
            first_px: a.value.pixels,
            second: second.to_owned(),
            second_px,
        })
    };
    if let (Some(calibrated), Some(nominal)) = (&calibrated, &nominal)
        && !agree(calibrated.value.pixels, nominal.value.pixels)
        && !like_an_equivalent(calibrated)
    {
        return differ(calibrated, (nominal.value.pixels, NOMINAL));
    }
    let Some(best) = calibrated.or(nominal) else {
        return from_equivalent(exif, scale);
    };
    match equivalents.first() {
        Some(equivalent) if !like_an_equivalent(&best) => differ(&best, (*equivalent, EQUIVALENT)),
        _ => Ok(best),
    }
}

fn agree(a: f64, b: f64) -> bool {
    a.max(b) <= a.min(b) * AGREE
}

/// The focal length of a photograph that tells only its 35 mm equivalent.
fn from_equivalent(exif: &Exif, scale: &PictureScale) -> Result<Sourced<FocalLength>, Untagged> {
    let Some(mm) = exif.focal_length_35mm else {
        return Err(Untagged::NoFocalLength);
    };
    if scale.zoom > 1.0 {
        return Err(Untagged::ZoomUnclear { zoom: scale.zoom });
    }
    let sensor = sensor_shape(exif);
    let shape = sensor.unwrap_or(4.0 / 3.0);
    let focal = FocalLength {
        pixels: mm / DIAGONAL_35MM * sensor_diagonal_px(scale.size, shape),
        sigma: match sensor {
            Some(_) => SIGMA_35MM,
            None => SIGMA_35MM_ANY_SENSOR,
        },
    };
    Ok(Sourced::new(focal, EQUIVALENT))
}

/// The focal lengths in pixels that the 35 mm equivalent may stand for: by the picture's own diagonal, and by those of sensors of 4:3
/// and 3:2 that it is cut from.
fn equivalents(exif: &Exif, scale: &PictureScale) -> Vec<f64> {
    let Some(mm) = exif.focal_length_35mm else {
        return Vec::new();
    };
    let (w, h) = scale.size;
    let diagonals = [w / h, 4.0 / 3.0, 1.5].map(|shape| sensor_diagonal_px(scale.size, shape));
    diagonals.map(|px| mm / DIAGONAL_35MM * px).to_vec()
}

/// The sensor's long side over its short one, where the two focal lengths in millimetres tell its diagonal.
fn sensor_shape(exif: &Exif) -> Option<f64> {
    let diagonal_mm = DIAGONAL_35MM * exif.focal_length_mm? / exif.focal_length_35mm?;
    let wide = DIAGONALS_3_2_MM.iter().any(|mm| mm.contains(&diagonal_mm));
    Some(if wide { 1.5 } else { 4.0 / 3.0 })
}

/// Diagonal in pixels of the whole sensor that a picture is cut from, at its full width or height: drone cameras quote one 35 mm
/// equivalent, that of the whole sensor (checked on a DJI FC300S, whose field of view of 94 degrees is that of 4:3 in its 16:9
/// pictures). `shape` is the sensor's long side over its short one.
fn sensor_diagonal_px((width, height): (f64, f64), shape: f64) -> f64 {
    let (long, short) = (width.max(height), width.min(height));
    let shape = shape.max(1.0 / shape);
    if long / short >= shape {
        long.hypot(long / shape)
    } else {
        short.hypot(short * shape)
    }
}
