//! The board files that come with Scarp.

use std::{fs, path::Path};

use scarp::flight::Equipment;
use scarp_config::{Board, ConfigError};

#[test]
fn every_board_can_fly_but_for_the_calibration_that_only_its_user_knows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("boards");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut seen = 0;
    for path in files.filter(|path| path.extension().is_some_and(|e| e == "toml")) {
        let mut board = Board::load(&path).unwrap();
        if path.ends_with("workstation.toml") {
            continue;
        }
        seen += 1;
        assert!(
            matches!(
                Equipment::of(&board),
                Err(ConfigError::Unset {
                    key: "camera.focal_px",
                    ..
                })
            ),
            "{}",
            path.display()
        );
        board.camera.focal_px = 1500.0;
        Equipment::of(&board).unwrap();
        assert!(board.paths.out.is_absolute() && board.paths.model.is_absolute());
    }
    assert_eq!(seen, 6);
}
