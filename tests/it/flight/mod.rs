//! Whole flights in real time: real threads, a receiver on a pseudo-terminal, an autopilot by UDP, a camera at its trait.

mod faults;
mod well;
