//! Where an image comes from: the earthquake, the sensor and its resolution.

use std::{fs, io, path::Path};

use glob::Pattern;
use scarp_files::toml_reason;
use serde::Deserialize;

use super::DatasetError;

/// What is known of an image's origin; `None` where it is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// The event that released the landslides, for instance "Lushan".
    pub event: Option<String>,
    /// What took the image, for instance "UAV" or "PlanetScope".
    pub sensor: Option<String>,
    /// Ground sampling distance in metres per pixel.
    pub gsd_m: Option<f64>,
}

/// File in a dataset's folder in which its user says what names do not tell.
const FILE: &str = "dataset.toml";

/// GDCLD's events as its files and the literature spell them, in lower case without spaces.
const EVENTS: [(&str, &str); 12] = [
    ("lushan", "Lushan"),
    ("luding", "Luding"),
    ("jiuzhaigou", "Jiuzhaigou"),
    ("mainling", "Mainling"),
    ("milin", "Mainling"),
    ("hokkaido", "Hokkaido"),
    ("iburi", "Hokkaido"),
    ("palu", "Palu"),
    ("mesetas", "Mesetas"),
    ("sumatra", "Sumatra"),
    ("nippes", "Nippes"),
    ("haiti", "Nippes"),
];
/// Its sensors. Short names have to be a word of their own.
const SENSORS: [(&str, &str); 9] = [
    ("uav", "UAV"),
    ("drone", "UAV"),
    ("planetscope", "PlanetScope"),
    ("planet", "PlanetScope"),
    ("mapworld", "Map World"),
    ("tianditu", "Map World"),
    ("gaofen", "Gaofen"),
    ("gf", "Gaofen"),
    ("sentinel", "Sentinel"),
];

/// Label value of a pixel that nobody judged, where `dataset.toml` says `ignored = 255`.
pub const IGNORED: u8 = 255;

/// What a dataset's `dataset.toml` says; nothing if there is none.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origins {
    #[serde(default)]
    image: Vec<Rule>,
    /// Whether labels may hold [`IGNORED`].
    #[serde(default, deserialize_with = "ignored")]
    pub(super) ignored: bool,
    /// Whose the images are and on which terms; the trainer wants it.
    #[serde(default, rename = "licence")]
    _licence: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(deserialize_with = "pattern")]
    name: Pattern,
    event: Option<String>,
    sensor: Option<String>,
    #[serde(default, deserialize_with = "gsd")]
    gsd_m: Option<f64>,
}

impl Origins {
    /// Reads `dataset.toml` of a dataset's folder.
    pub(super) fn read(folder: &Path) -> Result<Self, DatasetError> {
        let path = folder.join(FILE);
        let wrong = |reason: String| DatasetError::Origins {
            path: path.clone(),
            reason,
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(wrong(e.to_string())),
        };
        toml::from_str(&text).map_err(|error| wrong(toml_reason(&text, &error)))
    }

    /// The origin of the image at `relative` to the dataset. The file wins over names, its later entries over earlier ones,
    /// and the file's name wins over the folders'.
    pub(super) fn of(&self, relative: &str) -> Origin {
        let mut origin = Origin::default();
        for name in relative.rsplit('/') {
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            origin.event = origin.event.or_else(|| event(stem));
            origin.sensor = origin.sensor.or_else(|| sensor(stem));
        }
        let file = relative.rsplit('/').next().unwrap_or(relative);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        for rule in &self.image {
            if [relative, file, stem].iter().any(|n| rule.name.matches(n)) {
                origin.event = rule.event.clone().or(origin.event);
                origin.sensor = rule.sensor.clone().or(origin.sensor);
                origin.gsd_m = rule.gsd_m.or(origin.gsd_m);
            }
        }
        origin
    }
}

fn pattern<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Pattern, D::Error> {
    let text = String::deserialize(from)?;
    Pattern::new(&text).map_err(|e| serde::de::Error::custom(format!("name \"{text}\": {e}")))
}

