//! What keeps the aircraft of a board from flying.

use thiserror::Error;

/// A key that is not set, or whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct KeyFault(String);

impl KeyFault {
    /// A key without a value; `remedy` says what to write there.
    pub(super) fn unset(key: &str, remedy: &str) -> Self {
        Self(format!("{key} is not set ({remedy})"))
    }

    /// A key whose value cannot be used, for a reason that says what can.
    pub(super) fn value(key: &str, reason: impl std::fmt::Display) -> Self {
        Self(format!("{key}: {reason}"))
    }
}

/// A board whose aircraft cannot fly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("board file {path}: {}", joined(faults))]
pub struct UnfitBoard {
    /// The file as the user named it.
    pub path: String,
    /// All that stands in the way, at least one.
    pub faults: Vec<KeyFault>,
}

fn joined(faults: &[KeyFault]) -> String {
    let faults: Vec<_> = faults.iter().map(KeyFault::to_string).collect();
    faults.join("; and ")
}
