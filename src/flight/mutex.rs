//! Values that threads share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value that its writers leave whole at every step, so that one who panicked has left nothing half done.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
