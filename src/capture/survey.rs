//! The photographs of a folder, before any is decoded: what each one tells, and whether they contradict one another.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};

use super::{
    FrameError, Metadata, Surveyed, TagSettings, Untagged, decode,
    heights::STATED,
    line_flown,
    poses::{Matches, PoseRemarks, Poses, RowMatch, override_pose},
    reading::Reading,
};

/// What rounding leaves between the heights of two photographs at one height, in metres, beside as many standard deviations.
const ROUNDING_M: f64 = 1.0;
const SIGMAS: f64 = 3.0;

/// Reads the metadata of photographs, which are in the order of their flight, puts `poses` in place of theirs, and compares them. Beside
/// them, what is to be told of the poses.
pub(super) fn survey(
    dir: &Path,
    files: Vec<PathBuf>,
    settings: &TagSettings,
    poses: Option<&Poses>,
) -> (Vec<Surveyed>, PoseRemarks) {
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let Matches { rows, remarks } =
        poses.map_or_else(Matches::default, |poses| poses.matches(&paths));
    let rows = rows.iter().map(Some).chain(std::iter::repeat(None));
    let readings: Vec<_> = paths
        .iter()
        .zip(rows)
        .map(|(path, row)| read(path, settings, row.unwrap_or(&RowMatch::None)))
        .collect();
    let surveyed = |(path, reading): (PathBuf, _)| Surveyed {
        name: path
            .strip_prefix(dir)
            .unwrap_or(&path)
            .display()
            .to_string(),
        path,
        reading,
        same_exposure: None,
    };
    let mut photographs: Vec<_> = files.into_iter().zip(readings).map(surveyed).collect();
    compare_fixes(&mut photographs);
    compare_stated_heights(&mut photographs);
    line_flown::follow(&mut photographs, settings);
    (photographs, remarks)
}

fn read(path: &Path, settings: &TagSettings, row: &RowMatch<'_>) -> Result<Reading, FrameError> {
    let read = File::open(path).and_then(Metadata::read);
    match read {
        Ok((metadata, size)) => {
            let mut reading = Reading::of(&metadata, size, settings);
            // One that is left out anyway is left out, whatever its channels are.
            if let (Ok(()), Some(kind)) = (&reading.kind, &metadata.other_tiff) {
                let (path, kind) = (path.display().to_string(), kind.clone());
                return Err(FrameError::OtherTiff { path, kind });
            }
            match row {
                RowMatch::None => {}
                RowMatch::Row(row, place) => {
                    override_pose(&mut reading, row, place, settings);
                }
                RowMatch::Fault(fault) => reading.position = Err(fault.clone()),
            }
            Ok(reading)
        }
        // What is wrong with the file is told by whom it stops.
        Err(error) => Err(match decode::read(path) {
            Err(fault) => fault,
            Ok(_) => FrameError::Damaged {
                path: path.display().to_string(),
                reason: format!("its header: {error}"),
            },
        }),
    }
}

/// An aircraft is at no place twice, to the last digit: photographs with one position are one exposure under several names, or the
/// receiver stood still. Of two exposures with one position the first counts, for the receiver may just have been slow; of more none,
/// since whether it ever moved is not known.
fn compare_fixes(photographs: &mut [Surveyed]) {
    let mut fixes: HashMap<[u64; 2], Vec<(usize, &mut Surveyed)>> = HashMap::new();
    for (n, photograph) in photographs.iter_mut().enumerate() {
        let reading = photograph.reading.as_ref();
        let placed = reading.ok().filter(|reading| reading.kind.is_ok());
        if let Some(Ok(position)) = placed.map(|reading| &reading.position) {
            let place = position.value;
            let fix = [place.latitude_deg(), place.longitude_deg()].map(f64::to_bits);
            fixes.entry(fix).or_default().push((n, photograph));
        }
    }
    for same in fixes.into_values() {
        let mut exposures: Vec<(usize, &mut Surveyed)> = Vec::new();
        for (n, photograph) in same {
            let first = exposures
                .iter()
                .find(|(_, first)| one_exposure(first, photograph))
                .map(|(n, first)| (*n, first.name()));
            match first {
                Some(first) => photograph.same_exposure = Some(first),
                None => exposures.push((n, photograph)),
            }
        }
        refuse_repeated(exposures);
    }
}

/// One height above take-off is stated of many photographs: those that the receiver has higher or lower than most are none of these.
fn compare_stated_heights(photographs: &mut [Surveyed]) {
    let stated = |photograph: &Surveyed| {
        let reading = photograph.reading.as_ref().ok()?;
        let heights = reading.heights.as_ref().ok()?;
        let takeoff = heights
            .takeoff
            .as_ref()
            .filter(|height| height.from == STATED)?;
        Some((heights.gps_m?, takeoff.value.metres()))
    };
    let mut all: Vec<f64> = photographs
        .iter()
        .filter_map(stated)
        .map(|(gps_m, _)| gps_m)
        .collect();
    all.sort_by(f64::total_cmp);
    let Some(median_m) = all.get(all.len() / 2).copied() else {
        return;
    };
    for photograph in photographs {
        let Some((gps_m, stated_m)) = stated(photograph) else {
            continue;
        };
        if let Ok(reading) = &mut photograph.reading {
            let tolerance_m = ROUNDING_M + SIGMAS * reading.covariance.sigma_up_m;
            let above_m = gps_m - median_m;
            if above_m.abs() > tolerance_m {
                reading.heights = Err(Untagged::OtherHeight {
                    apart_m: above_m.abs(),
                    side: if above_m > 0.0 { "above" } else { "below" },
                    stated_m,
                    tolerance_m,
                });
            }
        }
    }
}

