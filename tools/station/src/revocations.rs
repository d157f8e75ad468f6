//! The list of revoked certificates of a running ground station, which follows its file.

use std::{io, path::PathBuf, time::Duration};

use scarp_link::{
    Identity, TlsError,
    tls::{Entrance, MAX_REVOKED_BYTES, Peer, REVOKED_FILE, RevocationList},
};
use tokio::{
    io::AsyncReadExt,
    sync::watch,
    task::JoinHandle,
    time::{Interval, MissedTickBehavior, interval},
};

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// Follows the file `revoked.crl` in the ground station's folder of keys.
pub struct Revocations {
    identity: Identity,
    path: PathBuf,
    /// What lies there and is not in use.
    rejected: Option<Rejected>,
    looks: Interval,
    /// The look under way, if one is.
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
    in_use: watch::Sender<RevocationList>,
}

#[derive(PartialEq, Eq)]
struct Rejected {
    list: Result<Vec<u8>, io::ErrorKind>,
    told: bool,
}

/// The list in use, for one connection.
#[derive(Clone)]
pub struct Revoked(watch::Receiver<RevocationList>);

impl Revocations {
    /// Starts with the list that `identity` was read with. Must be called within a tokio runtime.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        let mut looks = interval(INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            path: identity.folder().join(REVOKED_FILE),
            in_use: watch::Sender::new(identity.revoked().clone()),
            identity,
            rejected: None,
            looks,
            reading: None,
        }
    }

    /// The list in use, as it will change.
    #[must_use]
    pub fn subscribe(&self) -> Revoked {
        Revoked(self.in_use.subscribe())
    }

    /// Waits until a newer list of the same authority lies in the file, puts it into use, and returns what further connections are
    /// asked. Whatever else lies there is told of, and changes nothing. May be dropped while it waits.
    ///
    /// # Errors
    /// When no configuration can be made of it; it is in use all the same.
    pub async fn changed(&mut self) -> Result<Entrance, TlsError> {
        loop {
            if self.reading.is_none() {
                self.looks.tick().await;
            }
            // Kept while others are served first: it would never end where it began anew each time.
            let reading = self
                .reading
                .get_or_insert_with(|| tokio::spawn(read(self.path.clone())));
            let list = reading.await.unwrap_or_else(|e| Err(io::Error::other(e)));
            self.reading = None;
            if self.takes(list) {
                return self.identity.entrance();
            }
        }
    }

    fn takes(&mut self, list: io::Result<Vec<u8>>) -> bool {
        let path = self.path.display();
        let reason = match list.as_ref().map(|list| self.identity.revoke(list)) {
            Ok(Ok(false)) => {
                self.rejected = None;
                return false;
            }
            Ok(Ok(true)) => {
                let list = self.identity.revoked();
                log::info!(
                    "keys {path}: list {} of revoked certificates is in use",
                    list.number()
                );
                self.in_use.send_replace(list.clone());
                self.rejected = None;
                return true;
            }
            Ok(Err(e)) => e.to_string(),
            Err(e) => e.to_string(),
        };
        let list = list.map_err(|e| e.kind());
        match &mut self.rejected {
            // Once, and not before it has stayed: the first time it may have been half written.
            Some(rejected) if rejected.list == list => {
                if !rejected.told {
                    log::error!("keys {path}: {reason}; the list before it stays in use");
                    rejected.told = true;
                }
            }
            rejected => *rejected = Some(Rejected { list, told: false }),
        }
        false
    }
}

impl Revoked {
    /// The list in use now, as the authority signed it.
    #[must_use]
    pub fn list(&self) -> Vec<u8> {
        self.0.borrow().der().to_vec()
    }

    /// Waits until the certificate of `peer` is revoked; returns at once where it is.
    pub async fn revokes(&mut self, peer: &Peer) {
        let revoked = self.0.wait_for(|list| list.revokes(&peer.serial)).await;
        if revoked.map(drop).is_err() {
            // The station ends, and this connection with it.
            std::future::pending::<()>().await;
        }
    }
}

/// The file's bytes, no more than one more than a list may have.
async fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    let mut list = Vec::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(MAX_REVOKED_BYTES as u64 + 1)
        .read_to_end(&mut list)
        .await?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::keys::{Authority, Passphrase, Places, STATION};

    #[tokio::test]
    async fn a_look_at_the_list_comes_to_its_end_although_others_are_served_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path(), None);
        let (passphrase, now) = (Passphrase::new("x".repeat(12)), SystemTime::now());
        let mut authority = Authority::create(places.clone(), &passphrase, now).unwrap();
        authority.enrol("lost", now).unwrap();
        let lost = Identity::load(&places.end("lost")).unwrap();
        let mut revocations = Revocations::new(Identity::load(&places.end(STATION)).unwrap());
        let mut revoked = revocations.subscribe();
        authority.revoke("lost", now).unwrap();
        let served = async {
            loop {
                tokio::select! {
                    biased;
                    config = revocations.changed() => break config.map(drop),
                    // There is always something else to be done.
                    () = tokio::task::yield_now() => {}
                }
            }
        };
        let changed = tokio::time::timeout(Duration::from_secs(20), served).await;
        changed.expect("no end to the look").unwrap();
        revoked.revokes(lost.own()).await;
    }
}
