//! Keeping a changed graph a valid file: nodes in running order, nothing that nobody uses.

use std::collections::{HashMap, HashSet};

use super::Graph;

impl Graph {
    /// Removes what does not lead to the output, and puts the nodes in an order in which they can be run, as near to the
    /// former as that allows.
    pub fn eliminate_dead(&mut self) {
        let wiring = self.wiring();
        let count = self.graph.node.len();
        let (mut order, mut state) = (Vec::with_capacity(count), vec![State::New; count]);
        // Depth first by a stack of its own: a deep network must not end the program's.
        let mut stack: Vec<usize> = wiring.producer(self.output()).into_iter().collect();
        while let Some(&index) = stack.last() {
            let (Some(node), Some(now)) = (self.graph.node.get(index), state.get_mut(index)) else {
                break;
            };
            match now {
                State::New => {
                    *now = State::Open;
                    let makers = node.input.iter().filter_map(|input| wiring.producer(input));
                    let missing: Vec<usize> = makers
                        .filter(|&m| state.get(m) == Some(&State::New))
                        .collect();
                    stack.extend(missing);
                }
                State::Open => {
                    *now = State::Placed;
                    order.push(index);
                    stack.pop();
                }
                State::Placed => {
                    stack.pop();
                }
            }
        }
        let mut nodes: HashMap<usize, _> = self.graph.node.drain(..).enumerate().collect();
        self.graph.node = order
            .iter()
            .filter_map(|index| nodes.remove(index))
            .collect();
        let used: HashSet<&str> = self
            .graph
            .node
            .iter()
            .flat_map(|node| node.input.iter().map(String::as_str))
            .collect();
        self.graph
            .initializer
            .retain(|t| used.contains(t.name.as_str()));
        // Shapes of inner values were true for the old graph only.
        self.graph.value_info.clear();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Placed,
}
