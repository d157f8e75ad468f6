//! One connection to the ground station.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use quinn::{Connection, ConnectionError, Endpoint, VarInt};

use crate::{
    close_code::CloseCode,
    codec::{self, MAX_RECEIPT_BYTES, Receipt},
    connection_fault::Fault,
    tls::SERVER_NAME,
    trust::Trust,
};

/// How long the farewell may take when the uplink stops.
const FAREWELL: Duration = Duration::from_millis(300);

/// A connection to the ground station.
pub struct Session {
    connection: Connection,
    endpoint: Endpoint,
    warning: Option<String>,
}

impl Session {
    /// Connects to `address`. Whether the ground station accepts our certificate, only [`greet`](Self::greet) shows.
    pub async fn shake_hands(address: SocketAddr, trust: Arc<Trust>) -> Result<Self, Fault> {
        let local = if address.is_ipv6() {
            (Ipv6Addr::UNSPECIFIED, 0).into()
        } else {
            (Ipv4Addr::UNSPECIFIED, 0).into()
        };
        // A new socket each time: the old one may belong to a network that is gone.
        let endpoint = Endpoint::client(local).map_err(Fault::Socket)?;
        let connecting = endpoint.connect_with(trust.client_config()?, address, SERVER_NAME)?;
        let connection = connecting.await.map_err(Fault::Refused)?;
        Ok(Self {
            connection,
            endpoint,
            warning: None,
        })
    }

    /// Has an empty batch answered, with which the ground station sends what it knows to be revoked.
    pub async fn greet(&mut self, trust: &Trust) -> Result<(), Fault> {
        match self.exchange(Vec::new(), || {}).await {
            Ok(receipt) => {
                let greeted = trust.greeted(&self.connection, &receipt.revoked);
                self.warning = greeted.map_err(Fault::from).inspect_err(|fault| {
                    let (code, line) = fault.farewell();
                    self.end(code, line);
                })?;
                Ok(())
            }
            Err(Fault::Lost(error)) => Err(Fault::Refused(error)),
            Err(fault) => Err(fault),
        }
    }

    /// What is odd about this ground station's certificate, if anything is, in one line.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Sends one batch on a stream of its own and returns the ground station's receipt. Calls `arrived` once the other end has
    /// acknowledged the batch whole.
    pub async fn exchange(
        &self,
        messages: Vec<Vec<u8>>,
        arrived: impl FnOnce(),
    ) -> Result<Receipt, Fault> {
        let batch = codec::encode_batch(messages);
        let (mut send, mut receive) = self.connection.open_bi().await?;
        send.write_all(&batch).await?;
        // Cannot fail on a stream that was just written, and if it did the receipt would not come.
        send.finish().ok();
        let acknowledged = async {
            // What else it tells, the receipt's stream tells too.
            if let Ok(None) = send.stopped().await {
                arrived();
            }
            std::future::pending().await
        };
        let receipt = tokio::select! {
            biased;
            receipt = receive.read_to_end(MAX_RECEIPT_BYTES) => receipt?,
            never = acknowledged => never,
        };
        Ok(Receipt::decode(&receipt)?)
    }

    /// Waits until the connection ends, and says why it did.
    pub async fn closed(&self) -> ConnectionError {
        self.connection.closed().await
    }

    /// Where the ground station is.
    pub fn address(&self) -> SocketAddr {
        self.connection.remote_address()
    }

    /// Ends the connection, and says why, where it has not ended yet.
    pub fn end(&self, code: CloseCode, line: &str) {
        self.connection.close(VarInt::from(code), line.as_bytes());
    }

    /// Takes leave, so that the ground station need not wait for silence to tell that the aircraft has gone.
    pub async fn leave(self) {
        self.end(CloseCode::Left, "the aircraft leaves");
        tokio::time::timeout(FAREWELL, self.endpoint.wait_idle())
            .await
            .ok();
    }
}

/// Nobody is left to use the connection: an attempt that another one outran, or on which no answer came. By itself it would end as if the
/// aircraft left.
impl Drop for Session {
    fn drop(&mut self) {
        let (code, line) = Fault::NoAnswer.farewell();
        self.end(code, line);
    }
}

#[cfg(test)]
mod tests;
