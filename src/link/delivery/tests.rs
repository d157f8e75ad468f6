mod pair;

use proptest::{collection::vec, prelude::*};

use super::*;
use pair::{Kind, Pair, Schedule, TROUBLE};

/// What may be wrong with a message.
fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        60 => Just(Kind::Good),
        1 => Just(Kind::Refused),
        1 => Just(Kind::Malformed),
        1 => Just(Kind::Unanswered),
        1 => Just(Kind::NoneNamed),
        1 => Just(Kind::LeftOut),
        1 => Just(Kind::BrokenOff),
    ]
}

fn schedule(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Schedule> {
    let during = || 0..TROUBLE.as_secs();
    let windows = || vec((0..500_u64, 1..100_u64), 0..4);
    // What began within them ends before the trouble does.
    let long_windows = || vec((0..100_u64, 1..390_u64), 0..2);
    (
        (any::<u64>(), vec((0..300_u64, kind), 1..150)),
        (0..60_u32, 1..700_u64),
        (windows(), windows(), windows(), windows(), long_windows()),
        (
            vec(during(), 0..4),
            vec(during(), 0..4),
            vec(during(), 0..4),
        ),
    )
        .prop_map(|((seed, messages), radio, windows, moments)| Schedule {
            seed,
            messages,
            loss: radio.0,
            latency_ms: radio.1,
            outages: windows.0,
            full: windows.1,
            disk_faults: windows.2,
            stalls: windows.3,
            busy: windows.4,
            aircraft_restarts: moments.0,
            station_restarts: moments.1,
            damages: moments.2,
        })
}

/// More than the default, for each takes milliseconds; `PROPTEST_CASES` asks for yet more.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    config.cases = config.cases.max(1000);
    config
}

/// Connects within a minute are as many as the pauses allow, and a few more where these began anew.
fn check_connects(pair: &Pair) -> Result<(), TestCaseError> {
    let minute = Duration::from_secs(60);
    for (number, first) in pair.connects.iter().enumerate() {
        let within = |at: &&Instant| **at < *first + minute;
        let connects = pair.connects[number..].iter().take_while(within).count();
        let before = pair.fresh_starts.partition_point(|at| at < first);
        let fresh = pair.fresh_starts[before..]
            .iter()
            .take_while(within)
            .count();
        prop_assert!(connects <= 17 + 5 * fresh, "{connects} in a minute");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_the_radio_does_all_that_can_be_stored_is_stored_and_only_the_rest_is_set_aside(schedule in schedule(kind())) {
        let mut pair = Pair::new(schedule.clone());
        pair.play();
        for (number, (_, kind)) in schedule.messages.iter().enumerate() {
            let number = number as i64;
            let stored = pair.stored.contains(&pair::id(number));
            match pair.journal.get(&number) {
                Some(row) => {
                    let reason = row.reason();
                    prop_assert!(reason.is_some(), "{kind:?} waits still");
                    prop_assert!(*kind != Kind::Good || row.is_damaged(), "a good one is set aside: {reason:?}");
                }
                None => prop_assert_eq!((*kind, stored), (Kind::Good, true)),
            }
        }
        check_connects(&pair)?;
    }

    #[test]
    fn after_an_outage_all_that_waits_is_delivered_within_the_longest_pause(schedule in schedule(Just(Kind::Good))) {
        let mut pair = Pair::new(schedule.clone());
        let delivered_s = pair.play();
        // A connection may have died just before, which its idle timeout tells; then the pause, the handshake and the batches.
        let round_trip_s = schedule.latency_ms as f64 * 4e-3;
        let batches = (schedule.messages.len() as f64 / 64.0).ceil() + 9.0;
        prop_assert!(delivered_s <= 15.0 + 10.0 + round_trip_s * (1.0 + batches), "{delivered_s} s");
        prop_assert!(pair.journal.values().all(|row| row.is_damaged()));
        check_connects(&pair)?;
    }
}

#[test]
fn a_store_that_is_busy_for_minutes_is_come_back_to_and_what_waits_for_it_is_not_set_aside() {
    let mut pair = Pair::new(Schedule {
        messages: vec![(0, Kind::Good)],
        latency_ms: 50,
        busy: vec![(0, 550)],
        ..Schedule::default()
    });
    pair.play();
    assert!(pair.journal.is_empty(), "{:?}", pair.journal);
    // Five batches, each of which waited 100 s.
    assert!(
        (6..=8).contains(&pair.connects.len()),
        "{:?}",
        pair.connects
    );
}

/// How many batches fail until the message `poison` of so many is set aside, and the batches after that.
fn search(poison: i64, messages: i64) -> (usize, Vec<usize>) {
    let now = Instant::now();
    let mut machine = Delivery::new(PAUSES, now);
    let mut waiting: Vec<_> = (0..messages)
        .map(|number| (number, pair::id(number)))
        .collect();
    let (mut failures, mut aside, mut after) = (0, false, Vec::new());
    machine.connected(now);
    while let Step::Take(most) = machine.poll(now) {
        let batch: Vec<_> = waiting.iter().copied().take(most).collect();
        machine.took(batch.clone(), now);
        if batch.iter().any(|(number, _)| *number == poison) {
            failures += 1;
            let settlement = machine.ended(End::BadBatch("odd".to_owned()), now);
            for (number, _) in settlement.set_aside {
                assert_eq!(number, poison);
                waiting.retain(|(other, _)| *other != number);
                aside = true;
            }
            machine.connected(now);
        } else if !batch.is_empty() {
            if aside {
                after.push(batch.len());
            }
            let stored = batch.iter().map(|(_, id)| *id).collect();
            let receipt = Receipt {
                stored,
                refused: Vec::new(),
                ..Receipt::default()
            };
            machine.receipt(&receipt).unwrap();
            waiting.retain(|entry| !batch.contains(entry));
        }
    }
    assert!(waiting.is_empty());
    (failures, after)
}

#[test]
fn one_message_that_cannot_be_taken_is_found_by_halves_and_the_batches_grow_again() {
    let (failures, after) = search(0, 1000);
    assert_eq!(failures, 8 + 3);
    assert_eq!(after, [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 232]);
    for poison in [1, 100, 255, 256, 999] {
        let (failures, _) = search(poison, 1000);
        assert!(failures <= 20, "{failures} for the one at {poison}");
    }
}

#[test]
fn pauses_double_and_chance_makes_them_longer_but_never_more_than_ten_seconds() {
    let mut pauses = PAUSES.build();
    for least_ms in [250, 500, 1000, 2000, 4000, 5000, 5000] {
        let pause = pauses.next().unwrap().as_millis();
        assert!((least_ms..=2 * least_ms).contains(&pause), "{pause}");
    }
}

#[test]
fn a_link_that_is_gone_for_days_is_still_tried() {
    let pause = PAUSES.build().nth(100_000).unwrap();
    assert!((5..=10).contains(&pause.as_secs()), "{pause:?}");
}
