//! Which engine runs a model: the first that accepts it, or the one that a board names.

use scarp::pipeline::load_model;
use scarp_config::Board;
use scarp_infer::{
    AUTO, ENGINES, Engine, EngineError, Model, ModelError, OperatorInfo, Registration, Session,
    Tile, engines,
};

use super::{DECODERS, folder, red_minus_green::RED_MINUS_GREEN};

const TINY: &str = "tests/fixtures/tiny_model";

/// The model in `dir` in the engine that a board names.
fn on_board(engine: &str, dir: &str) -> Result<Model, String> {
    let text = format!("[inference]\nengine = '{engine}'");
    let board = Board::from_toml("b.toml", &text).unwrap();
    load_model(&board, &folder(dir)).map_err(|error| error.to_string())
}

#[test]
fn every_engine_has_a_name_of_its_own() {
    let mut names: Vec<&str> = ENGINES.iter().map(|engine| engine.name).collect();
    names.push(AUTO);
    for name in &names {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        assert!(!name.is_empty() && name.chars().all(plain), "{name}");
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1);
    }
}

#[test]
fn a_model_runs_in_the_first_engine_that_accepts_it_and_those_before_are_named() {
    let tract = engines(ENGINES, "tract").unwrap()[0];
    let table = [RED_MINUS_GREEN, tract];
    let chosen = |dir: &str| {
        let model = Model::load_in(&folder(dir), &table).unwrap();
        let declined: Vec<_> = model.declined().iter().map(|d| d.engine).collect();
        (model.engine().name(), declined)
    };
    assert_eq!(chosen(DECODERS[0]), ("redminusgreen", vec![]));
    assert_eq!(chosen(TINY), ("tract", vec!["redminusgreen"]));
}

#[test]
fn a_name_stands_for_one_engine_of_a_table_and_auto_for_all() {
    let table = [&[RED_MINUS_GREEN], ENGINES].concat();
    for engine in &table {
        let [found] = engines(&table, engine.name).unwrap() else {
            panic!("{}", engine.name);
        };
        assert_eq!(found.name, engine.name);
    }
    assert_eq!(engines(&table, AUTO).unwrap().len(), table.len());
}

#[test]
fn a_board_chooses_the_engine() {
    assert_eq!(Board::workstation().unwrap().inference.engine, AUTO);
    for engine in ENGINES {
        let model = on_board(engine.name, DECODERS[0]).unwrap();
        assert_eq!(model.engine().name(), engine.name);
    }
    let model = on_board(AUTO, DECODERS[0]).unwrap();
    assert_eq!(model.engine().name(), ENGINES[0].name);
}

#[test]
fn an_engine_that_a_board_names_but_nobody_has_is_refused_with_those_there_are() {
    let names: Vec<&str> = ENGINES.iter().map(|engine| engine.name).collect();
    for name in ["none", "", "INT8", "int8 "] {
        assert_eq!(
            on_board(name, DECODERS[0]).unwrap_err(),
            format!(
                "board file b.toml: inference.engine: \"{name}\" is no engine; it must be one of auto, {}",
                names.join(", ")
            )
        );
    }
}

#[test]
fn an_engine_that_a_board_names_but_that_declines_the_model_is_refused_with_the_reason() {
    let line = on_board("int8", TINY).unwrap_err();
    assert!(
        line.starts_with("board file b.toml: inference.engine: model ")
            && line.contains("declined by int8 (conv (Conv) is not recognised); "),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
    // What is the model's fault is not laid to the board.
    let line = on_board("int8", "tests/fixtures/none").unwrap_err();
    assert!(line.starts_with("model file "), "{line}");
}

/// An engine that fails wherever it can.
#[derive(Debug)]
struct Panics;

impl Engine for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn operators(&self) -> Vec<OperatorInfo> {
        Vec::new()
    }

    fn session(&self, threads: usize) -> Result<Box<dyn Session>, EngineError> {
        match threads {
            1 => Ok(Box::new(Self)),
            other => panic!("{other} threads"),
        }
    }
}

impl Session for Panics {
    fn run_tile(&mut self, _: Tile<'_>, _: &mut [f32]) -> Result<(), EngineError> {
        panic!("at a tile\nof the picture");
    }
}

#[test]
fn an_engine_that_panics_over_a_graph_leaves_it_to_the_next() {
    let panics = Registration {
        name: "panics",
        load: |_| panic!("at the graph"),
    };
    let table = [&[panics], ENGINES].concat();
    let model = Model::load_in(&folder(TINY), &table).unwrap();
    assert_eq!(model.engine().name(), "tract");
    assert_eq!(model.declined()[0].reason, "panicked: at the graph");
}

#[test]
fn an_engine_that_panics_over_a_tile_is_an_error_in_one_line() {
    let panics = Registration {
        name: "panics",
        load: |_| Ok(Box::new(Panics)),
    };
    // Loading runs the golden input.
    let error = Model::load_in(&folder(TINY), &[panics]).unwrap_err();
    let ModelError::Run(reason) = error else {
        panic!("{error}");
    };
    assert_eq!(reason, "panicked: at a tile of the picture");
}
