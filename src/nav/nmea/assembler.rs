//! The stream of sentences, cut into epochs.

use scarp_geo::GnssTime;

use super::{
    super::{Fix, FixSettings, Monotonic, NoFix},
    epoch::{Epoch, KINDS, of_this_age},
    sentence::Sentence,
};

/// Merges the sentences of one epoch.
///
/// An epoch is over when every kind of sentence has come as often as in the epoch before, so that no fix waits for
/// the next one to begin; or when a sentence of another time of day comes.
#[derive(Debug)]
pub(in super::super) struct EpochAssembler {
    settings: FixSettings,
    open: Option<Epoch>,
    /// Whether the open epoch's fix was handed out.
    given: bool,
    /// Sentences of the epoch before, by kind; `None` at first.
    usual: Option<[u8; KINDS]>,
    /// The newest date and time known.
    newest: Option<GnssTime>,
}

impl EpochAssembler {
    /// An assembler that has seen nothing.
    pub fn new(settings: FixSettings) -> Self {
        Self {
            settings,
            open: None,
            given: false,
            usual: None,
            newest: None,
        }
    }

    /// Takes a sentence whose first byte came at `arrived`; the fix, or why there is none, of an epoch it ended.
    ///
    /// Sentences without time belong to the epoch begun last. A receiver that knows no time has no epochs: each of
    /// its GGA is answered.
    pub fn push(&mut self, sentence: Sentence, arrived: Monotonic) -> Option<Result<Fix, NoFix>> {
        let mut ended = None;
        match sentence {
            // Some receivers time it apart from the fixes, on the whole second.
            Sentence::Zda(time) => {
                self.newest = time.and_then(|t| of_this_age(t).ok()).or(self.newest);
                return None;
            }
            Sentence::Gga(None, _) => return Some(Err(NoFix::NoTime)),
            Sentence::Rmc(None, _) | Sentence::Gst(None, _) => return None,
            Sentence::Gga(Some(time), _)
            | Sentence::Rmc(Some(time), _)
            | Sentence::Gst(Some(time), _)
                if self.open.as_ref().is_none_or(|open| open.time != time) =>
            {
                ended = self.end();
                self.open = Some(Epoch::new(time, arrived));
            }
            _ => {}
        }
        let epoch = self.open.as_mut()?;
        epoch.add(sentence);
        let complete = self.usual.is_some_and(|usual| epoch.is_complete(&usual));
        if ended.is_none() && complete && !self.given {
            ended = self.fix();
        }
        ended
    }

    /// Ends the open epoch, whatever it lacks.
    fn end(&mut self) -> Option<Result<Fix, NoFix>> {
        let fix = if self.given { None } else { self.fix() };
        self.usual = self.open.take().map(|epoch| epoch.seen);
        self.given = false;
        fix
    }

    fn fix(&mut self) -> Option<Result<Fix, NoFix>> {
        let fix = self.open.as_ref()?.fix(&self.settings, self.newest);
        if let Ok(fix) = &fix {
            self.newest = Some(fix.time);
        }
        self.given = true;
        Some(fix)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        checksum, parse,
        testing::{GGA, GSA, GST, RMC},
    };
    use super::*;

    /// What comes of sentences that begin a millisecond apart, each with the millisecond it was given at.
    fn assembled(bodies: &[&str]) -> Vec<(i64, Result<Fix, NoFix>)> {
        let mut assembler = EpochAssembler::new(FixSettings::default());
        let mut fixes = Vec::new();
        for (ms, body) in (0..).zip(bodies) {
            let line = format!("${body}*{:02X}", checksum(body));
            if let Some(sentence) = parse(&line).unwrap() {
                let arrived = Monotonic::from_nanos(ms * 1_000_000);
                fixes.extend(assembler.push(sentence, arrived).map(|fix| (ms, fix)));
            }
        }
        fixes
    }

    #[test]
    fn a_receiver_without_time_is_answered_at_once() {
        let fixes = assembled(&["GNGGA,,,,,,0,00,99.99,,,,,,"; 2]);
        assert_eq!(fixes, [(0, Err(NoFix::NoTime)), (1, Err(NoFix::NoTime))]);
    }

    #[test]
    fn once_the_order_is_known_a_fix_waits_for_no_later_epoch() {
        let at = |time: &str| [RMC, GGA, GSA, GSA, GST].map(|s| s.replace("092725.10", time));
        let epochs = ["092725.10", "092725.20", "092725.30"].map(at).concat();
        let bodies: Vec<&str> = epochs.iter().map(String::as_str).collect();
        let given: Vec<i64> = assembled(&bodies).iter().map(|(ms, _)| *ms).collect();
        // The first when the second begins, the others with their own last sentence.
        assert_eq!(given, [5, 9, 14]);
    }

    #[test]
    fn an_epoch_with_a_sentence_lost_is_given_when_the_next_begins() {
        let later = |s: &str, time: &str| s.replace("092725.10", time);
        let (rmc, gga) = (later(RMC, "092725.20"), later(GGA, "092725.20"));
        let next = later(RMC, "092725.30");
        let fixes = assembled(&[RMC, GGA, GST, &rmc, &gga, &next]);
        assert_eq!(fixes.len(), 2);
        assert!(fixes.iter().all(|(_, fix)| fix.is_ok()));
        assert_eq!(fixes[1].0, 5);
    }

    #[test]
    fn the_date_comes_from_zda_where_there_is_no_rmc_and_goes_on_over_midnight() {
        let gga = |time| GGA.replace("092725.10", time);
        let (before, after) = (gga("235959.90"), gga("000000.00"));
        let fixes = assembled(&[
            "GNZDA,235959.00,10,11,2025,00,00",
            &before,
            &after,
            &gga("000000.10"),
        ]);
        let times: Vec<i64> = fixes
            .iter()
            .map(|(_, fix)| fix.as_ref().unwrap().time.unix_ms())
            .collect();
        assert_eq!(times, [1_762_819_199_900, 1_762_819_200_000]);
    }
}
