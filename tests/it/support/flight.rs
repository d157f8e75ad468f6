//! A flight under test: the firmware's part on a thread of its own, and what it leaves.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use geo::{Centroid, Polygon};
use scarp::{
    flight::{Destination, Equipment, FlightError, FlightResult, fly},
    pipeline::{Flight, WhenFull},
};
use scarp_config::Board;
use scarp_geo::Terrain;
use scarp_infer::{ENGINES, Model, Registration};
use scarp_inventory::Run;
use scarp_link::Uplink;
use scarp_test_support::aircraft::{
    Aircraft, GNSS_DELAY_S, LATITUDE_DEG, LONGITUDE_DEG, metres_per_degree,
};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use super::camera::{FOCAL_PX, FakeCamera, HEIGHT, WIDTH, is_landslide};

/// Nothing in these tests takes longer.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Flying {
    pub aircraft: Aircraft,
    pub folder: TempDir,
    sensors: [JoinHandle<()>; 2],
    _gpsd: Option<Gpsd>,
    thread: JoinHandle<Result<FlightResult, FlightError>>,
}

/// A running gpsd.
struct Gpsd(Child);

impl Gpsd {
    /// Reads the receiver and serves what it says; `tools/test` installs it.
    fn read(device: &Path, port: u16) -> Self {
        let until = Instant::now() + LIMIT;
        while !device.exists() {
            assert!(Instant::now() < until, "the receiver was not plugged in");
            thread::sleep(Duration::from_millis(10));
        }
        let options = ["-N", "-n", "-b", "-S", &port.to_string()];
        let mut gpsd = Command::new("/usr/sbin/gpsd");
        let gpsd = gpsd.args(options).arg(device).stderr(Stdio::null());
        Self(
            gpsd.spawn()
                .expect("/usr/sbin/gpsd; `tools/test` installs it"),
        )
    }
}

impl Drop for Gpsd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is not as in all flights.
pub struct Plan {
    pub engines: &'static [Registration],
    pub rate_hz: f64,
    /// More keys of the camera.
    pub camera: &'static str,
    pub uplink: Option<Arc<Uplink>>,
    pub positions: Positions,
}

/// Where positions come from.
#[derive(Clone, Copy)]
pub enum Positions {
    Receiver,
    /// A receiver that a real gpsd reads.
    Gpsd,
    Autopilot,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            engines: ENGINES,
            rate_hz: 10.0,
            camera: "",
            uplink: None,
            positions: Positions::Receiver,
        }
    }
}

impl Flying {
    /// Powered on: the sensors speak, the motors are off.
    pub fn powered_on(plan: Plan) -> Self {
        let folder = TempDir::new().unwrap();
        let free = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let device = folder.path().join("gnss");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let gpsd_port = free.local_addr().unwrap().port();
        drop(free);
        let board = format!(
            "[inference]\nworkers = 1\ntile_overlap_px = 16\n[detection]\nmin_area_m2 = 5.0\ncell_m = 0.4\n\
             [camera]\ndevice = '/dev/video9'\nformats = ['RGB3']\nwidth_px = {WIDTH}\nheight_px = {HEIGHT}\n\
             rate_hz = {}\ninterval_s = 0.1\nfocal_px = {FOCAL_PX}\nfocal_sigma_px = 1.0\n\
             {}\n[gnss]\ndevice = '{}'\nbaud_rate = 115200\ndelay_s = {GNSS_DELAY_S}\ndelay_sigma_s = 0.01\n\
             [autopilot]\naddress = 'udpin:{address}'\n",
            plan.rate_hz,
            plan.camera,
            match plan.positions {
                Positions::Receiver => device.display().to_string(),
                Positions::Gpsd => format!("gpsd://127.0.0.1:{gpsd_port}"),
                Positions::Autopilot => "autopilot".to_owned(),
            }
        );
        let board = Board::from_toml("flight.toml", &board).unwrap();
        let equipment = Equipment::of(&board).unwrap();
        let aircraft = Aircraft::new();
        let sensors = aircraft.fly(device.clone(), address);
        let gpsd =
            matches!(plan.positions, Positions::Gpsd).then(|| Gpsd::read(&device, gpsd_port));
        let stop = Arc::new(AtomicBool::new(false));
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let model = Arc::new(
            Model::load_in(&root.join("tests/fixtures/tiny_model_int8"), plan.engines).unwrap(),
        );
        let run = Run {
            survey: Uuid::new_v4(),
            id: Uuid::new_v4(),
        };
        let flight = Flight::from_board(&board, model, run, WhenFull::DropOldest);
        let out = folder.path().join("out");
        let (camera, rate_hz) = (aircraft.clone(), plan.rate_hz);
        let thread = thread::spawn(move || {
            let destination = Destination {
                out: &out,
                uplink: plan.uplink,
            };
            let open = || FakeCamera::open(&camera, rate_hz);
            fly(
                equipment,
                open,
                Terrain::flat(1.0),
                &flight,
                destination,
                &stop,
            )
        });
        Self {
            aircraft,
            folder,
            sensors,
            _gpsd: gpsd,
            thread,
        }
    }

