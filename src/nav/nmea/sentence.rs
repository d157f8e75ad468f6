//! What a sentence says, in SI units.
//!
//! Parsing is the `nmea` crate's. What it leaves to its caller is seen to here: it takes "nan" and "inf" for numbers,
//! which count as missing. Second 60 of a leap second it refuses, and so do we: those sentences are unreadable, and
//! that second has no fix.

use chrono::{NaiveDate, NaiveTime};
use nmea::{
    ParseResult,
    sentences::{FixType, GgaData, GsaData, RmcData, gsa::GsaMode2, rmc::RmcStatusOfFix},
};
use scarp_geo::{GnssTime, GroundVelocity, Latitude, Longitude, Wgs84};
use thiserror::Error;

use super::super::{FixQuality, PositionSigma};

/// Metres per second of one knot.
const KNOT_M_S: f64 = 1852.0 / 3600.0;

/// Time of day on UTC, in milliseconds since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(pub i64);

/// A sentence a fix is made of, from any talker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sentence {
    /// Position, height and quality.
    Gga(Option<TimeOfDay>, Gga),
    /// Status, velocity and date.
    Rmc(Option<TimeOfDay>, Rmc),
    /// Position error; `None` where the receiver does not know it.
    Gst(Option<TimeOfDay>, Option<PositionSigma>),
    /// Velocity over ground.
    Vtg(Option<GroundVelocity>),
    /// Kind of fix and dilution of precision.
    Gsa(Gsa),
    /// True heading of the vehicle, degrees clockwise from north.
    Hdt(Option<f64>),
    /// Date and time.
    Zda(Option<GnssTime>),
}

/// Position, height and quality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gga {
    /// Where the antenna is.
    pub place: Option<Wgs84>,
    /// How the fix was made.
    pub quality: FixQuality,
    /// Satellites used.
    pub satellites: Option<u32>,
    /// Horizontal dilution of precision.
    pub hdop: Option<f64>,
    /// Height of the antenna above mean sea level, which is the receiver's geoid, metres.
    pub altitude_m: Option<f64>,
    /// Height of that geoid above the ellipsoid, metres.
    pub geoid_separation_m: Option<f64>,
}

/// Status, velocity and date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rmc {
    /// Whether the receiver stands by its fix (status A).
    pub valid: bool,
    /// Velocity over ground; many receivers give no course, and so no velocity, when they stand still.
    pub velocity: Option<GroundVelocity>,
    /// Midnight at which the day begins, UTC, as the receiver writes it.
    pub midnight: Option<GnssTime>,
}

/// Kind of fix and dilution of precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gsa {
    /// Whether the height was measured too.
    pub three_dimensional: bool,
    /// Vertical dilution of precision.
    pub vdop: Option<f64>,
}

/// A sentence with a good checksum that does not say what its name promises.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{line} cannot be read; if such sentences keep coming, update the receiver's firmware")]
pub struct Unreadable {
    /// The sentence.
    pub line: String,
}

/// Reads one sentence, `$` to checksum; `None` for a kind that tells nothing about the fix.
pub fn parse(line: &str) -> Result<Option<Sentence>, Unreadable> {
    let kind = line.get(3..6).unwrap_or_default();
    if !["GGA", "RMC", "GST", "VTG", "GSA", "HDT", "ZDA"].contains(&kind) {
        return Ok(None);
    }
    let unreadable = |_| Unreadable {
        line: line.to_owned(),
    };
    Ok(match nmea::parse_str(line).map_err(unreadable)? {
        ParseResult::GGA(gga) => Some(Sentence::Gga(
            gga.fix_time.map(time_of_day),
            Gga {
                place: place(&gga),
                quality: gga.fix_type.map_or(FixQuality::None, quality),
                satellites: gga.fix_satellites,
                hdop: finite(gga.hdop),
                altitude_m: finite(gga.altitude),
                geoid_separation_m: finite(gga.geoid_separation),
            },
        )),
        ParseResult::RMC(rmc) => Some(Sentence::Rmc(rmc.fix_time.map(time_of_day), status(&rmc))),
        ParseResult::GST(gst) => {
            let sigma = |metres| finite(metres).filter(|m| *m > 0.0);
            let sigmas = sigma(gst.lat_sd).zip(sigma(gst.long_sd));
            Some(Sentence::Gst(
                gst.time.map(time_of_day),
                sigmas
                    .zip(sigma(gst.alt_sd))
                    .map(|((north_m, east_m), up_m)| PositionSigma {
                        north_m,
                        east_m,
                        up_m,
                    }),
            ))
        }
        ParseResult::VTG(vtg) => Some(Sentence::Vtg(velocity(
            vtg.speed_over_ground,
            vtg.true_course,
        ))),
        ParseResult::GSA(gsa) => Some(Sentence::Gsa(dilution(&gsa))),
        ParseResult::HDT(hdt) => Some(Sentence::Hdt(finite(hdt.heading))),
        ParseResult::ZDA(zda) => {
            Some(Sentence::Zda(zda.utc_date_time().map(|t| {
                GnssTime::from_unix_ms(t.and_utc().timestamp_millis())
            })))
        }
        _ => None,
    })
}

