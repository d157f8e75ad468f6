//! What is promised of a camera that has faults.

use std::{collections::VecDeque, io};

use proptest::prelude::*;

use super::*;
use crate::live::{ColourEncoding, Layout, PixelFormat, TimestampReference};

const TIMEOUT: Duration = Duration::from_millis(100);

type Opener = Box<dyn FnMut() -> Result<Box<dyn Camera>, OpenError>>;
type Script = Vec<Result<RawFrame, CameraFault>>;

/// A camera that does as its script says, and is gone at its end.
struct Scripted(VecDeque<Result<RawFrame, CameraFault>>);

impl Camera for Scripted {
    fn next(&mut self, _: Duration) -> Result<RawFrame, CameraFault> {
        self.0.pop_front().unwrap_or(Err(CameraFault::Gone))
    }
}

fn at(seconds: f64) -> Monotonic {
    Monotonic::from_nanos(0).plus_seconds(seconds)
}

/// A frame with bytes of its own.
fn shot(sequence: u32, taken_s: f64) -> Result<RawFrame, CameraFault> {
    Ok(RawFrame {
        sequence,
        timestamp: at(taken_s),
        reference: TimestampReference::StartOfExposure,
        layout: Layout {
            format: PixelFormat::Grey,
            width: 8,
            height: 1,
            stride: 8,
            colour: ColourEncoding::default(),
        },
        bytes: at(taken_s).nanos().to_le_bytes().to_vec(),
    })
}

fn with_bytes(shot: Result<RawFrame, CameraFault>, bytes: &[u8]) -> Result<RawFrame, CameraFault> {
    shot.map(|shot| RawFrame {
        bytes: bytes.to_vec(),
        ..shot
    })
}

/// A camera with a script for each opening, `None` where it is not there.
struct Jig {
    steady: ReconnectingCamera<Opener>,
    now: f64,
}

impl Jig {
    fn new(openings: Vec<Option<Script>>) -> Self {
        let mut openings = VecDeque::from(openings);
        let open = move || match openings.pop_front().flatten() {
            Some(script) => Ok(Box::new(Scripted(script.into())) as Box<dyn Camera>),
            None => Err(OpenError::Open {
                device: "/dev/video9".to_owned(),
                reason: io::ErrorKind::NotFound.into(),
            }),
        };
        Self {
            steady: ReconnectingCamera::new(Box::new(open)),
            now: 0.0,
        }
    }

    fn step(&mut self) -> Step {
        self.steady.step(at(self.now), TIMEOUT)
    }

    /// Steps every 100 ms; the sequence numbers of the new frames.
    fn run(&mut self, steps: u32) -> Vec<u32> {
        let mut frames = Vec::new();
        for _ in 0..steps {
            if let Step::Frame(shot) = self.step() {
                frames.push(shot.sequence);
            }
            self.now += 0.1;
        }
        frames
    }

    fn counts(&self) -> Counts {
        *self.steady.counts()
    }
}

#[test]
fn frames_come_through_in_order_and_the_newest_ones_time_is_the_cameras_health() {
    let mut jig = Jig::new(vec![Some(vec![shot(0, 0.1), shot(1, 0.2), shot(2, 0.3)])]);
    assert_eq!(jig.steady.newest(), None);
    assert_eq!(jig.run(4), [0, 1, 2]);
    assert_eq!(jig.steady.newest(), Some(at(0.3)));
    assert_eq!(jig.steady.fault(), None);
    let wanted = Counts {
        frames: 3,
        opened: 1,
        ..Counts::default()
    };
    assert_eq!(jig.counts(), wanted);
}

#[test]
fn missing_sequence_numbers_are_counted_over_the_wrap_around_too() {
    let script = vec![shot(u32::MAX - 1, 0.1), shot(1, 0.2), shot(5, 0.3)];
    let mut jig = Jig::new(vec![Some(script)]);
    assert_eq!(jig.run(4).len(), 3);
    assert_eq!(jig.counts().dropped, 2 + 3);
}

