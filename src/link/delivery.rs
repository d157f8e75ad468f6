//! How the journal comes to the ground: a state machine without I/O.
//!
//! It opens no socket, reads no file and no clock. Whoever drives it asks [`Delivery::poll`] what to do, does it, and tells what came of
//! it and when. So a test can play a year of bad radio in a second.
//!
//! A message leaves the journal in two ways: the ground station confirms it, or it is set aside. The second befalls one that the
//! station refuses by name, and one that the station cannot take: a batch that fails as a whole is sent again at half its length,
//! until one message fails alone, [`MAX_TRIES`] times. What the radio, the network or a full disk does to a batch counts against no
//! message of it.
//!
//! It knows messages by number and identity only. Which of them go first is for the journal to say.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use uuid::Uuid;

use super::{
    codec::{MAX_BATCH_MESSAGES, Receipt},
    plain_text::plain,
};

/// Longest pause before connecting anew, chance left out: a drone that comes into range must not waste the pass.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Pauses before connecting anew: the first, doubled each time up to the longest, and each made longer by chance, at most twice as
/// long, so that many drones that lost one ground station do not come back at the same moment.
pub const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times()
    .with_jitter();
/// A handshake, or the answer to the empty batch after it, that takes longer is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
/// A batch that is longer on its way is given up, although the connection lives: the link is too narrow for it.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(600);
/// A receipt that takes longer, from the arrival of its batch on, means that the ground station cannot deal with the batch.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(120);
/// How often a message must fail alone before it is set aside.
const MAX_TRIES: u32 = 3;

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Connect to the ground station, and have an empty batch answered. Tell by [`Delivery::connected`] or [`Delivery::ended`].
    Connect,
    /// Take at most so many waiting messages from the journal, tell by [`Delivery::took`] which, and send them, if any.
    Take(usize),
    /// Drop what is under way, and tell by [`Delivery::ended`].
    GiveUp(Overdue),
    /// Nothing until something happens, or until this time.
    Wait(Option<Instant>),
}

/// What did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// An answer to the attempt to connect.
    Answer,
    /// The acknowledgement that a batch has arrived.
    Arrival,
    /// The receipt for a batch that has arrived.
    Receipt,
}

/// What the end of a connection, or of an attempt at one, says about what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Nothing: out of reach, restarted, cannot store now.
    Outage,
    /// Nothing, but the ground station does not want this aircraft for a while.
    Unwelcome,
    /// The batch takes too long.
    TooSlow,
    /// The batch cannot be taken, and why.
    BadBatch(String),
}

/// What the journal must now do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Messages that are on the ground, by their numbers.
    pub confirmed: Vec<i64>,
    /// Messages that are not to be sent again, by their numbers, each with the reason.
    pub set_aside: Vec<(i64, String)>,
}

/// A receipt that names none of the messages it answers. Tell it by [`Delivery::ended`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoneNamed;

/// The state machine.
#[derive(Debug)]
pub struct Delivery {
    state: State,
    backoff: ExponentialBuilder,
    pauses: ExponentialBackoff,
    /// Most messages of the next batch.
    limit: usize,
    /// The message that failed alone last, and how often.
    failed: Option<(i64, u32)>,
}

#[derive(Debug)]
enum State {
    Resting { until: Instant },
    Connecting { until: Instant },
    Connected { since: Instant, exchange: Exchange },
}

#[derive(Debug)]
enum Exchange {
    /// The journal is to be asked.
    Next,
    /// The journal held nothing.
    Idle,
    UnderWay {
        batch: Vec<(i64, Uuid)>,
        until: Instant,
        overdue: Overdue,
    },
}

impl Delivery {
    /// Connects at once, and after failures by the pauses of `backoff`, see [`PAUSES`].
    pub fn new(backoff: ExponentialBuilder, now: Instant) -> Self {
        Self {
            state: State::Resting { until: now },
            backoff,
            pauses: backoff.build(),
            limit: MAX_BATCH_MESSAGES,
            failed: None,
        }
    }

    /// What is to be done now. Ask again after each thing done or told.
    pub fn poll(&mut self, now: Instant) -> Step {
        let (until, overdue) = match &self.state {
            State::Resting { until } if *until <= now => {
                let until = now + ANSWER_TIMEOUT;
                self.state = State::Connecting { until };
                return Step::Connect;
            }
            State::Resting { until } => return Step::Wait(Some(*until)),
            State::Connecting { until } => (until, Overdue::Answer),
            State::Connected { exchange, .. } => match exchange {
                Exchange::Next => return Step::Take(self.limit),
                Exchange::Idle => return Step::Wait(None),
                Exchange::UnderWay { until, overdue, .. } => (until, *overdue),
            },
        };
        if *until <= now {
            Step::GiveUp(overdue)
        } else {
            Step::Wait(Some(*until))
        }
    }

