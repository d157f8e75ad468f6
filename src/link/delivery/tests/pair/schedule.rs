//! What a pair is played through.

/// What a message is to the ground station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Good,
    /// Refused by name.
    Refused,
    /// Whatever batch holds it, the station closes the connection as with a batch that cannot be taken.
    Malformed,
    /// No receipt comes for a batch that holds it.
    Unanswered,
    /// The receipt for a batch that holds it names none.
    NoneNamed,
    /// It is left out of the receipt for its batch.
    LeftOut,
    /// The stream of a batch that holds it is broken off.
    BrokenOff,
}

/// What goes wrong, and when, in seconds from the start.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    pub seed: u64,
    /// When each message is submitted, and what it is.
    pub messages: Vec<(u64, Kind)>,
    /// The share of connections, batches and receipts that are lost, in percent.
    pub loss: u32,
    /// One way, milliseconds.
    pub latency_ms: u64,
    /// From when, and for how long, nothing passes.
    pub outages: Vec<(u64, u64)>,
    /// From when, and for how long, the station cannot store.
    pub full: Vec<(u64, u64)>,
    /// From when, and for how long, the station's store takes nothing and says so only when the batch has waited long.
    pub busy: Vec<(u64, u64)>,
    /// From when, and for how long, the journal's disk fails.
    pub disk_faults: Vec<(u64, u64)>,
    pub aircraft_restarts: Vec<u64>,
    pub station_restarts: Vec<u64>,
    /// When the oldest message that waits is damaged on the disk.
    pub damages: Vec<u64>,
    /// From when, and for how long, the aircraft's thread gets no time.
    pub stalls: Vec<(u64, u64)>,
}
