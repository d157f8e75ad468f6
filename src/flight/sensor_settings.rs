//! What a board file says of the aircraft's sensors, in the types of those who read them.

use nalgebra::Vector3;
use scarp_capture::live::{CameraSettings, PixelFormat};
use scarp_config::{Board, Camera, CameraFile, load_camera};
use scarp_geo::{CameraModel, RotationMatrix};
use scarp_nav::{
    FixSettings, GnssDelay, Mount, TrajectorySettings,
    autopilot::{AttitudeOf, LinkSettings, PortAddress},
};

use super::{
    autopilot::AutopilotPort,
    board_fault::{KeyFault, UnfitBoard},
    gnss::GnssPort,
    live_source::FrameSelection,
    thumbnail_store::DiskLimits,
};

/// Driver buffers: one is copied, one is waiting, two are filled.
const BUFFERS: u32 = 4;
/// A receiver's device of this name is the autopilot's own.
const AUTOPILOT: &str = "autopilot";
/// Frames that are rarer look like a camera that has failed, hertz.
const LEAST_RATE_HZ: f64 = 2.0;

/// The sensors of one aircraft.
#[derive(Debug, Clone, PartialEq)]
pub struct Equipment {
    /// How the camera is opened.
    pub camera: CameraSettings,
    /// What it sees.
    pub model: CameraModel,
    /// Which of its frames are searched.
    pub exposure: FrameSelection,
    /// Where positions come from.
    pub positions: Positions,
    /// The autopilot.
    pub autopilot: AutopilotPort,
    /// What is known of the aircraft.
    pub trajectory: TrajectorySettings,
    /// From when on less is done, degrees Celsius.
    pub reduce_c: f64,
    /// From when on ground is left out, degrees Celsius.
    pub shed_c: f64,
    /// What may lie on the disk.
    pub disk: DiskLimits,
}

/// Where positions come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Positions {
    /// A receiver of ours.
    Receiver(GnssPort),
    /// The autopilot and its receiver.
    Autopilot,
}

impl Equipment {
    /// The equipment of a board that names a camera, a receiver and an autopilot.
    ///
    /// # Errors
    /// With every one that is not named, and every value that cannot be used.
    pub fn of(board: &Board) -> Result<Self, UnfitBoard> {
        let mut faults = gaps(board);
        let settings = kept(camera_settings(board), &mut faults);
        let positions = kept(positions(board), &mut faults);
        let autopilot = kept(autopilot_port(board), &mut faults);
        let calibrated = kept(calibrated(&board.camera), &mut faults);
        let (Some(settings), Some(positions), Some(autopilot), Some(calibrated), []) =
            (settings, positions, autopilot, calibrated, &faults[..])
        else {
            let path = board.file.clone();
            return Err(UnfitBoard { path, faults });
        };
        let camera = &board.camera;
        Ok(Self {
            camera: settings,
            model: calibrated.model,
            exposure: FrameSelection {
                offset_s: camera.timestamp_offset_s,
                // Rows are exposed one after the other, evenly about the middle.
                sigma_s: camera
                    .timestamp_sigma_s
                    .hypot(calibrated.rolling_shutter_s / 12.0_f64.sqrt()),
                interval_s: camera.interval_s,
                overlap: camera.overlap,
                least_overlap: camera.least_overlap,
            },
            positions,
            autopilot,
            trajectory: trajectory(board),
            reduce_c: board.thermal.reduce_c,
            shed_c: board.thermal.shed_c,
            disk: DiskLimits {
                thumbnails_max_bytes: board.disk.thumbnails_max_bytes,
                min_free_bytes: board.disk.min_free_bytes,
            },
        })
    }
}

