//! An engine that answers as tract does, and takes its time on any computer: for the fifteen tiles of the test camera's frame half a second.

use std::{thread, time::Duration};

use scarp_infer::{
    ENGINES, Engine, EngineError, Graph, OperatorInfo, Registration, Session, Tile, engines,
};

pub const SLOW: Registration = Registration { name: "slow", load };

/// Time for a tile at least.
const TILE: Duration = Duration::from_millis(33);

fn load(graph: &Graph<'_>) -> Result<Box<dyn Engine>, EngineError> {
    let tract = &engines(ENGINES, "tract").unwrap()[0];
    Ok(Box::new(Slow((tract.load)(graph)?)))
}

#[derive(Debug)]
struct Slow(Box<dyn Engine>);

impl Engine for Slow {
    fn name(&self) -> &'static str {
        SLOW.name
    }

    fn operators(&self) -> Vec<OperatorInfo> {
        self.0.operators()
    }

    fn session(&self, threads: usize) -> Result<Box<dyn Session>, EngineError> {
        Ok(Box::new(SlowSession(self.0.session(threads)?)))
    }
}

struct SlowSession(Box<dyn Session>);

impl Session for SlowSession {
    fn run_tile(&mut self, tile: Tile<'_>, cells: &mut [f32]) -> Result<(), EngineError> {
        thread::sleep(TILE);
        self.0.run_tile(tile, cells)
    }
}