fn ignored<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match u8::deserialize(from)? {
        IGNORED => Ok(true),
        other => Err(serde::de::Error::custom(format!(
            "ignored is {other}; pixels that nobody judged have the label {IGNORED}"
        ))),
    }
}

fn gsd<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let metres = f64::deserialize(from)?;
    if metres.is_finite() && metres > 0.0 {
        Ok(Some(metres))
    } else {
        Err(serde::de::Error::custom("gsd_m is not a length in metres"))
    }
}

/// The event a name speaks of.
pub(super) fn event(name: &str) -> Option<String> {
    let squeezed = squeeze(name);
    let found = EVENTS.iter().find(|(word, _)| squeezed.contains(word));
    found.map(|(_, event)| (*event).to_owned())
}

/// The sensor a name speaks of.
pub(super) fn sensor(name: &str) -> Option<String> {
    let squeezed = squeeze(name);
    let lower = name.to_lowercase();
    let words: Vec<_> = lower.split(|c: char| !c.is_alphabetic()).collect();
    let found = SENSORS.iter().find(|(word, _)| {
        if word.len() > 5 {
            squeezed.contains(word)
        } else {
            words.contains(word)
        }
    });
    found.map(|(_, sensor)| (*sensor).to_owned())
}

fn squeeze(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("test_data/images/Lushan_UAV.tif", Some("Lushan"), Some("UAV"))]
    #[case("images/lushan-Map World-01.tif", Some("Lushan"), Some("Map World"))]
    #[case("Palu/mapworld/images/3.tif", Some("Palu"), Some("Map World"))]
    #[case("images/Jiuzhaigou_GF2_0007.tif", Some("Jiuzhaigou"), Some("Gaofen"))]
    #[case("images/haiti_planet_12.tif", Some("Nippes"), Some("PlanetScope"))]
    #[case("images/0001.tif", None, None)]
    #[case("images/gfx_1.tif", None, None)]
    fn a_name_tells_event_and_sensor_where_it_speaks_of_them(
        #[case] path: &str,
        #[case] event: Option<&str>,
        #[case] sensor: Option<&str>,
    ) {
        let origin = Origins::default().of(path);
        assert_eq!(
            (origin.event.as_deref(), origin.sensor.as_deref()),
            (event, sensor)
        );
    }

    #[test]
    fn the_users_file_wins_over_names_and_its_later_entries_over_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join(FILE),
            "[[image]]\nname = \"*\"\ngsd_m = 0.5\n[[image]]\nname = \"lushan_*\"\nsensor = \"Balloon\"\ngsd_m = 0.2\n",
        )
        .unwrap();
        let origins = Origins::read(folder.path()).unwrap();
        let lushan = origins.of("val_dataset/images/lushan_uav.tif");
        assert_eq!(lushan.event.as_deref(), Some("Lushan"));
        assert_eq!(lushan.sensor.as_deref(), Some("Balloon"));
        assert_eq!(lushan.gsd_m, Some(0.2));
        assert_eq!(origins.of("images/other.png").gsd_m, Some(0.5));
    }

    #[rstest]
    #[case("[[image]]\nevent = \"Palu\"\n", "missing field `name`")]
    #[case("[[image]]\nname = \"a[\"\n", "line 2: name \"a[\"")]
    #[case(
        "[[image]]\nname = \"*\"\ngsd_m = -1.0\n",
        "line 3: gsd_m is not a length"
    )]
    #[case(
        "[[image]]\nname = \"*\"\nsensors = \"UAV\"\n",
        "line 3: unknown field `sensors`"
    )]
    #[case("[[image\n", "line 1")]
    #[case(
        "ignored = 0\n",
        "line 1: ignored is 0; pixels that nobody judged have the label 255"
    )]
    fn a_wrong_file_is_one_line_that_says_where(#[case] text: &str, #[case] reason: &str) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        let error = Origins::read(folder.path()).err().unwrap().to_string();
        assert!(
            error.contains(reason) && error.contains("dataset.toml") && error.lines().count() == 1,
            "{error}"
        );
    }
}
