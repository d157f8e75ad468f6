//! What the numbers of a band mean: datum, unit, scale and offset, from all who have a say on them.

use super::{
    DemError, DemStatement, HeightUnit,
    gdal_metadata::BandMetadata,
    geo_keys::{GeoKeys, Vertical},
    tile::Source,
};
use crate::VerticalDatum;

/// Of a smaller horizontal error of a model nobody is told, in metres.
const TOLD_SIGMA_M: f64 = 1.0;

/// What the heights are over: what the file says, or the user where it says nothing, or else.
pub(super) fn datum(
    name: &str,
    keys: &GeoKeys<'_>,
    stated: DemStatement,
) -> Result<VerticalDatum, DemError> {
    let path = || name.to_owned();
    match (keys.vertical(), stated.datum) {
        (Vertical::Over(file), _) => agreed_datum(name, file, stated),
        (_, Some(given)) if stated.overrides => Ok(given),
        (Vertical::Unstated, Some(given)) => Ok(given),
        (Vertical::Unstated, None) => Err(DemError::UnknownDatum { path: path() }),
        (Vertical::Unsupported(name), _) => Err(DemError::UnsupportedDatum { path: path(), name }),
    }
}

/// What the heights of a file over a datum that it names are over, where the user may name one, too.
pub(super) fn agreed_datum(
    name: &str,
    file: VerticalDatum,
    stated: DemStatement,
) -> Result<VerticalDatum, DemError> {
    match stated.datum {
        Some(given) if stated.overrides || file == given => Ok(given),
        Some(given) => Err(DemError::DatumConflict {
            path: name.to_owned(),
            file,
            given,
        }),
        None => Ok(file),
    }
}

/// Told of a model that may lie further beside its place than modern datums do among themselves.
pub(super) fn shift_remark(name: &str, source: &Source) -> Option<String> {
    let sigma_m = source.horizontal_sigma_m;
    (sigma_m > TOLD_SIGMA_M).then(|| {
        format!(
            "elevation model {name}: its places are good to {sigma_m} m (one sigma), because the datum of EPSG:{} is known no better; the stated errors hold that",
            source.epsg
        )
    })
}

/// The unit of the heights: what the band, the vertical unit and the user say, who have to agree. Where nobody says anything, that of
/// the vertical reference system; as in GDAL, a band may count in another. Without
/// such a system it is the metre where coordinates are metres or degrees (`is_in_metres`).
pub(super) fn unit(
    name: &str,
    keys: &GeoKeys<'_>,
    band: &BandMetadata,
    stated: DemStatement,
    is_in_metres: bool,
) -> Result<HeightUnit, DemError> {
    if let (Some(unit), true) = (stated.unit, stated.overrides) {
        return Ok(unit);
    }
    let unknown = |reason| DemError::UnknownUnit {
        path: name.to_owned(),
        reason,
    };
    let of_band = band.unit.as_deref().map(named_unit).transpose();
    let said = [
        ("its band", of_band.map_err(unknown)?),
        ("its vertical unit", keys.stated_unit().map_err(unknown)?),
        ("the command", stated.unit),
    ];
    let mut said = said
        .into_iter()
        .filter_map(|(who, unit)| Some((who, unit?)));
    let Some((first_from, first)) = said.next() else {
        let implied = keys.implied_unit().map_err(unknown)?;
        if implied.is_none() && !is_in_metres {
            let reason = "its coordinates are in feet, and it does not say what its heights are in";
            return Err(unknown(reason.to_owned()));
        }
        return Ok(implied.unwrap_or(HeightUnit::Metre));
    };
    match said.find(|(_, unit)| *unit != first) {
        None => Ok(first),
        Some((other_from, other)) => Err(DemError::UnitConflict {
            path: name.to_owned(),
            first_from,
            first,
            other_from,
            other,
        }),
    }
}

/// The unit that a band's metadata spell in one of the ways that are met.
fn named_unit(name: &str) -> Result<HeightUnit, String> {
    match name.to_ascii_lowercase().replace(['_', '-'], " ").as_str() {
        "m" | "metre" | "metres" | "meter" | "meters" => Ok(HeightUnit::Metre),
        "ft" | "foot" | "feet" | "international foot" | "international feet" => {
            Ok(HeightUnit::Foot)
        }
        "us ft" | "ftus" | "us foot" | "us survey foot" | "us survey feet" | "foot us"
        | "survey foot" => Ok(HeightUnit::UsSurveyFoot),
        _ => Err(format!("the unit of its band is {name:?}")),
    }
}

/// What numbers are multiplied by, and what is added after that.
///
/// GDAL keeps the two in its metadata; where the file names a vertical reference system, in the height of the model's place.
pub(super) fn scale(
    keys: &GeoKeys<'_>,
    place: Option<(f64, f64)>,
    band: &BandMetadata,
) -> Result<(f64, f64), String> {
    let of_band = (band.scale, band.offset);
    let of_place = place.filter(|_| !matches!(keys.vertical(), Vertical::Unstated));
    match of_place {
        None => Ok(of_band),
        Some(of_place) if of_band == (1.0, 0.0) || of_band == of_place => {
            if of_place.0 == 0.0 {
                return Err("the scale of its heights is 0".to_owned());
            }
            Ok(of_place)
        }
        Some(of_place) => Err(format!(
            "it has two scales and offsets for its heights, {of_band:?} and {of_place:?}"
        )),
    }
}