fn status(rmc: &RmcData) -> Rmc {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    Rmc {
        valid: rmc.status_of_fix != RmcStatusOfFix::Invalid,
        velocity: velocity(rmc.speed_over_ground, rmc.true_course),
        midnight: rmc.fix_date.map(midnight).map(GnssTime::from_unix_ms),
    }
}

fn dilution(gsa: &GsaData) -> Gsa {
    Gsa {
        three_dimensional: gsa.mode2 == GsaMode2::Fix3D,
        vdop: finite(gsa.vdop),
    }
}

fn velocity(knots: Option<f32>, course_deg: Option<f32>) -> Option<GroundVelocity> {
    let (sin, cos) = finite(course_deg)?.to_radians().sin_cos();
    let speed_m_s = finite(knots)? * KNOT_M_S;
    Some(GroundVelocity {
        north_m_s: speed_m_s * cos,
        east_m_s: speed_m_s * sin,
    })
}

fn place(gga: &GgaData) -> Option<Wgs84> {
    let latitude = finite(gga.latitude).map(Latitude::from_degrees);
    let longitude = finite(gga.longitude).map(Longitude::from_degrees);
    Some(Wgs84::new(latitude?, longitude?))
}

fn time_of_day(time: NaiveTime) -> TimeOfDay {
    TimeOfDay((time - NaiveTime::MIN).num_milliseconds())
}

fn finite<T: Into<f64>>(number: Option<T>) -> Option<f64> {
    number.map(Into::into).filter(|n| n.is_finite())
}

