//! DJI's image log file (`..._Timestamp.MRK` of the Phantom 4 RTK, the Mavic 3 Enterprise and the Matrices).

use scarp_geo::{GnssTime, VerticalDatum};

use super::row::{PoseRow, RowHeight, RowOf, RowPose, number_of, place_of};

/// Milliseconds from 1970 to the beginning of GPS time, 1980-01-06.
const GPS_EPOCH_UNIX_MS: i64 = 315_964_800_000;
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
/// What GPS time is ahead of UTC since 2017, in milliseconds.
const LEAP_MS: i64 = 18_000;
/// The numbers of a row, in whose places the words stand that name them: number, second and week of GPS time; millimetres to the north,
/// east and down from the antenna to the camera; latitude, longitude, height over the ellipsoid; their standard deviations to the north,
/// east and up in metres; how they were found.
const WORDS: [(usize, &str); 7] = [
    (4, "N"),
    (6, "E"),
    (8, "V"),
    (10, "Lat"),
    (12, "Lon"),
    (14, "Ellh"),
    (19, "Q"),
];

/// Reads the rows. The position is the camera's: the way from the antenna to it is in it already ("latitude after compensation", DJI's
/// manual of the Matrice 4, "Image Log File").
pub(super) fn read(text: &str) -> Vec<PoseRow> {
    let lines = (1u64..).zip(text.lines().map(str::trim));
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(line, text)| {
            let parts = text.split(|c: char| c == ',' || c.is_whitespace());
            let fields: Vec<&str> = parts.filter(|field| !field.is_empty()).collect();
            let number = fields.first().and_then(|number| number.parse().ok());
            PoseRow {
                line,
                of: number.map(RowOf::Number),
                pose: match number {
                    Some(_) => pose(&fields),
                    None => Err("does not begin with the number of a photograph".to_owned()),
                },
            }
        })
        .collect()
}

fn pose(fields: &[&str]) -> Result<RowPose, String> {
    for (at, word) in WORDS {
        match fields.get(at) {
            Some(found) if *found == word => {}
            Some(found) => return Err(format!("has {found:?} where {word:?} has to stand")),
            None => return Err(format!("ends before {word:?}")),
        }
    }
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    for (at, what) in [(3, "N"), (5, "E"), (7, "V")] {
        number_of(what, field(at))?;
    }
    let status = number_of("Q", field(18))?;
    if status == 0.0 {
        return Err("has no position (Q is 0)".to_owned());
    }
    let sigma = |what: &str, at: usize| {
        let sigma = number_of(what, field(at))?;
        Ok::<_, String>(Some(sigma).filter(|sigma| *sigma > 0.0))
    };
    let north = sigma("the standard deviation to the north", 15)?;
    let east = sigma("the standard deviation to the east", 16)?;
    Ok(RowPose {
        place: Some(place_of(
            number_of("Lat", field(9))?,
            number_of("Lon", field(11))?,
        )?),
        height: Some(RowHeight {
            metres: number_of("Ellh", field(13))?,
            datum: Some(VerticalDatum::Ellipsoid),
        }),
        sigma_north_east_m: north.zip(east),
        sigma_up_m: sigma("the standard deviation of the height", 17)?,
        time: Some(time(field(1), field(2))?),
        ..RowPose::default()
    })
}

/// The second of the week, and the week in brackets.
fn time(second: &str, week: &str) -> Result<GnssTime, String> {
    let second = number_of("the second of the week", second)?;
    let number = week.trim_matches(['[', ']']).parse::<u16>();
    let week = number.map_err(|_| format!("the week is {week:?}, which is no number"))?;
    if !(0.0..604_801.0).contains(&second) {
        return Err(format!(
            "the second of the week is {second}, which no week has"
        ));
    }
    let in_week = (second * 1000.0).round() as i64;
    let unix_ms = GPS_EPOCH_UNIX_MS + i64::from(week) * WEEK_MS + in_week - LEAP_MS;
    Ok(GnssTime::from_unix_ms(unix_ms))
}
