//! Those who have no key: what they send to a station, as fast as a test asks.

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use quinn::{
    Endpoint,
    crypto::rustls::QuicClientConfig,
    rustls::{
        self,
        pki_types::{CertificateDer, pem::PemObject},
    },
};
use rustix::process::{Resource, Rlimit};
use scarp_link::tls::{PROTOCOL, SERVER_NAME};
use tokio::net::UdpSocket;

/// A client that trusts the authority in `ca` and has no certificate of its own.
pub fn without_certificate(ca: &Path) -> quinn::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(ca).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).unwrap()))
}

/// First packets of as many attempts to connect, each valid and of an attempt of its own.
pub async fn initials(number: usize, config: &quinn::ClientConfig) -> Vec<Vec<u8>> {
    let sink = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = sink.local_addr().unwrap();
    let mut packets = Vec::new();
    for _ in 0..number {
        let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let from = endpoint.local_addr().unwrap();
        let connecting = endpoint.connect_with(config.clone(), address, SERVER_NAME);
        let _connecting = connecting.unwrap();
        let mut packet = vec![0; 2048];
        loop {
            let (length, sender) = sink.recv_from(&mut packet).await.unwrap();
            // Not what an earlier one sent again.
            if sender.port() == from.port() {
                packet.truncate(length);
                break;
            }
        }
        packets.push(packet);
    }
    packets
}

/// Sends `packets` over and over, and as many bytes of noise, from sixteen addresses that never answer, until `stop`.
pub fn spray(
    station: SocketAddr,
    packets: Vec<Vec<u8>>,
    bits_per_second: f64,
    stop: &Arc<AtomicBool>,
) -> thread::JoinHandle<usize> {
    let stop = Arc::clone(stop);
    thread::spawn(move || {
        let sockets: Vec<_> = (1..=16)
            .map(|n| std::net::UdpSocket::bind((Ipv4Addr::new(127, 0, 1, n), 0)).unwrap())
            .collect();
        let start = Instant::now();
        let mut bytes = 0;
        let mut state = 1_u64;
        for turn in 0.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let mut packet = packets[turn / 2 % packets.len()].clone();
            if turn % 2 == 1 {
                // All but the first five bytes, which say that it is a first packet, or all.
                let keep = if turn % 4 == 1 { 5 } else { 0 };
                for byte in &mut packet[keep..] {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    *byte = (state >> 56) as u8;
                }
            }
            sockets[turn % 16].send_to(&packet, station).ok();
            bytes += packet.len();
            let due = Duration::from_secs_f64(bytes as f64 * 8.0 / bits_per_second);
            thread::sleep(due.saturating_sub(start.elapsed()));
        }
        bytes
    })
}

/// Attempts to connect without a certificate, `per_second` of them, until `stop` or `number` were made. Returns how many ended in a
/// refusal, and how many were made.
pub async fn knock(
    station: SocketAddr,
    config: &quinn::ClientConfig,
    number: usize,
    per_second: f64,
    stop: &AtomicBool,
) -> (usize, usize) {
    let refused = Arc::new(AtomicUsize::new(0));
    let mut attempts = tokio::task::JoinSet::new();
    let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    let start = Instant::now();
    let mut made = 0;
    while made < number && !stop.load(Ordering::Relaxed) {
        let connecting = endpoint.connect_with(config.clone(), station, SERVER_NAME);
        let connecting = connecting.unwrap();
        let refused = Arc::clone(&refused);
        attempts.spawn(async move {
            let attempt = async {
                if let Ok(connection) = connecting.await {
                    connection.closed().await;
                }
                refused.fetch_add(1, Ordering::Relaxed);
            };
            tokio::time::timeout(Duration::from_secs(8), attempt)
                .await
                .ok();
        });
        made += 1;
        let due = Duration::from_secs_f64(made as f64 / per_second);
        tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
        while attempts.try_join_next().is_some() {}
    }
    attempts.join_all().await;
    (refused.load(Ordering::Relaxed), made)
}

