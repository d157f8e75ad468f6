//! Many aircraft of one authority, each with its own keys, and peers among them that mean ill.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::SystemTime};

use parking_lot::Mutex;
use quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream};
use scarp_link::{Config, Identity, Journal, Uplink, codec::Receipt, tls::SERVER_NAME};
use scarp_station::keys::Authority;

use super::Site;

/// A site whose authority stays open.
pub struct Fleet {
    pub site: Site,
    authority: Mutex<Authority>,
}

impl Fleet {
    pub fn new() -> Self {
        let site = Site::new();
        Self {
            authority: Mutex::new(site.authority()),
            site,
        }
    }

    /// The folder with the keys of an aircraft, made when there are none yet.
    pub fn keys(&self, aircraft: &str) -> PathBuf {
        let folder = self.site.places().end(aircraft);
        let mut authority = self.authority.lock();
        if !folder.exists() {
            authority.enrol(aircraft, SystemTime::now()).unwrap();
        }
        folder
    }

    /// Revokes an aircraft's certificates.
    pub fn revoke(&self, aircraft: &str) {
        let revoked = self.authority.lock().revoke(aircraft, SystemTime::now());
        assert_eq!(revoked.unwrap().certificates, 1);
    }

    /// An aircraft as it flies, with a journal of its own.
    pub fn uplink(&self, aircraft: &str, station: SocketAddr) -> Uplink {
        let journal = self.site.path(&format!("{aircraft}.sqlite"));
        let config = Config {
            station: station.to_string(),
            keys: self.keys(aircraft),
        };
        Uplink::start(&config, Journal::open(&journal, 64 << 20).unwrap()).unwrap()
    }

    pub fn client(&self, aircraft: &str) -> quinn::ClientConfig {
        let identity = Identity::load(&self.keys(aircraft)).unwrap();
        identity.client_config().unwrap()
    }
}

/// A connection that a test drives by hand.
pub async fn connect(
    config: quinn::ClientConfig,
    station: SocketAddr,
) -> Result<Connection, ConnectionError> {
    let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    let connecting = endpoint.connect_with(config, station, SERVER_NAME).unwrap();
    connecting.await
}

/// Sends a batch and returns its receipt.
pub async fn exchange(connection: &Connection, batch: &[u8]) -> Result<Receipt, String> {
    let (mut send, mut receive) = open(connection, batch).await?;
    send.finish().map_err(|e| e.to_string())?;
    let receipt = receive
        .read_to_end(1 << 20)
        .await
        .map_err(|e| e.to_string())?;
    Receipt::decode(&receipt).map_err(|e| e.to_string())
}

/// Begins a batch and does not end it.
pub async fn open(
    connection: &Connection,
    batch: &[u8],
) -> Result<(SendStream, RecvStream), String> {
    let (mut send, receive) = connection.open_bi().await.map_err(|e| e.to_string())?;
    send.write_all(batch).await.map_err(|e| e.to_string())?;
    Ok((send, receive))
}

/// The same client, but one that takes no byte of what is sent to it on a stream.
pub fn deaf(mut config: quinn::ClientConfig) -> quinn::ClientConfig {
    let mut transport = quinn::TransportConfig::default();
    transport
        .stream_receive_window(0_u32.into())
        .keep_alive_interval(Some(std::time::Duration::from_secs(4)));
    config.transport_config(Arc::new(transport));
    config
}
