//! Bytes of the radio link to messages and receipts.

use scarp_link::{
    Body, Envelope, MAX_MESSAGE_BYTES,
    codec::{self, MAX_BATCH_MESSAGES, Receipt},
    peek_id,
};

/// Reads `data` as a stream's batch, as one message, and as the answer to a batch.
pub fn check(data: &[u8]) {
    match codec::decode_batch(data) {
        Ok(messages) => batch(messages),
        Err(refused) => assert_one_line(&refused.to_string()),
    }
    message(data);
    receipt(data);
}

fn batch(messages: Vec<Vec<u8>>) {
    assert!(messages.len() <= MAX_BATCH_MESSAGES);
    for bytes in &messages {
        message(bytes);
    }
    let again = codec::decode_batch(&codec::encode_batch(messages.clone()));
    assert_eq!(again, Ok(messages));
}

/// What is taken could have been sent.
fn message(bytes: &[u8]) {
    let envelope = match Envelope::decode(bytes) {
        Ok(envelope) => envelope,
        Err(refused) => return assert_one_line(&refused.to_string()),
    };
    assert!(bytes.len() <= MAX_MESSAGE_BYTES);
    assert_eq!(peek_id(bytes), Some(envelope.id()));
    if let Body::Landslide(slide) = envelope.body() {
        assert!((0.0..=1.0).contains(&slide.confidence), "{slide:?}");
        assert!(slide.area_m2 >= 0.0 && slide.ce90_m >= 0.0, "{slide:?}");
        assert!(slide.first_seen <= slide.last_seen, "{slide:?}");
    }
    let again = envelope.encode().and_then(|bytes| Envelope::decode(&bytes));
    assert_eq!(again, Ok(envelope));
}

/// Only a reason may come back shorter: it is cut where it is written.
fn receipt(bytes: &[u8]) {
    let receipt = match Receipt::decode(bytes) {
        Ok(receipt) => receipt,
        Err(refused) => return assert_one_line(&refused.to_string()),
    };
    let again = Receipt::decode(&receipt.encode());
    let same = again.is_ok_and(|again| {
        let ids = |of: &Receipt| of.refused.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        again.stored == receipt.stored && ids(&again) == ids(&receipt)
    });
    assert!(same, "{receipt:?}");
}

fn assert_one_line(text: &str) {
    assert_eq!(text.lines().count(), 1, "{text}");
}
