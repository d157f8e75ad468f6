//! Watches the flight: its state, its health, how much is done; and reports to the system, the pilot and whoever reads
//! `health.json`.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use scarp_link::LinkStatus;
use scarp_nav::{
    Monotonic,
    autopilot::{ComponentState, Severity},
};
use sd_notify::NotifyState;

use super::{
    autopilot::{Autopilot, AutopilotStatus},
    flight_state_machine::{Fault, FlightStatus, Observed, SensorStatus, State, StateMachine},
    frame_accounting::Totals,
    gnss::Gnss,
    health_file::{Captured, Health, HealthFile, SensorHealth},
    heat::{THERMAL, hottest_c},
    live_source::{CameraStatus, Watched},
    load_shedder::{Level, Load, LoadShedder, LoadShedderSettings},
    monotonic_clock::now,
};

/// A fault that comes and goes while the survey is degraded is told the pilot again after so long, seconds.
const AGAIN_S: f64 = 10.0;
/// Time between two polls.
pub(super) const POLL: Duration = Duration::from_millis(250);
/// Lost ground degrades the flight for so long, seconds.
const LOST_S: f64 = 10.0;
/// A pipeline out of which nothing has come for so long searches nothing, seconds: longer than a large network takes.
const STALLED_S: f64 = 15.0;
/// After so long it will never go on, seconds: the service manager is to start the flight anew.
const HUNG_S: f64 = 120.0;

/// Where the link's status comes from; `None` for a flight without one.
pub type LinkProbe = Box<dyn Fn() -> Option<LinkStatus> + Send>;

/// What is watched.
pub struct Monitor {
    /// None where positions come from the autopilot.
    gnss: Option<Gnss>,
    autopilot: Autopilot,
    watched: Watched,
    disk: Arc<Mutex<Option<String>>>,
    link: LinkProbe,
    health: HealthFile,
    machine: StateMachine,
    shedder: LoadShedder,
    /// Frames lost so far, and when some last were.
    lost: (u64, Option<Monotonic>),
    /// Faults reported since all was last well, and when.
    told: Vec<(Fault, Monotonic)>,
}

impl Monitor {
    /// A monitor of these sensors; health goes to `health`, `disk` tells why findings cannot be kept.
    pub fn new(
        gnss: Option<Gnss>,
        autopilot: Autopilot,
        watched: Watched,
        disk: Arc<Mutex<Option<String>>>,
        link: LinkProbe,
        health: HealthFile,
        shedder: LoadShedderSettings,
    ) -> Self {
        Self {
            gnss,
            autopilot,
            watched,
            disk,
            link,
            health,
            machine: StateMachine::default(),
            shedder: LoadShedder::new(shedder),
            lost: (0, None),
            told: Vec::new(),
        }
    }

    /// Polls everything once, reports, and raises the flag that ends the flight once the aircraft has landed.
    pub fn poll(&mut self) -> Health {
        let now = now();
        let camera = self.watched.camera.lock().clone();
        let totals = self.watched.workload.totals();
        let hottest_c = hottest_c(THERMAL.as_ref());
        let level = self.shedder.decide(
            Load {
                under_way: self.watched.workload.under_way(),
                dropped: totals.dropped,
                hottest_c,
            },
            now,
        );
        *self.watched.level.lock() = level;
        let autopilot = self.autopilot.status();
        let images = autopilot.images;
        let link = (self.link)();
        let disk_fault = link.as_ref().and_then(|link| link.disk_fault.as_ref());
        let journal_fault = disk_fault.map(|fault| fault.line.clone());
        let observed = self.observed(&camera, autopilot, totals, level, journal_fault, now);
        let changed = self.machine.observe(&observed, now);
        let status = self.machine.status().clone();
        if changed && is_news(&mut self.told, &status, now) {
            self.report(&status);
        }
        let begun = matches!(status.state, State::Surveying | State::Degraded);
        self.watched.surveying.store(begun, Ordering::Relaxed);
        if status.state == State::Landed {
            self.watched.stop.store(true, Ordering::Relaxed);
        }
        let health = Health {
            status,
            camera: SensorHealth::from(observed.camera),
            gnss: SensorHealth::from(observed.gnss),
            attitude: SensorHealth::from(observed.attitude),
            armed: observed.armed,
            level,
            frames: totals,
            captured: Captured::from(&camera),
            images,
            hottest_c,
            link: link.map(Into::into),
        };
        // The watchdog is fed here: a monitor that hangs is a flight that nobody watches.
        if self.watched.workload.stalled_s(now) < HUNG_S {
            notify(&[NotifyState::Watchdog]);
        }
        self.health.write(&health);
        health
    }

