//! What the sentences of one epoch say together: a fix, or why there is none to rely on.

use scarp_geo::{
    Altitudes, GnssTime, GroundVelocity, Height, HeightAboveEllipsoid, VerticalDatum, Wgs84,
};
use thiserror::Error;

use super::{
    super::{Fix, FixQuality, Monotonic, PositionSigma},
    sentence::{Gga, Gsa, Rmc, Sentence, TimeOfDay},
};

/// What is known of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FixSettings {
    /// What GGA's altitude is measured from, where the receiver's manual says so. Without it the height above the
    /// ellipsoid is still known, exactly, as the sum of GGA's altitude and geoid separation.
    pub altitude_datum: Option<VerticalDatum>,
    /// Take fixes of a simulator (quality 8).
    pub accept_simulated: bool,
}

/// Why there is no fix of an epoch that could be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NoFix {
    /// GGA's quality is not one of a measurement.
    #[error("fix quality is \"{0}\"; wait for satellites, give the antenna a free view of the sky")]
    Quality(FixQuality),
    /// RMC says V.
    #[error("the receiver warns of its own fix (RMC status V); wait until it has settled")]
    Warning,
    /// GSA says 2D.
    #[error("a 2D fix, whose height is assumed; wait for a fourth satellite")]
    TwoDimensional,
    /// No GGA of this epoch, or one without position.
    #[error("no position (GGA) in this epoch; switch GGA on in the receiver, or check the cable")]
    NoPosition,
    /// The position is not on earth, or exactly 0, 0.
    #[error("position {place} cannot be true; restart the receiver")]
    BadPosition {
        /// As the receiver gave it.
        place: Wgs84,
    },
    /// No altitude, or one without geoid separation.
    #[error(
        "no height over a known datum; switch on GGA's geoid separation, or write what its altitude is measured from as altitude_datum in [gnss] of the board file"
    )]
    NoHeight,
    /// A height that no aircraft has.
    #[error("a height that no aircraft has; check the cable, or look for interference")]
    BadHeight,
    /// No time of day, or no date yet.
    #[error("no date and time; switch on RMC or ZDA in the receiver, or wait for satellites")]
    NoTime,
    /// The date is neither of this age nor one GPS week rollover before.
    #[error("receiver time {unix_ms} ms (Unix) is of another age; update the receiver's firmware")]
    BadDate {
        /// Milliseconds since 1970 as the receiver has it.
        unix_ms: i64,
    },
    /// Neither GST nor HDOP.
    #[error("accuracy unknown; switch on GST or HDOP in the receiver")]
    NoAccuracy,
}

/// Kinds of sentences that an epoch consists of.
pub(super) const KINDS: usize = 6;

/// What has come of one epoch.
#[derive(Debug)]
pub(super) struct Epoch {
    pub time: TimeOfDay,
    /// How many sentences of each kind have come.
    pub seen: [u8; KINDS],
    arrived: Monotonic,
    gga: Option<Gga>,
    rmc: Option<Rmc>,
    sigma: Option<PositionSigma>,
    velocity: Option<GroundVelocity>,
    gsa: Option<Gsa>,
    heading_deg: Option<f64>,
}

impl Epoch {
    /// An epoch of which nothing has come, but a first byte at `arrived`.
    pub fn new(time: TimeOfDay, arrived: Monotonic) -> Self {
        Self {
            time,
            seen: [0; KINDS],
            arrived,
            gga: None,
            rmc: None,
            sigma: None,
            velocity: None,
            gsa: None,
            heading_deg: None,
        }
    }

    /// Takes a sentence of this epoch.
    pub fn add(&mut self, sentence: Sentence) {
        let kind = match sentence {
            Sentence::Gga(_, gga) => {
                self.gga = Some(gga);
                0
            }
            Sentence::Rmc(_, rmc) => {
                self.rmc = Some(rmc);
                1
            }
            Sentence::Gst(_, sigma) => {
                self.sigma = sigma;
                2
            }
            Sentence::Vtg(velocity) => {
                self.velocity = velocity;
                3
            }
            Sentence::Gsa(gsa) => {
                // One per constellation, and some receivers say "no fix" of one without satellites.
                self.gsa = Some(self.gsa.filter(|g| g.three_dimensional).unwrap_or(gsa));
                4
            }
            Sentence::Hdt(heading_deg) => {
                self.heading_deg = heading_deg;
                5
            }
            Sentence::Zda(_) => return,
        };
        self.seen[kind] = self.seen[kind].saturating_add(1);
    }

