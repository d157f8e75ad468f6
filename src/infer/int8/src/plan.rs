//! Where activations lie in the one block of memory that they share.

use crate::{
    memory::{LINE, Part},
    operator::Step,
};

/// Places every activation so that none overlaps another that lives at the same time: the largest first, each at the lowest
/// place that is free for all its life.
pub(crate) fn plan(steps: &[Step], bytes: &[usize]) -> Vec<Part> {
    let mut lives: Vec<(usize, usize)> = (0..bytes.len()).map(|i| (i, i)).collect();
    for (number, step) in steps.iter().enumerate() {
        for read in step.operator.reads() {
            lives[read.0].1 = number;
        }
    }
    if let Some(last) = lives.last_mut() {
        last.1 = steps.len();
    }
    let mut order: Vec<usize> = (0..bytes.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(bytes[i]));
    let mut parts = vec![
        Part {
            start: 0,
            length: 0
        };
        bytes.len()
    ];
    let mut placed: Vec<usize> = Vec::new();
    for i in order {
        let length = bytes[i].next_multiple_of(LINE);
        let mut taken: Vec<Part> = placed
            .iter()
            .filter(|&&other| lives[other].0 <= lives[i].1 && lives[i].0 <= lives[other].1)
            .map(|&other| parts[other])
            .collect();
        taken.sort_by_key(|part| part.start);
        let mut start = 0;
        for part in taken {
            if start + length <= part.start {
                break;
            }
            start = start.max(part.start + part.length.next_multiple_of(LINE));
        }
        parts[i] = Part {
            start,
            length: bytes[i],
        };
        placed.push(i);
    }
    parts
}
