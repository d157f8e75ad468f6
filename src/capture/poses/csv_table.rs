//! A table of poses (CSV): a line of column names, then a row for each photograph.

use std::collections::HashMap;

use csv_core::ReaderBuilder;
use scarp_geo::{Attitude, VerticalDatum};

use super::row::{PoseRow, RowHeight, RowOf, RowPose, angle_of, number_of, place_of, sigma_of};

/// The columns; `name` has to be there.
const COLUMNS: [&str; 17] = [
    "name",
    "latitude_deg",
    "longitude_deg",
    "height_ellipsoid_m",
    "height_egm96_m",
    "height_egm2008_m",
    "height_m",
    "height_above_takeoff_m",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "omega_deg",
    "phi_deg",
    "kappa_deg",
    "sigma_horizontal_m",
    "sigma_vertical_m",
    "sigma_attitude_deg",
];
/// Columns of heights with what they are over; the last is over what the user states.
const HEIGHTS: [(&str, Option<VerticalDatum>); 4] = [
    ("height_ellipsoid_m", Some(VerticalDatum::Ellipsoid)),
    ("height_egm96_m", Some(VerticalDatum::Egm96)),
    ("height_egm2008_m", Some(VerticalDatum::Egm2008)),
    ("height_m", None),
];
/// Columns that say nothing unless all of them do.
const TOGETHER: [&[&str]; 3] = [
    &["latitude_deg", "longitude_deg"],
    &["yaw_deg", "pitch_deg", "roll_deg"],
    &["omega_deg", "phi_deg", "kappa_deg"],
];

/// Reads the rows. Columns are parted by commas, semicolons or tabs, whichever the first line has; a cell may be empty, a line that begins
/// with `#` is a remark.
pub(super) fn read(text: &str) -> Result<Vec<PoseRow>, String> {
    let mut lines = (1u64..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let (_, first) = lines.next().unwrap_or_default();
    let separator = [b';', b'\t']
        .into_iter()
        .find(|c| first.as_bytes().contains(c));
    let separator = separator.unwrap_or(b',');
    let header = cells(first, separator);
    check(&header)?;
    let rows = lines.map(|(line, text)| row(line, &header, &cells(text, separator)));
    Ok(rows.collect())
}

/// The cells of a line, without blanks around them.
fn cells(line: &str, separator: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new().delimiter(separator).build();
    // Unquoted a line is no longer, and it has fewer ends than bytes.
    let (mut output, mut ends) = (vec![0; line.len() + 1], vec![0; line.len() + 1]);
    let (_, _, written, ended) = reader.read_record(line.as_bytes(), &mut output, &mut ends);
    // The end of the line ends its last cell.
    let rest = (output.get_mut(written..), ends.get_mut(ended..));
    let last = match rest {
        (Some(output), Some(ends)) => reader.read_record(&[], output, ends).3,
        _ => 0,
    };
    let mut begins = 0;
    let cell = |end: &usize| {
        let bytes = output.get(begins..*end).unwrap_or_default();
        begins = *end;
        String::from_utf8_lossy(bytes).trim().to_owned()
    };
    ends.iter().take(ended + last).map(cell).collect()
}

/// Whether the first line has columns that are known, each once, and those together that belong together.
fn check(header: &[String]) -> Result<(), String> {
    let has = |name: &str| header.iter().any(|column| column == name);
    if !has("name") {
        return Err(format!(
            "its first line has no column \"name\" (a table's columns are {})",
            COLUMNS.join(", ")
        ));
    }
    for column in header {
        if !COLUMNS.contains(&column.as_str()) {
            return Err(format!(
                "the column {column:?} is not known; the columns are {}",
                COLUMNS.join(", ")
            ));
        }
        if header.iter().filter(|other| *other == column).count() > 1 {
            return Err(format!("the column {column:?} is there twice"));
        }
    }
    for together in TOGETHER {
        let missing = together.iter().find(|column| !has(column));
        if let (Some(missing), true) = (missing, together.iter().any(|column| has(column))) {
            return Err(format!(
                "the column {missing:?} is missing beside {}",
                together.join(", ")
            ));
        }
    }
    if has("yaw_deg") && has("omega_deg") {
        return Err("it has yaw_deg and omega_deg, and an attitude is told once".to_owned());
    }
    Ok(())
}

fn row(line: u64, header: &[String], record: &[String]) -> PoseRow {
    let cells: HashMap<&str, &str> = header
        .iter()
        .zip(record)
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(column, cell)| (column.as_str(), cell.as_str()))
        .collect();
    let name = cells.get("name").map(|name| (*name).to_owned());
    let pose = if name.is_none() {
        Err("names no photograph".to_owned())
    } else if record.len() == header.len() {
        pose(&cells)
    } else {
        Err(format!(
            "has {} cells, and the first line {}",
            record.len(),
            header.len()
        ))
    };
    PoseRow {
        line,
        of: name.map(RowOf::Name),
        pose,
    }
}

fn pose(cells: &HashMap<&str, &str>) -> Result<RowPose, String> {
    for together in TOGETHER {
        let missing = together.iter().find(|column| !cells.contains_key(*column));
        let some = together.iter().any(|column| cells.contains_key(column));
        if let (Some(missing), true) = (missing, some) {
            return Err(format!("{missing} is missing beside the others"));
        }
    }
    let read = |column: &str, read: fn(&str, &str) -> Result<f64, String>| {
        let cell = cells.get(column);
        cell.map(|cell| read(column, cell)).transpose()
    };
    let number = |column| read(column, number_of);
    let angle = |column| read(column, angle_of);
    let sigma = |column| read(column, sigma_of);
    let place = number("latitude_deg")?.zip(number("longitude_deg")?);
    let mut height = None;
    for (column, datum) in HEIGHTS {
        let Some(metres) = number(column)? else {
            continue;
        };
        if height.replace(RowHeight { metres, datum }).is_some() {
            return Err(format!("{column} is not the only height, and one is told"));
        }
    }
    let attitude = match (angle("yaw_deg")?, angle("pitch_deg")?, angle("roll_deg")?) {
        (Some(yaw_deg), Some(pitch_deg), Some(roll_deg)) => Some(Attitude {
            yaw_deg,
            pitch_deg,
            roll_deg,
        }),
        _ => match (angle("omega_deg")?, angle("phi_deg")?, angle("kappa_deg")?) {
            (Some(omega), Some(phi), Some(kappa)) => {
                Some(Attitude::from_omega_phi_kappa(omega, phi, kappa))
            }
            _ => None,
        },
    };
    let sigma_m = sigma("sigma_horizontal_m")?;
    Ok(RowPose {
        place: place.map(|(lat, lon)| place_of(lat, lon)).transpose()?,
        datum_sigma_m: 0.0,
        height,
        above_takeoff_m: number("height_above_takeoff_m")?,
        attitude,
        sigma_north_east_m: sigma_m.map(|sigma| (sigma, sigma)),
        sigma_up_m: sigma("sigma_vertical_m")?,
        sigma_attitude_deg: sigma("sigma_attitude_deg")?,
        time: None,
    })
}
