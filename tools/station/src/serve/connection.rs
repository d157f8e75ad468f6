//! One aircraft's connection, from when its certificate was accepted: takes its batches, has them committed, and only then confirms
//! them.

use std::time::Duration;

use log::Level;
use quinn::{
    ApplicationClose, Connection, ConnectionError, ReadError, RecvStream, SendStream, WriteError,
};
use scarp_link::{
    CloseCode, Envelope,
    codec::{self, CodecError, MAX_BATCH_BYTES, Receipt},
};
use thiserror::Error;
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use super::{
    quiet_log::PERIOD,
    registry::Seat,
    writer::{WriterGone, WriterHandle},
};
use crate::{revocations::Revoked, store::StoreError};

/// Time that a batch may wait for its turn at the store and its commit. An aircraft waits 120 s for a receipt and then takes the batch to
/// be at fault, so it must be told before that it is not.
const STORE_TIMEOUT: Duration = Duration::from_secs(100);
/// Time that a batch may take beside what its bytes take at [`SLOWEST`], and in which its receipt must be taken: an aircraft does not wait
/// longer for a receipt, so nobody waits for what takes longer.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// Bytes a second, half of what a link of 16 kbit/s carries. Whoever brings less holds a batch open rather than sends it.
const SLOWEST: usize = 1 << 10;

