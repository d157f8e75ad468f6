//! What one camera's lens was measured to be: by its maker, who may have straightened the picture by it already, or by the user.

use scarp_geo::{Brown, CameraModel, Lens};

use super::{
    Untagged, metadata::Metadata, number::number, picture_scale::PictureScale, sourced::Sourced,
    xmp::Property,
};

const DATA: Property = Property::dji("DewarpData");
const FLAG: Property = Property::dji("DewarpFlag");
/// Skydio's calibration, in an order that it does not tell.
const SKYDIO_DATA: Property = Property::skydio("DewarpData");
const SKYDIO_FLAG: Property = Property::skydio("DewarpFlag");
/// Pix4D's: `perspective` or `fisheye`; millimetres; R1, R2, R3, T1, T2 by the model of OpenCV's k1, k2, k3, p1, p2; millimetres from
/// the top left corner.
const MODEL_TYPE: Property = Property::camera("ModelType");
const FOCAL_LENGTH: Property = Property::camera("PerspectiveFocalLength");
const DISTORTION: Property = Property::camera("PerspectiveDistortion");
const PRINCIPAL_POINT: Property = Property::camera("PrincipalPoint");

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
    if camera.lens != Lens::Pinhole && metadata.xmp.number(FLAG)? == Some(1.0) {
        return Err(Untagged::StraightenedTwice);
    }
    let (width, height) = scale.size;
    let camera = camera
        .for_pictures(width as u32, height as u32, scale.zoom)
        .ok_or(Untagged::OtherCamera {
            width: camera.width,
            height: camera.height,
        })?;
    let calibration = Calibration {
        focal_px: camera.focal_px,
        focal_ratio: camera.focal_ratio,
        centre: (camera.cx, camera.cy),
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
    if xmp.text(SKYDIO_DATA)?.is_some() && xmp.number(SKYDIO_FLAG)? != Some(1.0) {
        return Err(Untagged::DewarpUnclear {
            tag: SKYDIO_DATA.to_string(),
        });
    }
    let (data, flag) = (xmp.text(DATA)?, xmp.number(FLAG)?);
    let Some(data) = data else {
        return of_pix4d(metadata, scale);
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
        _ => {
            return Err(Untagged::DewarpUnclear {
                tag: DATA.to_string(),
            });
        }
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

/// The calibration that senseFly and others write by Pix4D's specification ("Specifications of XMP Camera Tags"), whose pictures are as
/// the lens drew them.
fn of_pix4d(
    metadata: &Metadata,
    scale: &PictureScale,
) -> Result<Option<Sourced<Calibration>>, Untagged> {
    let xmp = &metadata.xmp;
    let bad = |fault: &str| Untagged::BadLens {
        tag: DISTORTION.to_string(),
        fault: fault.to_owned(),
    };
    if xmp.text(MODEL_TYPE)? == Some("fisheye") {
        return Err(Untagged::BadLens {
            tag: MODEL_TYPE.to_string(),
            fault: "is a fisheye by Pix4D's polynomial, which is not read (give a camera file)"
                .to_owned(),
        });
    }
    let Some(distortion) = xmp.text(DISTORTION)? else {
        return Ok(None);
    };
    let numbers = |text: &str| -> Option<Vec<f64>> { text.split(',').map(number).collect() };
    let [k1, k2, k3, p1, p2] = numbers(distortion).unwrap_or_default()[..] else {
        return Err(bad("is not five numbers"));
    };
    let point = xmp.text(PRINCIPAL_POINT)?.and_then(numbers);
    let (Some(focal_mm), Some(&[x_mm, y_mm])) = (xmp.number(FOCAL_LENGTH)?, point.as_deref())
    else {
        return Err(bad(
            "stands without PerspectiveFocalLength and PrincipalPoint",
        ));
    };
    let Some(per_mm) = metadata.exif.pixels_per_mm else {
        return Err(bad(
            "is of millimetres, and no EXIF FocalPlaneXResolution tells how many pixels they are",
        ));
    };
    let (first_w, first_h) = (scale.size.0 / scale.resized, scale.size.1 / scale.resized);
    let enlarged = scale.resized * scale.zoom;
    let offset = (x_mm * per_mm - first_w / 2.0, y_mm * per_mm - first_h / 2.0);
    if (offset.0 / first_w).abs().max((offset.1 / first_h).abs()) > MAX_OFF_CENTRE {
        return Err(Untagged::BadPrincipalPoint {
            at: x_mm * per_mm * scale.resized,
        });
    }
    let lens = Brown::new([k1, k2, k3, 0.0, 0.0, 0.0], [p1, p2]);
    let calibration = Calibration {
        focal_px: focal_mm * per_mm * enlarged,
        focal_ratio: 1.0,
        centre: (
            scale.size.0 / 2.0 + offset.0 * enlarged,
            scale.size.1 / 2.0 + offset.1 * enlarged,
        ),
        lens: Lens::Brown(lens.ok_or_else(|| bad("is not five numbers"))?),
        sigma: SIGMA,
    };
    let from = format!("{FOCAL_LENGTH}, PrincipalPoint, PerspectiveDistortion");
    Ok(Some(Sourced::new(calibration, from)))
}
