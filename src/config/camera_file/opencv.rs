//! A camera file as OpenCV's `FileStorage` writes it, by its calibration sample, the tutorials or ROS (`camera_info`).

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

use super::{
    CameraFile, Fault,
    calibration::{Calibration, brown, fisheye},
};

/// Nesting that is read of a YAML file at most, by its brackets.
const MAX_BRACKETS: usize = 1000;
/// What OpenCV's pixels, whose centres are whole numbers, lie beside those whose corners are.
const HALF_PX: f64 = 0.5;
/// Names of one value, in small letters and without underscores.
const WIDTH: [&str; 2] = ["imagewidth", "width"];
const HEIGHT: [&str; 2] = ["imageheight", "height"];
const MATRIX: [&str; 3] = ["cameramatrix", "k", "intrinsicmatrix"];
const DISTORTION: [&str; 5] = [
    "distortioncoefficients",
    "distcoeffs",
    "distcoeff",
    "distortion",
    "d",
];

/// Reads the file as YAML, of which anchors are left out.
pub(super) fn from_yaml(text: &str) -> Result<CameraFile, Fault> {
    // `%YAML:1.0` is OpenCV's own, and no directive of YAML's.
    let text = match text.trim_start().strip_prefix("%YAML") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => text,
    };
    if text.contains('&') {
        return Err(Fault::Parse(
            "it has an anchor (&), which is not read".to_owned(),
        ));
    }
    if text.matches(['[', '{']).count() > MAX_BRACKETS {
        return Err(Fault::Parse(format!(
            "it has more than {MAX_BRACKETS} brackets"
        )));
    }
    let documents = Yaml::load_from_str(text)
        .map_err(|error| Fault::Parse(error.to_string().replace('\n', " ")))?;
    let value = documents.first().map_or(Value::Null, as_json);
    read(&value)
}

fn as_json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::from(number.into_inner()),
        Yaml::Value(Scalar::Boolean(is)) => Value::from(*is),
        Yaml::Value(Scalar::String(text)) => Value::from(text.to_string()),
        Yaml::Sequence(members) => members.iter().map(as_json).collect(),
        Yaml::Mapping(keys) => {
            let pairs = keys.iter();
            let pairs = pairs
                .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), as_json(value)));
            Value::Object(Map::from_iter(pairs))
        }
        Yaml::Tagged(_, inner) => as_json(inner),
        _ => Value::Null,
    }
}

/// The camera of `camera_matrix`, `distortion_coefficients`, `image_width` and `image_height`. Of a fisheye `fisheye_model` is 1, or
/// `distortion_model` is `equidistant` or `fisheye`; the coefficients are k1, k2, p1, p2, k3 to k6 of any other.
pub(super) fn read(value: &Value) -> Result<CameraFile, Fault> {
    let Some(keys) = value.as_object() else {
        return Err(Fault::Parse("it holds no keys".to_owned()));
    };
    let width = side(keys, &WIDTH, "image_width")?;
    let height = side(keys, &HEIGHT, "image_height")?;
    let matrix = find(keys, &MATRIX).and_then(numbers);
    let Some(&[fx, skew, cx, zero, fy, cy, z1, z2, one]) = matrix.as_deref() else {
        return Err(Fault::Parse(
            "it has no camera_matrix of three rows of three numbers".to_owned(),
        ));
    };
    if zero != 0.0 || z1 != 0.0 || z2 != 0.0 || one != 1.0 {
        return Err(Fault::Value("camera_matrix is none of a camera".to_owned()));
    }
    if skew != 0.0 {
        return Err(Fault::Value(
            "camera_matrix is skewed, which is not computed".to_owned(),
        ));
    }
    let told = find(keys, &DISTORTION);
    let coefficients = match told {
        None => return Err(Fault::Parse("it has no distortion_coefficients".to_owned())),
        Some(told) => numbers(told)
            .ok_or_else(|| Fault::Parse("distortion_coefficients are no numbers".to_owned()))?,
    };
    let lens = if is_fisheye(keys)? {
        match coefficients[..] {
            [k1, k2, k3, k4] => fisheye([k1, k2, k3, k4])?,
            _ => {
                return Err(Fault::Value(format!(
                    "it has {} distortion_coefficients, and a fisheye has 4",
                    coefficients.len()
                )));
            }
        }
    } else {
        let count = coefficients.len();
        let known = matches!(count, 0 | 4 | 5 | 8 | 12 | 14);
        let at = |n: usize| coefficients.get(n).copied().unwrap_or(0.0);
        if !known {
            return Err(Fault::Value(format!(
                "it has {count} distortion_coefficients, and OpenCV's are 4, 5, 8, 12 or 14"
            )));
        }
        if coefficients.iter().skip(8).any(|k| *k != 0.0) {
            return Err(Fault::Value(
                "its lens is a thin prism or its sensor is tilted (distortion_coefficients 9 to 14), which is not computed"
                    .to_owned(),
            ));
        }
        brown([at(0), at(1), at(4), at(5), at(6), at(7)], [at(2), at(3)])?
    };
    Calibration {
        size: (width, height),
        focal: (fx, fy),
        focal_sigma: None,
        centre: Some((cx + HALF_PX, cy + HALF_PX)),
        lens,
        rolling_shutter_s: 0.0,
    }
    .camera()
}

/// The value of the first key that has one of these names.
fn find<'a>(keys: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let plain = |key: &str| key.to_lowercase().replace('_', "");
    names.iter().find_map(|name| {
        let mut keys = keys.iter();
        keys.find(|(key, _)| plain(key) == **name)
            .map(|(_, value)| value)
    })
}

fn side(keys: &Map<String, Value>, names: &[&str], shown: &str) -> Result<u32, Fault> {
    let side = find(keys, names).and_then(Value::as_f64);
    let side = side.filter(|side| side.fract() == 0.0 && *side >= 1.0 && *side <= 1e6);
    side.map(|side| side as u32).ok_or_else(|| {
        Fault::Parse(format!(
            "it has no {shown}, the size of the pictures in pixels"
        ))
    })
}

/// The numbers of a matrix: of its `data`, or of its rows.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    let value = value.get("data").unwrap_or(value);
    let members = value.as_array()?;
    if members.iter().any(Value::is_array) {
        let rows: Option<Vec<Vec<f64>>> = members.iter().map(numbers).collect();
        return rows.map(|rows| rows.concat());
    }
    members.iter().map(Value::as_f64).collect()
}

fn is_fisheye(keys: &Map<String, Value>) -> Result<bool, Fault> {
    if let Some(flag) = find(keys, &["fisheyemodel"]) {
        return Ok(flag.as_f64() == Some(1.0) || flag.as_bool() == Some(true));
    }
    match find(keys, &["distortionmodel"]).and_then(Value::as_str) {
        None | Some("plumb_bob" | "rational_polynomial") => Ok(false),
        Some("equidistant" | "fisheye") => Ok(true),
        Some(other) => Err(Fault::Value(format!(
            "distortion_model is {other:?}, and plumb_bob, rational_polynomial and equidistant are computed"
        ))),
    }
}
