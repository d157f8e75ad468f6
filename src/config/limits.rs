//! The numbers that a board file may hold.

use super::Board;

/// A number of the file and its range, ends included.
pub(super) struct Limit {
    pub key: &'static str,
    pub value: f64,
    pub least: f64,
    pub most: f64,
    /// The range in words.
    pub range: &'static str,
}

impl Board {
    /// Every number with its range. The ends keep what follows from overflowing or from starting a million threads; sense
    /// is the user's matter.
    pub(super) fn limits(&self) -> Vec<Limit> {
        let (errors, camera, autopilot) = (&self.errors, &self.camera, &self.autopilot);
        let ([forward, right, down], look) = (self.mount.lever_arm_m, &self.mount.boresight_deg);
        let mut limits = Vec::new();
        let mut group = |least: f64, most: f64, range, values: &[(&'static str, f64)]| {
            limits.extend(values.iter().map(|&(key, value)| Limit {
                key,
                value,
                least,
                most,
                range,
            }));
        };
        group(
            0.001,
            10_000.0,
            "from 0.001 to 10000",
            &[
                ("errors.gnss_horizontal_m", errors.gnss_horizontal_m),
                ("errors.gnss_vertical_m", errors.gnss_vertical_m),
                ("errors.attitude_deg", errors.attitude_deg),
                ("errors.dem_m", errors.dem_m),
                ("detection.cell_m", self.detection.cell_m),
                ("camera.rate_hz", camera.rate_hz),
                ("camera.interval_s", camera.interval_s),
                ("gnss.delay_sigma_s", self.gnss.delay_sigma_s),
                ("autopilot.tilt_sigma_deg", autopilot.tilt_sigma_deg),
                ("autopilot.heading_sigma_deg", autopilot.heading_sigma_deg),
                ("autopilot.max_speed_m_s", autopilot.max_speed_m_s),
            ],
        );
        group(
            1.0,
            1024.0,
            "from 1 to 1024",
            &[
                (
                    "inference.threads_per_tile",
                    self.inference.threads_per_tile as f64,
                ),
                ("queue.frames", self.queue.frames as f64),
            ],
        );
        group(
            0.0,
            1024.0,
            "from 0 to 1024",
            &[
                ("inference.workers", self.inference.workers as f64),
                (
                    "inference.tile_overlap_px",
                    f64::from(self.inference.tile_overlap_px),
                ),
            ],
        );
        group(
            16.0,
            32_768.0,
            "from 16 to 32768",
            &[
                ("camera.width_px", f64::from(camera.width_px)),
                ("camera.height_px", f64::from(camera.height_px)),
            ],
        );
        group(
            0.0,
            1e6,
            "from 0 to 1000000",
            &[
                ("detection.min_area_m2", self.detection.min_area_m2),
                ("camera.focal_px", camera.focal_px),
                ("camera.focal_sigma_px", camera.focal_sigma_px),
            ],
        );
        group(
            0.0,
            10.0,
            "from 0 to 10",
            &[
                ("camera.timestamp_sigma_s", camera.timestamp_sigma_s),
                ("gnss.delay_s", self.gnss.delay_s),
            ],
        );
        group(
            -10.0,
            10.0,
            "from -10 to 10",
            &[("camera.timestamp_offset_s", camera.timestamp_offset_s)],
        );
        group(
            -1000.0,
            1000.0,
            "from -1000 to 1000",
            &[
                ("mount.lever_arm_m", forward),
                ("mount.lever_arm_m", right),
                ("mount.lever_arm_m", down),
                ("mount.boresight_deg.yaw", look.yaw),
                ("mount.boresight_deg.pitch", look.pitch),
                ("mount.boresight_deg.roll", look.roll),
            ],
        );
        group(
            0.0,
            0.95,
            "from 0 to 0.95",
            &[("camera.overlap", camera.overlap)],
        );
        group(
            0.0,
            camera.overlap,
            "from 0 to camera.overlap",
            &[("camera.least_overlap", camera.least_overlap)],
        );
        group(
            0.0,
            150.0,
            "from 0 to 150",
            &[("thermal.shed_c", self.thermal.shed_c)],
        );
        group(
            0.0,
            self.thermal.shed_c,
            "from 0 to thermal.shed_c",
            &[("thermal.reduce_c", self.thermal.reduce_c)],
        );
        group(
            4096.0,
            f64::MAX,
            "at least 4096",
            &[("journal.max_bytes", self.journal.max_bytes as f64)],
        );
        limits
    }
}
