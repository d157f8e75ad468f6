//! Whose messages are believed.

use mavlink::{MavHeader, dialects::common as dialect};

use super::{Autopilot, Refused, Report};

/// An autopilot on the MAVLink network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vehicle {
    /// System id: one per aircraft.
    pub system: u8,
    /// Component id of the autopilot, usually 1 (`MAV_COMP_ID_AUTOPILOT1`).
    pub component: u8,
    /// Its firmware.
    pub autopilot: Autopilot,
}

/// Lets only the messages of one autopilot through: the first whose heartbeat comes.
#[derive(Debug)]
pub struct VehicleFilter {
    wanted: Option<u8>,
    vehicle: Option<Vehicle>,
}

/// What a message is to us.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The vehicle's, and of use.
    Report(Report),
    /// The vehicle's, and of no use.
    Unused,
    /// The vehicle's, and not to be believed.
    Refused(Refused),
    /// Somebody else's.
    Foreign,
}

impl VehicleFilter {
    /// Waits for an autopilot, of the system `wanted` if one is named.
    #[must_use]
    pub const fn new(wanted: Option<u8>) -> Self {
        Self {
            wanted,
            vehicle: None,
        }
    }

    /// The autopilot, once its heartbeat has come.
    #[must_use]
    pub const fn vehicle(&self) -> Option<Vehicle> {
        self.vehicle
    }

    /// Takes a message.
    pub fn hear(&mut self, header: &MavHeader, message: &dialect::MavMessage) -> Heard {
        if self.vehicle.is_none() {
            self.vehicle = self.introduced(header, message);
        }
        let from = (header.system_id, header.component_id);
        if self
            .vehicle
            .is_none_or(|v| from != (u32::from(v.system), v.component))
        {
            return Heard::Foreign;
        }
        match Report::of(message) {
            Ok(Some(report)) => Heard::Report(report),
            Ok(None) => Heard::Unused,
            Err(refused) => Heard::Refused(refused),
        }
    }

    /// Ground stations, cameras and companions have no autopilot in their heartbeats; antenna trackers have.
    fn introduced(&self, header: &MavHeader, message: &dialect::MavMessage) -> Option<Vehicle> {
        let dialect::MavMessage::HEARTBEAT(heartbeat) = message else {
            return None;
        };
        let system = u8::try_from(header.system_id).ok()?;
        let flies = heartbeat.autopilot != dialect::MavAutopilot::MAV_AUTOPILOT_INVALID
            && heartbeat.mavtype != dialect::MavType::MAV_TYPE_ANTENNA_TRACKER;
        let Ok(Some(Report::Heartbeat(told))) = Report::of(message) else {
            return None;
        };
        (flies && self.wanted.is_none_or(|wanted| wanted == system)).then_some(Vehicle {
            system,
            component: header.component_id,
            autopilot: told.autopilot,
        })
    }
}
