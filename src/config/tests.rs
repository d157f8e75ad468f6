use super::*;

#[test]
fn the_built_in_board_is_complete_and_in_range() {
    let board = Board::workstation().unwrap();
    assert!(board.inference.worker_count() >= 1);
}

#[test]
fn a_board_file_changes_only_the_keys_it_names() {
    let board = Board::from_toml("b.toml", "[queue]\nframes = 7").unwrap();
    let default = Board::workstation().unwrap();
    assert_eq!(board.queue.frames, 7);
    assert_eq!(board.errors, default.errors);
}

#[test]
fn relative_paths_are_from_the_folder_of_the_board_file_and_empty_ones_stay_empty() {
    let text = "[paths]\nmodel = 'mine'\ndem = ''\nout = '/var/out'\n[link]\nkeys = '../keys'";
    let board = Board::from_toml("/etc/scarp/b.toml", text).unwrap();
    assert_eq!(board.paths.model, Path::new("/etc/scarp/mine"));
    assert_eq!(board.link.keys, Path::new("/etc/scarp/../keys"));
    assert_eq!(board.paths.dem, Path::new(""));
    assert_eq!(board.paths.out, Path::new("/var/out"));
    let elsewhere = Board::from_toml("/etc/scarp/b.toml", "").unwrap();
    assert_eq!(elsewhere.paths, Board::workstation().unwrap().paths);
}

#[test]
fn a_camera_that_is_not_told_where_to_look_looks_down_or_along_its_gimbal() {
    let pitch = |text| {
        let board = Board::from_toml("b.toml", text).unwrap();
        board.mount.boresight_deg.pitch
    };
    assert_eq!(pitch(""), -90.0);
    assert_eq!(pitch("[mount]\non_gimbal = false"), -90.0);
    assert_eq!(pitch("[mount]\non_gimbal = true"), 0.0);
    assert_eq!(
        pitch("[mount]\non_gimbal = true\nboresight_deg.yaw = 1.5"),
        0.0
    );
    assert_eq!(
        pitch("[mount]\non_gimbal = true\nboresight_deg.pitch = -30.0"),
        -30.0
    );
    assert_eq!(pitch(WORKSTATION), -90.0);
    let copied = WORKSTATION.replace("on_gimbal = false", "on_gimbal = true");
    assert_eq!(pitch(&copied), 0.0);
}

#[test]
fn a_key_of_an_earlier_version_is_refused_with_its_name_of_now() {
    for (text, said) in [
        (
            "[link]\nground = '10.0.0.2:4433'",
            "link.ground is called link.station now",
        ),
        (
            "[thermal]\nspare_c = 90.0",
            "thermal.spare_c is called thermal.shed_c now",
        ),
        (
            "[target]\ntriple = 'x'",
            "target is not read any more; leave it out",
        ),
    ] {
        let line = Board::from_toml("b.toml", text).unwrap_err().to_string();
        assert_eq!(line, format!("board file b.toml: {said}"));
    }
}

#[test]
fn a_mistyped_key_is_refused_by_name() {
    let error = Board::from_toml("b.toml", "[queue]\nframs = 7").unwrap_err();
    let line = error.to_string();
    assert!(line.contains("b.toml") && line.contains("frams"), "{line}");
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn a_value_where_a_table_of_keys_belongs_is_refused_with_what_to_write() {
    for (text, key) in [
        ("inference = ['auto', 0, 1, 64]", "inference"),
        ("queue = [7]", "queue"),
        ("[[errors]]\ndem_m = 2.0", "errors"),
        ("errors = 2.0", "errors"),
        (
            "mount = [[0.0, 0.0, 0.0], [0.0, -90.0, 0.0], true]",
            "mount",
        ),
        ("[mount]\nboresight_deg = [1, 2, 3]", "mount.boresight_deg"),
    ] {
        let line = Board::from_toml("b.toml", text).unwrap_err().to_string();
        let said = format!("{key} is a table of keys; write [{key}] and its keys below that");
        assert_eq!(line, format!("board file b.toml: {said}"));
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_line_or_key_also_where_it_is_not_used() {
    for (text, said) in [
        (
            "[queue]\n\nframes = [",
            "line 3: unclosed array, expected `]`",
        ),
        (
            "[queue]\nframes = -1",
            "invalid value: integer `-1`, expected a whole number, 0 or more in `queue.frames`",
        ),
        (
            "[paths]\nmodel = 3",
            "invalid type: integer `3`, expected a text in `paths.model`",
        ),
        (
            "[gnss]\ndevice = 'autopilot'\naltitude_datum = 'msl'",
            "\"msl\" is no vertical datum; write ellipsoid, egm96 or egm2008 in `gnss.altitude_datum`",
        ),
        (
            "[paths]\ndem_datum = 'EGM96'",
            "\"EGM96\" is no vertical datum; write ellipsoid, egm96 or egm2008 in `paths.dem_datum`",
        ),
    ] {
        let line = Board::from_toml("b.toml", text).unwrap_err().to_string();
        let whole = format!("board file b.toml: {said}; boards/workstation.toml lists every key");
        assert_eq!(line, whole);
    }
}

#[test]
fn a_value_out_of_range_is_refused_with_its_range() {
    for (text, said) in [
        (
            "[errors]\nattitude_deg = -1.0",
            "errors.attitude_deg = -1 is out of range; it must be from 0.001 to 10000",
        ),
        (
            "[errors]\ndem_m = nan",
            "errors.dem_m = NaN is out of range; it must be from 0.001 to 10000",
        ),
        (
            "[inference]\nworkers = 1025",
            "inference.workers = 1025 is out of range; it must be from 0 to 1024",
        ),
        (
            "[mount]\nlever_arm_m = [0.0, 1001.0, 0.0]",
            "mount.lever_arm_m[1] = 1001 is out of range; it must be from -1000 to 1000",
        ),
        (
            "[mount.boresight_deg]\npitch = inf",
            "mount.boresight_deg.pitch = inf is out of range; it must be from -1000 to 1000",
        ),
        (
            "[camera]\noverlap = 0.5\nleast_overlap = 0.6",
            "camera.least_overlap = 0.6 is out of range; it must be from 0 to camera.overlap",
        ),
        (
            "[camera]\noverlap = -0.1",
            "camera.overlap = -0.1 is out of range; it must be from 0 to 0.95",
        ),
        (
            "[thermal]\nshed_c = -5.0",
            "thermal.shed_c = -5 is out of range; it must be from 0 to 150",
        ),
        (
            "[thermal]\nshed_c = nan",
            "thermal.shed_c = NaN is out of range; it must be from 0 to 150",
        ),
        (
            "[journal]\nmax_bytes = 4095",
            "journal.max_bytes = 4095 is out of range; it must be at least 4096",
        ),
        (
            "[paths]\nout = ''",
            "paths.out = \"\" names no folder; write one, or leave the key out",
        ),
    ] {
        let line = Board::from_toml("b.toml", text).unwrap_err().to_string();
        assert_eq!(line, format!("board file b.toml: {said}"));
    }
}
