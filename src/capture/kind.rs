//! What kind of picture a photograph is.

use super::{LeftOut, Untagged, metadata::Metadata, xmp::Property};

const IMAGE_SOURCE: Property = Property::dji("ImageSource");
const BAND_NAMES: [Property; 2] = [Property::camera("BandName"), Property::dji("BandName")];
const PROJECTION: Property = Property::panorama("ProjectionType");

/// Width and height of the thermal sensors of drone cameras, as they are and enlarged twice.
const THERMAL_SIZES: [(u32, u32); 4] = [(640, 512), (1280, 1024), (336, 256), (320, 256)];
/// Who makes drones with such sensors and names none in `ImageSource`.
const THERMAL_MAKERS: [&str; 3] = ["dji", "autel", "flir"];

/// Whether a photograph of `width` by `height` pixels is one to search.
///
/// # Errors
/// Why it is not, or what of its metadata leaves that open.
pub(super) fn check(metadata: &Metadata, (width, height): (u32, u32)) -> Result<(), Untagged> {
    let xmp = &metadata.xmp;
    if let Some(projection) = xmp.text(PROJECTION)? {
        return Err(LeftOut::Panorama {
            tag: PROJECTION.to_string(),
            projection: projection.to_owned(),
        }
        .into());
    }
    let source = xmp.text(IMAGE_SOURCE)?;
    if let Some(source) = source {
        let lower = source.to_lowercase();
        if lower.contains("infrared") || lower.contains("thermal") {
            let why = format!("{IMAGE_SOURCE} is {source:?}");
            return Err(LeftOut::Thermal { why }.into());
        }
        if lower.contains("zoom") {
            return Err(LeftOut::Zoom {
                tag: IMAGE_SOURCE.to_string(),
                camera: source.to_owned(),
            }
            .into());
        }
    }
    for property in BAND_NAMES {
        check_bands(&property.to_string(), xmp.texts(property))?;
    }
    let make = metadata.exif.make.as_deref().unwrap_or_default();
    let make = make.to_lowercase();
    let thermal_maker = THERMAL_MAKERS.iter().any(|maker| make.contains(maker));
    if source.is_none() && thermal_maker && THERMAL_SIZES.contains(&(width, height)) {
        let why = format!("{width} x {height} pixels, the size of a thermal sensor");
        return Err(LeftOut::Thermal { why }.into());
    }
    // A packet that is torn may have said anything behind the tear, for instance that this is a panorama.
    match &metadata.xmp_fault {
        Some(reason) => Err(Untagged::BadXmp {
            reason: reason.clone(),
        }),
        None => Ok(()),
    }
}

/// A colour camera names red, green and blue, or none.
fn check_bands(tag: &str, bands: &[String]) -> Result<(), LeftOut> {
    let named = |band: &str| bands.iter().any(|name| name.eq_ignore_ascii_case(band));
    let colour = named("rgb") || ["red", "green", "blue"].into_iter().all(named);
    let Some(band) = bands.first().filter(|_| !colour) else {
        return Ok(());
    };
    if named("lwir") {
        let why = format!("{tag} is {band:?}");
        return Err(LeftOut::Thermal { why });
    }
    Err(LeftOut::Band {
        tag: tag.to_owned(),
        band: bands.join(", "),
    })
}