    fn observed(
        &mut self,
        camera: &CameraStatus,
        autopilot: AutopilotStatus,
        totals: Totals,
        level: Level,
        journal_fault: Option<String>,
        now: Monotonic,
    ) -> Observed {
        let age = |newest: Option<Monotonic>| newest.map(|at| now.seconds_since(at).max(0.0));
        let (newest_fix, fix_fault) = match &self.gnss {
            Some(gnss) => {
                let status = gnss.status();
                (status.newest.map(|fix| fix.at), status.fault)
            }
            None => (autopilot.newest_fix.map(|fix| fix.at), autopilot.fix_fault),
        };
        let stalled_s = self.watched.workload.stalled_s(now);
        let coverage = stalled(stalled_s).or_else(|| self.coverage(totals, level, now));
        Observed {
            camera: SensorStatus {
                age_s: age(camera.newest),
                fault: camera.fault.clone(),
            },
            gnss: SensorStatus {
                age_s: age(newest_fix),
                fault: fix_fault,
            },
            attitude: SensorStatus {
                age_s: age(autopilot.newest),
                fault: autopilot.fault.or_else(|| autopilot.link.fault()),
            },
            armed: autopilot.armed,
            placement: self.watched.placement.fault(now),
            // What was found may be noted with the next frame only.
            disk: self.disk.lock().clone().or(journal_fault),
            coverage,
        }
    }

    /// Why ground is left out, if some was of late.
    fn coverage(&mut self, totals: Totals, level: Level, now: Monotonic) -> Option<String> {
        let lost = totals.dropped + totals.shed;
        if lost > self.lost.0 {
            self.lost = (lost, Some(now));
        }
        let of_late = self
            .lost
            .1
            .is_some_and(|at| now.seconds_since(at) <= LOST_S);
        (of_late || level == Level::Shed).then(|| {
            format!(
                "frames left out: {lost}, ground: {:.4} km2: the computer is too slow or too hot; fly slower, or set fewer threads \
                 for other programs",
                totals.lost_m2 / 1e6
            )
        })
    }

    /// To the log, the service manager and the pilot.
    fn report(&self, status: &FlightStatus) {
        let (component, severity, word) = match status.state {
            State::WaitingForFix => (ComponentState::Standby, Severity::Notice, "waiting"),
            State::Surveying => (ComponentState::Active, Severity::Info, "surveying"),
            State::Degraded => (ComponentState::Critical, Severity::Warning, "degraded"),
            State::Landed => (ComponentState::Standby, Severity::Info, "landed"),
        };
        let line = match &status.reason {
            Some(reason) => format!("{word}: {reason}"),
            None => word.to_owned(),
        };
        log::warn!("{line}");
        notify(&[NotifyState::Status(&line)]);
        if let Err(error) = self
            .autopilot
            .report(component, severity, &format!("Scarp {line}"))
        {
            log::debug!("{error}");
        }
    }
}

/// Whether that is to be told, given the faults `told` since all was last well. Two faults may come in turns several times a
/// second.
fn is_news(told: &mut Vec<(Fault, Monotonic)>, status: &FlightStatus, now: Monotonic) -> bool {
    let (State::Degraded, Some(fault)) = (status.state, status.fault) else {
        told.clear();
        return true;
    };
    told.retain(|(_, at)| now.seconds_since(*at) < AGAIN_S);
    let is_news = told.iter().all(|(before, _)| *before != fault);
    if is_news {
        told.push((fault, now));
    }
    is_news
}

/// Why nothing is searched, when nothing has come out of the pipeline for so long.
fn stalled(seconds: f64) -> Option<String> {
    (seconds >= STALLED_S).then(|| {
        format!("no frame has been searched through for {seconds:.0} s; use a smaller network, or see whether the disk works")
    })
}

/// Notifies the service manager, where there is one.
pub(super) fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::debug!("service manager: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_that_come_in_turns_are_told_once_until_all_is_well_or_some_time_has_passed() {
        let degraded = |fault| FlightStatus {
            state: State::Degraded,
            fault: Some(fault),
            reason: None,
        };
        let well = FlightStatus {
            state: State::Surveying,
            fault: None,
            reason: None,
        };
        let at = |seconds| Monotonic::from_nanos(0).plus_seconds(seconds);
        let mut told = Vec::new();
        let mut is_news = |status: &FlightStatus, seconds| is_news(&mut told, status, at(seconds));
        assert!(is_news(&degraded(Fault::Gnss), 0.0));
        assert!(is_news(&degraded(Fault::Placement), 0.5));
        assert!(!is_news(&degraded(Fault::Gnss), 1.0));
        assert!(!is_news(&degraded(Fault::Placement), 9.0));
        assert!(is_news(&degraded(Fault::Gnss), 11.0));
        assert!(is_news(&well, 12.0));
        assert!(is_news(&degraded(Fault::Gnss), 13.0));
    }
}
