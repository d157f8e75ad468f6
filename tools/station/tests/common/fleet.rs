//! Many aircraft of one authority, each with its own keys, and peers among them that mean ill.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use scarp_link::{
    Config, Identity, Journal, Uplink,
    codec::Receipt,
    tls::{CA_FILE, CERTIFICATE_FILE, KEY_FILE, SERVER_NAME},
};

use super::Site;

/// An authority that goes on signing, in place of the one of a site.
pub struct Fleet {
    pub site: Site,
    authority: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Fleet {
    pub fn new() -> Self {
        let site = Site::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "authority of a test");
        let authority = params.self_signed(&key).unwrap().pem();
        let fleet = Self {
            site,
            authority,
            issuer: Issuer::new(params, key),
        };
        fleet.sign("station", SERVER_NAME, ExtendedKeyUsagePurpose::ServerAuth);
        fleet
    }

    /// The folder with the keys of an aircraft, made when there are none yet.
    pub fn keys(&self, aircraft: &str) -> PathBuf {
        let folder = self.site.path("keys").join(aircraft);
        if !folder.exists() {
            self.sign(aircraft, aircraft, ExtendedKeyUsagePurpose::ClientAuth);
        }
        folder
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

    fn sign(&self, folder: &str, name: &str, purpose: ExtendedKeyUsagePurpose) {
        let folder = self.site.path("keys").join(folder);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(CA_FILE), &self.authority).unwrap();
        fs::write(folder.join(CERTIFICATE_FILE), certificate).unwrap();
        write_key(&folder.join(KEY_FILE), &key.serialize_pem());
    }
}

fn write_key(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
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