/// What only a flight needs and the board does not tell.
fn gaps(board: &Board) -> Vec<KeyFault> {
    let (camera, gnss) = (&board.camera, &board.gnss);
    let mut gaps = Vec::new();
    if camera.device.is_empty() {
        let remedy = "name the camera's device node, see `ls /dev/v4l/by-id`";
        gaps.push(KeyFault::unset("camera.device", remedy));
    }
    if camera.focal_px <= 0.0 && camera.calibration.as_os_str().is_empty() {
        let remedy = "set the focal length in pixels from the camera's calibration, or name its camera file in camera.calibration";
        gaps.push(KeyFault::unset("camera.focal_px", remedy));
    }
    if camera.rate_hz < LEAST_RATE_HZ {
        let reason = format!(
            "{} is too seldom to fly; write {LEAST_RATE_HZ} or more, interval_s says how many are searched",
            camera.rate_hz
        );
        gaps.push(KeyFault::value("camera.rate_hz", reason));
    }
    if gnss.device.is_empty() {
        let remedy = "name the receiver's serial port, see `ls /dev/serial/by-id`, or write \"autopilot\" for its positions";
        gaps.push(KeyFault::unset("gnss.device", remedy));
    }
    gaps
}

/// The camera by its camera file, or by the focal length that the board tells.
///
/// # Errors
/// When the file cannot be used, is of pictures that stand the other way, or the board tells a focal length beside it.
fn calibrated(camera: &Camera) -> Result<CameraFile, KeyFault> {
    let (width, height) = (camera.width_px, camera.height_px);
    if camera.calibration.as_os_str().is_empty() {
        return Ok(CameraFile {
            model: CameraModel {
                focal_sigma_px: camera.focal_sigma_px,
                ..CameraModel::centred(width, height, camera.focal_px)
            },
            rolling_shutter_s: 0.0,
        });
    }
    let fault = |reason: String| KeyFault::value("camera.calibration", reason);
    if camera.focal_px > 0.0 {
        return Err(fault(
            "the camera file tells the focal length, and so does camera.focal_px; set one of both"
                .to_owned(),
        ));
    }
    let file = load_camera(&camera.calibration).map_err(|error| fault(error.to_string()))?;
    let model = file.model.for_pictures(width, height, 1.0).ok_or_else(|| {
        fault(format!(
            "the camera file is of pictures that stand the other way than {width} x {height}"
        ))
    })?;
    Ok(CameraFile { model, ..file })
}

/// The value, or its fault put with the others.
fn kept<T>(value: Result<T, KeyFault>, faults: &mut Vec<KeyFault>) -> Option<T> {
    value.map_err(|fault| faults.push(fault)).ok()
}

/// How the board's camera is opened.
///
/// # Errors
/// When no pixel format is named or one is not known.
pub fn camera_settings(board: &Board) -> Result<CameraSettings, KeyFault> {
    let camera = &board.camera;
    let formats = camera
        .formats
        .iter()
        .map(|name| name.parse::<PixelFormat>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| KeyFault::value("camera.formats", e))?;
    if formats.is_empty() {
        let remedy = "name at least one, such as \"YUYV\"";
        return Err(KeyFault::unset("camera.formats", remedy));
    }
    Ok(CameraSettings {
        device: camera.device.clone().into(),
        formats,
        width: camera.width_px,
        height: camera.height_px,
        rate_hz: camera.rate_hz,
        buffers: BUFFERS,
    })
}

/// Where the board's positions come from.
///
/// # Errors
/// When the receiver is a gpsd without an address.
pub fn positions(board: &Board) -> Result<Positions, KeyFault> {
    match board.gnss.device.as_str() {
        AUTOPILOT => Ok(Positions::Autopilot),
        device => {
            let port = gnss_port(board).at(device.to_owned());
            let port = port.map_err(|e| KeyFault::value("gnss.device", e))?;
            Ok(Positions::Receiver(port))
        }
    }
}

/// The board's GNSS receiver.
pub fn gnss_port(board: &Board) -> GnssPort {
    let gnss = &board.gnss;
    GnssPort {
        device: gnss.device.clone(),
        baud_rate: (gnss.baud_rate > 0).then_some(gnss.baud_rate),
        fix: FixSettings {
            altitude_datum: gnss.altitude_datum,
            accept_simulated: gnss.accept_simulated,
        },
        delay: GnssDelay {
            seconds: gnss.delay_s,
            sigma_s: gnss.delay_sigma_s,
        },
        pps: (!gnss.pps.is_empty()).then(|| gnss.pps.clone()),
    }
}