/// Why a connection ends.
#[derive(Debug, Error)]
enum End {
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("a batch is longer than {MAX_BATCH_BYTES} bytes; refused")]
    TooLong,
    #[error("a message names no identity; check that the drone runs Scarp")]
    NoIdentity,
    #[error("a batch comes at less than {SLOWEST} bytes a second")]
    SlowBatch,
    #[error("a receipt was not taken within {} s", EXCHANGE_TIMEOUT.as_secs())]
    SlowReceipt,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store took no batch within {} s: another program holds it, or too many aircraft send", STORE_TIMEOUT.as_secs())]
    Busy,
    #[error("the ground station stops")]
    Stopping(#[from] WriterGone),
    #[error("its certificate is revoked")]
    Revoked,
    /// Not ended by what this task met: the aircraft ended it, or silence, or another part of the station.
    #[error(transparent)]
    Lost(#[from] ConnectionError),
}

impl End {
    /// What the aircraft is told, unless the connection is gone.
    fn code(&self) -> Option<CloseCode> {
        match self {
            Self::Codec(_) | Self::TooLong | Self::NoIdentity => Some(CloseCode::BadBatch),
            Self::SlowBatch | Self::SlowReceipt => Some(CloseCode::TooSlow),
            Self::Store(_) | Self::Busy => Some(CloseCode::CannotStore),
            Self::Stopping(_) => Some(CloseCode::Left),
            Self::Revoked => Some(CloseCode::Revoked),
            Self::Lost(_) => None,
        }
    }

    /// What people are told; `None` where whoever ended the connection has said it.
    fn line(&self) -> Option<(Level, String)> {
        let Self::Lost(lost) = self else {
            return Some((Level::Error, format!("disconnected: {self}")));
        };
        match lost {
            ConnectionError::LocallyClosed => None,
            ConnectionError::TimedOut => Some((
                Level::Warn,
                "is out of reach: nothing is heard of it any more".to_owned(),
            )),
            ConnectionError::ApplicationClosed(ApplicationClose { reason, .. }) => {
                let left = CloseCode::of(lost) == Some(CloseCode::Left);
                let what = if left { "left" } else { "gave up" };
                Some(match (left, String::from_utf8_lossy(reason)) {
                    (true, said) if said.is_empty() => (Level::Info, what.to_owned()),
                    (true, said) => (Level::Info, format!("{what}: {said}")),
                    (false, said) => (Level::Warn, format!("{what}: {said}")),
                })
            }
            other => Some((Level::Warn, format!("broke the connection off: {other}"))),
        }
    }
}

/// Serves one aircraft until it goes or errs.
pub async fn serve(connection: Connection, writer: WriterHandle, seat: Seat, mut revoked: Revoked) {
    let mut tally = Tally::default();
    let list = revoked.clone();
    let exchanges = async {
        loop {
            if let Err(end) = exchange(&connection, &writer, &seat, &list, &mut tally).await {
                break end;
            }
        }
    };
    let end = tokio::select! {
        biased;
        () = revoked.revokes(&seat.peer) => End::Revoked,
        end = exchanges => end,
    };
    if let Some((level, line)) = end.line() {
        let stored = tally.stored;
        seat.say(level, &format!("{line}; {stored} new messages stored"));
    }
    if let Some(code) = end.code() {
        connection.close(code.into(), end.to_string().as_bytes());
    }
}

/// What came of a connection's batches.
#[derive(Default)]
struct Tally {
    stored: usize,
    told: Option<Instant>,
}

impl Tally {
    fn add(&mut self, new: usize, seat: &Seat) {
        self.stored += new;
        let due = self.told.is_none_or(|told| told.elapsed() >= PERIOD);
        if new > 0 && due {
            self.told = Some(Instant::now());
            let stored = self.stored;
            seat.say(Level::Info, &format!("{stored} new messages stored"));
        }
    }
}

/// Takes one batch and gives its receipt.
async fn exchange(
    connection: &Connection,
    writer: &WriterHandle,
    seat: &Seat,
    revoked: &Revoked,
    tally: &mut Tally,
) -> Result<(), End> {
    let (send, receive) = connection.accept_bi().await?;
    let Some(batch) = read_batch(receive).await? else {
        return Ok(());
    };
    let receipt = if batch.is_empty() {
        // Asks nothing of the store, and does not wait for it: a store that is slow for a while is no reason to let nobody in.
        Receipt {
            revoked: revoked.list(),
            ..Receipt::default()
        }
    } else {
        store(batch, connection, writer, seat, tally).await?
    };
    timeout(EXCHANGE_TIMEOUT, write_receipt(send, &receipt.encode()))
        .await
        .map_err(|_| End::SlowReceipt)??;
    Ok(())
}

/// Has a batch committed; what of it is stored, and what never will be.
async fn store(
    batch: Vec<u8>,
    connection: &Connection,
    writer: &WriterHandle,
    seat: &Seat,
    tally: &mut Tally,
) -> Result<Receipt, End> {
    let by = Instant::now() + STORE_TIMEOUT;
    let turn = tokio::select! {
        turn = timeout_at(by, writer.turn()) => turn.map_err(|_| End::Busy)??,
        // Nobody waits in line for an aircraft that has gone: it will bring the batch again.
        lost = connection.closed() => return Err(lost.into()),
    };
    let (envelopes, mut refused) = decode(&batch)?;
    drop(batch);
    let mut stored: Vec<Uuid> = envelopes.iter().map(Envelope::id).collect();
    // One that is committed after all is known when it comes again.
    let applied = timeout_at(by, turn.commit(&seat.peer.name, envelopes, refused.len()))
        .await
        .map_err(|_| End::Busy)???;
    stored.retain(|id| applied.refused.iter().all(|(other, _)| other != id));
    refused.extend(applied.refused);
    tally.add(applied.new, seat);
    if let Some((_, reason)) = refused.last() {
        let line = format!("messages refused: {}, the last: {reason}", refused.len());
        seat.say(Level::Error, &line);
    }
    seat.delivered();
    Ok(Receipt {
        stored,
        refused,
        ..Receipt::default()
    })
}

/// A batch, once it has come whole; `None` where the aircraft has thought better of it.
///
/// Copied as it comes: QUIC's own pieces keep the packet that each came in, which for a batch sent byte by byte is a hundred times as much.
async fn read_batch(mut receive: RecvStream) -> Result<Option<Vec<u8>>, End> {
    let mut batch = Vec::new();
    let start = Instant::now();
    loop {
        // Later with what has come, so that the largest batch passes the narrowest link, and a trickle ends.
        let sending = Duration::from_secs((batch.len() / SLOWEST) as u64);
        let chunk = timeout_at(
            start + EXCHANGE_TIMEOUT + sending,
            receive.read_chunk(MAX_BATCH_BYTES, true),
        );
        match chunk.await.map_err(|_| End::SlowBatch)? {
            Ok(Some(chunk)) if batch.len() + chunk.bytes.len() > MAX_BATCH_BYTES => {
                return Err(End::TooLong);
            }
            Ok(Some(chunk)) => batch.extend_from_slice(&chunk.bytes),
            Ok(None) => return Ok(Some(batch)),
            Err(ReadError::ConnectionLost(e)) => return Err(e.into()),
            Err(_) => return Ok(None),
        }
    }
}

/// Hands a receipt over. One that is lost does no harm: the aircraft sends again, and the store knows the messages.
async fn write_receipt(mut send: SendStream, receipt: &[u8]) -> Result<(), End> {
    match send.write_all(receipt).await {
        Err(WriteError::ConnectionLost(e)) => Err(e.into()),
        Err(_) => Ok(()),
        Ok(()) => {
            send.finish().ok();
            Ok(())
        }
    }
}

/// Messages that cannot be understood, by identity, each with the reason.
type Refused = Vec<(Uuid, String)>;

/// The messages of a batch, and those of it that cannot be understood.
fn decode(batch: &[u8]) -> Result<(Vec<Envelope>, Refused), End> {
    let mut envelopes = Vec::new();
    let mut refused = Vec::new();
    for bytes in codec::decode_batch(batch)? {
        match Envelope::decode(&bytes) {
            Ok(envelope) => envelopes.push(envelope),
            Err(e) => {
                let id = scarp_link::peek_id(&bytes).ok_or(End::NoIdentity)?;
                refused.push((id, e.to_string()));
            }
        }
    }
    Ok((envelopes, refused))
}