    /// The station's name has been looked up; only now the attempt to connect begins.
    pub fn looked_up(&mut self, now: Instant) {
        if let State::Connecting { until } = &mut self.state {
            *until = now + ANSWER_TIMEOUT;
        }
    }

    /// The ground station has answered the empty batch.
    pub fn connected(&mut self, now: Instant) {
        self.state = State::Connected {
            since: now,
            exchange: Exchange::Next,
        };
    }

    /// The journal has taken messages.
    pub fn submitted(&mut self) {
        if let Some(Exchange::Idle) = self.exchange() {
            self.go_on(Exchange::Next);
        }
    }

    /// The journal gave these messages, which are now sent as one batch.
    pub fn took(&mut self, batch: Vec<(i64, Uuid)>, now: Instant) {
        self.go_on(if batch.is_empty() {
            Exchange::Idle
        } else {
            Exchange::UnderWay {
                batch,
                until: now + ARRIVAL_TIMEOUT,
                overdue: Overdue::Arrival,
            }
        });
    }

    /// The other end has acknowledged the batch whole; that it is stored, only the receipt says.
    pub fn arrived(&mut self, now: Instant) {
        if let Some(Exchange::UnderWay { until, overdue, .. }) = self.exchange() {
            (*until, *overdue) = (now + RECEIPT_TIMEOUT, Overdue::Receipt);
        }
    }

    /// The ground station has answered the batch.
    ///
    /// # Errors
    /// When the receipt names none of the messages sent.
    pub fn receipt(&mut self, receipt: &Receipt) -> Result<Settlement, NoneNamed> {
        let Some(Exchange::UnderWay { batch, .. }) = self.exchange() else {
            return Err(NoneNamed);
        };
        let (settlement, unnamed) = settle(batch, receipt);
        if unnamed == batch.len() {
            return Err(NoneNamed);
        }
        self.limit = if unnamed == 0 {
            (2 * self.limit).min(MAX_BATCH_MESSAGES)
        } else {
            unnamed.div_ceil(2)
        };
        self.go_on(Exchange::Next);
        Ok(settlement)
    }

    /// The journal has done what a receipt's settlement says. Only now the next failure is taken for the first: neither a ground station
    /// that answers but cannot store nor a journal that fails makes the aircraft pester the one by the other.
    pub fn settled(&mut self) {
        self.pauses = self.backoff.build();
    }

    /// The connection, or the attempt at one, has ended or is given up.
    pub fn ended(&mut self, end: End, now: Instant) -> Settlement {
        let before = std::mem::replace(&mut self.state, State::Resting { until: now });
        let mut settlement = Settlement::default();
        if let State::Connected { since, exchange } = before {
            if since + LONGEST_PAUSE <= now {
                self.pauses = self.backoff.build();
            }
            if let Exchange::UnderWay { batch, .. } = exchange {
                settlement.set_aside.extend(self.failed(&batch, &end));
            }
        }
        let pause = match end {
            End::Unwelcome => self.pauses.find(|pause| *pause >= LONGEST_PAUSE),
            _ => self.pauses.next(),
        };
        self.state = State::Resting {
            until: now + pause.unwrap_or(LONGEST_PAUSE),
        };
        settlement
    }

    /// What becomes of a batch that failed as a whole.
    fn failed(&mut self, batch: &[(i64, Uuid)], end: &End) -> Option<(i64, String)> {
        let reason = match end {
            End::Outage | End::Unwelcome => return None,
            End::TooSlow => None,
            End::BadBatch(reason) => Some(reason),
        };
        self.limit = batch.len().div_ceil(2);
        let ([(number, _)], Some(reason)) = (batch, reason) else {
            return None;
        };
        let tries = match self.failed {
            Some((same, tries)) if same == *number => tries + 1,
            _ => 1,
        };
        self.failed = Some((*number, tries));
        (tries >= MAX_TRIES).then(|| (*number, reason.clone()))
    }

    fn exchange(&mut self) -> Option<&mut Exchange> {
        match &mut self.state {
            State::Connected { exchange, .. } => Some(exchange),
            _ => None,
        }
    }

    fn go_on(&mut self, with: Exchange) {
        if let Some(exchange) = self.exchange() {
            *exchange = with;
        }
    }
}

/// What a receipt says of the messages of a batch, and how many it does not name.
fn settle(batch: &[(i64, Uuid)], receipt: &Receipt) -> (Settlement, usize) {
    let stored: HashSet<&Uuid> = receipt.stored.iter().collect();
    let refused: HashMap<&Uuid, &String> =
        receipt.refused.iter().map(|(id, why)| (id, why)).collect();
    let (mut settlement, mut unnamed) = (Settlement::default(), 0);
    for (number, id) in batch {
        if stored.contains(id) {
            settlement.confirmed.push(*number);
        } else if let Some(reason) = refused.get(id) {
            settlement.set_aside.push((*number, plain(reason)));
        } else {
            unnamed += 1;
        }
    }
    (settlement, unnamed)
}

#[cfg(test)]
mod tests;
