//! The computer's temperature.

use std::{fs, path::Path};

/// Where Linux tells temperatures.
pub(super) const THERMAL: &str = "/sys/class/thermal";
/// Beyond what a running computer can have, degrees Celsius: zones without a sensor tell such.
const BELIEVED_C: std::ops::RangeInclusive<f64> = -40.0..=150.0;

/// The hottest of the zones under `thermal`, degrees Celsius; `None` where nothing is measured.
pub(super) fn hottest_c(thermal: &Path) -> Option<f64> {
    let zones = fs::read_dir(thermal).ok()?;
    zones
        .flatten()
        .filter(|zone| {
            zone.file_name()
                .to_string_lossy()
                .starts_with("thermal_zone")
        })
        .filter_map(|zone| {
            let milli = fs::read_to_string(zone.path().join("temp")).ok()?;
            Some(milli.trim().parse::<f64>().ok()? / 1000.0)
        })
        .filter(|c| BELIEVED_C.contains(c))
        .max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hottest_zone_counts_and_broken_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        for (zone, text) in [
            ("thermal_zone0", "61500\n"),
            ("thermal_zone1", "74000\n"),
            ("thermal_zone2", "-256000\n"),
            ("thermal_zone3", "?"),
            ("cooling_device0", "99000\n"),
        ] {
            fs::create_dir(folder.path().join(zone)).unwrap();
            fs::write(folder.path().join(zone).join("temp"), text).unwrap();
        }
        assert_eq!(hottest_c(folder.path()), Some(74.0));
        assert_eq!(hottest_c(&folder.path().join("none")), None);
    }
}
