//! The line that an aircraft flew, by the positions of its photographs one after the other: its heading where a camera tells none, and how
//! fast it was.

use scarp_geo::{Attitude, GroundVelocity, LocalPlane, Wgs84};

use super::{Surveyed, TagSettings, Untagged, attitude::as_stored, sourced::Sourced};

/// Where a heading comes from that the line flown tells.
const FROM: &str = "the line flown";
/// What the way from one photograph to the next may bend where an aircraft is said to fly straight, in degrees.
const STRAIGHT_DEG: f64 = 20.0;
/// Photographs further apart in time are not of one line, in milliseconds.
const PAUSE_MS: i64 = 30_000;

/// A photograph with a position, by its place in the survey.
#[derive(Clone, Copy)]
struct Fix {
    index: usize,
    place: Wgs84,
    /// By its receiver or its camera.
    ms: Option<i64>,
}

/// A straight line through a photograph.
struct Line {
    heading_deg: f64,
    /// From one end of what the heading is taken from to the other.
    metres: f64,
    seconds: Option<f64>,
}

/// Gives photographs that look down and tell no heading that of the line flown, where the settings allow it, and those that tell no
/// velocity the line's.
pub(super) fn follow(photographs: &mut [Surveyed], settings: &TagSettings) {
    let fixes = fixes(photographs);
    for (at, fix) in fixes.iter().enumerate() {
        let line = line(&fixes, at);
        let Some(Ok(reading)) = photographs.get_mut(fix.index).map(|p| &mut p.reading) else {
            continue;
        };
        if let (None, Ok(line)) = (reading.velocity, &line) {
            reading.velocity = line.velocity();
        }
        let Some(crab_deg) = settings.track_sigma_deg else {
            continue;
        };
        if reading.attitude != Err(Untagged::NoHeading) {
            continue;
        }
        let sigma_m = reading
            .covariance
            .sigma_north_m
            .max(reading.covariance.sigma_east_m);
        let heading = line.and_then(|line| line.heading(sigma_m, crab_deg));
        match heading {
            Ok((heading_deg, sigma_rad)) => {
                let upright = Attitude::down_looking(heading_deg, 0.0, 0.0);
                let stored = as_stored(&upright, reading.orientation);
                reading.attitude = stored.map(|attitude| Sourced::new(attitude, FROM));
                reading.covariance.sigma_yaw_rad = sigma_rad;
            }
            Err(why) => reading.attitude = Err(Untagged::NoLine { why }),
        }
    }
}

/// The photographs with a position, each exposure once, in the order of their times where all tell one and else in that of their names.
fn fixes(photographs: &[Surveyed]) -> Vec<Fix> {
    let fix = |(index, photograph): (usize, &Surveyed)| {
        let reading = photograph.reading.as_ref().ok()?;
        let good = reading.kind.is_ok() && photograph.same_exposure.is_none();
        let place = reading.position.as_ref().ok().filter(|_| good)?.value;
        let time = reading.time.as_ref().ok().and_then(Option::as_ref);
        Some(Fix {
            index,
            place,
            ms: time.map(|time| time.value.ms()),
        })
    };
    let mut fixes: Vec<Fix> = photographs.iter().enumerate().filter_map(fix).collect();
    if fixes.iter().all(|fix| fix.ms.is_some()) {
        fixes.sort_by_key(|fix| fix.ms);
    }
    fixes
}

/// The straight line through the photograph at `at`: from the one before it to the one after it, or where it is the first or the last of
/// its line from its neighbour, whose line is straight.
fn line(fixes: &[Fix], at: usize) -> Result<Line, String> {
    let own = fixes.get(at).copied().ok_or_else(String::new)?;
    let neighbour = |from: Fix, index: Option<usize>| {
        let other = index.and_then(|index| fixes.get(index)).copied()?;
        let pause = from.ms.zip(other.ms).map(|(a, b)| (a - b).abs());
        pause.is_none_or(|pause| pause <= PAUSE_MS).then_some(other)
    };
    let before = neighbour(own, at.checked_sub(1));
    let after = neighbour(own, at.checked_add(1));
    let (first, middle, last, ends) = match (before, after) {
        (Some(before), Some(after)) => (before, own, after, (before, after)),
        (Some(before), None) => {
            let first = neighbour(before, at.checked_sub(2));
            let first = first.ok_or("two photographs make no line that is known to be straight")?;
            (first, before, own, (before, own))
        }
        (None, Some(after)) => {
            let last = neighbour(after, at.checked_add(2));
            let last = last.ok_or("two photographs make no line that is known to be straight")?;
            (own, after, last, (own, after))
        }
        (None, None) => {
            return Err(format!(
                "no photograph was taken within {} s of it",
                PAUSE_MS / 1000
            ));
        }
    };
    let (one, _) = way(first.place, middle.place);
    let (two, _) = way(middle.place, last.place);
    let bend_deg = ((two - one + 180.0).rem_euclid(360.0) - 180.0).abs();
    if bend_deg > STRAIGHT_DEG {
        return Err(format!(
            "it bends by {bend_deg:.0} degrees there, and {STRAIGHT_DEG:.0} are straight"
        ));
    }
    let (from, to) = ends;
    let (heading_deg, metres) = way(from.place, to.place);
    let seconds = from
        .ms
        .zip(to.ms)
        .map(|(from, to)| (to - from) as f64 / 1000.0);
    Ok(Line {
        heading_deg,
        metres,
        seconds,
    })
}

/// The direction from one place to another in degrees from north, and the metres between them.
fn way(from: Wgs84, to: Wgs84) -> (f64, f64) {
    let to = LocalPlane::at(from).to_metres(to.coord());
    (to.x.atan2(to.y).to_degrees(), to.x.hypot(to.y))
}

