//! A flight whose disk is full for a while.

use std::{
    env,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use scarp_link::Body;

use crate::support::{
    flight::{Flying, Plan},
    link,
};

/// Lets the kernel refuse every byte that the process writes to a file, or none.
fn refuse_writes(refused: bool) {
    let limit = libc::rlimit {
        rlim_cur: if refused { 0 } else { libc::RLIM_INFINITY },
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: plain numbers go in; a signal that is ignored lets the write fail with an error instead.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
}

/// The limit holds for a whole process, hence one of its own.
#[test]
fn a_flight_keeps_what_it_finds_while_its_disk_is_full() {
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("full_disk::what_is_found_while_the_disk_is_full_is_told_at_once_and_kept_when_there_is_room_again")
        .status();
    assert!(status.unwrap().success());
}

#[test]
#[ignore = "run by the test above"]
fn what_is_found_while_the_disk_is_full_is_told_at_once_and_kept_when_there_is_room_again() {
    let (uplink, journal) = link::to_nobody();
    let flying = Flying::surveying(Plan {
        uplink: Some(Arc::clone(&uplink)),
        ..Plan::default()
    });
    flying.pass(2.0);
    refuse_writes(true);
    let full = Instant::now();
    let told = |flying: &Flying| {
        let said = flying.aircraft.said.lock();
        said.iter()
            .any(|line| line.starts_with("Scarp degraded: journal"))
    };
    while !told(&flying) {
        assert!(
            full.elapsed() < Duration::from_secs(2),
            "the pilot was not told"
        );
        thread::sleep(Duration::from_millis(20));
    }
    flying.pass(6.0);
    refuse_writes(false);
    flying.until("surveying again", |health| health["state"] == "surveying");
    flying.pass(1.0);
    let landed = flying.land();
    assert_eq!(landed.flown.storage_error, None);
    assert_eq!(landed.said.last().map(String::as_str), Some("Scarp landed"));
    drop(uplink);

    let summary = &landed.flown.summary;
    let bodies = link::waiting(&journal);
    let frames = bodies.iter().filter(|body| matches!(body, Body::Frame(_)));
    assert_eq!(frames.count() as u64, summary.frames);
    assert_eq!(landed.footprint_errors_m().len() as u64, summary.tagged);
    let slides = bodies
        .iter()
        .filter(|body| matches!(body, Body::Landslide(_)));
    assert!(slides.count() >= landed.landslides().len());
    assert!(landed.landslides().len() >= 2, "{:?}", landed.landslides());
    landed.assert_all_in_place();
}
