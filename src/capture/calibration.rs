//! What one camera's lens was measured to be: by its maker, who may have straightened the picture by it already, or by the user.

use scarp_geo::{Brown, CameraModel, Lens};

use super::{
    Untagged, metadata::Metadata, number::number, picture_scale::PictureScale, sourced::Sourced,
    xmp::Property,
};

const DATA: Property = Property::dji("DewarpData");
const FLAG: Property = Property::dji("DewarpFlag");

/// What one camera's lens was measured to be, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    /// Focal length across.
    pub(super) focal_px: f64,
    /// Focal length down, as a part of it.
    pub(super) focal_ratio: f64,
    /// Principal point.
    pub(super) centre: (f64, f64),
    /// The lens.
    pub(super) lens: Lens,
    /// One-sigma error of the focal length, as a part of it.
    pub(super) sigma: f64,
}

/// That of a camera's own calibration: temperature and focus.
const SIGMA: f64 = 0.002;
/// How far from the middle of the picture a principal point may lie, as a part of a side.
const MAX_OFF_CENTRE: f64 = 0.1;

/// The calibration of the camera that the user gives, brought to the picture: one that the camera cut from the middle of what the sensor
/// saw has its full width or height.
///
/// # Errors
/// When the camera takes other pictures, or this one is straightened already.
pub(super) fn given(
    camera: &CameraModel,
    metadata: &Metadata,
    scale: &PictureScale,
) -> Result<Sourced<Calibration>, Untagged> {
    let (width, height) = (f64::from(camera.width), f64::from(camera.height));
    if (width > height) != (scale.size.0 > scale.size.1) {
        return Err(Untagged::OtherCamera {
            width: camera.width,
            height: camera.height,
        });
    }
    if camera.lens != Lens::Pinhole && metadata.xmp.number(FLAG)? == Some(1.0) {
        return Err(Untagged::StraightenedTwice);
    }
    let enlarged = (scale.size.0 / width).max(scale.size.1 / height) * scale.zoom;
    let calibration = Calibration {
        focal_px: camera.focal_px * enlarged,
        focal_ratio: camera.focal_ratio,
        centre: (
            scale.size.0 / 2.0 + (camera.cx - width / 2.0) * enlarged,
            scale.size.1 / 2.0 + (camera.cy - height / 2.0) * enlarged,
        ),
        lens: camera.lens,
        sigma: camera.focal_sigma_px / camera.focal_px,
    };
    Ok(Sourced::new(calibration, "the camera file"))
}

/// The calibration that the picture still has to be read by: `DewarpData` is a date and, behind a semicolon, fx, fy, cx and cy from the
/// middle of the picture, k1, k2, p1, p2, k3, in pixels and by OpenCV's model. With `DewarpFlag` 0 the picture is as the lens drew it,
/// with 1 the camera has straightened it.
///
/// # Errors
/// When it is not told whether the picture is straightened, or the calibration cannot be read or is none.
pub(super) fn told(
    metadata: &Metadata,
    scale: &PictureScale,
) -> Result<Option<Sourced<Calibration>>, Untagged> {
    let xmp = &metadata.xmp;
    let (data, flag) = (xmp.text(DATA)?, xmp.number(FLAG)?);
    let Some(data) = data else {
        return Ok(None);
    };
    let bad = |fault: &str| Untagged::BadLens {
        tag: DATA.to_string(),
        fault: fault.to_owned(),
    };
    let numbers = data
        .split_once(';')
        .map_or(data, |(_date, numbers)| numbers);
    let numbers: Option<Vec<f64>> = numbers.split(',').map(number).collect();
    let [fx, fy, cx, cy, k1, k2, p1, p2, k3] = numbers.unwrap_or_default()[..] else {
        return Err(bad("is not a date and nine numbers"));
    };
    match flag {
        Some(1.0) => return Ok(None),
        Some(0.0) => {}
        // Without a calibration the camera writes zeros.
        _ if fx == 0.0 => {}
        _ => return Err(Untagged::DewarpUnclear),
    }
    if fx == 0.0 {
        return Ok(None);
    }
    let enlarged = scale.resized * scale.zoom;
    let lens = Brown::new([k1, k2, k3, 0.0, 0.0, 0.0], [p1, p2]);
    let calibration = Calibration {
        focal_px: fx * enlarged,
        focal_ratio: fy / fx,
        centre: (
            scale.size.0 / 2.0 + cx * enlarged,
            scale.size.1 / 2.0 + cy * enlarged,
        ),
        lens: Lens::Brown(lens.ok_or_else(|| bad("is not a date and nine numbers"))?),
        sigma: SIGMA,
    };
    let (x, y) = (
        cx * scale.resized / scale.size.0,
        cy * scale.resized / scale.size.1,
    );
    if x.abs().max(y.abs()) > MAX_OFF_CENTRE {
        return Err(bad(
            "has a principal point too far from the middle to be true",
        ));
    }
    if !(0.9..1.1).contains(&calibration.focal_ratio) {
        return Err(bad(
            "has two focal lengths that are too different to be true",
        ));
    }
    Ok(Some(Sourced::new(calibration, DATA)))
}
