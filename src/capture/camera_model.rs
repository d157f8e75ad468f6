//! The camera model from a photograph's metadata.

use scarp_geo::CameraModel;

use super::{
    Untagged, focal_length, metadata::Metadata, picture_scale::PictureScale, sourced::Sourced,
    xmp::Property,
};

const OPTICAL_CENTRE_X: Property = Property::dji("CalibratedOpticalCenterX");
const OPTICAL_CENTRE_Y: Property = Property::dji("CalibratedOpticalCenterY");

/// Focal lengths believed, in image widths: from a 127 degree wide angle to a 2 degree telephoto.
const FOCAL_WIDTHS: std::ops::RangeInclusive<f64> = 0.25..=30.0;

/// How far from the centre a calibrated principal point may lie, in image widths or heights.
const MAX_OFF_CENTRE: f64 = 0.1;

/// The camera of a photograph of `width` by `height` pixels, as they are stored.
///
/// # Errors
/// When nothing tells the focal length, or its tellings contradict each other or the picture's size.
pub(super) fn model(
    metadata: &Metadata,
    (width, height): (u32, u32),
) -> Result<Sourced<CameraModel>, Untagged> {
    let scale = PictureScale::of(&metadata.exif, (width, height))?;
    let focal = focal_length::focal_length(metadata, &scale)?;
    let (focal_px, sigma) = (focal.value.pixels, focal.value.sigma);
    if !FOCAL_WIDTHS.contains(&(focal_px / f64::from(width))) {
        return Err(Untagged::BadFocalLength { focal_px });
    }
    let centre = |property: Property, side: u32| -> Result<f64, Untagged> {
        let (side, told) = (f64::from(side), metadata.xmp.number(property)?);
        let at = told.map_or(side / 2.0, |at| at * scale.resized);
        if (at / side - 0.5).abs() > MAX_OFF_CENTRE {
            return Err(Untagged::BadPrincipalPoint { at });
        }
        Ok(side / 2.0 + scale.zoom * (at - side / 2.0))
    };
    let camera = CameraModel {
        width,
        height,
        focal_px,
        focal_sigma_px: focal_px * sigma,
        cx: centre(OPTICAL_CENTRE_X, width)?,
        cy: centre(OPTICAL_CENTRE_Y, height)?,
    };
    Ok(focal.map(|_| camera))
}
