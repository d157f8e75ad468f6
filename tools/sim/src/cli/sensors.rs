//! `scarp-sim sensors`.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, ensure};
use scarp_sim::sensors::{
    play::{Gnss, play},
    sortie::{Legs, Sortie},
    wire::{Radio, Serial},
};

use super::survey::between;

const EXAMPLES: &str = "\
The aircraft waits on the ground, is armed, climbs at 5 m/s, flies its line or legs, descends and is disarmed. Interrupted,
it comes down from where it is; interrupted again, the program ends.
MAVLink 2: HEARTBEAT, ATTITUDE, ATTITUDE_QUATERNION when asked for, GLOBAL_POSITION_INT, GPS_RAW_INT, SYSTEM_TIME; it
answers TIMESYNC and MAV_CMD_SET_MESSAGE_INTERVAL. NMEA 0183: GGA, RMC and GST at 10 Hz, without errors.

Examples:
  scarp-sim sensors --nmea /dev/pts/5 --mavlink udpout:127.0.0.1:14550 --json
  scarp-sim sensors --nmea - --wait-s 0 --seconds 10
  scarp-sim sensors --mavlink udpout:10.0.0.2:14550 --leg-m 300 --seconds 120";

/// Arguments of `scarp-sim sensors`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where the GNSS receiver talks: a serial device, pty, unix socket or file, or - for standard output
    #[arg(long, value_name = "PATH")]
    nmea: Option<PathBuf>,
    /// Speed of a serial device
    #[arg(long, value_name = "BIT/S", default_value_t = 115_200)]
    baud: u32,
    /// From the instant of a fix to its first byte
    #[arg(long, value_name = "S", default_value_t = 0.12, value_parser = between(0.0, 2.0))]
    gnss_delay_s: f64,
    /// Where the autopilot talks: udpout:HOST:PORT
    #[arg(long, value_name = "ADDRESS")]
    mavlink: Option<String>,
    /// Over ground
    #[arg(long, value_name = "M/S", default_value_t = 15.0, value_parser = between(0.5, 50.0))]
    speed_m_s: f64,
    /// Height above take-off
    #[arg(long, value_name = "M", default_value_t = 60.0, value_parser = between(1.0, 500.0))]
    agl_m: f64,
    /// Time at that height
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = between(1.0, 36_000.0))]
    seconds: f64,
    /// On the ground, disarmed, before that
    #[arg(long, value_name = "S", default_value_t = 10.0, value_parser = between(0.0, 36_000.0))]
    wait_s: f64,
    /// Of the first leg, clockwise from north
    #[arg(long, value_name = "DEG", default_value_t = 90.0, value_parser = between(0.0, 360.0))]
    heading_deg: f64,
    /// Fly legs of this length there and back instead of one line
    #[arg(long, value_name = "M", value_parser = between(10.0, 10_000.0))]
    leg_m: Option<f64>,
    /// From one leg to the next
    #[arg(long, value_name = "M", default_value_t = 60.0, value_parser = between(10.0, 1000.0), requires = "leg_m")]
    spacing_m: f64,
    /// Latitude of take-off
    #[arg(long, value_name = "DEG", default_value_t = 31.2, value_parser = between(-80.0, 80.0), allow_hyphen_values = true)]
    latitude_deg: f64,
    /// Longitude of take-off
    #[arg(long, value_name = "DEG", default_value_t = 103.6, value_parser = between(-180.0, 180.0), allow_hyphen_values = true)]
    longitude_deg: f64,
    /// Height of take-off above mean sea level
    #[arg(long, value_name = "M", default_value_t = 1000.0, value_parser = between(-400.0, 8000.0), allow_hyphen_values = true)]
    height_m: f64,
    /// Height of mean sea level above the ellipsoid there
    #[arg(long, value_name = "M", default_value_t = -42.0, value_parser = between(-110.0, 90.0), allow_hyphen_values = true)]
    geoid_separation_m: f64,
    /// End with one JSON object on standard output: what was sent, and what Scarp said by MAVLink
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let on_stdout = args
        .nmea
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    ensure!(
        args.nmea.is_some() || args.mavlink.is_some(),
        "no sensor to play; give --nmea PATH, --mavlink ADDRESS or both"
    );
    ensure!(
        !(args.json && on_stdout),
        "--json and --nmea - both want standard output; give --nmea a file"
    );
    let sortie = Sortie {
        home_deg: (args.latitude_deg, args.longitude_deg),
        home_height_m: args.height_m,
        agl_m: args.agl_m,
        speed_m_s: args.speed_m_s,
        heading_deg: args.heading_deg,
        legs: args.leg_m.map(|length_m| Legs {
            length_m,
            spacing_m: args.spacing_m,
        }),
        wait_s: args.wait_s,
        seconds: args.seconds,
    };
    let gnss = Gnss {
        delay_s: args.gnss_delay_s,
        separation_m: args.geoid_separation_m,
    };
    let serial = args
        .nmea
        .as_deref()
        .map(|path| Serial::open(path, args.baud));
    let radio = args.mavlink.as_deref().map(Radio::open);
    let (serial, radio) = (serial.transpose()?, radio.transpose()?);
    let played = play(sortie, gnss, serial, radio, &*land_on_interrupt()?)?;
    if args.json {
        let mut line = serde_json::to_string(&played)?;
        line.push('\n');
        io::stdout().write_all(line.as_bytes())?;
    } else {
        eprintln!(
            "{:.0} s: {} fixes, {} attitudes; {} heartbeats of Scarp",
            played.seconds, played.fixes, played.sent.attitudes, played.scarp.heartbeats
        );
        for line in &played.scarp.statustexts {
            eprintln!("Scarp: {line}");
        }
    }
    Ok(())
}

/// Raised by the first interrupt.
fn land_on_interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let land = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&land);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
        eprintln!("\nLanding. Interrupt again to stop at once.");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(land)
}
