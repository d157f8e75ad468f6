//! What QUIC grants and how long it waits, on both ends.

use std::time::Duration;

use quinn::{IdleTimeout, TransportConfig, VarInt};

/// A connection on which nothing arrives for so long is given up. Long enough for a drone behind a ridge, short enough
/// to try anew soon.
pub const IDLE_TIMEOUT_MS: u32 = 15_000;
/// Shows both ends that the other is there. Three may be lost before the connection is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// Bytes that a drone may send before the station has read them: the usual batch of 32 KiB many times, and less than the largest, since
/// every drone can make the station hold as much. At a round trip of 600 ms it still lets 3.5 Mbit/s through.
pub const BATCH_WINDOW: usize = 256 << 10;
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
