//! A text to the board's settings.

use std::time::Duration;

use scarp_config::Board;

/// Lays `data` over the built-in board.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // The built-in board is parsed too, which is slow: of the many texts that are no TOML one in eight goes on.
    if !data.len().is_multiple_of(8) && text.parse::<toml::Table>().is_err() {
        return;
    }
    match Board::from_toml("board.toml", text) {
        Ok(board) => assert_usable(&board),
        Err(error) => {
            let message = error.to_string();
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.contains("board.toml"), "{message}");
        }
    }
}

/// What is taken must not bring down what it is handed to.
fn assert_usable(board: &Board) {
    let (inference, camera, errors) = (&board.inference, &board.camera, &board.errors);
    assert!((1..=1024).contains(&inference.worker_count()), "{board:?}");
    assert!(
        (1..=1024).contains(&inference.threads_per_tile),
        "{board:?}"
    );
    assert!((1..=1024).contains(&board.queue.frames), "{board:?}");
    for seconds in [camera.interval_s, 1.0 / camera.rate_hz] {
        assert!(
            Duration::try_from_secs_f64(seconds).is_ok_and(|duration| !duration.is_zero()),
            "{board:?}"
        );
    }
    for sigma in [
        errors.gnss_horizontal_m,
        errors.gnss_vertical_m,
        errors.attitude_deg,
        errors.dem_m,
    ] {
        assert!(sigma > 0.0 && (sigma * sigma).is_finite(), "{board:?}");
    }
    let lever_arm = board.mount.lever_arm_m;
    assert!(
        lever_arm.iter().all(|metres| metres.is_finite()),
        "{board:?}"
    );
}
