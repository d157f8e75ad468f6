//! Against a source that stands for the device.

use std::{sync::atomic::AtomicU32, time::Instant};

use proptest::prelude::*;

use super::*;

const AHEAD_NS: i64 = 1_762_766_845_000_000_000;

/// Gives what it is told to, and then nothing.
struct Script(Vec<io::Result<Event>>);

impl Source for Script {
    fn next(&mut self) -> io::Result<Event> {
        if self.0.is_empty() {
            thread::sleep(Duration::from_millis(5));
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.0.remove(0)
    }
}

/// The asserted edge number `sequence`, at `at`.
fn event(sequence: u32, at: Monotonic) -> Event {
    let realtime_ns = at.nanos().saturating_add(Clocks::read().ahead_ns);
    Event {
        sequence,
        realtime_ns,
    }
}

fn clocks(ahead_ns: i64, error_ns: i64) -> Clocks {
    Clocks { ahead_ns, error_ns }
}

/// Reads what `open` opens until `count` pulses have come, at most 5 s; how often it was opened.
fn read(count: usize, open: impl Fn(u32) -> io::Result<Script> + Sync) -> (Vec<Pulse>, u32) {
    let (stop, opened) = (AtomicBool::new(false), AtomicU32::new(0));
    let (sender, pulses) = bounded(WAITING);
    let taken = thread::scope(|scope| {
        scope.spawn(|| {
            Reader {
                device: "pps",
                stop: &stop,
                pulses: &sender,
            }
            .run(|| open(opened.fetch_add(1, Ordering::Relaxed)));
        });
        let limit = Instant::now() + Duration::from_secs(5);
        let taken = (0..count).map_while(|_| pulses.recv_deadline(limit).ok());
        let taken = taken.collect();
        stop.store(true, Ordering::Relaxed);
        taken
    });
    (taken, opened.into_inner())
}

#[test]
fn a_pulse_is_brought_from_the_systems_clock_to_the_monotonic_one() {
    let truth = now();
    let (pulses, _) = read(1, |_| Ok(Script(vec![Ok(event(1, truth))])));
    let error_s = pulses[0].at.seconds_since(truth);
    assert!(error_s.abs() < 1e-3, "{error_s}");

    let before = Monotonic::from_nanos(5_000_000_000);
    let after = Monotonic::from_nanos(5_000_000_400);
    let read = Clocks::of(before, AHEAD_NS + 5_000_000_300, after);
    assert_eq!(read, clocks(AHEAD_NS + 100, 200));
    let stamped = Event {
        sequence: 1,
        realtime_ns: AHEAD_NS + 6_000_000_000,
    };
    let pulse = pulse(stamped, read, read).unwrap();
    assert_eq!(pulse.at, Monotonic::from_nanos(5_999_999_900));
    assert!((pulse.sigma_s - 200e-9).abs() < 1e-12);
}

#[test]
fn a_pulse_during_which_the_computers_clock_was_set_is_left_out() {
    let stamped = event(1, now());
    for step_ns in [-3_600_000_000_000, -100_000, 100_000, i64::MAX] {
        let after = clocks(AHEAD_NS.saturating_add(step_ns), 300);
        assert_eq!(pulse(stamped, clocks(AHEAD_NS, 300), after), None);
    }
    // Readings that were interrupted tell less, and so say that less is known.
    let interrupted = clocks(AHEAD_NS + 100_000, 200_000);
    let taken = pulse(stamped, clocks(AHEAD_NS, 300), interrupted).unwrap();
    assert!((taken.sigma_s - 200e-6).abs() < 1e-12);
}

#[test]
fn the_other_edge_of_a_pulse_is_not_taken_for_a_pulse() {
    let start = now();
    let [first, second, third] =
        [7, 8, 9].map(|n| event(n, start.plus_seconds(f64::from(n) - 7.0)));
    let events = [first, first, second, second, third];
    let (pulses, _) = read(3, |_| Ok(Script(events.map(Ok).into())));
    for (pulse, second) in pulses.iter().zip([0.0, 1.0, 2.0]) {
        let since_s = pulse.at.seconds_since(start);
        assert!((since_s - second).abs() < 1e-3, "{since_s}");
    }
}

#[test]
fn a_device_that_is_missing_or_fails_is_opened_again_until_it_works() {
    let (pulses, opened) = read(2, |attempt| match attempt {
        0 => Err(io::ErrorKind::NotFound.into()),
        1 => Ok(Script(vec![
            Ok(event(1, now())),
            Err(io::ErrorKind::TimedOut.into()),
            Err(io::ErrorKind::Interrupted.into()),
            Err(io::Error::other("gone")),
        ])),
        _ => Ok(Script(vec![Ok(event(1, now()))])),
    });
    assert_eq!((pulses.len(), opened), (2, 3));
}

#[test]
fn pulses_that_nobody_takes_are_left_out_and_the_reader_goes_on() {
    let (sender, pulses) = bounded(WAITING);
    let reader = Reader {
        device: "pps",
        stop: &AtomicBool::new(false),
        pulses: &sender,
    };
    let mut events: Vec<_> = (0..20).map(|n| Ok(event(n, now()))).collect();
    events.push(Err(io::Error::other("gone")));
    let mut told = true;
    assert!(reader.listen(Script(events), &mut told).is_err());
    assert_eq!(pulses.try_iter().count(), WAITING);
    assert!(!told);
}

#[test]
fn no_device_is_an_error_of_the_system_and_a_file_that_is_none_too() {
    assert!(PpsDevice::new("/nonexistent/pps".into()).is_err());
    let mut file = PpsDevice::new("/dev/null".into()).unwrap();
    assert!(!is_nothing_yet(&file.next().unwrap_err()));
}

proptest! {
    #[test]
    fn no_times_make_it_panic(times: [i64; 4], before: i64, after: i64, errors in (0..i64::MAX, 0..i64::MAX)) {
        let [seconds, nanoseconds, first, last] = times;
        let event = Event { sequence: 0, realtime_ns: nanos(seconds, nanoseconds) };
        let _ = Clocks::of(Monotonic::from_nanos(first), before, Monotonic::from_nanos(last));
        let _ = pulse(event, clocks(before, errors.0), clocks(after, errors.1));
    }
}
