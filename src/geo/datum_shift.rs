//! How a datum lies to WGS84, and how well that is known.

/// Parameters of shifts as PROJ writes them, or PROJ's name for them; the accuracy in metres that EPSG's register states for the
/// operation with these parameters, and its name. `tests/terrain/datum_shifts.py` made it.
const REGISTER: &str = include_str!("datum_shifts.txt");

/// The register's number for an accuracy that nobody knows.
const UNKNOWN_M: f64 = 999.0;

/// How far modern geocentric datums on GRS80 (ETRS89, NAD83, GDA94, JGD2011) lie from WGS84, one sigma in metres: two metres at most,
/// where a plate has moved on since, or NAD83's origin lies beside the earth's centre.
const MODERN_SIGMA_M: f64 = 1.0;

/// One-sigma error in metres of the way between WGS84 and the datum of a definition as PROJ writes it; 0 for WGS84 itself.
///
/// # Errors
/// Why it is not known: nothing says how the datum lies there, only a grid does, or nobody states how well.
pub(super) fn sigma_m(definition: &str) -> Result<f64, String> {
    if let Some(why) = missing(definition) {
        return Err(why);
    }
    let has = |start: &str| {
        definition
            .split_whitespace()
            .find_map(|w| w.strip_prefix(start))
    };
    // By that, web mercator says that its sphere's degrees are WGS84's.
    if has("+nadgrids=") == Some("@null") {
        return Ok(0.0);
    }
    let shift = match (has("+datum="), has("+towgs84=")) {
        (Some("WGS84"), _) => return Ok(0.0),
        (Some("NAD83"), _) | (None, None) => return Ok(MODERN_SIGMA_M),
        (None, Some(shift)) if is_nothing(shift) => return Ok(MODERN_SIGMA_M),
        (Some(shift), _) | (None, Some(shift)) => shift,
    };
    let accuracy_m = REGISTER.lines().find_map(|line| {
        let (parameters, rest) = line.split_once(' ')?;
        let accuracy = rest.split(' ').next()?;
        (parameters == shift).then(|| accuracy.parse::<f64>().ok())?
    });
    match accuracy_m {
        Some(metres) if metres < UNKNOWN_M => Ok(metres.max(MODERN_SIGMA_M)),
        _ => Err(format!("nobody states how well {shift} shifts it to WGS84")),
    }
}

/// Whether the parameters of a shift move nothing.
fn is_nothing(shift: &str) -> bool {
    shift.split(',').all(|number| number.parse() == Ok(0.0_f64))
}

/// Why it is not known how the datum of a definition lies to WGS84; `None` where it is. An older one than those of
/// [`MODERN_SIGMA_M`] may be off by hundreds of metres without parameters.
pub(super) fn missing(definition: &str) -> Option<String> {
    let has = |start: &str| definition.split_whitespace().find(|w| w.starts_with(start));
    let grids = has("+nadgrids=").map(|w| &w["+nadgrids=".len()..]);
    if let Some(grids) = grids.filter(|grids| *grids != "@null") {
        return Some(format!(
            "it lies to WGS84 by the grid {grids}, which is not here"
        ));
    }
    if has("+datum=") == Some("+datum=NAD27") {
        return Some("NAD27 lies to WGS84 by grids, which are not here".to_owned());
    }
    if grids.is_some() || has("+datum=").is_some() {
        return None;
    }
    let number = |start: &str| has(start).and_then(|w| w[start.len()..].parse::<f64>().ok());
    let like_wgs84 = number("+a=") == Some(6_378_137.0)
        && number("+rf=").is_some_and(|rf| {
            (rf - 298.257_222).abs() < 1e-4 || (rf - 298.257_223_563).abs() < 1e-4
        });
    let is_known = has("+towgs84=").is_some()
        || has("+ellps=GRS80").is_some()
        || has("+ellps=WGS84").is_some()
        || like_wgs84;
    (!is_known).then(|| "nothing says how it lies to WGS84".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn definition(code: u16) -> &'static str {
        crs_definitions::from_code(code).unwrap().proj4
    }

    #[rstest]
    #[case::wgs84(32615, 0.0)]
    #[case::web_mercator(3857, 0.0)]
    #[case::nad83(26915, 1.0)]
    #[case::etrs89(25832, 1.0)]
    #[case::lambert_of_france(2154, 1.0)]
    #[case::british_grid(27700, 2.0)]
    #[case::ed50(23032, 10.0)]
    #[case::lv95(2056, 1.5)]
    #[case::arc_1960(21037, 35.0)]
    fn a_datum_is_as_good_as_the_register_says(#[case] code: u16, #[case] sigma_m: f64) {
        assert_eq!(super::sigma_m(definition(code)), Ok(sigma_m));
    }

    #[test]
    fn a_shift_that_nobody_vouches_for_is_refused_by_name() {
        let why = sigma_m(definition(2933)).unwrap_err();
        assert!(why.contains("nobody states how well -403,684,41"), "{why}");
    }

    #[test]
    fn every_shift_of_the_register_stands_in_the_table() {
        let mut shifts = 0;
        for code in 1..=u16::MAX {
            let Some(known) = crs_definitions::from_code(code) else {
                continue;
            };
            let words = known.proj4.split_whitespace();
            let stated = words.clone().find_map(|w| w.strip_prefix("+towgs84="));
            let named = words.clone().find_map(|w| w.strip_prefix("+datum="));
            let named = named.filter(|name| !["WGS84", "NAD83", "NAD27"].contains(name));
            let Some(shift) = named.or(stated.filter(|shift| !is_nothing(shift))) else {
                continue;
            };
            shifts += 1;
            let line = REGISTER
                .lines()
                .find(|line| line.starts_with(&format!("{shift} ")));
            assert!(line.is_some(), "EPSG:{code}: {shift}");
        }
        assert!(shifts > 1500, "{shifts}");
    }
}
