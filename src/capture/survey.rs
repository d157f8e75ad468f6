//! The photographs of a folder, before any is decoded: what each one tells, and whether they contradict one another.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};

use super::{
    FrameError, Metadata, Untagged, decode,
    reading::{Reading, TagSettings},
};

/// A photograph that is not decoded yet.
#[derive(Debug)]
pub struct Surveyed {
    /// The file.
    pub path: PathBuf,
    /// What its metadata tell, or why they cannot be reached.
    pub reading: Result<Reading, FrameError>,
    /// The first photograph of the same exposure, by its place in the folder and its name; `None` where that is this one.
    pub same_exposure: Option<(usize, String)>,
}

impl Surveyed {
    /// The file's name without its folder.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

/// Reads the metadata of photographs, which are in the order of their flight, and compares them.
pub(super) fn survey(files: Vec<PathBuf>, settings: &TagSettings) -> Vec<Surveyed> {
    let surveyed = |path: PathBuf| Surveyed {
        reading: read(&path, settings),
        path,
        same_exposure: None,
    };
    let mut photographs: Vec<_> = files.into_iter().map(surveyed).collect();
    compare_fixes(&mut photographs);
    photographs
}

fn read(path: &Path, settings: &TagSettings) -> Result<Reading, FrameError> {
    let read = File::open(path).and_then(Metadata::read);
    match read {
        Ok((metadata, size)) => Ok(Reading::of(&metadata, size, settings)),
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
