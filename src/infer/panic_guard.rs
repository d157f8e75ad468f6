//! Panics of engines as errors: a graph or tile that one does not expect must not end the flight.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`, turning a panic into its message, in one line.
///
/// # Errors
/// The message, where `work` panics.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        format!("panicked: {}", text.replace('\n', " "))
    })
}
