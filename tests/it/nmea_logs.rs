//! What real receivers said, see tests/fixtures/nmea/README.md.

use std::{fs, path::Path};

use scarp_nav::{Fix, FixQuality, FixReader, FixSettings, Monotonic, NoFix};

fn log(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nmea");
    fs::read(folder.join(name)).unwrap()
}

/// Every epoch of a log.
fn epochs(name: &str) -> Vec<Result<Fix, NoFix>> {
    let mut reader = FixReader::new(FixSettings::default());
    let bytes = log(name).into_iter();
    let epochs = bytes.filter_map(|byte| reader.push(byte, Monotonic::from_nanos(0)));
    epochs.collect()
}

/// Metres north and east from one fix to another, nearby.
fn way_m(from: &Fix, to: &Fix) -> (f64, f64) {
    let cos = from.place.latitude_deg().to_radians().cos();
    // The meridian's and the parallel's radii of curvature differ from this by less than a percent here.
    let degree_m = 6_378_137.0_f64.to_radians();
    (
        (to.place.latitude_deg() - from.place.latitude_deg()) * degree_m,
        (to.place.longitude_deg() - from.place.longitude_deg()) * degree_m * cos,
    )
}

/// Places of the log's own GGA sentences that have one, degrees and minutes as they stand there.
fn places(name: &str) -> Vec<String> {
    let text = String::from_utf8(log(name)).unwrap();
    let ggas = text.lines().filter(|line| line.contains("GGA,"));
    let fields = ggas.map(|line| line.split(',').collect::<Vec<_>>());
    fields
        .filter(|fields| !fields[2].is_empty())
        .map(|fields| [fields[2], fields[4]].join(" "))
        .collect()
}

fn written(fix: &Fix) -> String {
    let minutes = |degrees: f64, width| {
        let whole = degrees.trunc();
        format!("{whole:0width$}{:09.6}", (degrees - whole) * 60.0)
    };
    let place = fix.place;
    [
        minutes(place.latitude_deg(), 2),
        minutes(place.longitude_deg(), 3),
    ]
    .join(" ")
}

#[test]
fn an_aircrafts_log_with_a_lost_fix_gives_the_fixes_that_are_in_it_and_no_other() {
    let epochs = epochs("aircraft.log");
    let fixes: Vec<&Fix> = epochs.iter().flatten().collect();
    let places = places("aircraft.log");
    let of_log = fixes.iter().filter(|fix| places.contains(&written(fix)));
    assert_eq!((of_log.count(), places.len()), (fixes.len(), 79));
    // This receiver sends GSA before the time it belongs to: of the last fix before each loss it is not known to be one in
    // space, and it is refused; and no epoch follows that would end the log's last.
    assert!(fixes.len() >= 76, "{}", fixes.len());
    for pair in fixes.windows(2) {
        let apart_ms = pair[1].time.unix_ms() - pair[0].time.unix_ms();
        assert!(apart_ms >= 1000 && apart_ms % 1000 == 0, "{apart_ms}");
    }
    let knots = |fix: &Fix| {
        let told = fix.velocity.unwrap();
        told.north_m_s.hypot(told.east_m_s) * 3600.0 / 1852.0
    };
    assert!((knots(fixes[0]) - 152.6).abs() < 0.2, "{}", knots(fixes[0]));
    let first = fixes[0];
    // 2017-03-31 11:01:24 UTC, which is before this program: taken for a date one week rollover (1024 weeks) back.
    assert_eq!(
        first.time.unix_ms(),
        1_490_958_084_000 + 1024 * 7 * 86_400_000
    );
    assert_eq!(first.quality, FixQuality::Differential);
    assert!((first.altitude.ellipsoid.unwrap().metres() - 2191.0).abs() < 1e-3);
}

#[test]
fn a_receiver_without_a_fix_gives_its_reason_and_nothing_else() {
    let epochs = epochs("no_fix.log");
    assert!(!epochs.is_empty());
    for epoch in epochs {
        let reason = epoch.unwrap_err().to_string();
        assert!(reason.contains("no fix"), "{reason}");
    }
}

#[test]
fn from_power_on_to_the_first_fix_nothing_is_placed_and_then_it_stands_still() {
    let epochs = epochs("first_fix.log");
    let first = epochs.iter().position(Result::is_ok).unwrap();
    assert!(first > 0);
    let fixes: Vec<&Fix> = epochs[first..].iter().flatten().collect();
    assert!(fixes.len() >= 30, "{}", fixes.len());
    for fix in &fixes {
        let (north_m, east_m) = way_m(fixes[0], fix);
        assert!(north_m.hypot(east_m) < 10.0, "{fix:?}");
    }
}
