//! The EGM96 geoid from its own series.
//!
//! F. G. Lemoine and others, "The development of the joint NASA GSFC and NIMA geopotential model EGM96",
//! NASA/TP-1998-206861: spherical harmonics to degree and order 360, and the correction from height anomaly to
//! undulation, by way of the crate `egm96`.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::grid::{Lattice, bilinear};
use crate::Wgs84;

/// A minute of arc: between such nodes the series, whose shortest wave is a degree long, is linear to a centimetre.
const NODES: Lattice = Lattice {
    south_deg: -90.0,
    west_deg: -180.0,
    step_deg: (1.0 / 60.0, 1.0 / 60.0),
    rows: 180 * 60 + 1,
    columns: 360 * 60,
};

/// More nodes than a flight passes by; all are let go then.
const MAX_NODES: usize = 4096;

/// The geoid, with the nodes that were computed. One takes a millisecond; around a survey lie a few dozen.
#[derive(Debug, Default)]
pub(super) struct Egm96 {
    nodes: Mutex<HashMap<(usize, usize), f64>>,
}

impl Egm96 {
    /// How high it lies over the ellipsoid, in metres.
    pub(super) fn undulation(&self, place: Wgs84) -> f64 {
        let mut nodes = self.nodes.lock();
        if nodes.len() > MAX_NODES {
            nodes.clear();
        }
        let mut node = |row: usize, column: usize| {
            *nodes.entry((row, column)).or_insert_with(|| {
                let (latitude, longitude) = NODES.place(row, column);
                egm96::egm96_compute_altitude_offset(latitude, longitude)
            })
        };
        // The whole earth has nodes: there is no place outside.
        NODES.around(place).map_or(f64::NAN, |cell| {
            bilinear(&cell, |row, column| Ok::<_, ()>(node(row, column))).unwrap_or(f64::NAN)
        })
    }
}
