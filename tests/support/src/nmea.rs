//! What a GNSS receiver says of an epoch, by NMEA 0183.

use chrono::{DateTime, Datelike, Timelike};

/// What a receiver knows at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Epoch {
    /// Milliseconds since 1970-01-01 00:00:00 UTC.
    pub utc_ms: i64,
    /// WGS84 latitude in degrees.
    pub latitude_deg: f64,
    /// WGS84 longitude in degrees.
    pub longitude_deg: f64,
    /// Height over the geoid in metres.
    pub altitude_m: f64,
    /// The geoid's height over the ellipsoid in metres.
    pub geoid_separation_m: f64,
    /// GGA's quality: 0 no fix, 1 autonomous, 4 and 5 RTK.
    pub quality: u8,
    /// Speed over ground in metres per second.
    pub speed_m_s: f64,
    /// Course over ground in degrees.
    pub course_deg: f64,
    /// One-sigma errors north, east and up in metres.
    pub sigma_m: [f64; 3],
    /// The second is shown as one more, as in a leap second: 59 as 60.
    pub leap_second: bool,
}

impl Epoch {
    /// GGA: position, height and quality.
    #[must_use]
    pub fn gga(&self) -> String {
        sentence(&format!(
            "GNGGA,{},{},{},14,0.8,{:.3},M,{:.3},M,,",
            self.clock(),
            self.place(),
            self.quality,
            self.altitude_m,
            self.geoid_separation_m
        ))
    }

    /// RMC: position, velocity and date.
    #[must_use]
    pub fn rmc(&self) -> String {
        let status = if self.quality == 0 { 'V' } else { 'A' };
        let knots = self.speed_m_s * 3600.0 / 1852.0;
        let date = self.utc();
        sentence(&format!(
            "GNRMC,{},{status},{},{knots:.3},{:.2},{:02}{:02}{:02},,,A",
            self.clock(),
            self.place(),
            self.course_deg.rem_euclid(360.0),
            date.day(),
            date.month(),
            date.year() % 100
        ))
    }

    /// GST: the errors.
    #[must_use]
    pub fn gst(&self) -> String {
        let [north, east, up] = self.sigma_m;
        sentence(&format!(
            "GNGST,{},,,,,{north:.3},{east:.3},{up:.3}",
            self.clock()
        ))
    }

    fn utc(&self) -> DateTime<chrono::Utc> {
        DateTime::from_timestamp_millis(self.utc_ms).unwrap()
    }

    fn clock(&self) -> String {
        let utc = self.utc();
        let second = utc.second() + u32::from(self.leap_second);
        let hundredths = self.utc_ms.rem_euclid(1000) / 10;
        format!(
            "{:02}{:02}{second:02}.{hundredths:02}",
            utc.hour(),
            utc.minute()
        )
    }

    fn place(&self) -> String {
        let side =
            |degrees: f64, positive, negative| if degrees < 0.0 { negative } else { positive };
        format!(
            "{},{},{},{}",
            angle(self.latitude_deg, 2),
            side(self.latitude_deg, 'N', 'S'),
            angle(self.longitude_deg, 3),
            side(self.longitude_deg, 'E', 'W')
        )
    }
}

/// Degrees and minutes, so many digits of degrees.
fn angle(degrees: f64, digits: usize) -> String {
    let minutes = degrees.abs() * 60.0;
    format!(
        "{:0digits$}{:010.7}",
        (minutes / 60.0) as u32,
        minutes % 60.0
    )
}

/// A sentence with its dollar sign, checksum and line's end.
#[must_use]
pub fn sentence(body: &str) -> String {
    let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
    format!("${body}*{sum:02X}\r\n")
}
