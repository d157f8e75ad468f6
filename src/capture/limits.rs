//! What is too much or too little for a photograph.

/// Largest picture decoded, in pixels.
pub(super) const MAX_PIXELS: u64 = 200_000_000;

/// Largest file read, in bytes.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// Smallest side of a picture, in pixels; anything smaller is not a frame of a survey.
pub(super) const MIN_SIDE: u32 = 64;