    /// Whether the position has come, and every kind of sentence as often as is usual.
    pub fn is_complete(&self, usual: &[u8; KINDS]) -> bool {
        self.gga.is_some() && self.seen.iter().zip(usual).all(|(n, usual)| n >= usual)
    }

    /// The fix. Where no sentence tells the date, `newest` is the newest time known.
    ///
    /// # Errors
    /// When the fix is doubtful or incomplete.
    pub fn fix(&self, settings: &FixSettings, newest: Option<GnssTime>) -> Result<Fix, NoFix> {
        let gga = self.gga.ok_or(NoFix::NoPosition)?;
        if gga.quality.range_error_m().is_none()
            || (gga.quality == FixQuality::Simulated && !settings.accept_simulated)
        {
            return Err(NoFix::Quality(gga.quality));
        }
        if self.rmc.is_some_and(|rmc| !rmc.valid) {
            return Err(NoFix::Warning);
        }
        if self.gsa.is_some_and(|gsa| !gsa.three_dimensional) {
            return Err(NoFix::TwoDimensional);
        }
        let place = gga.place.ok_or(NoFix::NoPosition)?;
        if place == Wgs84::ZERO || !place.is_on_earth() {
            return Err(NoFix::BadPosition { place });
        }
        let vdop = self.gsa.and_then(|gsa| gsa.vdop);
        Ok(Fix {
            time: self.utc(newest)?,
            arrived: self.arrived,
            place,
            altitude: altitudes(&gga, settings.altitude_datum)?,
            geoid_separation_m: gga.geoid_separation_m,
            quality: gga.quality,
            satellites: gga.satellites,
            hdop: gga.hdop,
            sigma: self
                .sigma
                .or_else(|| PositionSigma::from_dilution(gga.quality, gga.hdop, vdop))
                .ok_or(NoFix::NoAccuracy)?,
            velocity: self.rmc.and_then(|rmc| rmc.velocity).or(self.velocity),
            heading_deg: self.heading_deg,
        })
    }

    /// Date and time: on the day RMC tells, else on the day that brings it nearest to the newest time known.
    fn utc(&self, newest: Option<GnssTime>) -> Result<GnssTime, NoFix> {
        const DAY_MS: i64 = 86_400_000;
        let TimeOfDay(time_ms) = self.time;
        let told = self.rmc.and_then(|rmc| rmc.midnight);
        let midnight_ms = match (told, newest) {
            (Some(midnight), _) => midnight.unix_ms(),
            (None, Some(newest)) => {
                (newest.unix_ms() - time_ms + DAY_MS / 2).div_euclid(DAY_MS) * DAY_MS
            }
            (None, None) => return Err(NoFix::NoTime),
        };
        of_this_age(GnssTime::from_unix_ms(midnight_ms + time_ms))
    }
}

/// Puts a date right that the receiver has 1024 weeks too early.
///
/// GPS tells the week modulo 1024 (IS-GPS-200, 20.3.3.3.1.1), and a receiver whose firmware is old takes it for one of
/// 19.6 years ago. Dates that even this does not bring into the 1024 weeks from 2025 on are refused.
pub(super) fn of_this_age(time: GnssTime) -> Result<GnssTime, NoFix> {
    /// 2025-01-01, before any of these flights.
    const EARLIEST: i64 = 1_735_689_600_000;
    const ROLLOVER_MS: i64 = 1024 * 7 * 86_400_000;
    let unix_ms = time.unix_ms();
    let righted = if unix_ms < EARLIEST {
        unix_ms + ROLLOVER_MS
    } else {
        unix_ms
    };
    if (EARLIEST..EARLIEST + ROLLOVER_MS).contains(&righted) {
        Ok(GnssTime::from_unix_ms(righted))
    } else {
        Err(NoFix::BadDate { unix_ms })
    }
}

