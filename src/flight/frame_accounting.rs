//! What the pipeline has in hand, and what was lost because it was too slow.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use scarp_inventory::{FrameReport, Landslide};
use scarp_nav::Monotonic;

use super::load_shedder::Level;

/// Frames between their handing over and their report, shared between the camera's end of the pipeline and the sink's.
#[derive(Debug, Clone, Default)]
pub struct Workload(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Sequence number of each frame under way, and the ground that it alone shows, square metres.
    under_way: VecDeque<(u64, f64)>,
    /// Whether the last frame was left out.
    leave_out: bool,
    /// When a frame last came out, or went in while none was under way.
    progress: Option<Monotonic>,
    totals: Totals,
}

/// What has become of the frames so far.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Totals {
    /// Frames handed to the pipeline.
    pub handed: u64,
    /// Frames placed and searched.
    pub tagged: u64,
    /// Frames that could not be placed or read.
    pub rejected: u64,
    /// Frames given up because segmentation had fallen behind.
    pub dropped: u64,
    /// Frames left out because the aircraft was on the ground or just above.
    pub too_low: u64,
    /// Frames left out because of heat or load.
    pub shed: u64,
    /// Ground of frames dropped and shed that their neighbours do not show, square metres: coverage lost.
    pub lost_m2: f64,
    /// Versions of landslides reported.
    pub findings: u64,
}

impl Workload {
    /// A frame goes into the pipeline at `now`, with so much ground that the one before does not show.
    pub(super) fn hand_over(&self, sequence: u64, new_m2: f64, now: Monotonic) {
        let mut state = self.0.lock();
        if state.under_way.is_empty() {
            state.progress = Some(now);
        }
        state.under_way.push_back((sequence, new_m2));
        state.totals.handed += 1;
    }

    /// Whether a frame worth searching is left out: every other one is when ground has to be.
    pub(super) fn leaves_out(&self, level: Level, new_m2: f64) -> bool {
        let mut state = self.0.lock();
        state.leave_out = level == Level::Shed && !state.leave_out;
        if state.leave_out {
            state.totals.shed += 1;
            state.totals.lost_m2 += new_m2;
        }
        state.leave_out
    }

    /// A frame shows too little ground to be searched.
    pub(super) fn too_low(&self) {
        self.0.lock().totals.too_low += 1;
    }

    /// A frame has come out at `now`, in the order in which frames went in: those before it that have not were dropped.
    pub(super) fn report(&self, report: &FrameReport, changed: &[Landslide], now: Monotonic) {
        let mut state = self.0.lock();
        state.progress = Some(now);
        while let Some(&(sequence, new_m2)) = state.under_way.front()
            && sequence <= report.sequence
        {
            state.under_way.pop_front();
            if sequence < report.sequence {
                state.totals.dropped += 1;
                state.totals.lost_m2 += new_m2;
            }
        }
        match report.placement {
            Ok(_) => state.totals.tagged += 1,
            Err(_) => state.totals.rejected += 1,
        }
        state.totals.findings += changed.len() as u64;
    }

    /// Frames under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.0.lock().under_way.len()
    }

    /// For how many seconds nothing has come out, though frames are under way.
    #[must_use]
    pub fn stalled_s(&self, now: Monotonic) -> f64 {
        let state = self.0.lock();
        let waits = state.progress.filter(|_| !state.under_way.is_empty());
        waits.map_or(0.0, |since| now.seconds_since(since))
    }

    /// What has become of the frames so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.lock().totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    fn untagged(sequence: u64) -> FrameReport {
        FrameReport {
            sequence,
            name: String::new(),
            time: None,
            placement: Err(String::new()),
        }
    }

    #[test]
    fn frames_that_never_come_out_are_dropped_and_their_ground_is_lost() {
        let workload = Workload::default();
        for sequence in 1..=5 {
            workload.hand_over(sequence, 100.0, at(0.0));
        }
        workload.report(&untagged(1), &[], at(1.0));
        workload.report(&untagged(4), &[], at(2.0));
        assert_eq!(workload.under_way(), 1);
        let totals = workload.totals();
        assert_eq!((totals.handed, totals.rejected, totals.dropped), (5, 2, 2));
        assert!((totals.lost_m2 - 200.0).abs() < 1e-9);
    }

    #[test]
    fn a_pipeline_stalls_while_frames_are_under_way_and_none_comes_out() {
        let workload = Workload::default();
        assert!(workload.stalled_s(at(100.0)) < 1e-9);
        workload.hand_over(1, 100.0, at(100.0));
        workload.hand_over(2, 100.0, at(101.0));
        assert!((workload.stalled_s(at(103.0)) - 3.0).abs() < 1e-9);
        workload.report(&untagged(1), &[], at(104.0));
        assert!((workload.stalled_s(at(105.0)) - 1.0).abs() < 1e-9);
        workload.report(&untagged(2), &[], at(106.0));
        assert!(workload.stalled_s(at(200.0)) < 1e-9);
    }

    #[test]
    fn every_other_frame_is_left_out_when_ground_is_to_be_and_none_otherwise() {
        let workload = Workload::default();
        let left_out = |level| (0..6).filter(|_| workload.leaves_out(level, 10.0)).count();
        assert_eq!(left_out(Level::LessOverlap), 0);
        assert_eq!(left_out(Level::Shed), 3);
        assert_eq!(workload.totals().shed, 3);
        assert!((workload.totals().lost_m2 - 30.0).abs() < 1e-9);
    }
}
