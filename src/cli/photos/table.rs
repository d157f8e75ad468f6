//! The photographs as one would show them to a pilot: a line each, and below it the tags that the values come from.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use scarp_geo::Attitude;

use super::listing::{Angles, Camera, Listed, Time};

/// What the columns are of.
const HEAD: [&str; 6] = [
    "photograph",
    "taken",
    "latitude, longitude",
    "height",
    "looks",
    "camera",
];
/// What is not told.
const NONE: &str = "-";
/// Closer to straight down than this a camera looks down, whatever its heading, in degrees.
const DOWN_DEG: f64 = 30.0;
const WINDS: [&str; 8] = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

/// Writes the photographs, folder by folder, and what is to be told of them together.
pub fn write(out: &mut impl Write, photographs: &[Listed], remarks: &[String]) -> io::Result<()> {
    let mut folders: Vec<(&str, Vec<&Listed>)> = Vec::new();
    for photograph in photographs {
        match folders.last_mut() {
            Some((folder, listed)) if *folder == photograph.folder => listed.push(photograph),
            _ => folders.push((&photograph.folder, vec![photograph])),
        }
    }
    for (n, (folder, listed)) in folders.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        let good = listed.iter().filter(|one| one.is_searched()).count();
        let count = match listed.len() {
            1 => "1 photograph".to_owned(),
            several => format!("{several} photographs"),
        };
        writeln!(out, "{folder}: {count}, {good} good.")?;
        write_lines(out, listed)?;
        write_sources(out, listed)?;
    }
    if !remarks.is_empty() {
        writeln!(out)?;
    }
    for remark in remarks {
        writeln!(out, "{remark}")?;
    }
    Ok(())
}

fn write_lines(out: &mut impl Write, listed: &[&Listed]) -> io::Result<()> {
    let rows: Vec<[String; 6]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(listed.iter().map(|photograph| row(photograph)))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    for (n, cells) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
        let photograph = n.checked_sub(1).and_then(|n| listed.get(n));
        for reason in photograph.iter().flat_map(|photograph| &photograph.reasons) {
            writeln!(out, "    not searched: {reason}")?;
        }
        for remark in photograph.iter().flat_map(|photograph| &photograph.remarks) {
            writeln!(out, "    note: {remark}")?;
        }
    }
    Ok(())
}

fn row(photograph: &Listed) -> [String; 6] {
    let none = || NONE.to_owned();
    let position = photograph.position.as_ref();
    let heights: Vec<String> = photograph
        .heights
        .iter()
        .map(|height| match height.over.as_str() {
            "take-off" => format!("{:.1} m above take-off", height.metres),
            "ground" => format!("{:.1} m above the ground", height.metres),
            datum => format!("{:.1} m over {datum}", height.metres),
        })
        .collect();
    [
        photograph.name.clone(),
        photograph.time.as_ref().map_or_else(none, taken),
        position.map_or_else(none, |at| {
            format!("{:.6}, {:.6}", at.latitude, at.longitude)
        }),
        if heights.is_empty() {
            none()
        } else {
            heights.join(", ")
        },
        photograph.attitude.as_ref().map_or_else(none, looks),
        camera(photograph),
    ]
}

/// `2013-06-04 17:42:06 UTC`, or by the camera's clock.
fn taken(time: &Time) -> String {
    let (text, zone) = match (&time.utc, &time.camera_clock) {
        (Some(utc), _) => (utc, "UTC"),
        (None, Some(clock)) => (clock, "by its clock"),
        (None, None) => return NONE.to_owned(),
    };
    let text = text.trim_end_matches('Z').trim_end_matches(".000");
    format!("{} {zone}", text.replace('T', " "))
}

/// Where the camera looks: down with the top of the picture to a wind, or to a wind so far below the horizon.
fn looks(angles: &Angles) -> String {
    let attitude = Attitude {
        yaw_deg: angles.yaw_deg,
        pitch_deg: angles.pitch_deg,
        roll_deg: angles.roll_deg,
    };
    let rotation = attitude.rotation();
    let matrix = rotation.matrix();
    let heading = |north: f64, east: f64| {
        let degrees = east.atan2(north).to_degrees().rem_euclid(360.0);
        let wind = (degrees / 45.0).round() as usize % WINDS.len();
        format!("{} ({degrees:.0}°)", WINDS.get(wind).unwrap_or(&NONE))
    };
    let off_nadir_deg = matrix[(2, 0)].clamp(-1.0, 1.0).acos().to_degrees();
    if off_nadir_deg < DOWN_DEG {
        let top = heading(-matrix[(0, 2)], -matrix[(1, 2)]);
        format!("down, {off_nadir_deg:.1}° off, top to {top}")
    } else {
        let ahead = heading(matrix[(0, 0)], matrix[(1, 0)]);
        format!("to {ahead}, {:.0}° below the horizon", 90.0 - off_nadir_deg)
    }
}

fn camera(photograph: &Listed) -> String {
    let name = photograph.camera_name.as_deref();
    let size = photograph.width.zip(photograph.height);
    let size = size.map(|(width, height)| format!("{width} x {height}"));
    let lens = photograph.camera.as_ref().map(focal_length);
    let parts: Vec<String> = [name.map(str::to_owned), size, lens]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() {
        NONE.to_owned()
    } else {
        parts.join(", ")
    }
}

fn focal_length(camera: &Camera) -> String {
    let percent = 100.0 * camera.focal_sigma_px / camera.focal_px;
    let lens = match camera.lens {
        "pinhole" => "",
        _ => ", its lens known",
    };
    format!("f {:.0} px ± {percent:.1} %{lens}", camera.focal_px)
}

/// The source of a value without the line of a pose file that it stands in.
fn without_line(from: &str) -> String {
    let Some((file, rest)) = from.split_once(':') else {
        return from.to_owned();
    };
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if behind.len() == rest.len() {
        return from.to_owned();
    }
    format!("{file}{behind}")
}

/// Of each kind of value, the tags that it comes from, and of how many photographs it does.
fn write_sources(out: &mut impl Write, listed: &[&Listed]) -> io::Result<()> {
    let mut sources: BTreeMap<(usize, String), usize> = BTreeMap::new();
    let mut count = |kind: usize, from: String| {
        *sources.entry((kind, without_line(&from))).or_default() += 1;
    };
    for photograph in listed {
        if let Some(time) = &photograph.time {
            count(0, time.from.clone());
        }
        if let Some(position) = &photograph.position {
            count(1, position.from.clone());
        }
        for height in &photograph.heights {
            count(2, format!("{} ({})", height.from, height.over));
        }
        if photograph.unused_height.is_some() {
            count(2, "one that does not count, --json says why".to_owned());
        }
        if let Some(attitude) = &photograph.attitude {
            count(3, attitude.from.clone());
        }
        if let Some(camera) = &photograph.camera {
            count(4, camera.from.clone());
        }
    }
    let kinds = ["time", "position", "height", "attitude", "focal length"];
    for ((kind, from), photographs) in sources {
        let kind = kinds.get(kind).unwrap_or(&NONE);
        writeln!(out, "  {kind:<12}  from {from}, of {photographs}")?;
    }
    Ok(())
}