/// GGA's heights. Altitude and separation refer to the same geoid, whichever it is, so their sum is above the
/// ellipsoid.
fn altitudes(gga: &Gga, datum: Option<VerticalDatum>) -> Result<Altitudes, NoFix> {
    let altitude_m = gga.altitude_m.ok_or(NoFix::NoHeight)?;
    let mut altitudes = Altitudes {
        ellipsoid: gga
            .geoid_separation_m
            .map(|separation_m| HeightAboveEllipsoid::new(altitude_m + separation_m)),
        ..Altitudes::default()
    };
    match datum.map(|datum| Height::new(datum, altitude_m)) {
        Some(Height::Ellipsoid(height)) => altitudes.ellipsoid = Some(height),
        Some(Height::Egm96(height)) => altitudes.egm96 = Some(height),
        Some(Height::Egm2008(height)) => altitudes.egm2008 = Some(height),
        None => {}
    }
    if altitudes.is_empty() {
        return Err(NoFix::NoHeight);
    }
    if !altitudes.are_plausible() {
        return Err(NoFix::BadHeight);
    }
    Ok(altitudes)
}

#[cfg(test)]
mod tests {
    use super::super::{
        checksum, parse,
        testing::{GGA, GSA, GST, RMC},
    };
    use super::*;

    const VTG: &str = "GNVTG,180.0,T,,M,19.438,N,36.0,K,A";

    fn one(settings: FixSettings, bodies: &[&str]) -> Result<Fix, NoFix> {
        let mut epoch = Epoch::new(TimeOfDay(34_045_100), Monotonic::from_nanos(7));
        for body in bodies {
            let line = format!("${body}*{:02X}", checksum(body));
            epoch.add(parse(&line).unwrap().unwrap());
        }
        epoch.fix(&settings, None)
    }

    fn fix(bodies: &[&str]) -> Result<Fix, NoFix> {
        one(FixSettings::default(), bodies)
    }

    #[test]
    fn an_epochs_sentences_make_one_fix() {
        let fix = fix(&[RMC, VTG, GGA, GSA, GST, "HEHDT,91.5,T"]).unwrap();
        assert_eq!(fix.time.unix_ms(), 1_762_766_845_100);
        assert_eq!(fix.arrived, Monotonic::from_nanos(7));
        assert!((fix.place.latitude_deg() - 47.285_233_2).abs() < 1e-7);
        assert!((fix.place.longitude_deg() - 8.565_265).abs() < 1e-7);
        assert_eq!(
            (fix.quality, fix.satellites, fix.heading_deg),
            (FixQuality::Autonomous, Some(12), Some(91.5))
        );
        let velocity = fix.velocity.unwrap();
        assert!((velocity.east_m_s - 10.0).abs() < 1e-3 && velocity.north_m_s.abs() < 1e-6);
        assert!((fix.sigma.north_m - 0.9).abs() < 1e-6 && (fix.sigma.up_m - 1.8).abs() < 1e-6);
    }

    #[test]
    fn altitude_and_separation_add_to_the_height_above_the_ellipsoid() {
        let altitude = fix(&[RMC, GGA]).unwrap().altitude;
        assert!((altitude.ellipsoid.unwrap().metres() - 547.6).abs() < 1e-4);
        assert_eq!((altitude.egm96, altitude.egm2008), (None, None));
        let stated = FixSettings {
            altitude_datum: Some(VerticalDatum::Egm96),
            ..FixSettings::default()
        };
        let altitude = one(stated, &[RMC, GGA]).unwrap().altitude;
        assert!((altitude.egm96.unwrap().metres() - 499.6).abs() < 1e-4);
        assert!((altitude.ellipsoid.unwrap().metres() - 547.6).abs() < 1e-4);
    }

    #[test]
    fn a_height_that_no_aircraft_has_is_refused() {
        for metres in ["-1100.0", "1e38", "200000.0"] {
            let absurd = GGA.replace("499.6", metres);
            assert_eq!(fix(&[RMC, &absurd]), Err(NoFix::BadHeight), "{metres}");
        }
    }

    #[test]
    fn an_altitude_over_an_unknown_datum_is_refused_and_a_stated_one_taken() {
        let bare = GGA.replace("48.0", "");
        assert_eq!(fix(&[RMC, &bare]), Err(NoFix::NoHeight));
        let stated = FixSettings {
            altitude_datum: Some(VerticalDatum::Ellipsoid),
            ..FixSettings::default()
        };
        let altitude = one(stated, &[RMC, &bare]).unwrap().altitude;
        assert!((altitude.ellipsoid.unwrap().metres() - 499.6).abs() < 1e-4);
    }

