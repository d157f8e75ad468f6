//! What is told of the flight, for people and programs: `health.json`.

use std::{
    io,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use scarp_capture::live::Counts;
use scarp_link::LinkStatus;
use serde::Serialize;
use uuid::Uuid;

use super::{
    flight_state_machine::{FlightStatus, SensorStatus, StateMachine},
    frame_accounting::Totals,
    live_source::CameraStatus,
    load_shedder::Level,
};

/// The flight at one moment. Fields may be added, never renamed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// State, fault and reason.
    #[serde(flatten)]
    pub status: FlightStatus,
    /// The camera.
    pub camera: SensorHealth,
    /// The GNSS receiver.
    pub gnss: SensorHealth,
    /// The source of the attitude.
    pub attitude: SensorHealth,
    /// Whether the motors may turn, where it is known.
    pub armed: Option<bool>,
    /// How much is done.
    pub level: Level,
    /// What has become of the frames.
    pub frames: Totals,
    /// What the camera's reader counted.
    pub captured: Captured,
    /// Images that the autopilot says the camera took.
    pub images: u64,
    /// Temperature of the hottest part, degrees Celsius.
    pub hottest_c: Option<f64>,
    /// The link, where there is one.
    pub link: Option<LinkHealth>,
}

/// A sensor, by its newest sample.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SensorHealth {
    /// Age of the newest real sample, seconds; null before the first.
    pub age_s: Option<f64>,
    /// What is wrong.
    pub fault: Option<String>,
}

/// What the camera's reader counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Captured {
    /// Frames and faults.
    #[serde(flatten)]
    pub counts: Counts,
    /// Frames given up because too many waited for their pose.
    pub given_up: u64,
}

/// The link to the ground station.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkHealth {
    /// Whether the ground station has answered on the present connection.
    pub connected: bool,
    /// Messages that wait in the journal.
    pub waiting: u64,
    /// Messages in the journal that are not sent any more: refused by the ground station, or damaged.
    pub set_aside: u64,
    /// Why they are not, the most frequent reasons.
    pub set_aside_reasons: Vec<SetAsideReason>,
    /// Messages that were set aside and had to make room for newer ones.
    pub discarded: u64,
    /// Seconds since the ground station last confirmed a message; null before the first.
    pub confirmed_s: Option<f64>,
    /// Messages confirmed since the start.
    pub confirmed: u64,
    /// Messages that say what no message can, and were left out.
    pub unsendable: u64,
    /// Why messages are in memory only and what changes is not on the disk.
    pub disk_fault: Option<String>,
    /// Messages that are nowhere but in memory: a loss of power loses them.
    pub only_in_memory: u64,
    /// Messages lost because there was room for them neither on the disk nor in memory.
    pub lost: u64,
    /// What is wrong: the link broke, messages wait longer than a sound link takes, or they are in memory only.
    pub fault: Option<String>,
}

/// Messages that are not sent any more for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetAsideReason {
    /// The reason.
    pub reason: String,
    /// How many they are.
    pub messages: u64,
}

/// Longer than a sound link takes to confirm a message, seconds.
const UNCONFIRMED_S: f64 = 1.5;

impl From<SensorStatus> for SensorHealth {
    fn from(sense: SensorStatus) -> Self {
        Self {
            age_s: sense.age_s,
            fault: sense.fault,
        }
    }
}

impl From<&CameraStatus> for Captured {
    fn from(status: &CameraStatus) -> Self {
        Self {
            counts: status.counts,
            given_up: status.given_up,
        }
    }
}

impl From<LinkStatus> for LinkHealth {
    fn from(status: LinkStatus) -> Self {
        let confirmed_s = status.last_confirmed.map(|age| age.as_secs_f64());
        let waiting = status.held.messages;
        let slow = waiting > 0 && confirmed_s.is_none_or(|s| s > UNCONFIRMED_S);
        let lost = status.lost();
        let broken = match (status.connected, slow) {
            (true, false) => None,
            (true, true) => Some("messages wait for the ground station's receipt".to_owned()),
            (false, _) => Some(
                status
                    .last_error
                    .unwrap_or_else(|| "not connected yet".to_owned()),
            ),
        };
        let only_in_memory = status
            .disk_fault
            .as_ref()
            .map_or(0, |disk| disk.only_in_memory);
        let disk_fault = status.disk_fault.map(|disk| disk.line);
        let in_memory = disk_fault
            .as_ref()
            .map(|line| format!("the journal is not written, messages wait in memory: {line}"));
        let faults: Vec<String> = broken.into_iter().chain(in_memory).collect();
        let fault = (!faults.is_empty()).then(|| faults.join("; "));
        let reasons = status.set_aside.into_iter().map(|aside| SetAsideReason {
            reason: aside.reason,
            messages: aside.messages,
        });
        Self {
            connected: status.connected,
            waiting,
            set_aside: status.held.set_aside,
            set_aside_reasons: reasons.collect(),
            discarded: status.held.discarded,
            confirmed_s,
            confirmed: status.confirmed,
            unsendable: status.unsendable,
            disk_fault,
            only_in_memory,
            lost,
            fault,
        }
    }
}

