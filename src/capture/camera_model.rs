//! The camera model from a photograph's metadata.

use scarp_geo::CameraModel;

use super::{Untagged, metadata::Metadata};

/// Diagonal of a 36 x 24 mm frame in millimetres, to which CIPA DCG-001 refers focal lengths "in 35 mm film".
const DIAGONAL_35MM: f64 = 43.266_615_305_567_87;

/// Relative one-sigma errors of the focal length, by where it comes from. A maker's calibration still leaves out
/// distortion and temperature; nominal focal lengths are rounded to 0.1 mm, 35 mm equivalents to 1 mm.
const SIGMA_CALIBRATED: f64 = 0.005;
const SIGMA_NOMINAL: f64 = 0.015;
const SIGMA_35MM: f64 = 0.02;
const SIGMA_35MM_CROPPED: f64 = 0.04;

/// Focal lengths believed, in image widths: from a 127 degree wide angle to a 2 degree telephoto.
const FOCAL_WIDTHS: std::ops::RangeInclusive<f64> = 0.25..=30.0;

/// How far from the centre a calibrated principal point may lie, in image widths or heights.
const MAX_OFF_CENTRE: f64 = 0.1;

/// The camera of a photograph of `width` by `height` pixels.
///
/// The focal length in pixels is, in this order, DJI's `CalibratedFocalLength`; `FocalLength` times
/// `FocalPlaneXResolution`; or derived from `FocalLengthIn35mmFilm`, which is an equivalence of diagonals.
/// A picture made smaller since it was taken is recognised by EXIF's own size and everything is scaled with it.
pub(super) fn model(metadata: &Metadata, width: u32, height: u32) -> Result<CameraModel, Untagged> {
    let (exif, xmp) = (&metadata.exif, &metadata.xmp);
    let (w, h) = (f64::from(width), f64::from(height));
    let (recorded_w, recorded_h) = exif.recorded_size.unwrap_or((w, h));
    let scale = w / recorded_w;
    if (h / recorded_h / scale - 1.0).abs() > 0.01 {
        return Err(Untagged::Cropped {
            width,
            height,
            recorded_width: recorded_w as u32,
            recorded_height: recorded_h as u32,
        });
    }

    let calibrated = xmp
        .dji("CalibratedFocalLength")
        .map(|f| (f * scale, SIGMA_CALIBRATED));
    let nominal = exif
        .focal_length_mm
        .zip(exif.pixels_per_mm)
        .map(|(mm, per_mm)| (mm * per_mm * scale, SIGMA_NOMINAL));
    let equivalent = exif.focal_length_35mm.map(|mm| {
        let (diagonal, sigma) = sensor_diagonal_px(w, h);
        (mm / DIAGONAL_35MM * diagonal, sigma)
    });
    let (focal_px, sigma) = calibrated
        .or(nominal)
        .or(equivalent)
        .ok_or(Untagged::NoFocalLength)?;
    if !FOCAL_WIDTHS.contains(&(focal_px / w)) {
        return Err(Untagged::BadFocalLength { focal_px });
    }

    let centre = |property: &str, side: f64| -> Result<f64, Untagged> {
        let at = xmp.dji(property).map_or(side / 2.0, |at| at * scale);
        if (at / side - 0.5).abs() > MAX_OFF_CENTRE {
            return Err(Untagged::BadPrincipalPoint { at });
        }
        Ok(at)
    };
    Ok(CameraModel {
        width,
        height,
        focal_px,
        focal_sigma_px: focal_px * sigma,
        cx: centre("CalibratedOpticalCenterX", w)?,
        cy: centre("CalibratedOpticalCenterY", h)?,
    })
}

/// Diagonal of the whole sensor in pixels of the picture, and the sigma of a focal length derived from it.
///
/// Drone cameras quote one 35 mm equivalent, that of the whole sensor. Sensors are 4:3 or 3:2; a 16:9 picture is cut
/// from one at its full width, so its own diagonal would give a focal length 8 % too short on a 4:3 sensor (checked on
/// a DJI FC300S, whose field of view of 94 degrees is that of 4:3). On a 3:2 sensor 4:3 gives 4 % too much.
fn sensor_diagonal_px(width: f64, height: f64) -> (f64, f64) {
    let (long, short) = (width.max(height), width.min(height));
    if long / short > 1.6 {
        (long * 1.25, SIGMA_35MM_CROPPED)
    } else {
        (long.hypot(short), SIGMA_35MM)
    }
}