#[test]
fn a_count_that_starts_anew_is_no_drop() {
    let script = vec![shot(500, 0.1), shot(0, 0.2), shot(1, 0.3)];
    let mut jig = Jig::new(vec![Some(script), Some(vec![shot(9, 0.5)])]);
    assert_eq!(jig.run(8), [500, 0, 1, 9]);
    assert_eq!(jig.counts().dropped, 0);
}

#[test]
fn a_repeated_number_time_or_picture_is_frozen_and_does_not_come_through() {
    let script = vec![
        shot(0, 0.1),
        shot(0, 0.2),
        shot(1, 0.1),
        with_bytes(shot(2, 0.3), &at(0.1).nanos().to_le_bytes()),
        shot(3, 0.4),
    ];
    let mut jig = Jig::new(vec![Some(script)]);
    assert_eq!(jig.run(5), [0]);
    assert_eq!(jig.counts().frozen, 3);
    assert_eq!(jig.steady.newest(), Some(at(0.1)));
    assert!(jig.steady.fault().unwrap().contains("frozen"));
    assert_eq!(jig.run(1), [3]);
    assert_eq!(jig.steady.fault(), None);
}

#[test]
fn a_camera_that_stays_frozen_is_opened_again() {
    let frozen = (0..60)
        .map(|i| with_bytes(shot(i, 0.1 + 0.1 * f64::from(i)), b"the same"))
        .collect();
    let mut jig = Jig::new(vec![Some(frozen), Some(vec![shot(0, 3.6)])]);
    assert_eq!(jig.run(40), [0, 0]);
    assert_eq!(jig.counts().opened, 2);
}

#[test]
fn a_silent_camera_is_opened_again_but_not_for_one_timeout() {
    let timeouts = |n| (0..n).map(|_| Err(CameraFault::Timeout(TIMEOUT)));
    let mut patient: Script = timeouts(20).collect();
    patient.push(shot(0, 2.2));
    patient.extend(timeouts(60));
    let mut jig = Jig::new(vec![Some(patient), Some(vec![shot(0, 5.5)])]);
    assert_eq!(jig.run(22), [0]);
    assert_eq!(jig.counts().opened, 1);
    assert_eq!(jig.run(38), [0]);
    assert_eq!(jig.counts().opened, 2);
}

#[test]
fn short_waits_say_nothing_and_do_not_hide_that_a_camera_is_frozen() {
    let wait = || Err(CameraFault::Timeout(TIMEOUT));
    let frozen = || shot(0, 0.1);
    let mut script = vec![frozen(), wait(), wait(), frozen(), wait(), frozen()];
    script.extend((0..10).map(|_| wait()));
    let mut jig = Jig::new(vec![Some(script)]);
    jig.run(4);
    assert_eq!(jig.steady.fault(), None);
    jig.run(10);
    assert!(jig.steady.fault().unwrap().contains("frozen"));
}

#[test]
fn damaged_frames_are_counted_as_damaged_and_not_as_dropped() {
    let damaged = Err(CameraFault::Damaged { sequence: 1 });
    let mut jig = Jig::new(vec![Some(vec![shot(0, 0.1), damaged, shot(2, 0.3)])]);
    assert_eq!(jig.run(4), [0, 2]);
    assert_eq!((jig.counts().damaged, jig.counts().dropped), (1, 0));
}

#[test]
fn a_frame_from_before_the_newest_or_from_the_future_does_not_come_through() {
    let script = vec![shot(0, 0.1), shot(1, 0.05), shot(2, 99.0), shot(3, 0.4)];
    let mut jig = Jig::new(vec![Some(script)]);
    assert_eq!(jig.run(5), [0, 3]);
    assert_eq!(jig.counts().untimely, 2);
}