    #[test]
    fn without_gst_the_error_comes_from_the_dilution() {
        let with_vdop = fix(&[RMC, GGA, GSA]).unwrap().sigma;
        assert!((with_vdop.north_m - 0.8 * 3.0 / 2f64.sqrt()).abs() < 1e-6);
        assert!((with_vdop.up_m - 1.2 * 3.0).abs() < 1e-6);
        let rtk = GGA.replace("E,1,", "E,4,");
        assert!(fix(&[RMC, &rtk]).unwrap().sigma.north_m < 0.02);
        let unknown = GGA.replace("0.80", "");
        assert_eq!(fix(&[RMC, &unknown]), Err(NoFix::NoAccuracy));
        assert!(fix(&[RMC, &unknown, GST]).is_ok());
    }

    #[test]
    fn a_doubtful_fix_is_refused_with_its_reason() {
        for (quality, reason) in [
            ("0", FixQuality::None),
            ("6", FixQuality::Estimated),
            ("7", FixQuality::Manual),
            ("8", FixQuality::Simulated),
        ] {
            let gga = GGA.replace("E,1,", &format!("E,{quality},"));
            assert_eq!(fix(&[RMC, &gga]), Err(NoFix::Quality(reason)));
        }
        assert_eq!(
            fix(&[&RMC.replace(",A,47", ",V,47"), GGA]),
            Err(NoFix::Warning)
        );
        let flat = GSA.replace("A,3", "A,2");
        assert_eq!(fix(&[RMC, GGA, &flat]), Err(NoFix::TwoDimensional));
        assert_eq!(fix(&[RMC, GST]), Err(NoFix::NoPosition));
        let blank = GGA.replace("4717.11399,N,00833.91590,E", ",,,");
        assert_eq!(fix(&[RMC, &blank]), Err(NoFix::NoPosition));
        for place in [
            "0000.0,N,00000.0,E",
            "9100.0,N,00833.9,E",
            "4717.1,N,18100.0,W",
        ] {
            let gga = GGA.replace("4717.11399,N,00833.91590,E", place);
            assert!(
                matches!(fix(&[RMC, &gga]), Err(NoFix::BadPosition { .. })),
                "{place}"
            );
        }
        assert_eq!(fix(&[GGA]), Err(NoFix::NoTime));
    }

    #[test]
    fn a_fix_on_the_equator_is_taken_and_a_simulators_if_wanted() {
        let equator = GGA.replace("4717.11399,N", "0000.00000,N");
        assert!(fix(&[RMC, &equator]).is_ok());
        let settings = FixSettings {
            accept_simulated: true,
            ..FixSettings::default()
        };
        assert!(one(settings, &[RMC, &GGA.replace("E,1,", "E,8,")]).is_ok());
    }

    #[test]
    fn a_constellation_without_satellites_does_not_make_the_fix_doubtful() {
        let empty = "GLGSA,A,1,,,,,,,,,,,,,,,";
        assert!(fix(&[RMC, GGA, GSA, empty]).is_ok());
        assert!(fix(&[RMC, GGA, empty, GSA]).is_ok());
    }

    #[test]
    fn a_date_of_one_week_rollover_ago_is_put_right_and_any_other_past_refused() {
        // 2025-11-10 less 1024 weeks is 2006-03-27.
        let rolled = fix(&[&RMC.replace("101125", "270306"), GGA]).unwrap();
        assert_eq!(rolled.time, fix(&[RMC, GGA]).unwrap().time);
        let cold = fix(&[&RMC.replace("101125", "060180"), GGA]);
        assert!(matches!(cold, Err(NoFix::BadDate { .. })), "{cold:?}");
    }

    #[test]
    fn the_reasons_are_one_line_each_and_say_what_to_do() {
        for reason in [
            NoFix::Quality(FixQuality::None),
            NoFix::Warning,
            NoFix::TwoDimensional,
            NoFix::NoPosition,
            NoFix::NoHeight,
            NoFix::NoTime,
            NoFix::BadDate { unix_ms: 0 },
            NoFix::NoAccuracy,
        ] {
            let line = reason.to_string();
            assert!(line.lines().count() == 1 && line.contains(';'), "{line}");
        }
    }
}
