//! Plans of QGroundControl ("Plan File Format" of its developer guide): all that the aircraft flies to.

use std::path::Path;

use scarp_geo::{Latitude, Longitude, Wgs84};
use serde_json::Value;

use super::{AreaError, text};

/// Take-off, waypoints, and the areas and lines of surveys. Fences and rally points are nothing that it looks at.
///
/// # Errors
/// When the file cannot be read or is no plan.
pub(super) fn places(path: &Path) -> Result<Vec<Wgs84>, AreaError> {
    let wrong = |reason: String| AreaError::File {
        path: path.to_owned(),
        reason,
    };
    let plan: Value = serde_json::from_str(&text(path)?)
        .map_err(|e| wrong(format!("is no plan of QGroundControl ({e}); save it again")))?;
    let mission = &plan["mission"];
    if plan["fileType"] != "Plan" || !mission["items"].is_array() {
        return Err(wrong(
            "is no plan of QGroundControl with a mission; save it again".to_owned(),
        ));
    }
    let mut places = Vec::new();
    places.extend(place(&mission["plannedHomePosition"]));
    items(&mission["items"], &mut places);
    Ok(places)
}

fn items(list: &Value, places: &mut Vec<Wgs84>) {
    for item in list.as_array().into_iter().flatten() {
        // Survey, corridor and structure scan; what they fly is kept in an object of their own.
        for corners in ["polygon", "polyline"] {
            let corners = item[corners].as_array().into_iter().flatten();
            places.extend(corners.filter_map(place));
        }
        let flown = &item["TransectStyleComplexItem"];
        let turns = flown["VisualTransectPoints"]
            .as_array()
            .into_iter()
            .flatten();
        places.extend(turns.filter_map(place));
        items(&flown["Items"], places);
        // Parameters 5 and 6 of a command that goes somewhere, which frame 2 (MAV_FRAME_MISSION) says of none.
        if let Some([_, _, _, _, latitude, longitude, ..]) =
            item["params"].as_array().map(Vec::as_slice)
            && item["frame"] != 2
        {
            places.extend(at(latitude, longitude));
        }
    }
}

/// Latitude and longitude, perhaps more after them.
fn place(numbers: &Value) -> Option<Wgs84> {
    match numbers.as_array()?.as_slice() {
        [latitude, longitude, ..] => at(latitude, longitude),
        _ => None,
    }
}

/// `None` where it is not set: no number, or zeros.
fn at(latitude: &Value, longitude: &Value) -> Option<Wgs84> {
    let (latitude, longitude) = (latitude.as_f64()?, longitude.as_f64()?);
    let place = Wgs84::new(
        Latitude::from_degrees(latitude),
        Longitude::from_degrees(longitude),
    );
    (place != Wgs84::ZERO).then_some(place)
}
