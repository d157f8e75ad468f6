//! OpenDroneMap's image geolocation file (`geo.txt`; `opendm/geo.py`).

use scarp_geo::{
    Attitude, VerticalDatum,
    crs::{Conversion, System},
};

use super::row::{PoseRow, RowHeight, RowOf, RowPose, angle_of, number_of, place_of, sigma_of};

/// Whether the first line names a reference system in one of the ways of `geo.txt`.
pub(super) fn names_a_system(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default().trim();
    let lower = first.to_ascii_lowercase();
    ["epsg:", "wgs84 utm", "+proj"]
        .iter()
        .any(|start| lower.starts_with(start))
}

/// Reads the rows: `name x y [z [yaw pitch roll [horizontal vertical]]]`, whatever stands behind. The first line is `EPSG:` with a code,
/// `WGS84 UTM` with a zone and `N` or `S`, or a definition as PROJ writes it. `EPSG:32615+5773` tells the datum of the heights as well,
/// which OpenDroneMap leaves open; EPSG:4979 has them over the ellipsoid.
///
/// Angles are OpenDroneMap's: yaw is where the top of the picture points, clockwise from true north, a camera with pitch 0 looks straight
/// down and with 90 ahead, roll is the right side down. Three zeros, or `nan`, are angles that are not known.
pub(super) fn read(text: &str) -> Result<Vec<PoseRow>, String> {
    let mut lines = (1u64..).zip(text.lines().map(str::trim));
    let (_, header) = lines.next().unwrap_or_default();
    let (system, datum) = system(header)?;
    let to_wgs84 = Conversion::new(&system, &System::WGS84)
        .map_err(|e| format!("{header}: {}", e.reason()))?;
    let datum_sigma_m = system
        .shift_sigma_m()
        .map_err(|e| format!("{header}: {}", e.reason()))?;
    let rows = lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, text)| {
            let mut fields = text.split_whitespace();
            let name = fields.next().unwrap_or_default().to_owned();
            let fields: Vec<&str> = fields.collect();
            PoseRow {
                line,
                of: Some(RowOf::Name(name)),
                pose: pose(&fields, &to_wgs84, datum).map(|pose| RowPose {
                    datum_sigma_m,
                    ..pose
                }),
            }
        });
    Ok(rows.collect())
}

/// The system of the coordinates, and the datum of the heights where it is told.
fn system(header: &str) -> Result<(System, Option<VerticalDatum>), String> {
    let lower = header.to_ascii_lowercase();
    if let Some(codes) = lower.strip_prefix("epsg:") {
        let (code, vertical) = match codes.split_once('+') {
            Some((code, vertical)) => (code, Some(vertical.trim_start_matches("epsg:"))),
            None => (codes, None),
        };
        let datum = match (code.trim(), vertical.map(str::trim)) {
            ("4979", None) => Some(VerticalDatum::Ellipsoid),
            (_, Some("5773")) => Some(VerticalDatum::Egm96),
            (_, Some("3855")) => Some(VerticalDatum::Egm2008),
            (_, Some(other)) => {
                return Err(format!(
                    "{header}: the vertical datum EPSG:{other} is not known, those of EGM96 (5773) and EGM2008 (3855) are"
                ));
            }
            (_, None) => None,
        };
        let code = code.trim().parse();
        let code = code.map_err(|_| format!("{header}: that is no code of EPSG's"))?;
        return Ok((System::Epsg(code), datum));
    }
    if let Some(zone) = lower.strip_prefix("wgs84 utm") {
        return utm(zone.trim())
            .map(|code| (System::Epsg(code), None))
            .ok_or_else(|| {
                format!(
                    "{header}: that is no zone of UTM, which is a number from 1 to 60 and N or S"
                )
            });
    }
    Ok((
        System::Definition(header.trim_matches('\'').to_owned()),
        None,
    ))
}

/// The EPSG code of a zone as `16n`.
fn utm(zone: &str) -> Option<u16> {
    let (number, first) = match zone.strip_suffix('s') {
        Some(number) => (number, 32700),
        None => (zone.strip_suffix('n')?, 32600),
    };
    let number: u16 = number.trim().parse().ok()?;
    (1..=60).contains(&number).then_some(first + number)
}

fn pose(
    fields: &[&str],
    to_wgs84: &Conversion,
    datum: Option<VerticalDatum>,
) -> Result<RowPose, String> {
    let [x, y, rest @ ..] = fields else {
        return Err("has no x and y behind the name".to_owned());
    };
    let (x, y) = (number_of("x", x)?, number_of("y", y)?);
    let (longitude, latitude) = to_wgs84.apply((x, y)).ok_or_else(|| {
        format!("has x {x} and y {y}, which the reference system has no place for")
    })?;
    let mut pose = RowPose {
        place: Some(place_of(latitude, longitude)?),
        ..RowPose::default()
    };
    let Some((z, rest)) = rest.split_first() else {
        return Ok(pose);
    };
    pose.height = Some(RowHeight {
        metres: number_of("z", z)?,
        datum,
    });
    let [yaw, pitch, roll, rest @ ..] = rest else {
        // One or two more are no angles, but a label.
        return Ok(pose);
    };
    pose.attitude = attitude([yaw, pitch, roll])?;
    if let [horizontal, vertical, ..] = rest {
        let horizontal = sigma_of("the horizontal accuracy", horizontal)?;
        pose.sigma_north_east_m = Some((horizontal, horizontal));
        pose.sigma_up_m = Some(sigma_of("the vertical accuracy", vertical)?);
    }
    Ok(pose)
}

fn attitude(angles: [&str; 3]) -> Result<Option<Attitude>, String> {
    if angles.iter().any(|angle| angle.eq_ignore_ascii_case("nan")) {
        return Ok(None);
    }
    let [yaw, pitch, roll] = angles;
    let (yaw, pitch, roll) = (
        angle_of("yaw", yaw)?,
        angle_of("pitch", pitch)?,
        angle_of("roll", roll)?,
    );
    let told = yaw != 0.0 || pitch != 0.0 || roll != 0.0;
    Ok(told.then(|| Attitude::down_looking(yaw, pitch, roll)))
}