impl Health {
    /// Health of a program that has just started: nothing is known yet.
    #[must_use]
    pub fn starting() -> Self {
        Self {
            status: StateMachine::default().status().clone(),
            camera: SensorHealth::default(),
            gnss: SensorHealth::default(),
            attitude: SensorHealth::default(),
            armed: None,
            level: Level::Full,
            frames: Totals::default(),
            captured: Captured::default(),
            images: 0,
            hottest_c: None,
            link: None,
        }
    }
}

/// The file `health.json`. It says whose health it tells and when it was written, for it outlives the program.
#[derive(Debug)]
pub struct HealthFile {
    path: PathBuf,
    survey: Uuid,
    /// The last attempt failed, and that has been logged.
    failing: bool,
}

/// What stands in the file.
#[derive(Serialize)]
struct Written<'a> {
    survey: Uuid,
    /// Seconds since 1970, by this computer's clock.
    written_unix_s: f64,
    #[serde(flatten)]
    health: &'a Health,
}

impl HealthFile {
    /// The file at `path`, for the flight of this survey. What earlier flights that lost their power left of it is cleared away.
    #[must_use]
    pub fn new(path: PathBuf, survey: Uuid) -> Self {
        scarp_files::clear_parts(&path);
        Self {
            path,
            survey,
            failing: false,
        }
    }

    /// Writes it, whole or not at all. That the disk does not take it is logged, once.
    pub fn write(&mut self, health: &Health) {
        let result = self.try_write(health);
        if let Err(error) = &result
            && !self.failing
        {
            log::warn!("{}: {error}; free space on the disk", self.path.display());
        }
        self.failing = result.is_err();
    }

    fn try_write(&self, health: &Health) -> io::Result<()> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let written = Written {
            survey: self.survey,
            written_unix_s: since_1970.unwrap_or_default().as_secs_f64(),
            health,
        };
        scarp_files::replace(&self.path, &serde_json::to_vec(&written)?)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use scarp_link::journal::{DiskFault, Held};

    use super::*;

    fn status(connected: bool, messages: u64, confirmed_s: Option<u64>) -> LinkStatus {
        LinkStatus {
            connected,
            held: Held {
                messages,
                bytes: messages * 100,
                ..Held::default()
            },
            confirmed: 1,
            set_aside: Vec::new(),
            newly_set_aside: 0,
            refused: 0,
            unsendable: 0,
            disk_fault: None,
            crowded_out: 0,
            lost_from_memory: 0,
            last_confirmed: confirmed_s.map(Duration::from_secs),
            last_error: None,
        }
    }

    #[test]
    fn the_file_says_whose_health_it_tells_and_when_it_was_written_and_stands_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health.json");
        let survey = Uuid::from_u128(7);
        fs::write(folder.path().join("health.json.f1iGht.part"), "{").unwrap();
        HealthFile::new(path.clone(), survey).write(&Health::starting());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let told: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(told["survey"], survey.to_string());
        assert_eq!(told["state"], "waiting_for_fix");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let age_s = now.as_secs_f64() - told["written_unix_s"].as_f64().unwrap();
        assert!((0.0..60.0).contains(&age_s), "{age_s}");
    }

    #[test]
    fn a_link_on_which_messages_wait_unconfirmed_has_a_fault_though_it_is_connected() {
        let fault = |connected, messages, confirmed| {
            LinkHealth::from(status(connected, messages, confirmed)).fault
        };
        assert_eq!(fault(true, 3, Some(1)), None);
        assert_eq!(fault(true, 0, Some(60)), None);
        assert!(fault(true, 3, Some(2)).is_some());
        assert!(fault(false, 0, Some(0)).is_some());
    }

    #[test]
    fn messages_in_memory_only_are_a_fault_of_the_link_whether_it_is_connected_or_not() {
        for connected in [true, false] {
            let disk_fault = Some(DiskFault {
                line: "journal j: no space left on the disk; free disk space".to_owned(),
                no_room: true,
                only_in_memory: 2,
                waiting_on_disk: 0,
                still_listed: 0,
            });
            let told = LinkHealth::from(LinkStatus {
                disk_fault,
                ..status(connected, 2, Some(0))
            });
            let fault = told.fault.unwrap();
            assert!(
                fault.contains("in memory: journal j: no space left"),
                "{fault}"
            );
            assert_eq!(fault.contains("not connected yet"), !connected, "{fault}");
            assert_eq!(told.only_in_memory, 2);
            assert!(told.disk_fault.unwrap().starts_with("journal j"));
        }
    }
}
