use std::time::{Duration, SystemTime};

use scarp_inventory::Run;
use scarp_link::{Body, Envelope, Survey, codec, tls::SERVER_NAME};
use uuid::Uuid;

use super::*;
use crate::keys::{Authority, Passphrase, Places, STATION};

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Keys of a station and an aircraft `alpha`, in a folder of their own.
fn keys() -> (tempfile::TempDir, Identity, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::new(folder.path(), None);
    let (passphrase, now) = (Passphrase::new("x".repeat(12)), SystemTime::now());
    let mut authority = Authority::create(places.clone(), &passphrase, now).unwrap();
    let aircraft = authority.enrol("alpha", now).unwrap();
    let [station, aircraft] = [places.end(STATION), aircraft].map(|f| Identity::load(&f).unwrap());
    (folder, station, aircraft)
}

fn server(folder: &Path, station: Identity) -> Server {
    let any = "127.0.0.1:0".parse().unwrap();
    Server::bind(any, station, &folder.join("s.gpkg"), Vec::new()).unwrap()
}

#[tokio::test]
async fn a_station_whose_stores_thread_dies_confirms_nothing_and_ends_with_the_true_cause() {
    let (folder, station, aircraft) = keys();
    let mut server = server(folder.path(), station);
    server.writer = Writer::that_dies();
    let address = server.address();
    let running = tokio::spawn(server.run(std::future::pending()));

    let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    let config = aircraft.client_config().unwrap();
    let connection = endpoint.connect_with(config, address, SERVER_NAME);
    let connection = connection.unwrap().await.unwrap();
    let survey = Survey {
        software: "scarp 0.1.0".to_owned(),
        model_name: "segformer-b0".to_owned(),
        model_version: "0.1.0".to_owned(),
    };
    let message = Envelope::new(Run::unnamed(Uuid::from_u128(1)), Body::Survey(survey));
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let batch = codec::encode_batch(vec![message.encode().unwrap()]);
    send.write_all(&batch).await.unwrap();
    send.finish().unwrap();
    let receipt = receive.read_to_end(1 << 20).await;
    assert!(receipt.is_err(), "{receipt:?}");
    let closed = connection.closed().await;
    assert_eq!(CloseCode::of(&closed), Some(CloseCode::Left), "{closed}");

    let ended = tokio::time::timeout(LONG, running).await.expect("no end");
    let error = ended.unwrap().err().unwrap();
    assert!(matches!(error, ServeError::Panicked), "{error}");
    assert!(
        error
            .to_string()
            .contains("the store's thread ended in a panic")
    );
}

#[tokio::test]
async fn a_station_whose_socket_fails_does_not_go_on_deaf() {
    let (folder, station, _aircraft) = keys();
    let server = server(folder.path(), station);
    // The end of its socket's task looks the same from here.
    server.endpoint.close(0_u32.into(), b"");
    let running = server.run(std::future::pending());
    let ended = tokio::time::timeout(LONG, running).await.expect("no end");
    let error = ended.err().unwrap();
    assert!(matches!(error, ServeError::Deaf { .. }), "{error}");
}
