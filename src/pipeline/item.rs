//! What passes between the stages: one frame, with what the last stage made of it or why it was turned away.

use std::{collections::BTreeMap, time::SystemTime};

/// Why a frame takes no part in the search. It is still counted and reported, in its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reject {
    /// The image cannot be used.
    Corrupt(String),
    /// The image is good, but where it was taken is not known well enough to place anything.
    Untagged(String),
}

impl Reject {
    /// The reason, in one line.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Corrupt(reason) | Self::Untagged(reason) => reason,
        }
    }
}

/// One frame on its way.
#[derive(Debug)]
pub struct Item<T> {
    /// Number of the frame from its source; names it in messages.
    pub sequence: u64,
    /// Its name, for instance the file's.
    pub name: String,
    /// Time of exposure, where known.
    pub time: Option<SystemTime>,
    /// What the last stage made of it.
    pub content: Result<T, Reject>,
}

impl<T> Item<T> {
    /// The next stage's work on a frame that was not turned away.
    pub fn and_then<U>(self, work: impl FnOnce(T) -> Result<U, Reject>) -> Item<U> {
        Item {
            sequence: self.sequence,
            name: self.name,
            time: self.time,
            content: self.content.and_then(work),
        }
    }
}

/// Puts back in order what several workers finish out of order, so that a survey flown twice reads the same.
///
/// It holds at most as many items as are between the stage that numbers them and this one.
pub struct InOrder<T> {
    next: u64,
    waiting: BTreeMap<u64, T>,
}

impl<T> InOrder<T> {
    /// Nothing has come yet; the first number is 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            next: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes item `number`, and gives every item whose turn has come.
    pub fn push(&mut self, number: u64, item: T) -> Vec<T> {
        self.waiting.insert(number, item);
        let mut ready = Vec::new();
        while let Some(item) = self.waiting.remove(&self.next) {
            ready.push(item);
            self.next += 1;
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_leave_in_the_order_of_their_numbers() {
        let mut order = InOrder::new();
        assert!(order.push(2, 'c').is_empty());
        assert_eq!(order.push(0, 'a'), ['a']);
        assert_eq!(order.push(1, 'b'), ['b', 'c']);
        assert_eq!(order.push(3, 'd'), ['d']);
    }

    #[test]
    fn a_frame_turned_away_keeps_its_reason_through_later_stages() {
        let item = Item::<u8> {
            sequence: 1,
            name: "a.jpg".into(),
            time: None,
            content: Err(Reject::Untagged("no GPS".into())),
        };
        let item: Item<u16> = item.and_then(|_| unreachable!("a rejected frame is not worked on"));
        assert_eq!(item.content, Err(Reject::Untagged("no GPS".into())));
    }
}
