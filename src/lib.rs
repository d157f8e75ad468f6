//! Scarp.
