//! The bounded queue between two stages, and what happens when it is full.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

/// What a stage does when the next one has not kept up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Wait: photographs on a disk do not run away, so a replay loses none.
    Wait,
    /// Give up the oldest waiting frame: in flight the newest view is worth most, and the camera
    /// does not wait.
    DropOldest,
}

/// The next stage has ended, so nothing more can be handed on.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

/// The sending end of a bounded queue with an explicit policy for when it is full.
pub struct Feed<T> {
    sender: Sender<T>,
    /// The same queue's other end, held only where the oldest item may have to be taken back.
    oldest: Option<Receiver<T>>,
}

/// A queue that holds at most `capacity` items (at least one), and its receiving end.
#[must_use]
pub fn queue<T>(capacity: usize, policy: WhenFull) -> (Feed<T>, Receiver<T>) {
    let (sender, receiver) = bounded(capacity.max(1));
    let feed = Feed {
        sender,
        oldest: (policy == WhenFull::DropOldest).then(|| receiver.clone()),
    };
    (feed, receiver)
}

impl<T> Clone for Feed<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            oldest: self.oldest.clone(),
        }
    }
}

impl<T> Feed<T> {
    /// Hands `item` on, by the policy the queue was made with.
    ///
    /// # Errors
    /// [`Closed`] when a waiting queue has lost its receiver. A dropping queue never waits and never fails.
    pub fn send(&self, item: T) -> Result<(), Closed> {
        let Some(oldest) = &self.oldest else {
            return self.sender.send(item).map_err(|_| Closed);
        };
        let mut item = item;
        loop {
            match self.sender.try_send(item) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(Closed),
                Err(TrySendError::Full(back)) => {
                    item = back;
                    // It may have been taken meanwhile; there is room either way.
                    oldest.try_recv().ok();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{thread, time::Duration};

    #[test]
    fn a_dropping_queue_keeps_the_newest() {
        let (feed, receiver) = queue(2, WhenFull::DropOldest);
        for frame in 1..=5 {
            feed.send(frame).unwrap();
        }
        drop(feed);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn a_waiting_queue_loses_nothing_to_a_slow_receiver() {
        let (feed, receiver) = queue(1, WhenFull::Wait);
        let slow = thread::spawn(move || {
            receiver
                .iter()
                .inspect(|_| thread::sleep(Duration::from_millis(1)))
                .collect::<Vec<_>>()
        });
        for frame in 0..20 {
            feed.send(frame).unwrap();
        }
        drop(feed);
        assert_eq!(slow.join().unwrap(), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_waiting_queue_says_when_its_receiver_has_gone() {
        let (feed, receiver) = queue(1, WhenFull::Wait);
        drop(receiver);
        assert_eq!(feed.send(1), Err(Closed));
    }
}
