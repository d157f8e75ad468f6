//! A fault that repeats, told once.

use std::time::{Duration, Instant};

/// A fault that lasts is told again after so long.
const REMINDER: Duration = Duration::from_secs(600);

/// What was last told of a fault that is met again at each attempt.
#[derive(Default)]
pub struct FaultLog {
    told: Option<Told>,
}

struct Told {
    line: String,
    at: Instant,
    /// How often the fault was met since.
    repeated: u32,
}

impl FaultLog {
    /// What to tell of the fault that `line` describes, met at `now`: nothing where it was told lately and no other came between.
    pub fn met(&mut self, line: &str, now: Instant) -> Option<String> {
        let repeated = match &mut self.told {
            Some(told) if told.line == line => {
                told.repeated += 1;
                if now.duration_since(told.at) < REMINDER {
                    return None;
                }
                told.repeated
            }
            _ => 0,
        };
        self.told = Some(Told {
            line: line.to_owned(),
            at: now,
            repeated: 0,
        });
        Some(match repeated {
            0 => line.to_owned(),
            times => format!("{line} (met since then: {times})"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_once_and_again_when_another_came_between_or_after_ten_minutes() {
        let mut faults = FaultLog::default();
        let start = Instant::now();
        let mut told = Vec::new();
        for second in (0..700).step_by(5) {
            let line = if second == 50 { "lost" } else { "no answer" };
            let met = faults.met(line, start + Duration::from_secs(second));
            told.extend(met.map(|text| (second, text)));
        }
        let expected = [
            (0, "no answer"),
            (50, "lost"),
            (55, "no answer"),
            (655, "no answer (met since then: 120)"),
        ];
        let expected = expected.map(|(second, text)| (second, text.to_owned()));
        assert_eq!(told, expected);
    }
}