fn one_exposure(a: &Surveyed, b: &Surveyed) -> bool {
    match (&a.reading, &b.reading) {
        (Ok(a), Ok(b)) => a.time == b.time && a.heights == b.heights && a.attitude == b.attitude,
        _ => false,
    }
}

fn refuse_repeated(exposures: Vec<(usize, &mut Surveyed)>) {
    let count = exposures.len();
    let names: Vec<String> = exposures.iter().map(|(_, first)| first.name()).collect();
    let stands = usize::from(count <= 2);
    for (n, (_, photograph)) in exposures.into_iter().enumerate().skip(stands) {
        let others = names.iter().enumerate();
        let other = others
            .filter(|(other, _)| *other != n)
            .map(|(_, name)| name)
            .next();
        if let (Ok(reading), Some(other)) = (&mut photograph.reading, other) {
            reading.position = Err(Untagged::RepeatedFix {
                other: other.clone(),
                count,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Photographs with a position, a height and a second of the day each.
    fn photographs(taken: &[(f64, f64, u32)]) -> Vec<Surveyed> {
        let surveyed = |(n, (latitude, height, second)): (usize, &(f64, f64, u32))| {
            let packet = format!(
                "<rdf:Description drone-dji:GpsLatitude='{latitude}' drone-dji:GpsLongitude='103.5' \
                 drone-dji:RelativeAltitude='{height}' drone-dji:UTCAtExposure='2024-05-01T10:00:{second:02}'/>"
            );
            let metadata = Metadata::from_xmp(packet.as_bytes());
            Surveyed {
                path: format!("{n}.jpg").into(),
                name: format!("{n}.jpg"),
                reading: Ok(Reading::of(&metadata, (400, 300), &TagSettings::default())),
                same_exposure: None,
            }
        };
        let mut photographs: Vec<_> = taken.iter().enumerate().map(surveyed).collect();
        compare_fixes(&mut photographs);
        photographs
    }

    /// What became of each: whether it is the same exposure, or its fix is repeated.
    fn outcomes(taken: &[(f64, f64, u32)]) -> Vec<&'static str> {
        let outcome = |photograph: Surveyed| match (
            photograph.same_exposure,
            photograph.reading.unwrap().position,
        ) {
            (Some(_), _) => "same",
            (None, Err(Untagged::RepeatedFix { .. })) => "repeated",
            _ => "good",
        };
        photographs(taken).into_iter().map(outcome).collect()
    }

    #[test]
    fn an_exposure_counts_once_under_however_many_names() {
        let taken = [
            (31.0, 40.0, 1),
            (31.1, 40.0, 2),
            (31.0, 40.0, 1),
            (31.0, 40.0, 1),
        ];
        assert_eq!(outcomes(&taken), ["good", "good", "same", "same"]);
    }

    #[test]
    fn of_two_photographs_with_one_fix_the_first_counts_and_of_more_none() {
        let two = [(31.0, 40.0, 1), (31.0, 40.2, 3), (31.1, 40.0, 5)];
        assert_eq!(outcomes(&two), ["good", "repeated", "good"]);
        let three = [(31.0, 40.0, 1), (31.0, 40.0, 3), (31.0, 40.0, 5)];
        assert_eq!(outcomes(&three), ["repeated"; 3]);
    }

    #[test]
    fn a_photograph_that_was_not_taken_at_the_stated_height_shows_by_the_receivers() {
        let surveyed = |(n, gps_m): (usize, f64)| {
            let packet = format!(
                "<rdf:Description drone-dji:GpsLatitude='31.{n}' drone-dji:GpsLongitude='103.5' \
                 drone-dji:AbsoluteAltitude='{gps_m}' drone-dji:AltitudeType='GpsFusionAlt'/>"
            );
            let metadata = Metadata::from_xmp(packet.as_bytes());
            let settings = TagSettings {
                height_above_takeoff_m: Some(80.0),
                ..TagSettings::default()
            };
            Surveyed {
                path: format!("{n}.jpg").into(),
                name: format!("{n}.jpg"),
                reading: Ok(Reading::of(&metadata, (400, 300), &settings)),
                same_exposure: None,
            }
        };
        // 10 m are 1 m of rounding and 3 sigma of 3 m.
        let heights = [700.0, 702.0, 698.0, 711.5, 692.0, 640.0, 701.0];
        let mut photographs: Vec<_> = heights.into_iter().enumerate().map(surveyed).collect();
        compare_stated_heights(&mut photographs);
        let refused = photographs.iter().map(|photograph| {
            let heights = &photograph.reading.as_ref().unwrap().heights;
            heights.as_ref().err().map(ToString::to_string)
        });
        let refused: Vec<_> = refused.collect();
        let told = |n: usize| refused[n].as_deref().unwrap_or_default();
        assert!(told(3).contains("11.5 m above"), "{refused:?}");
        assert!(told(5).contains("60.0 m below"), "{refused:?}");
        assert_eq!(refused.iter().flatten().count(), 2, "{refused:?}");
    }

    #[test]
    fn the_reason_names_another_photograph() {
        let repeated = photographs(&[(31.0, 40.0, 1), (31.0, 40.0, 3)]);
        let reading = repeated[1].reading.as_ref().unwrap();
        let line = reading.tag().unwrap_err().to_string();
        assert!(
            line.contains("0.jpg") && line.contains("2 photographs"),
            "{line}"
        );
    }
}