fn quality(fix: FixType) -> FixQuality {
    match fix {
        FixType::Invalid => FixQuality::None,
        FixType::Gps => FixQuality::Autonomous,
        FixType::DGps => FixQuality::Differential,
        FixType::Pps => FixQuality::Precise,
        FixType::Rtk => FixQuality::RtkFixed,
        FixType::FloatRtk => FixQuality::RtkFloat,
        FixType::Estimated => FixQuality::Estimated,
        FixType::Manual => FixQuality::Manual,
        FixType::Simulation => FixQuality::Simulated,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::checksum, *};

    fn read(body: &str) -> Result<Option<Sentence>, Unreadable> {
        parse(&format!("${body}*{:02X}", checksum(body)))
    }

    fn is_one(body: &str) -> Sentence {
        read(body).unwrap().unwrap()
    }

    #[test]
    fn gga_gives_position_height_separation_quality_and_dilution() {
        let body =
            "GNGGA,092725.10,4717.1139912,N,00833.9159012,W,4,12,0.58,499.612,M,48.012,M,1.2,0000";
        let Sentence::Gga(time, gga) = is_one(body) else {
            panic!("not GGA")
        };
        assert_eq!(time, Some(TimeOfDay(34_045_100)));
        let place = gga.place.unwrap();
        assert!((place.latitude_deg() - (47.0 + 17.113_991_2 / 60.0)).abs() < 1e-12);
        assert!((place.longitude_deg() + (8.0 + 33.915_901_2 / 60.0)).abs() < 1e-12);
        assert_eq!(
            (gga.quality, gga.satellites),
            (FixQuality::RtkFixed, Some(12))
        );
        assert!((gga.altitude_m.unwrap() - 499.612).abs() < 1e-4);
        assert!((gga.geoid_separation_m.unwrap() - 48.012).abs() < 1e-5);
        assert!((gga.hdop.unwrap() - 0.58).abs() < 1e-6);
    }

    #[test]
    fn every_constellations_talker_is_read() {
        for talker in ["GP", "GN", "GL", "GA", "GB", "BD", "GQ", "GI"] {
            assert!(matches!(
                read(&format!(
                    "{talker}GGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,"
                )),
                Ok(Some(Sentence::Gga(..)))
            ));
        }
    }

    #[test]
    fn a_receiver_without_fix_is_read_as_such() {
        assert!(matches!(
            is_one("GNGGA,,,,,,0,00,99.99,,,,,,"),
            Sentence::Gga(
                None,
                Gga {
                    place: None,
                    quality: FixQuality::None,
                    ..
                }
            )
        ));
        assert!(matches!(
            is_one("GNRMC,235947.00,V,,,,,,,121025,,,N,V"),
            Sentence::Rmc(
                Some(_),
                Rmc {
                    valid: false,
                    velocity: None,
                    ..
                }
            )
        ));
        assert_eq!(
            is_one("GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99,1"),
            Sentence::Gsa(Gsa {
                three_dimensional: false,
                vdop: Some(f64::from(99.99f32))
            })
        );
        assert_eq!(is_one("GNVTG,,,,,,,,,N"), Sentence::Vtg(None));
        assert_eq!(is_one("GNZDA,,,,,00,00"), Sentence::Zda(None));
    }

    #[test]
    fn velocity_comes_from_knots_and_course() {
        let Sentence::Rmc(_, rmc) =
            is_one("GPRMC,225446.33,A,4916.45,S,12311.12,W,010.0,090.0,191125,,,A")
        else {
            panic!("not RMC")
        };
        let rmc_velocity = rmc.velocity.unwrap();
        assert!(rmc_velocity.north_m_s.abs() < 1e-9);
        assert!((rmc_velocity.east_m_s - 5.144_444).abs() < 1e-6);
        assert_eq!(rmc.midnight.unwrap().unix_ms(), 1_763_510_400_000);
        assert_eq!(
            is_one("GNVTG,90.0,T,,M,10.0,N,18.5,K,A"),
            Sentence::Vtg(rmc.velocity)
        );
    }

    #[test]
    fn gst_without_all_three_errors_gives_none() {
        let sigma = PositionSigma {
            north_m: f64::from(0.9f32),
            east_m: 0.5,
            up_m: f64::from(0.8f32),
        };
        for (body, expected) in [
            (
                "GPGST,182141.000,15.5,15.3,7.2,21.8,0.9,0.5,0.8",
                Some(sigma),
            ),
            ("GPGST,182141.000,,,,,0.9,0.5,0.8", Some(sigma)),
            ("GPGST,182141.000,,,,,0.9,0.5,", None),
            ("GPGST,182141.000,,,,,0.0,0.0,0.0", None),
        ] {
            assert!(
                matches!(is_one(body), Sentence::Gst(_, s) if s == expected),
                "{body}"
            );
        }
    }

    #[test]
    fn heading_date_and_kind_of_fix_are_read() {
        assert_eq!(is_one("HEHDT,341.5,T"), Sentence::Hdt(Some(341.5)));
        assert_eq!(
            is_one("GPZDA,160012.71,11,03,2026,-1,00"),
            Sentence::Zda(Some(GnssTime::from_unix_ms(1_773_244_812_710)))
        );
        assert_eq!(
            is_one("GNGSA,A,3,65,67,80,81,82,88,66,,,,,,1.20,0.64,1.5,2"),
            Sentence::Gsa(Gsa {
                three_dimensional: true,
                vdop: Some(1.5)
            })
        );
    }

    #[test]
    fn words_that_number_parsers_take_are_no_numbers() {
        let Sentence::Gga(_, gga) =
            is_one("GPGGA,092750.000,53nan,N,006inf,W,1,8,nan,inf,M,nan,M,,")
        else {
            panic!("not GGA")
        };
        assert_eq!((gga.place, gga.hdop, gga.altitude_m), (None, None, None));
        assert_eq!(is_one("HEHDT,nan,T"), Sentence::Hdt(None));
    }

    #[test]
    fn kinds_that_tell_nothing_are_passed_over_and_broken_ones_refused() {
        for body in ["GPGSV,1,1,00", "GNTXT,01,01,02,ok", "PUBX,00,1", "", "é"] {
            assert_eq!(read(body), Ok(None), "{body}");
        }
        for body in [
            "GPGGA",
            "GPGGA,",
            "GPGGA,250000.00,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,",
            "GPRMC,235960.00,A,4916.45,N,12311.12,W,000.5,054.7,311226,,,A",
            "GPRMC,225446.33,A,4916.45,N,12311.12,W,000.5,054.7,311326,,,A",
        ] {
            let line = read(body).unwrap_err().to_string();
            assert!(line.lines().count() == 1 && line.contains(';'), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(body in "(GP|GN)(GGA|RMC|GST|VTG|GSA|HDT|ZDA)(,[0-9.NSEWAVTM+-]{0,11}){0,19}") {
            let _ = read(&body);
        }
    }
}
