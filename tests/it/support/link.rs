//! A link to a ground station that does not answer, and what waits for it.

use std::{fs, net::UdpSocket, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use scarp_inventory::{FrameReport, Run};
use scarp_link::{Body, Config, Envelope, Journal, Uplink};
use tempfile::TempDir;
use uuid::Uuid;

const MAX_BYTES: u64 = 1 << 24;

/// The report of a frame that could not be placed.
pub fn frame(sequence: u64) -> Envelope {
    Envelope::new(
        Run::unnamed(Uuid::from_u128(1)),
        Body::Frame(FrameReport {
            sequence,
            name: format!("SCARP_{sequence:04}.JPG"),
            time: None,
            placement: Err("no GPS".to_owned()),
        }),
    )
}

/// A journal's folder and the silent station, which must live as long as the link.
pub struct Station {
    folder: TempDir,
    _silent: UdpSocket,
}

pub fn to_nobody() -> (Arc<Uplink>, Station) {
    let folder = TempDir::new().unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let keys = folder.path().join("drone");
    write_keys(&keys);
    let journal = Journal::open(&folder.path().join("journal.sqlite"), MAX_BYTES).unwrap();
    let config = Config {
        station: silent.local_addr().unwrap().to_string(),
        keys,
    };
    let station = Station {
        folder,
        _silent: silent,
    };
    (Arc::new(Uplink::start(&config, journal).unwrap()), station)
}

/// The messages that wait, once the link has ended.
pub fn waiting(station: &Station) -> Vec<Body> {
    let journal = Journal::open(&station.folder.path().join("journal.sqlite"), MAX_BYTES).unwrap();
    let entries = journal.pending(usize::MAX, usize::MAX).unwrap();
    let body = |message: &[u8]| Envelope::decode(message).unwrap().body().clone();
    entries.iter().map(|entry| body(&entry.message)).collect()
}

fn write_keys(drone: &Path) {
    fs::create_dir_all(drone).unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["drone".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    for (name, text) in [
        ("ca.pem", authority.pem()),
        ("cert.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        fs::write(drone.join(name), text).unwrap();
    }
    fs::set_permissions(drone.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
}
