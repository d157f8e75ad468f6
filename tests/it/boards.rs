//! The board files that come with Scarp.

use std::{fs, path::Path};

use scarp::flight::Equipment;
use scarp_config::Board;

#[test]
fn every_board_can_fly_but_for_the_calibration_that_only_its_user_knows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("boards");
    let page = fs::read_to_string(folder.join("README.md")).unwrap();
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
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(page.contains(&format!("`{name}`")), "README.md: no {name}");
        let unfit = Equipment::of(&board).unwrap_err();
        assert!(
            unfit.faults.len() == 1 && unfit.to_string().contains("camera.focal_px is not set"),
            "{unfit}"
        );
        board.camera.focal_px = 1500.0;
        Equipment::of(&board).unwrap();
        assert!(board.paths.out.is_absolute() && board.paths.model.is_absolute());
    }
    assert!(seen > 0);
}

#[test]
fn a_board_is_one_file_laid_over_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kite.toml");
    let text = "[inference]\nengine = 'tract'\n[camera]\ndevice = '/dev/video3'\nfocal_px = 900.0\n\
                [gnss]\ndevice = 'autopilot'\n[autopilot]\naddress = 'udpin:0.0.0.0:14550'\n";
    fs::write(&file, text).unwrap();
    let board = Board::load(&file).unwrap();
    let equipment = Equipment::of(&board).unwrap();
    assert_eq!(equipment.camera.device, Path::new("/dev/video3"));
    assert_eq!(board.inference.engine, "tract");
    let built_in = Board::workstation().unwrap();
    assert_eq!(
        (board.queue, board.errors),
        (built_in.queue, built_in.errors)
    );
}
