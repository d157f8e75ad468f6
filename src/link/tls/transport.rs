//! What QUIC grants and how long it waits, on both ends.

use std::time::Duration;

use quinn::{IdleTimeout, TransportConfig, VarInt};

/// A connection on which nothing arrives for so long is given up. Long enough for a drone behind a ridge, short enough
/// to try anew soon.
const IDLE_TIMEOUT_MS: u32 = 15_000;
/// Shows both ends that the other is there. Three may be lost before the connection is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// Streams a drone may have open at once. It uses one; the rest is room for one that was given up and one anew.
pub const MAX_STREAMS: u32 = 4;

/// What both ends have in common.
pub fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_TIMEOUT_MS))))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None);
    transport
}

/// A window of so many bytes.
pub fn window(bytes: usize) -> VarInt {
    VarInt::try_from(bytes as u64).unwrap_or(VarInt::MAX)
}
