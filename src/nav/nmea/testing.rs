//! Sentences of one epoch, without dollar sign and checksum.

pub(super) const RMC: &str = "GNRMC,092725.10,A,4717.11399,N,00833.91590,E,19.438,90.0,101125,,,A";
pub(super) const GGA: &str =
    "GNGGA,092725.10,4717.11399,N,00833.91590,E,1,12,0.80,499.6,M,48.0,M,,";
pub(super) const GST: &str = "GNGST,092725.10,,,,,0.9,0.7,1.8";
pub(super) const GSA: &str = "GNGSA,A,3,01,02,03,04,,,,,,,,,1.5,0.8,1.2,1";