impl Line {
    /// The heading and its one-sigma error in radians: how far the aircraft may point beside where it flies, and what positions good to
    /// `sigma_m` leave of the line's direction.
    fn heading(&self, sigma_m: f64, crab_deg: f64) -> Result<(f64, f64), String> {
        let crab = crab_deg.to_radians();
        let apart_m = sigma_m * std::f64::consts::SQRT_2;
        let needed_m = apart_m / crab.tan();
        if self.metres < needed_m {
            return Err(format!(
                "its photographs are {:.1} m apart, and positions good to {sigma_m} m tell a direction good to {crab_deg} degrees from \
                 {needed_m:.1} m on",
                self.metres
            ));
        }
        let sigma = crab.hypot((apart_m / self.metres).atan());
        Ok((self.heading_deg, sigma))
    }

    fn velocity(&self) -> Option<GroundVelocity> {
        let speed = self.metres / self.seconds.filter(|seconds| *seconds > 0.0)?;
        let (east, north) = self.heading_deg.to_radians().sin_cos();
        Some(GroundVelocity {
            north_m_s: speed * north,
            east_m_s: speed * east,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Metadata, Reading};

    /// Photographs without a heading at metres east and north of a place, each at a second of the day.
    fn photographs(taken: &[(f64, f64, u32)]) -> Vec<Surveyed> {
        let plane = LocalPlane::at(Wgs84::from_coord(geo_coord(103.5, 31.0)));
        let surveyed = |(n, (east, north, second)): (usize, &(f64, f64, u32))| {
            let place = plane.to_geographic(geo_coord(*east, *north));
            let packet = format!(
                "<rdf:Description drone-dji:GpsLatitude='{:.9}' drone-dji:GpsLongitude='{:.9}' \
                 drone-dji:RelativeAltitude='80' drone-dji:UTCAtExposure='2024-05-01T10:{:02}:{:02}'/>",
                place.y,
                place.x,
                second / 60,
                second % 60
            );
            let metadata = Metadata::from_xmp(packet.as_bytes());
            Surveyed {
                path: format!("{n}.jpg").into(),
                name: format!("{n}.jpg"),
                reading: Ok(Reading::of(&metadata, (400, 300), &settings())),
                same_exposure: None,
            }
        };
        taken.iter().enumerate().map(surveyed).collect()
    }

    fn geo_coord(x: f64, y: f64) -> geo::Coord<f64> {
        geo::Coord { x, y }
    }

    fn settings() -> TagSettings {
        TagSettings {
            assume_nadir: true,
            track_sigma_deg: Some(10.0),
            ..TagSettings::default()
        }
    }

    /// The heading of each photograph, or why there is none.
    fn headings(taken: &[(f64, f64, u32)]) -> Vec<Result<f64, String>> {
        let mut photographs = photographs(taken);
        follow(&mut photographs, &settings());
        let heading = |photograph: &Surveyed| {
            let reading = photograph.reading.as_ref().unwrap();
            let attitude = reading.attitude.clone().map_err(|e| e.to_string())?;
            // The top of the picture.
            let up = -attitude.value.rotation().matrix().column(2);
            Ok(up[1].atan2(up[0]).to_degrees())
        };
        photographs.iter().map(heading).collect()
    }

    #[test]
    fn on_a_straight_line_the_aircraft_points_where_it_flies() {
        let taken = [
            (0.0, 0.0, 1),
            (20.0, 20.0, 3),
            (40.0, 40.0, 5),
            (60.0, 61.0, 7),
        ];
        for heading in headings(&taken) {
            assert!((heading.unwrap() - 45.0).abs() < 2.0);
        }
        let mut photographs = photographs(&taken);
        follow(&mut photographs, &settings());
        let reading = photographs[1].reading.as_ref().unwrap();
        let velocity = reading.velocity.unwrap();
        assert!((velocity.east_m_s - 10.0).abs() < 0.01, "{velocity:?}");
        // 10 degrees of crab angle, and 2.1 m over 56.6 m.
        let sigma_deg = reading.covariance.sigma_yaw_rad.to_degrees();
        assert!(
            (sigma_deg - 10.0_f64.hypot(2.147)).abs() < 0.01,
            "{sigma_deg}"
        );
    }

    #[test]
    fn in_a_turn_after_a_pause_and_where_photographs_are_too_near_there_is_no_line() {
        let turn = headings(&[
            (0.0, 0.0, 1),
            (0.0, 40.0, 3),
            (40.0, 40.0, 5),
            (40.0, 0.0, 7),
        ]);
        assert!(
            turn[1]
                .as_ref()
                .unwrap_err()
                .contains("bends by 90 degrees"),
            "{turn:?}"
        );
        let pause = headings(&[(0.0, 0.0, 1), (0.0, 40.0, 3), (0.0, 80.0, 100)]);
        assert!(pause.iter().all(Result::is_err), "{pause:?}");
        assert!(pause[2].as_ref().unwrap_err().contains("30 s"), "{pause:?}");
        // 1.5 m, 10 degrees: 12.0 m.
        let near = headings(&[(0.0, 0.0, 1), (0.0, 5.0, 3), (0.0, 10.0, 5)]);
        assert!(near[1].as_ref().unwrap_err().contains("12.0 m"), "{near:?}");
    }

    #[test]
    fn the_order_is_that_of_the_times() {
        let taken = [(0.0, 0.0, 1), (0.0, 80.0, 5), (0.0, 40.0, 3)];
        for heading in headings(&taken) {
            assert!(heading.unwrap().abs() < 1.0);
        }
    }
}