/// Begins handshakes without a certificate, `per_second` of them from the address `from`, and takes no further part in any, until `stop`.
/// Each shows that its address is real. Returns how many.
pub async fn abandon(
    station: SocketAddr,
    config: &quinn::ClientConfig,
    from: IpAddr,
    per_second: usize,
    stop: &AtomicBool,
) -> usize {
    let (start, mut begun) = (Instant::now(), 0);
    let mut held = VecDeque::new();
    while !stop.load(Ordering::Relaxed) {
        let relay = Relay::only_retries(station, from).await;
        let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let attempt = || endpoint.connect_with(config.clone(), relay.address, SERVER_NAME);
        let attempts: Vec<_> = (0..per_second / 4).map(|_| attempt().unwrap()).collect();
        begun += attempts.len();
        held.push_back((relay, endpoint, attempts));
        // Longer than the station keeps them. It is not told of their end.
        if held.len() > 16
            && let Some((relay, ..)) = held.pop_front()
        {
            relay.cut();
        }
        let due = Duration::from_secs_f64(begun as f64 / per_second as f64);
        tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
    }
    held.iter().for_each(|(relay, ..)| relay.cut());
    begun
}

/// A way to a station that keeps what the client sends, and can be cut.
#[derive(Clone)]
pub struct Relay {
    pub address: SocketAddr,
    pub sent: Arc<Mutex<Vec<Vec<u8>>>>,
    cut: Arc<AtomicBool>,
}

/// What becomes of a packet from the station.
enum Fate {
    Pass,
    /// The station hears nothing from then on.
    PassAsTheLast,
    Drop,
}

/// Lets this program have as many files open as the system allows it at most: three sockets for each of hundreds of strangers are
/// more than the 1024 that a login usually begins with.
pub fn allow_many_sockets() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let current = limit.maximum;
    rustix::process::setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
}

/// A Retry's first byte: a long header of type 3 (RFC 9000, section 17.2.5).
const RETRY: u8 = 0xf0;

impl Relay {
    /// The station sees packets come from `from`.
    pub async fn new(station: SocketAddr, from: IpAddr) -> Self {
        Self::through(station, from, |_| Fate::Pass).await
    }

    /// The same, but the station hears nothing from when it has taken part in a handshake: it is left waiting for its end.
    pub async fn half_a_handshake(station: SocketAddr, from: IpAddr) -> Self {
        let until_retry = |answer: &[u8]| match answer[0] & RETRY {
            RETRY => Fate::Pass,
            _ => Fate::PassAsTheLast,
        };
        Self::through(station, from, until_retry).await
    }

    /// The same, but the client hears nothing but that it must show its address.
    pub async fn only_retries(station: SocketAddr, from: IpAddr) -> Self {
        let retries = |answer: &[u8]| match answer[0] & RETRY {
            RETRY => Fate::Pass,
            _ => Fate::Drop,
        };
        Self::through(station, from, retries).await
    }

    async fn through(station: SocketAddr, from: IpAddr, judge: fn(&[u8]) -> Fate) -> Self {
        let near = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let far = Arc::new(UdpSocket::bind((from, 0)).await.unwrap());
        far.connect(station).await.unwrap();
        let relay = Self {
            address: near.local_addr().unwrap(),
            sent: Arc::default(),
            cut: Arc::default(),
        };
        let client = Arc::new(Mutex::new(None));
        let out = (relay.clone(), near.clone(), far.clone(), client.clone());
        tokio::spawn(async move {
            let (relay, near, far, client) = out;
            let mut packet = vec![0; 65536];
            while let Ok((length, sender)) = near.recv_from(&mut packet).await {
                *client.lock() = Some(sender);
                if !relay.cut.load(Ordering::Relaxed) {
                    relay.sent.lock().push(packet[..length].to_vec());
                    far.send(&packet[..length]).await.ok();
                }
            }
        });
        let cut = Arc::clone(&relay.cut);
        tokio::spawn(async move {
            let mut packet = vec![0; 65536];
            loop {
                // An error tells that a packet of ours reached nobody; the next may.
                let Ok(length) = far.recv(&mut packet).await else {
                    continue;
                };
                match judge(&packet[..length]) {
                    Fate::Pass => {}
                    Fate::PassAsTheLast => cut.store(true, Ordering::Relaxed),
                    Fate::Drop => continue,
                }
                let client = *client.lock();
                if let Some(client) = client {
                    near.send_to(&packet[..length], client).await.ok();
                }
            }
        });
        relay
    }

    /// From now on the station hears nothing.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }
}
