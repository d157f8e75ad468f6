//! A gimbal that tells its attitude itself.

use mavlink::dialects::common::MavComponent as C;

use super::{BootClock, BootClockDoubt, BootInstant, BootTime};
use crate::Monotonic;

/// Without a word of the autopilot about the gimbal for so long the gimbal's own counts: five of the messages at the least
/// rate of the standard, 5 Hz.
const SILENT_S: f64 = 1.0;

/// Whether a component is a gimbal.
pub(super) fn is_gimbal(component: u8) -> bool {
    let further = C::MAV_COMP_ID_GIMBAL2 as u8..=C::MAV_COMP_ID_GIMBAL6 as u8;
    component == C::MAV_COMP_ID_GIMBAL as u8 || further.contains(&component)
}

/// A gimbal with a computer of its own, whose messages the autopilot passes on: beside PX4 nobody else tells its attitude.
///
/// ArduPilot repeats it, and may pass the gimbal's own on besides. Then the autopilot's counts: it is on the clock that TIMESYNC
/// makes known and that the aircraft's heading is on, while the gimbal's is known by arrival only.
#[derive(Debug, Default)]
pub(super) struct OwnGimbal {
    component: Option<u8>,
    /// Of the gimbal's computer, which booted at another time.
    clock: BootClock,
    /// When the autopilot last told of the gimbal.
    repeated: Option<Monotonic>,
}

impl OwnGimbal {
    /// Whether it is this gimbal's attitude that counts: of several that of the lowest id, which carries the camera where only
    /// one does.
    pub fn admits(&mut self, component: u8) -> bool {
        if self.component.is_none_or(|known| component < known) {
            self.component = Some(component);
            self.clock = BootClock::default();
        }
        self.component == Some(component)
    }

    /// Its component id, once it has spoken.
    pub const fn component(&self) -> Option<u8> {
        self.component
    }

    /// See [`BootClock::observe`], by the gimbal's clock.
    ///
    /// # Errors
    /// As there.
    pub fn observe(
        &mut self,
        boot: BootTime,
        arrived: Monotonic,
    ) -> Result<BootInstant, BootClockDoubt> {
        self.clock.observe(boot, arrived)
    }

    /// The autopilot told of the gimbal.
    pub const fn repeat(&mut self, arrived: Monotonic) {
        self.repeated = Some(arrived);
    }

    /// Whether the autopilot tells of the gimbal, so that the gimbal's own does not count.
    pub fn is_repeated(&self, now: Monotonic) -> bool {
        self.repeated
            .is_some_and(|repeated| now.seconds_since(repeated) <= SILENT_S)
    }
}
