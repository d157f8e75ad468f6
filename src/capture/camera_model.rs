//! The camera model from a photograph's metadata.

use scarp_geo::{CameraModel, Lens};

use super::{
    Untagged, calibration,
    focal_length::{self, FocalLength},
    metadata::Metadata,
    picture_scale::PictureScale,
    sourced::Sourced,
    xmp::Property,
};

const OPTICAL_CENTRE_X: Property = Property::dji("CalibratedOpticalCenterX");
const OPTICAL_CENTRE_Y: Property = Property::dji("CalibratedOpticalCenterY");

/// Focal lengths believed, in image widths: from a 127 degree wide angle to a 2 degree telephoto.
const FOCAL_WIDTHS: std::ops::RangeInclusive<f64> = 0.25..=30.0;

/// How far from the centre a calibrated principal point may lie, in image widths or heights.
const MAX_OFF_CENTRE: f64 = 0.1;

/// The camera of a photograph of `width` by `height` pixels, as they are stored: `given` by the user, or by its metadata.
///
/// # Errors
/// When nothing tells the focal length, its tellings contradict each other or the picture's size, or the lens cannot be true.
pub(super) fn model(
    metadata: &Metadata,
    (width, height): (u32, u32),
    given: Option<&CameraModel>,
) -> Result<Sourced<CameraModel>, Untagged> {
    let scale = PictureScale::of(&metadata.exif, (width, height))?;
    let calibration = match given {
        Some(camera) => Some(calibration::given(camera, metadata, &scale)?),
        None => calibration::told(metadata, &scale)?,
    };
    let measured = calibration.clone().map(|known| {
        known.map(|known| FocalLength {
            pixels: known.focal_px,
            sigma: known.sigma,
        })
    });
    let focal = focal_length::focal_length(metadata, &scale, measured)?;
    let (focal_px, sigma) = (focal.value.pixels, focal.value.sigma);
    if !FOCAL_WIDTHS.contains(&(focal_px / f64::from(width))) {
        return Err(Untagged::BadFocalLength { focal_px });
    }
    let designed = |property: Property, side: u32| -> Result<f64, Untagged> {
        let (side, told) = (f64::from(side), metadata.xmp.number(property)?);
        let at = told.map_or(side / 2.0, |at| at * scale.resized);
        check_centre(at, side)?;
        Ok(side / 2.0 + scale.zoom * (at - side / 2.0))
    };
    let designed = (
        designed(OPTICAL_CENTRE_X, width)?,
        designed(OPTICAL_CENTRE_Y, height)?,
    );
    let calibration = calibration.map(|known| known.value);
    let (cx, cy) = calibration.map_or(designed, |known| known.centre);
    let camera = CameraModel {
        width,
        height,
        focal_px,
        focal_ratio: calibration.map_or(1.0, |known| known.focal_ratio),
        focal_sigma_px: focal_px * sigma,
        cx,
        cy,
        lens: calibration.map_or(Lens::Pinhole, |known| known.lens),
    };
    if !camera.is_within_reach() {
        return Err(Untagged::BadLens {
            tag: focal.from,
            fault: "describes a lens that folds the corners of the picture back".to_owned(),
        });
    }
    Ok(focal.map(|_| camera))
}

fn check_centre(at: f64, side: f64) -> Result<(), Untagged> {
    if (at / side - 0.5).abs() > MAX_OFF_CENTRE {
        return Err(Untagged::BadPrincipalPoint { at });
    }
    Ok(())
}
