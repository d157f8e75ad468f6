//! NMEA 0183 sentences of the simulated receiver.

use chrono::{DateTime, Utc};

use crate::sensors::Sigmas;

/// GGA, RMC and GST of one fix, each ended by CR LF. The height over EGM96 is GGA's height over mean sea level; the
/// separation, of the geoid above the ellipsoid, is left empty in a simulated world without ellipsoidal heights.
#[must_use]
pub fn fix(
    time: DateTime<Utc>,
    latitude_deg: f64,
    longitude_deg: f64,
    height_m: f64,
    separation_m: Option<f64>,
    course: (f64, f64),
    sigmas: &Sigmas,
) -> String {
    let hundredths = time.timestamp_subsec_millis() / 10;
    let clock = format!("{}.{hundredths:02}", time.format("%H%M%S"));
    let date = time.format("%d%m%y");
    let latitude = format!(
        "{},{}",
        angle(latitude_deg, 2),
        if latitude_deg < 0.0 { 'S' } else { 'N' }
    );
    let longitude = format!(
        "{},{}",
        angle(longitude_deg, 3),
        if longitude_deg < 0.0 { 'W' } else { 'E' }
    );
    let (speed_m_s, heading_deg) = course;
    let knots = speed_m_s * 3600.0 / 1852.0;
    let heading = heading_deg.rem_euclid(360.0);
    let separation = separation_m.map_or(String::new(), |metres| format!("{metres:.3}"));
    let (horizontal, vertical) = (sigmas.horizontal_m, sigmas.vertical_m);
    [
        format!("GPGGA,{clock},{latitude},{longitude},1,14,0.8,{height_m:.3},M,{separation},M,,"),
        format!("GPRMC,{clock},A,{latitude},{longitude},{knots:.2},{heading:.2},{date},,,A"),
        format!("GPGST,{clock},,,,,{horizontal:.3},{horizontal:.3},{vertical:.3}"),
    ]
    .map(|body| format!("${body}*{:02X}\r\n", checksum(&body)))
    .concat()
}

/// Degrees and minutes, with 1e-7 minutes: 0.2 mm.
fn angle(degrees: f64, digits: usize) -> String {
    const PER_MINUTE: u64 = 10_000_000;
    let units = (degrees.abs() * 60.0 * PER_MINUTE as f64).round() as u64;
    let (minutes, rest) = (units / PER_MINUTE, units % PER_MINUTE);
    format!("{:0digits$}{:02}.{rest:07}", minutes / 60, minutes % 60)
}

fn checksum(body: &str) -> u8 {
    body.bytes().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_sentence_has_its_known_checksum() {
        // The example of the u-blox M8 protocol description, section 31.2.8.
        let body = "GPRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A";
        assert_eq!(checksum(body), 0x57);
    }

    #[test]
    fn a_fix_south_and_west_is_written_so() {
        let text = fix(
            DateTime::from_timestamp_millis(951_827_696_789).unwrap(),
            -33.5,
            -70.25,
            812.3456,
            None,
            (10.0, -90.0),
            &Sigmas::default(),
        );
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with(
            "$GPGGA,123456.78,3330.0000000,S,07015.0000000,W,1,14,0.8,812.346,M,,M,,*"
        ));
        assert!(lines[1].contains(",19.44,270.00,290200,"));
        assert!(lines[2].starts_with("$GPGST,123456.78,,,,,1.500,1.500,2.000*"));
    }

    #[test]
    fn rounding_carries_into_the_minutes() {
        assert_eq!(angle(9.999_999_999_99, 3), "01000.0000000");
    }
}