/// The board's autopilot.
///
/// # Errors
/// When its address is not set or cannot be understood.
pub fn autopilot_port(board: &Board) -> Result<AutopilotPort, KeyFault> {
    const KEY: &str = "autopilot.address";
    let address = &board.autopilot.address;
    if address.is_empty() {
        let remedy = "name where the autopilot speaks MAVLink; attitude comes from it";
        return Err(KeyFault::unset(KEY, remedy));
    }
    let parsed = address.parse::<PortAddress>();
    Ok(AutopilotPort {
        link: LinkSettings {
            address: parsed.map_err(|e| KeyFault::value(KEY, e))?,
            system: None,
            attitude: if board.mount.on_gimbal {
                AttitudeOf::Gimbal
            } else {
                AttitudeOf::Body
            },
        },
        positions: board.gnss.device == AUTOPILOT,
    })
}

fn trajectory(board: &Board) -> TrajectorySettings {
    let (mount, look) = (&board.mount, &board.mount.boresight_deg);
    TrajectorySettings {
        mount: Mount {
            lever_arm_m: Vector3::from(mount.lever_arm_m),
            boresight: RotationMatrix::from_euler_deg(look.roll, look.pitch, look.yaw),
        },
        max_speed_m_s: board.autopilot.max_speed_m_s,
        tilt_sigma_deg: board.autopilot.tilt_sigma_deg,
        heading_sigma_deg: board.autopilot.heading_sigma_deg,
        ..TrajectorySettings::default()
    }
}

#[cfg(test)]
mod tests {
    use scarp_geo::{
        Lens, Rotation,
        reference_frame::{Ned, Platform},
    };

    use super::*;

    const COMPLETE: &str = "
[camera]
device = '/dev/video0'
focal_px = 1500.0
[gnss]
device = '/dev/ttyUSB0'
[autopilot]
address = 'udpin:0.0.0.0:14550'
";

    fn equipment(more: &str) -> Result<Equipment, UnfitBoard> {
        let mut board: toml::Table = toml::from_str(COMPLETE).unwrap();
        for (section, keys) in toml::from_str::<toml::Table>(more).unwrap() {
            let section = board
                .entry(section)
                .or_insert_with(|| toml::Table::new().into());
            for (key, value) in keys.as_table().unwrap() {
                section
                    .as_table_mut()
                    .unwrap()
                    .insert(key.clone(), value.clone());
            }
        }
        Equipment::of(&Board::from_toml("b.toml", &board.to_string()).unwrap())
    }

    #[test]
    fn a_board_that_names_its_sensors_can_fly() {
        let equipment = equipment("").unwrap();
        let Positions::Receiver(gnss) = &equipment.positions else {
            panic!("{equipment:?}");
        };
        assert_eq!((gnss.baud_rate, &gnss.pps), (None, &None));
        assert!(!equipment.autopilot.positions);
        assert_eq!(equipment.camera.formats.len(), 2);
        assert_eq!(equipment.model.cx, 960.0);
    }

    #[test]
    fn the_gimbals_attitude_counts_where_the_board_says_so() {
        let attitude = |more| equipment(more).unwrap().autopilot.link.attitude;
        assert_eq!(attitude(""), AttitudeOf::Body);
        assert_eq!(attitude("[mount]\non_gimbal = true"), AttitudeOf::Gimbal);
    }

    #[test]
    fn positions_come_from_the_autopilot_where_the_board_says_so() {
        let equipment = equipment("[gnss]\ndevice = 'autopilot'").unwrap();
        assert_eq!(equipment.positions, Positions::Autopilot);
        assert!(equipment.autopilot.positions);
    }

    /// Where the camera looks (north, east, down) when what it hangs on has its nose `pitch_deg` above the horizon, northward.
    fn looks(mount: &str, pitch_deg: f64) -> Vector3<f64> {
        let mount = equipment(mount).unwrap().trajectory.mount;
        let platform: Rotation<Platform, Ned> =
            Rotation::from_euler_rad(0.0, pitch_deg.to_radians(), 0.0);
        platform.rotate(&mount.boresight.rotate(&Vector3::x()))
    }

