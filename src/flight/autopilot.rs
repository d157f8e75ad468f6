//! The autopilot's messages, taken to the aircraft's way for as long as the flight lasts.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, bounded};
use parking_lot::Mutex;
use scarp_geo::{
    Rotation,
    reference_frame::{Ned, Platform},
};
use scarp_nav::{
    Monotonic, NotUsed, TimedFix,
    autopilot::{
        AttitudeOf, AutopilotLink, BootClockDoubt, BootInstant, ComponentState, GimbalHeading,
        LinkHealth, LinkSettings, NotSent, Position, PositionFixes, Received, Report, Severity,
    },
};

use super::{monotonic_clock::now, shared_trajectory::Track};

/// Messages that may wait for their reader, which takes microseconds for one: two seconds of them.
const WAITING: usize = 256;

/// How the autopilot is reached and what of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutopilotPort {
    /// The link.
    pub link: LinkSettings,
    /// Whether its own position counts, as there is no receiver of ours.
    pub positions: bool,
}

/// What the autopilot has told so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AutopilotStatus {
    /// Attitudes used.
    pub attitudes: u64,
    /// Instant of the newest of them.
    pub newest: Option<Monotonic>,
    /// Its positions used, where they count.
    pub fixes: u64,
    /// The newest of them.
    pub newest_fix: Option<TimedFix>,
    /// Why its newest position was not used; nothing while all is well.
    pub fix_fault: Option<String>,
    /// Whether the motors may turn, once a heartbeat has come.
    pub armed: Option<bool>,
    /// Images that the autopilot says the camera took.
    pub images: u64,
    /// Why the newest attitude was not used; nothing while all is well.
    pub fault: Option<String>,
    /// How the link is.
    pub link: LinkHealth,
}

/// A thread that takes what the autopilot sends.
#[derive(Debug)]
pub struct Autopilot {
    status: Arc<Mutex<AutopilotStatus>>,
    /// Dropped before the thread is joined, which ends with it.
    link: Option<AutopilotLink>,
    thread: Option<JoinHandle<()>>,
}

impl Autopilot {
    /// Starts to listen; attitudes and heights above take-off go to `track`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(port: AutopilotPort, track: Track) -> io::Result<Self> {
        let (reports, taken) = bounded(WAITING);
        let on_gimbal = port.link.attitude == AttitudeOf::Gimbal;
        let link = AutopilotLink::start(port.link, reports, now)?;
        let status = Arc::default();
        let listener = Listener {
            gimbal: on_gimbal.then(GimbalHeading::default),
            positions: port.positions.then(PositionFixes::default),
            doubted: None,
            track,
            status: Arc::clone(&status),
        };
        let thread = thread::Builder::new()
            .name("attitude".to_owned())
            .spawn(move || listener.run(&taken))?;
        Ok(Self {
            status,
            link: Some(link),
            thread: Some(thread),
        })
    }

    /// What the autopilot has told so far.
    #[must_use]
    pub fn status(&self) -> AutopilotStatus {
        AutopilotStatus {
            link: self
                .link
                .as_ref()
                .map(AutopilotLink::health)
                .unwrap_or_default(),
            ..self.status.lock().clone()
        }
    }

    /// Shows the pilot a line, and what state this computer is in.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn report(
        &self,
        state: ComponentState,
        severity: Severity,
        text: &str,
    ) -> Result<(), NotSent> {
        let Some(link) = &self.link else {
            return Ok(());
        };
        link.set_state(state)?;
        link.status_text(severity, text)
    }
}

impl Drop for Autopilot {
    fn drop(&mut self) {
        self.link = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own message.
            let _ = thread.join();
        }
    }
}

struct Listener {
    /// What completes the gimbal's attitude, where that counts.
    gimbal: Option<GimbalHeading>,
    /// What makes its positions fixes, where they count.
    positions: Option<PositionFixes>,
    /// Whose clock the present fault is about.
    doubted: Option<&'static str>,
    track: Track,
    status: Arc<Mutex<AutopilotStatus>>,
}

impl Listener {
    fn run(mut self, reports: &Receiver<Received>) {
        for received in reports {
            self.take(received);
        }
    }

