//! What is found, brought within the limits of a message before it waits in the journal: one value that no message can carry must not
//! keep the rest of a report from the ground.
//!
//! Only what stays true is changed. What cannot be made true, such as an area that is no number, is left for the encoding to refuse.

use geo::Polygon;
use scarp_inventory::{FrameReport, Landslide};

use super::{
    message_error::{MAX_DISTANCE_M, MAX_TEXT_BYTES},
    outline_fit, unix_time,
};

/// What stands at the end of a text that was cut.
const CUT: &str = "…";

/// A text of at most [`MAX_TEXT_BYTES`]; of a longer one its beginning.
pub fn text(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES - CUT.len()));
        text.push_str(CUT);
    }
    text
}

/// A frame's report: a time outside the calendar is unknown, texts are cut and the footprint is simplified.
pub fn frame(report: FrameReport) -> FrameReport {
    FrameReport {
        sequence: report.sequence,
        name: text(report.name),
        time: report.time.filter(|&time| unix_time::is_within(time)),
        placement: match report.placement {
            Ok(mut placement) => {
                (placement.footprint, _) = outline_fit::fit(placement.footprint);
                Ok(placement)
            }
            Err(reason) => Err(text(reason)),
        },
    }
}

/// A landslide: times outside the calendar are unknown, the outline is simplified. Its area stays that of the true outline, and CE90
/// grows by how far the simplified one may be from it; at most to [`MAX_DISTANCE_M`], where it says that nothing is known of the place.
pub fn landslide(slide: Landslide) -> Landslide {
    let in_calendar = [slide.first_seen, slide.last_seen]
        .into_iter()
        .flatten()
        .all(unix_time::is_within);
    let (outline, tolerance_m): (Polygon<f64>, f64) = outline_fit::fit(slide.outline);
    Landslide {
        outline,
        // Also where it is no number.
        ce90_m: (slide.ce90_m + tolerance_m).min(MAX_DISTANCE_M),
        first_seen: slide.first_seen.filter(|_| in_calendar),
        last_seen: slide.last_seen.filter(|_| in_calendar),
        ..slide
    }
}
