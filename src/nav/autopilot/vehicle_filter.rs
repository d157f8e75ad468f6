//! Whose messages are believed.

use mavlink::{MavHeader, dialects::common as dialect};

use super::{Autopilot, Refused, Report, gimbal_component::is_gimbal};
use crate::Monotonic;

/// Where an aircraft's autopilot is found; another component that calls itself one is a gimbal or a companion.
const AUTOPILOT1: u8 = dialect::MavComponent::MAV_COMP_ID_AUTOPILOT1 as u8;
/// A vehicle that has said nothing for so long and was never armed gives way to another: it was that of somebody else, who has
/// left. One that was armed is the one we fly on, and may be silent: another's landing must not end our survey.
const SILENT_S: f64 = 10.0;

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

/// Lets only the messages of one autopilot through: the first whose heartbeat comes, until one comes that is rather to be
/// believed; and what its gimbals tell of their attitude.
#[derive(Debug)]
pub struct VehicleFilter {
    wanted: Option<u8>,
    known: Option<Known>,
}

/// The vehicle that is believed.
#[derive(Debug)]
struct Known {
    vehicle: Vehicle,
    /// When it last spoke.
    spoke: Monotonic,
    /// Whether its motors ever were on.
    flew: bool,
}

/// What a message is to us.
#[derive(Debug, Clone, PartialEq)]
pub enum Filtered {
    /// The vehicle's or a gimbal's of it, and of use.
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
            known: None,
        }
    }

    /// The autopilot, once its heartbeat has come.
    #[must_use]
    pub fn vehicle(&self) -> Option<Vehicle> {
        self.known.as_ref().map(|known| known.vehicle)
    }

    /// Takes a message that came at `arrived`.
    pub fn accept(
        &mut self,
        header: &MavHeader,
        message: &dialect::MavMessage,
        arrived: Monotonic,
    ) -> Filtered {
        if let Some(other) = self.introduced(header, message)
            && self.gives_way_to(other, arrived)
        {
            self.known = Some(Known {
                vehicle: other,
                spoke: arrived,
                flew: false,
            });
        }
        let Some(known) = &mut self.known else {
            return Filtered::Foreign;
        };
        if header.system_id != u32::from(known.vehicle.system) {
            return Filtered::Foreign;
        }
        if header.component_id == known.vehicle.component {
            known.spoke = arrived;
        } else if !is_gimbals(header, message) {
            return Filtered::Foreign;
        }
        match Report::of(message) {
            Ok(Some(report)) => {
                known.flew |= matches!(&report, Report::Heartbeat(told) if told.armed);
                Filtered::Report(report)
            }
            Ok(None) => Filtered::Unused,
            Err(refused) => Filtered::Refused(refused),
        }
    }

    fn gives_way_to(&self, other: Vehicle, now: Monotonic) -> bool {
        self.known.as_ref().is_none_or(|known| {
            let is_better = other.system == known.vehicle.system
                && other.component == AUTOPILOT1
                && known.vehicle.component != AUTOPILOT1;
            is_better || (!known.flew && now.seconds_since(known.spoke) > SILENT_S)
        })
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

/// Whether a gimbal tells its attitude.
fn is_gimbals(header: &MavHeader, message: &dialect::MavMessage) -> bool {
    is_gimbal(header.component_id)
        && matches!(
            message,
            dialect::MavMessage::GIMBAL_DEVICE_ATTITUDE_STATUS(_)
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopilot::Heartbeat;
    use dialect::MavAutopilot as A;
    use scarp_test_support::autopilot::{AUTOPILOT, GIMBAL, attitude, gimbal_attitude, heartbeat};

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    const fn header(system_id: u32, component_id: u8) -> MavHeader {
        MavHeader {
            system_id,
            component_id,
            sequence: 0,
        }
    }

    fn component(filter: &VehicleFilter) -> Option<(u8, u8)> {
        filter.vehicle().map(|v| (v.system, v.component))
    }

    fn disarmed() -> dialect::MavMessage {
        dialect::MavMessage::HEARTBEAT(dialect::HEARTBEAT_DATA {
            mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
            autopilot: A::MAV_AUTOPILOT_PX4,
            base_mode: dialect::MavModeFlag::empty(),
            ..Default::default()
        })
    }

    #[test]
    fn only_the_first_autopilot_is_believed() {
        let mut filter = VehicleFilter::new(None);
        let level = attitude(0, 0.0);
        assert_eq!(
            filter.accept(&AUTOPILOT, &level, at(0.0)),
            Filtered::Foreign
        );
        let ground_station = heartbeat(A::MAV_AUTOPILOT_INVALID);
        let told = filter.accept(&header(255, 190), &ground_station, at(0.0));
        assert_eq!(told, Filtered::Foreign);
        let told = filter.accept(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(0.0));
        let (autopilot, armed) = (Autopilot::Px4, true);
        let expected = Report::Heartbeat(Heartbeat { autopilot, armed });
        assert_eq!(told, Filtered::Report(expected));
        for other in [header(2, 1), header(1, 100), header(257, 1)] {
            let other_heartbeat = heartbeat(A::MAV_AUTOPILOT_ARDUPILOTMEGA);
            let told = filter.accept(&other, &other_heartbeat, at(9.9));
            assert_eq!(told, Filtered::Foreign);
            assert_eq!(filter.accept(&other, &level, at(9.9)), Filtered::Foreign);
        }
        let told = filter.accept(&AUTOPILOT, &level, at(9.9));
        assert!(matches!(told, Filtered::Report(_)));
        let mut wants_2 = VehicleFilter::new(Some(2));
        wants_2.accept(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(0.0));
        assert_eq!(wants_2.vehicle(), None);
    }

    #[test]
    fn a_gimbal_that_calls_itself_an_autopilot_gives_way_to_the_autopilot() {
        let mut filter = VehicleFilter::new(None);
        filter.accept(
            &header(1, 154),
            &heartbeat(A::MAV_AUTOPILOT_GENERIC),
            at(0.0),
        );
        assert_eq!(component(&filter), Some((1, 154)));
        filter.accept(&AUTOPILOT, &attitude(0, 0.0), at(0.1));
        filter.accept(
            &header(1, 100),
            &heartbeat(A::MAV_AUTOPILOT_GENERIC),
            at(0.1),
        );
        assert_eq!(component(&filter), Some((1, 154)));
        filter.accept(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(0.2));
        assert_eq!(component(&filter), Some((1, 1)));
        filter.accept(
            &header(1, 154),
            &heartbeat(A::MAV_AUTOPILOT_GENERIC),
            at(1.0),
        );
        assert_eq!(component(&filter), Some((1, 1)));
    }

    #[test]
    fn a_gimbal_of_the_vehicle_is_heard_for_its_attitude_alone() {
        let mut filter = VehicleFilter::new(None);
        let told = filter.accept(&GIMBAL, &gimbal_attitude(0), at(0.0));
        assert_eq!(told, Filtered::Foreign);
        filter.accept(&AUTOPILOT, &disarmed(), at(0.0));
        for gimbal in [154, 171, 172, 173, 174, 175] {
            let told = filter.accept(&header(1, gimbal), &gimbal_attitude(0), at(0.1));
            assert!(matches!(told, Filtered::Report(Report::Gimbal(_))));
        }
        for other in [
            header(2, 154),
            header(257, 154),
            header(1, 155),
            header(1, 176),
        ] {
            let told = filter.accept(&other, &gimbal_attitude(0), at(0.1));
            assert_eq!(told, Filtered::Foreign);
        }
        let told = filter.accept(&GIMBAL, &attitude(0, 0.0), at(0.1));
        assert_eq!(told, Filtered::Foreign);
        // It does not keep a vehicle in its place that is silent.
        filter.accept(&GIMBAL, &gimbal_attitude(0), at(10.0));
        filter.accept(&header(2, 1), &heartbeat(A::MAV_AUTOPILOT_PX4), at(10.1));
        assert_eq!(component(&filter), Some((2, 1)));
    }

    #[test]
    fn a_vehicle_that_flew_keeps_its_place_however_long_it_is_silent() {
        let mut filter = VehicleFilter::new(None);
        filter.accept(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(0.0));
        let told = filter.accept(&header(2, 1), &disarmed(), at(600.0));
        assert_eq!(told, Filtered::Foreign);
        assert_eq!(component(&filter), Some((1, 1)));
    }

    #[test]
    fn a_vehicle_silent_for_ten_seconds_gives_way_and_keeps_its_place_while_nobody_else_is_there() {
        let mut filter = VehicleFilter::new(None);
        let beat = disarmed();
        filter.accept(&header(2, 1), &beat, at(0.0));
        filter.accept(&header(2, 1), &attitude(0, 0.0), at(5.0));
        filter.accept(&AUTOPILOT, &beat, at(14.9));
        assert_eq!(component(&filter), Some((2, 1)));
        filter.accept(&AUTOPILOT, &beat, at(15.1));
        assert_eq!(component(&filter), Some((1, 1)));
        let told = filter.accept(&AUTOPILOT, &attitude(0, 0.0), at(60.0));
        assert!(matches!(told, Filtered::Report(_)));
    }
}
