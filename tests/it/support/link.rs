//! A link to a ground station that does not answer, and what waits for it.

use std::{fs, net::UdpSocket, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use geo::Polygon;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, date_time_ymd,
};
use scarp_inventory::{FrameReport, Landslide, LandslideStatus, Run};
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

/// A message that no ground station stores: the first that it hears of a landslide, in a version beyond the jump that it allows.
pub fn refused() -> Envelope {
    let corners = vec![(7.0, 46.0), (7.001, 46.0), (7.001, 46.001)];
    Envelope::new(
        Run::unnamed(Uuid::from_u128(1)),
        Body::Landslide(Landslide {
            id: Uuid::from_u128(2),
            version: 20_000,
            status: LandslideStatus::Active,
            outline: Polygon::new(corners.into(), Vec::new()),
            area_m2: 4000.0,
            confidence: 0.5,
            ce90_m: 3.0,
            observations: 1,
            first_seen: None,
            last_seen: None,
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

fn write_keys(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut drone = CertificateParams::default();
    drone.distinguished_name.push(DnType::CommonName, "drone");
    let certificate = drone.signed_by(&key, &authority).unwrap();
    let revoked = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2046, 1, 1),
        crl_number: 1.into(),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
    .signed_by(&authority)
    .unwrap();
    for (name, contents) in [
        ("ca.pem", authority.pem().as_bytes()),
        ("cert.pem", certificate.pem().as_bytes()),
        ("key.pem", key.serialize_pem().as_bytes()),
        ("revoked.crl", revoked.der().as_ref()),
    ] {
        fs::write(folder.join(name), contents).unwrap();
    }
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
}