    /// In the air, and surveying.
    pub fn surveying(plan: Plan) -> Self {
        let flying = Self::powered_on(plan);
        flying.aircraft.set(|s| &s.armed, true);
        flying.until("surveying", |health| health["state"] == "surveying");
        flying
    }

    /// What `health.json` says.
    pub fn health(&self) -> Value {
        let text = fs::read(self.folder.path().join("out/health.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Waits until the health is so; tells how long it took.
    pub fn until(&self, what: &str, so: impl Fn(&Value) -> bool) -> Duration {
        let started = Instant::now();
        loop {
            let health = self.health();
            if so(&health) {
                return started.elapsed();
            }
            assert!(started.elapsed() < LIMIT, "never {what}: {health}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets so many seconds of flight pass.
    pub fn pass(&self, seconds: f64) {
        thread::sleep(Duration::from_secs_f64(seconds));
    }

    /// Lands and waits for the end.
    pub fn land(self) -> Landed {
        self.aircraft.set(|s| &s.armed, false);
        self.end()
    }

    fn end(self) -> Landed {
        let flown = self.thread.join().unwrap().unwrap();
        self.aircraft.end();
        for sensor in self.sensors {
            sensor.join().unwrap();
        }
        let survey = fs::read_dir(self.folder.path().join("out"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.is_dir())
            .unwrap();
        let said = self.aircraft.said.lock().clone();
        Landed {
            flown,
            survey,
            said,
            _folder: self.folder,
        }
    }
}

/// What a flight leaves.
pub struct Landed {
    pub flown: FlightResult,
    pub survey: PathBuf,
    /// Lines that the pilot was shown.
    pub said: Vec<String>,
    _folder: TempDir,
}

impl Landed {
    /// Every footprint with metres from where the aircraft truly was; every one of them.
    pub fn footprint_errors_m(&self) -> Vec<f64> {
        let features = self.features("footprints.geojson");
        let error = |feature: &Value| {
            let time = feature["properties"]["time"].as_str().unwrap();
            let time = chrono::DateTime::parse_from_rfc3339(time).unwrap();
            let unix_s = time.timestamp_micros() as f64 / 1e6;
            let (north_m, east_m) = place(feature);
            (north_m - Aircraft::north_m_at_unix(unix_s)).hypot(east_m)
        };
        features.iter().map(error).collect()
    }

    /// Metres north and east of every landslide's middle.
    pub fn landslides(&self) -> Vec<(f64, f64)> {
        self.features("landslides.geojson")
            .iter()
            .map(place)
            .collect()
    }

    /// Asserts that nothing is placed wrongly: all frames, and all landslides that were found.
    pub fn assert_all_in_place(&self) {
        let errors = self.footprint_errors_m();
        let worst = errors.iter().copied().fold(0.0, f64::max);
        assert!(worst < 0.5, "a frame is {worst} m from its place");
        for (north_m, east_m) in self.landslides() {
            assert!(
                is_landslide(north_m, east_m),
                "a landslide at {north_m}, {east_m}"
            );
        }
    }

    fn features(&self, file: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.survey.join(file)).unwrap();
        let collection: Value = serde_json::from_str(&text).unwrap();
        collection["features"].as_array().unwrap().clone()
    }
}

/// Metres north and east of a feature's middle.
fn place(feature: &Value) -> (f64, f64) {
    let geometry =
        serde_json::from_value::<geojson::Geometry>(feature["geometry"].clone()).unwrap();
    let polygon: Polygon<f64> = geometry.value.try_into().unwrap();
    let middle = polygon.centroid().unwrap();
    let (north, east) = metres_per_degree();
    (
        (middle.y() - LATITUDE_DEG) * north,
        (middle.x() - LONGITUDE_DEG) * east,
    )
}