    #[test]
    fn a_camera_looks_where_its_gimbal_points_and_through_the_floor_where_there_is_none() {
        let down = Vector3::z();
        assert!((looks("", 0.0) - down).norm() < 1e-9);
        let gimbal = "[mount]\non_gimbal = true";
        assert!((looks(gimbal, -90.0) - down).norm() < 1e-9);
        let ahead = (down + Vector3::x()).normalize();
        assert!((looks(gimbal, -45.0) - ahead).norm() < 1e-9);
        let told =
            "[mount]\non_gimbal = true\nboresight_deg = { yaw = 0.0, pitch = -45.0, roll = 0.0 }";
        assert!((looks(told, -45.0) - down).norm() < 1e-9);
    }

    #[test]
    fn what_is_missing_or_cannot_be_understood_is_named_with_what_to_write() {
        for (more, key) in [
            ("[camera]\ndevice = ''", "camera.device is not set ("),
            ("[camera]\nfocal_px = 0.0", "camera.focal_px is not set ("),
            ("[camera]\nformats = []", "camera.formats is not set ("),
            ("[camera]\nformats = ['H264']", "camera.formats: "),
            ("[camera]\nrate_hz = 1.0", "camera.rate_hz: "),
            ("[gnss]\ndevice = ''", "gnss.device is not set ("),
            ("[gnss]\ndevice = 'gpsd://'", "gnss.device: "),
            ("[gnss]\ndevice = 'gpsd:localhost'", "gnss.device: "),
            ("[gnss]\ndevice = 'gpsd://host'", "gnss.device: "),
            (
                "[autopilot]\naddress = ''",
                "autopilot.address is not set (",
            ),
            ("[autopilot]\naddress = 'tty'", "autopilot.address: "),
        ] {
            let unfit = equipment(more).unwrap_err();
            let line = unfit.to_string();
            let told = line.strip_prefix("board file b.toml: ");
            assert!(told.is_some_and(|told| told.starts_with(key)), "{line}");
            assert_eq!((unfit.faults.len(), line.lines().count()), (1, 1), "{line}");
        }
    }

    #[test]
    fn a_camera_file_tells_the_lens_for_the_size_that_is_flown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("camera.toml");
        let keys = "width_px = 3840\nheight_px = 2160\nfocal_px = 3000\nprincipal_point_px = [1930, 1080]\nrolling_shutter_s = 0.03\n\
                    [brown]\nk1 = -0.1\n";
        std::fs::write(&file, keys).unwrap();
        let named = |more: &str| format!("[camera]\ncalibration = {file:?}\n{more}");
        let equipment = |more: &str| equipment(&named(more));
        let flown = equipment("focal_px = 0.0").unwrap();
        assert_eq!((flown.model.focal_px, flown.model.cx), (1500.0, 965.0));
        assert_ne!(flown.model.lens, Lens::Pinhole);
        // 5 ms, and 30 ms over the root of 12.
        assert!((flown.exposure.sigma_s - 0.005_f64.hypot(0.008_660_254)).abs() < 1e-9);
        let told = |more: &str| equipment(more).unwrap_err().to_string();
        assert!(told("").contains("set one of both"), "{}", told(""));
        let upright = told("focal_px = 0.0\nwidth_px = 1080\nheight_px = 1920");
        assert!(upright.contains("camera.calibration: "), "{upright}");
        std::fs::remove_file(&file).unwrap();
        let missing = told("focal_px = 0.0");
        assert!(missing.contains("camera.toml"), "{missing}");
    }

    #[test]
    fn all_that_is_missing_or_wrong_is_told_at_once() {
        let unfit = Equipment::of(&Board::workstation().unwrap()).unwrap_err();
        let line = unfit.to_string();
        for key in [
            "camera.device",
            "camera.focal_px",
            "gnss.device",
            "autopilot.address",
        ] {
            assert!(line.contains(&format!("{key} is not set (")), "{line}");
        }
        let wrong = "[camera]\nformats = ['H264']\nrate_hz = 1.0\n[autopilot]\naddress = 'tty'";
        assert_eq!(equipment(wrong).unwrap_err().faults.len(), 3);
    }
}
