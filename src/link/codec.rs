//! Messages in a stream: four bytes of length, big-endian, then that many bytes. And the ground station's answer.

use prost::Message;
use thiserror::Error;
use uuid::Uuid;

use super::message_error::{MAX_MESSAGE_BYTES, MAX_TEXT_BYTES};

/// Most messages in one batch, that is, on one stream.
pub const MAX_BATCH_MESSAGES: usize = 256;
/// Most bytes of one batch as sent. A single message of the largest size fits.
pub const MAX_BATCH_BYTES: usize = MAX_MESSAGE_BYTES + LENGTH_BYTES;
/// Most bytes of an answer: for each message of the largest batch its identity and a reason.
pub const MAX_RECEIPT_BYTES: usize = MAX_BATCH_MESSAGES * (MAX_TEXT_BYTES + 64);

const LENGTH_BYTES: usize = 4;

/// A stream that does not hold whole messages.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// A length is more than allowed. Nothing of the message has been read.
    #[error(
        "stream: a message of {announced} bytes is announced, at most {limit} are allowed; refused"
    )]
    TooLong {
        /// The length announced.
        announced: usize,
        /// The length allowed.
        limit: usize,
    },
    /// The stream ends inside a message.
    #[error("stream: it ends inside a message; the sender must send it again")]
    CutShort,
    /// More messages than one batch may hold.
    #[error("stream: more than {MAX_BATCH_MESSAGES} messages in one batch; refused")]
    TooMany,
    /// The answer cannot be read.
    #[error("stream: the answer is not a receipt ({0}); check that both ends run Scarp")]
    Receipt(String),
}

/// Appends `message`, with its length before it.
///
/// # Errors
/// When the message is longer than [`MAX_MESSAGE_BYTES`].
pub fn push(batch: &mut Vec<u8>, message: &[u8]) -> Result<(), CodecError> {
    let length = check_length(message.len())?;
    batch.extend_from_slice(&length.to_be_bytes());
    batch.extend_from_slice(message);
    Ok(())
}

/// Bytes that a message of `length` bytes takes in a batch.
#[must_use]
pub fn framed_len(length: usize) -> usize {
    LENGTH_BYTES + length
}

/// Splits a whole batch into its messages.
///
/// # Errors
/// When a length exceeds [`MAX_MESSAGE_BYTES`], the batch ends inside a message or holds more than
/// [`MAX_BATCH_MESSAGES`].
pub fn split(mut batch: &[u8]) -> Result<Vec<&[u8]>, CodecError> {
    let mut messages = Vec::new();
    while !batch.is_empty() {
        if messages.len() == MAX_BATCH_MESSAGES {
            return Err(CodecError::TooMany);
        }
        let (length, rest) = batch
            .split_first_chunk::<LENGTH_BYTES>()
            .ok_or(CodecError::CutShort)?;
        let length = u32::from_be_bytes(*length) as usize;
        check_length(length)?;
        let (message, rest) = rest.split_at_checked(length).ok_or(CodecError::CutShort)?;
        messages.push(message);
        batch = rest;
    }
    Ok(messages)
}

fn check_length(length: usize) -> Result<u32, CodecError> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= MAX_MESSAGE_BYTES)
        .ok_or(CodecError::TooLong {
            announced: length,
            limit: MAX_MESSAGE_BYTES,
        })
}

/// The ground station's answer to one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Messages that are committed, or were before.
    pub stored: Vec<Uuid>,
    /// Messages that this ground station will never store, each with the reason in one line.
    pub refused: Vec<(Uuid, String)>,
}

#[derive(Clone, PartialEq, Message)]
struct WireReceipt {
    #[prost(bytes = "vec", repeated, tag = "1")]
    stored: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "2")]
    refused: Vec<WireRefusal>,
}

#[derive(Clone, PartialEq, Message)]
struct WireRefusal {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(string, tag = "2")]
    reason: String,
}

impl Receipt {
    /// The answer as bytes. Reasons are cut to [`MAX_TEXT_BYTES`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let refusal = |(id, reason): &(Uuid, String)| WireRefusal {
            id: id.as_bytes().to_vec(),
            reason: reason.chars().take(MAX_TEXT_BYTES / 4).collect(),
        };
        WireReceipt {
            stored: self
                .stored
                .iter()
                .map(|id| id.as_bytes().to_vec())
                .collect(),
            refused: self.refused.iter().map(refusal).collect(),
        }
        .encode_to_vec()
    }

    /// Reads an answer. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// When the bytes are not an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let receipt = |e: &dyn std::fmt::Display| CodecError::Receipt(e.to_string());
        let id = |bytes: &[u8]| Uuid::from_slice(bytes).map_err(|e| receipt(&e));
        let wire = WireReceipt::decode(bytes).map_err(|e| receipt(&e))?;
        let refused = |refusal: WireRefusal| Ok((id(&refusal.id)?, refusal.reason));
        Ok(Self {
            stored: wire
                .stored
                .iter()
                .map(|b| id(b))
                .collect::<Result<_, _>>()?,
            refused: wire
                .refused
                .into_iter()
                .map(refused)
                .collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_pushed_comes_back_in_order(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..99), 0..20)) {
            let mut batch = Vec::new();
            for message in &messages {
                push(&mut batch, message).unwrap();
            }
            prop_assert_eq!(batch.len(), messages.iter().map(|m| framed_len(m.len())).sum::<usize>());
            prop_assert_eq!(split(&batch).unwrap(), messages);
        }

        #[test]
        fn arbitrary_streams_and_answers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = split(&bytes);
            let _ = Receipt::decode(&bytes);
        }

        #[test]
        fn an_answer_survives_the_round_trip(
            stored in prop::collection::vec(any::<u128>(), 0..9), refused in prop::collection::vec((any::<u128>(), ".{0,80}"), 0..9),
        ) {
            let receipt = Receipt {
                stored: stored.into_iter().map(Uuid::from_u128).collect(),
                refused: refused.into_iter().map(|(id, why)| (Uuid::from_u128(id), why)).collect(),
            };
            let bytes = receipt.encode();
            prop_assert!(bytes.len() <= MAX_RECEIPT_BYTES);
            prop_assert_eq!(Receipt::decode(&bytes).unwrap(), receipt);
        }
    }

    #[test]
    fn a_length_of_four_gigabytes_is_refused_before_anything_is_read() {
        let announced = u32::MAX as usize;
        let limit = MAX_MESSAGE_BYTES;
        assert_eq!(
            split(&[0xff; 8]),
            Err(CodecError::TooLong { announced, limit })
        );
    }

    #[test]
    fn a_stream_that_ends_inside_a_message_is_refused() {
        let mut batch = Vec::new();
        push(&mut batch, b"whole").unwrap();
        assert_eq!(split(&batch[..7]), Err(CodecError::CutShort));
        assert_eq!(split(&batch[..2]), Err(CodecError::CutShort));
    }

    #[test]
    fn a_batch_of_too_many_messages_is_refused() {
        let batch = vec![0; 4 * (MAX_BATCH_MESSAGES + 1)];
        assert_eq!(split(&batch), Err(CodecError::TooMany));
    }
}
