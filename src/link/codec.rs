//! What a stream carries: a batch of messages from the aircraft, and the ground station's receipt for it.

use prost::Message;
use thiserror::Error;
use uuid::Uuid;

use super::{
    message_error::{MAX_MESSAGE_BYTES, MAX_TEXT_BYTES},
    proto,
    tls::MAX_REVOKED_BYTES,
};

/// Most messages in one batch, that is, on one stream.
pub const MAX_BATCH_MESSAGES: usize = 256;
/// Most bytes of one batch as sent. A single message of the largest size fits.
pub const MAX_BATCH_BYTES: usize = MAX_MESSAGE_BYTES + MAX_HEADER_BYTES;
/// Most bytes of an answer: for each message of the largest batch its identity and a reason.
pub const MAX_RECEIPT_BYTES: usize = MAX_BATCH_MESSAGES * (MAX_TEXT_BYTES + 64);

/// What precedes a message in a batch: its field's key, and its length as a varint.
const MAX_HEADER_BYTES: usize = 4;
/// The key of `Batch.messages`: field 1, length-delimited.
const MESSAGES_KEY: usize = (1 << 3) | 2;

/// Bytes that are no batch or no receipt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// A message's length is more than allowed. Nothing of the message has been read.
    #[error(
        "stream: a message of {announced} bytes is announced, at most {limit} are allowed; refused"
    )]
    TooLong {
        /// The length announced.
        announced: usize,
        /// The length allowed.
        limit: usize,
    },
    /// More messages than one batch may hold.
    #[error("stream: more than {MAX_BATCH_MESSAGES} messages in one batch; refused")]
    TooMany,
    /// The batch ends inside a message, or holds something other than messages.
    #[error("stream: not a batch of messages ({0}); check that both ends run Scarp")]
    Batch(String),
    /// The answer cannot be read.
    #[error("stream: the answer is not a receipt ({0}); check that both ends run Scarp")]
    Receipt(String),
}

/// One batch of encoded messages, in their order.
#[must_use]
pub fn encode_batch(messages: Vec<Vec<u8>>) -> Vec<u8> {
    proto::Batch { messages }.encode_to_vec()
}

/// The encoded messages of one batch, in their order. Its limits are checked before anything is allocated for them.
///
/// # Errors
/// When a message is longer than [`MAX_MESSAGE_BYTES`], the batch holds more than [`MAX_BATCH_MESSAGES`], or the bytes are
/// no batch.
pub fn decode_batch(batch: &[u8]) -> Result<Vec<Vec<u8>>, CodecError> {
    check_batch(batch)?;
    let batch = proto::Batch::decode(batch).map_err(|e| CodecError::Batch(e.to_string()))?;
    Ok(batch.messages)
}

/// Steps over the messages of a batch. Protobuf itself bounds neither their number nor what an empty one costs in memory.
fn check_batch(mut batch: &[u8]) -> Result<(), CodecError> {
    let malformed = |e: prost::DecodeError| CodecError::Batch(e.to_string());
    let mut messages = 0;
    while !batch.is_empty() {
        // A varint, as lengths are.
        let key = prost::decode_length_delimiter(&mut batch).map_err(malformed)?;
        if key != MESSAGES_KEY {
            return Err(CodecError::Batch(format!("unknown key {key}")));
        }
        messages += 1;
        if messages > MAX_BATCH_MESSAGES {
            return Err(CodecError::TooMany);
        }
        let length = prost::decode_length_delimiter(&mut batch).map_err(malformed)?;
        if length > MAX_MESSAGE_BYTES {
            return Err(CodecError::TooLong {
                announced: length,
                limit: MAX_MESSAGE_BYTES,
            });
        }
        batch = batch
            .get(length..)
            .ok_or_else(|| CodecError::Batch("it ends inside a message".to_owned()))?;
    }
    Ok(())
}