    fn take(&mut self, received: Received) {
        let report = match received.report {
            Ok(report) => report,
            Err(refused) => return self.fault(refused.to_string()),
        };
        let instant = match received.instant {
            Some(Err(doubt)) => return self.doubt(&report, doubt),
            Some(Ok(instant)) => {
                self.believe(&report);
                Some(instant)
            }
            None => None,
        };
        match (report, instant) {
            (Report::Attitude { body, .. }, Some(at)) => match &mut self.gimbal {
                Some(gimbal) => {
                    gimbal.body(at.at, body);
                    self.gimbals();
                }
                None => self.attitude(at.at, body.as_platform()),
            },
            (Report::Gimbal(told), Some(at)) => {
                if let Some(gimbal) = &mut self.gimbal {
                    gimbal.gimbal(at.at, told);
                    self.gimbals();
                }
            }
            (Report::Position(position), Some(at)) => {
                if let Err(reason) = self.track.push_height(at.at, position.above_home) {
                    log::debug!("{reason}");
                }
                self.position(&position, at, received.arrived);
            }
            (Report::Gnss(gnss), _) => {
                if let Some(fixes) = &mut self.positions {
                    fixes.gnss(gnss, received.arrived);
                }
            }
            (Report::SystemTime { boot, unix_us }, _) => {
                if let Some(fixes) = &mut self.positions {
                    fixes.system_time(boot, unix_us);
                }
            }
            (Report::Heartbeat(heartbeat), _) => {
                self.status.lock().armed = Some(heartbeat.armed);
            }
            // Not CAMERA_TRIGGER: PX4 tells of one image by both.
            (Report::Captured(_), _) => self.status.lock().images += 1,
            _ => {}
        }
    }

    /// The clock of a report's sender is known; what was said of it before holds no more.
    fn believe(&mut self, report: &Report) {
        if self.doubted == Some(whose(report)) {
            self.doubted = None;
            self.status.lock().fault = None;
        }
    }

    /// The clock of a report's sender is not known.
    fn doubt(&mut self, report: &Report, doubt: BootClockDoubt) {
        let whose = whose(report);
        self.doubted = Some(whose);
        let rebooted = matches!(doubt, BootClockDoubt::Rebooted { .. });
        if rebooted && whose == "autopilot" {
            // The date was told by the time since the boot before.
            self.positions = self.positions.take().map(|_| PositionFixes::default());
        }
        self.fault(format!("the {whose}'s {doubt}"));
    }

    /// The gimbal's attitudes that are complete now.
    fn gimbals(&mut self) {
        while let Some((at, attitude)) = self.gimbal.as_mut().and_then(GimbalHeading::ready) {
            match attitude {
                Ok(attitude) => self.attitude(at, attitude.as_platform()),
                Err(reason) => self.fault(reason.to_string()),
            }
        }
    }

    fn attitude(&self, at: Monotonic, attitude: Rotation<Platform, Ned>) {
        let mut status = self.status.lock();
        match self.track.push_attitude(at, attitude) {
            Ok(()) => {
                status.attitudes += 1;
                status.newest = Some(at);
                status.fault = None;
            }
            // Both kinds of attitude message may come for the same instant.
            Err(NotUsed::OutOfOrder(_)) => {}
            Err(reason) => status.fault = Some(reason.to_string()),
        }
    }

    fn position(&self, position: &Position, instant: BootInstant, arrived: Monotonic) {
        let Some(fixes) = &self.positions else {
            return;
        };
        let fix = fixes.fix(position, instant, arrived);
        let used = self.track.take(fix.map_err(|doubt| doubt.to_string()));
        let mut status = self.status.lock();
        match used {
            Ok(fix) => {
                status.fixes += 1;
                status.newest_fix = Some(fix);
                status.fix_fault = None;
            }
            Err(reason) => status.fix_fault = Some(reason),
        }
    }

    fn fault(&self, reason: String) {
        log::debug!("autopilot: {reason}");
        self.status.lock().fault = Some(reason);
    }
}

/// Whose clock a report is by.
const fn whose(report: &Report) -> &'static str {
    match report {
        Report::Gimbal(_) => "gimbal",
        _ => "autopilot",
    }
}

#[cfg(test)]
mod tests;
