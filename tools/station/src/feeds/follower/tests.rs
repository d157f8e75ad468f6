use super::*;
use crate::feeds::{FeedError, Published};
use scarp_inventory::Run;
use scarp_link::{Body, Envelope, Survey};
use std::{
    io,
    sync::mpsc::{self, Receiver as Told, Sender as Teller},
};
use tokio::sync::broadcast::{self, Sender};
use uuid::Uuid;

/// So short that a test need not wait, and so long that one may gather within it.
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);

/// What a feed was asked to show: everything, or the surveys of some commits.
#[derive(Debug, PartialEq)]
enum Asked {
    Snapshot,
    Update(Vec<u128>),
}

/// Reports what it is asked, and answers with what it is told.
struct Fake {
    asked: Teller<Asked>,
    answers: Told<Result<(), FeedError>>,
}

impl Fake {
    fn answer(&self, asked: Asked) -> Result<(), FeedError> {
        self.asked.send(asked).unwrap();
        self.answers.recv().unwrap_or(Ok(()))
    }
}

impl Feed for Fake {
    fn interval(&self) -> Duration {
        SHORT
    }

    fn snapshot(&mut self, _: &Store) -> Result<(), FeedError> {
        self.answer(Asked::Snapshot)
    }

    fn update(&mut self, _: &Store, commits: &[Commit]) -> Result<(), FeedError> {
        let surveys = commits.iter().flat_map(|commit| commit.iter());
        self.answer(Asked::Update(
            surveys.map(|m| m.run().survey.as_u128()).collect(),
        ))
    }
}

/// A feed that is followed, with the ends of its channels in the test's hands.
struct Jig {
    commits: Sender<Published>,
    asked: Told<Asked>,
    answers: Teller<Result<(), FeedError>>,
    follower: Follower,
    _folder: tempfile::TempDir,
}

impl Jig {
    /// The first snapshot is answered and taken off.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("s.gpkg")).unwrap();
        let ((teller, asked), (answers, told)) = (mpsc::channel(), mpsc::channel());
        let (commits, subscribed) = broadcast::channel(MAX_COMMITS_WAITING);
        let feed = Box::new(Fake {
            asked: teller,
            answers: told,
        });
        answers.send(Ok(())).unwrap();
        let follower = Follower::start(feed, store, subscribed).unwrap();
        assert_eq!(asked.recv().unwrap(), Asked::Snapshot);
        Self {
            commits,
            asked,
            answers,
            follower,
            _folder: folder,
        }
    }

    fn commit(&self, survey: u128) {
        let body = Body::Survey(Survey {
            software: String::new(),
            model_name: String::new(),
            model_version: String::new(),
        });
        let message = Envelope::new(Run::unnamed(Uuid::from_u128(survey)), body);
        assert!(self.commits.send(Some([message].into())).is_ok());
    }

    fn asked(&self) -> Asked {
        self.asked.recv_timeout(LONG).unwrap()
    }

    /// Ends the commits and answers all that is still asked with success.
    fn finish(self) -> (Vec<Asked>, Result<(), FeedError>) {
        drop((self.commits, self.answers));
        let outcome = self.follower.finish();
        (self.asked.iter().collect(), outcome)
    }
}

fn full() -> FeedError {
    FeedError::Write {
        path: "x.geojson".to_owned(),
        reason: io::ErrorKind::StorageFull.into(),
    }
}

#[test]
fn every_commit_is_shown_once_and_in_order() {
    let jig = Jig::start();
    let mut shown = Vec::new();
    for survey in 1..=10 {
        jig.commit(survey);
    }
    while shown.len() < 10 {
        let Asked::Update(surveys) = jig.asked() else {
            panic!("a snapshot was not called for");
        };
        shown.extend(surveys);
        jig.answers.send(Ok(())).unwrap();
    }
    assert_eq!(shown, (1..=10).collect::<Vec<_>>());
    jig.commit(11);
    let (rest, outcome) = jig.finish();
    assert_eq!(rest, [Asked::Update(vec![11])]);
    outcome.unwrap();
}

#[test]
fn a_feed_that_falls_behind_holds_up_nobody_and_is_given_a_snapshot() {
    let jig = Jig::start();
    jig.commit(0);
    assert_eq!(jig.asked(), Asked::Update(vec![0]));
    // It is stuck in that update; the writer's send returns all the same.
    for survey in 1..=10 * MAX_COMMITS_WAITING as u128 {
        jig.commit(survey);
    }
    jig.answers.send(Ok(())).unwrap();
    assert_eq!(jig.asked(), Asked::Snapshot);
    jig.answers.send(Ok(())).unwrap();
    let (rest, outcome) = jig.finish();
    assert_eq!(rest, []);
    outcome.unwrap();
}

#[test]
fn a_commit_that_is_too_large_to_wait_is_shown_by_a_snapshot() {
    let jig = Jig::start();
    jig.commits.send(None).unwrap();
    assert_eq!(jig.asked(), Asked::Snapshot);
    jig.answers.send(Ok(())).unwrap();
    jig.commit(1);
    assert_eq!(jig.asked(), Asked::Update(vec![1]));
    jig.answers.send(Ok(())).unwrap();
    let (rest, outcome) = jig.finish();
    assert_eq!(rest, []);
    outcome.unwrap();
}

#[test]
fn a_feed_that_fails_is_given_a_snapshot_until_it_shows_it_again() {
    let jig = Jig::start();
    jig.commit(1);
    assert_eq!(jig.asked(), Asked::Update(vec![1]));
    jig.answers.send(Err(full())).unwrap();
    assert_eq!(jig.asked(), Asked::Snapshot);
    jig.answers.send(Err(full())).unwrap();
    assert_eq!(jig.asked(), Asked::Snapshot);
    jig.answers.send(Ok(())).unwrap();
    jig.commit(2);
    assert_eq!(jig.asked(), Asked::Update(vec![2]));
    jig.answers.send(Ok(())).unwrap();
    jig.finish().1.unwrap();
}

#[test]
fn a_feed_that_fails_at_the_end_says_so() {
    let jig = Jig::start();
    jig.commit(1);
    assert_eq!(jig.asked(), Asked::Update(vec![1]));
    jig.answers.send(Err(full())).unwrap();
    jig.answers.send(Err(full())).unwrap();
    drop(jig.commits);
    let error = jig.follower.finish().unwrap_err().to_string();
    assert!(error.contains("x.geojson"), "{error}");
}