#[test]
fn a_frame_that_comes_late_in_the_wait_or_is_stamped_a_little_ahead_comes_through() {
    let mut jig = Jig::new(vec![Some(vec![shot(0, 0.1 + 0.1 + 0.07)])]);
    assert_eq!(jig.run(2), [0]);
}

#[test]
fn a_camera_unplugged_and_plugged_in_again_goes_on() {
    let mut jig = Jig::new(vec![
        Some(vec![shot(0, 0.1), shot(1, 0.2)]),
        None,
        None,
        Some(vec![shot(0, 2.0), shot(1, 2.1)]),
    ]);
    assert_eq!(jig.run(4), [0, 1]);
    assert!(jig.steady.fault().unwrap().contains("plug it in again"));
    // Not 17: backon multiplies in 32-bit floats, and twice 0.2 s, which would end on a step, is 6 ns more than 0.4 s.
    assert_eq!(jig.run(18), [0, 1]);
    let counts = jig.counts();
    assert_eq!((counts.opened, counts.refused, counts.frames), (2, 2, 4));
    assert_eq!(counts.dropped, 0);
}

#[test]
fn the_pauses_grow_from_a_fifth_of_a_second_to_five_and_shrink_once_there_is_a_frame() {
    let mut jig = Jig::new(Vec::new());
    let mut pauses = Vec::new();
    for _ in 0..7 {
        if let Step::Closed { retry_in } = jig.step() {
            pauses.push(retry_in.as_millis());
            jig.now += retry_in.as_secs_f64();
        }
    }
    assert_eq!(pauses, [200, 400, 800, 1600, 3200, 5000, 5000]);

    let mut jig = Jig::new(vec![None, None, None, Some(vec![shot(0, 1.5)])]);
    while !matches!(jig.step(), Step::Frame(_)) {
        jig.now += 0.1;
    }
    assert!(matches!(jig.step(), Step::Closed { retry_in } if retry_in.as_millis() == 200));
}

#[test]
fn a_camera_that_opens_but_never_gives_a_frame_is_tried_ever_more_rarely() {
    let mut jig = Jig::new((0..100).map(|_| Some(Vec::new())).collect());
    jig.run(600);
    let opened = jig.counts().opened;
    assert!((12..20).contains(&opened), "{opened}");
}

#[test]
fn a_step_before_the_pause_is_over_does_not_try_the_camera() {
    let mut jig = Jig::new(Vec::new());
    assert!(matches!(jig.step(), Step::Closed { .. }));
    jig.now += 0.15;
    assert!(matches!(jig.step(), Step::Closed { retry_in } if retry_in.as_millis() == 50));
    assert_eq!(jig.counts().refused, 1);
}

/// Anything a driver may do, stamped up to a second off.
fn events() -> impl Strategy<Value = Option<(u32, f64, u8)>> {
    proptest::option::weighted(0.95, (any::<u32>(), -1.0..1.0f64, any::<u8>()))
}

proptest! {
    #[test]
    fn whatever_a_driver_does_frames_come_through_in_order_and_each_is_counted_once(
        events in proptest::collection::vec(events(), 1..200),
    ) {
        let script = events.iter().enumerate().map(|(i, event)| match *event {
            Some((sequence, off_s, byte)) => with_bytes(shot(sequence, i as f64 * 0.1 + off_s), &[byte]),
            None => Err(CameraFault::Damaged { sequence: 0 }),
        });
        let mut jig = Jig::new(vec![Some(script.collect())]);
        let (mut newest, mut frames) = (None, 0);
        for _ in 0..=events.len() {
            if let Step::Frame(shot) = jig.step() {
                prop_assert!(newest < Some(shot.timestamp));
                newest = Some(shot.timestamp);
                frames += 1;
            }
            jig.now += 0.1;
        }
        prop_assert_eq!(jig.steady.newest(), newest);
        prop_assert_eq!(jig.counts().frames, frames);
    }
}
