//! KML, as Google Earth saves it: the coordinates of all that is drawn.

use std::path::Path;

use roxmltree::Document;
use scarp_geo::{Latitude, Longitude, Wgs84};

use super::{AreaError, text};

/// The places of all `coordinates` of the file: longitude, latitude and perhaps height with commas between, space after each (OGC
/// 12-007r2, 9.11).
///
/// # Errors
/// When the file cannot be read or is no KML.
pub(super) fn places(path: &Path) -> Result<Vec<Wgs84>, AreaError> {
    let wrong = |reason: String| AreaError::File {
        path: path.to_owned(),
        reason,
    };
    let text = text(path)?;
    let document = Document::parse(&text)
        .map_err(|e| wrong(format!("is no KML ({e}); save it again as KML, not KMZ")))?;
    let mut places = Vec::new();
    for node in document
        .descendants()
        .filter(|n| n.tag_name().name() == "coordinates")
    {
        for tuple in node.text().unwrap_or_default().split_whitespace() {
            let mut degrees = tuple.split(',').map(str::parse::<f64>);
            let (Some(Ok(longitude)), Some(Ok(latitude))) = (degrees.next(), degrees.next()) else {
                return Err(wrong(format!(
                    "holds the coordinates {tuple:?}; draw it again"
                )));
            };
            places.push(Wgs84::new(
                Latitude::from_degrees(latitude),
                Longitude::from_degrees(longitude),
            ));
        }
    }
    Ok(places)
}