/// The ground station's answer to one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Messages that are committed, or were before.
    pub stored: Vec<Uuid>,
    /// Messages that this ground station will never store, each with the reason in one line.
    pub refused: Vec<(Uuid, String)>,
    /// In answer to an empty batch, the list of revoked certificates in DER, at most [`MAX_REVOKED_BYTES`]; else empty.
    pub revoked: Vec<u8>,
}

impl Receipt {
    /// The answer as bytes. Reasons are cut to [`MAX_TEXT_BYTES`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let refusal = |(id, reason): &(Uuid, String)| proto::Refusal {
            id: id.as_bytes().to_vec(),
            reason: reason.chars().take(MAX_TEXT_BYTES / 4).collect(),
        };
        proto::Receipt {
            stored: self
                .stored
                .iter()
                .map(|id| id.as_bytes().to_vec())
                .collect(),
            refused: self.refused.iter().map(refusal).collect(),
            revoked: self.revoked.clone(),
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
        let wire = proto::Receipt::decode(bytes).map_err(|e| receipt(&e))?;
        if wire.revoked.len() > MAX_REVOKED_BYTES {
            let bytes = wire.revoked.len();
            return Err(receipt(&format!(
                "a list of revoked certificates of {bytes} bytes"
            )));
        }
        let refused = |refusal: proto::Refusal| Ok((id(&refusal.id)?, refusal.reason));
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
            revoked: wire.revoked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_messages_of_a_batch_come_back_in_order(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..99), 0..20)) {
            prop_assert_eq!(decode_batch(&encode_batch(messages.clone())).unwrap(), messages);
        }

        #[test]
        fn arbitrary_batches_and_answers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode_batch(&bytes);
            let _ = Receipt::decode(&bytes);
        }

        #[test]
        fn an_answer_survives_the_round_trip(
            stored in prop::collection::vec(any::<u128>(), 0..9), refused in prop::collection::vec((any::<u128>(), ".{0,80}"), 0..9),
            revoked in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let receipt = Receipt {
                stored: stored.into_iter().map(Uuid::from_u128).collect(),
                refused: refused.into_iter().map(|(id, why)| (Uuid::from_u128(id), why)).collect(),
                revoked,
            };
            let bytes = receipt.encode();
            prop_assert!(bytes.len() <= MAX_RECEIPT_BYTES);
            prop_assert_eq!(Receipt::decode(&bytes).unwrap(), receipt);
        }
    }

    #[test]
    fn a_message_of_the_largest_size_fills_the_largest_batch() {
        let messages = vec![vec![7; MAX_MESSAGE_BYTES]];
        let batch = encode_batch(messages.clone());
        assert_eq!(batch.len(), MAX_BATCH_BYTES);
        assert_eq!(decode_batch(&batch).unwrap(), messages);
    }

    #[test]
    fn a_length_of_four_gigabytes_is_refused_before_anything_is_read() {
        let announced = u32::MAX as usize;
        let limit = MAX_MESSAGE_BYTES;
        assert_eq!(
            decode_batch(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
            Err(CodecError::TooLong { announced, limit })
        );
    }

    #[test]
    fn bytes_that_are_no_batch_are_refused_with_the_reason() {
        for (bytes, reason) in [
            (&[0x0a, 5, b'w', b'h'][..], "it ends inside a message"),
            (&[0x0a][..], "varint"),
            (&[0x0a, 0, 0x12, 0][..], "unknown key 18"),
            (&[0x08, 1][..], "unknown key 8"),
            (&[0xff; 11][..], "varint"),
        ] {
            let error = decode_batch(bytes).unwrap_err();
            assert!(
                matches!(&error, CodecError::Batch(found) if found.contains(reason)),
                "{error}"
            );
        }
    }

    #[test]
    fn a_batch_of_too_many_messages_is_refused() {
        let largest = encode_batch(vec![Vec::new(); MAX_BATCH_MESSAGES]);
        assert_eq!(decode_batch(&largest).unwrap().len(), MAX_BATCH_MESSAGES);
        let larger = encode_batch(vec![Vec::new(); MAX_BATCH_MESSAGES + 1]);
        assert_eq!(decode_batch(&larger), Err(CodecError::TooMany));
    }
}
