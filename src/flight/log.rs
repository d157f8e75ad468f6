//! What a flight keeps of its findings: files, and messages for the ground station. A full disk delays them and loses none.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Instant, SystemTime},
};

use scarp_inventory::{FrameReport, Landslide};
use scarp_link::{Body, Envelope, JournalError, LinkError, Uplink};
use uuid::Uuid;

use super::{clock::now, lock::locked, thumbnails::Store, workload::Workload};
use crate::pipeline::{Sink, SinkError, output::OutputFolder};

/// Messages kept in memory while the disk does not take them: an hour of frames and more. Reports of frames go first.
const BACKLOG: usize = 8192;
/// The file of landslides is written anew when some have changed, but the disk has so many times as long for other things.
const PAUSE: u32 = 10;

/// The sink of a flight.
pub struct FlightLog {
    folder: OutputFolder,
    uplink: Option<Arc<Uplink>>,
    survey: Uuid,
    workload: Workload,
    thumbnails: Store,
    /// Why findings cannot be kept, shared with who watches the flight.
    fault: Arc<Mutex<Option<String>>>,
    /// Messages that the journal has not taken yet.
    backlog: VecDeque<Envelope>,
    /// Frames whose footprints are not in the file yet.
    footprints: VecDeque<FrameReport>,
    /// Landslides have changed since the file was written.
    changed: bool,
    /// When it may be written again.
    due: Instant,
}

impl FlightLog {
    /// Writes to `folder` and, where there is one, to `uplink`; `trouble` tells why not while it cannot.
    #[must_use]
    pub fn new(
        folder: OutputFolder,
        uplink: Option<Arc<Uplink>>,
        survey: Uuid,
        workload: Workload,
        thumbnails: Store,
        fault: Arc<Mutex<Option<String>>>,
    ) -> Self {
        Self {
            folder,
            uplink,
            survey,
            workload,
            thumbnails,
            fault,
            backlog: VecDeque::new(),
            footprints: VecDeque::new(),
            changed: false,
            due: Instant::now(),
        }
    }

    fn keep(&mut self, bodies: impl Iterator<Item = Body>) {
        if self.uplink.is_some() {
            let (survey, sent) = (self.survey, SystemTime::now());
            self.backlog
                .extend(bodies.map(|body| Envelope::new(survey, sent, body)));
        }
        while self.backlog.len() > BACKLOG {
            let frame = |envelope: &Envelope| matches!(envelope.body(), Body::Frame(_));
            let first = self.backlog.iter().position(frame).unwrap_or(0);
            self.backlog.remove(first);
        }
    }

    /// Tries to write what is not written yet; the landslides' file only when it is due, or `at_once`.
    fn write(&mut self, at_once: bool) {
        let mut submitted = self.submit();
        let on_disk =
            |error: &LinkError| !matches!(error, LinkError::Journal(JournalError::Full { .. }));
        if submitted.as_ref().is_err_and(on_disk) && self.thumbnails.make_room() {
            submitted = self.submit();
        }
        // Each for itself: a journal that is full is no reason not to write the files.
        let submitted = submitted.map_err(|e| e.to_string());
        let written = [submitted, self.write_footprints(), self.checkpoint(at_once)];
        let failed = written.into_iter().find_map(Result::err);
        let mut fault = locked(&self.fault);
        if let Some(line) = &failed
            && fault.as_ref() != Some(line)
        {
            log::error!("{line}");
        }
        *fault = failed;
    }

    /// Hands the messages to the journal.
    fn submit(&mut self) -> Result<(), LinkError> {
        let Some(uplink) = &self.uplink else {
            return Ok(());
        };
        if !self.backlog.is_empty() {
            let envelopes = self.backlog.make_contiguous();
            uplink.submit(envelopes)?;
            self.backlog.clear();
        }
        Ok(())
    }

    fn write_footprints(&mut self) -> Result<(), String> {
        while let Some(report) = self.footprints.front() {
            self.folder.frame(report).map_err(|e| e.to_string())?;
            self.footprints.pop_front();
        }
        Ok(())
    }

    fn checkpoint(&mut self, at_once: bool) -> Result<(), String> {
        let began = Instant::now();
        if !self.changed || (began < self.due && !at_once) {
            return Ok(());
        }
        let result = self.folder.checkpoint().map_err(|e| e.to_string());
        self.due = began + began.elapsed() * (PAUSE + 1);
        self.changed = result.is_err();
        result
    }
}

impl Sink for FlightLog {
    fn frame(&mut self, report: FrameReport, changed: Vec<Landslide>) -> Result<(), SinkError> {
        self.workload.report(&report, &changed, now());
        self.folder.landslides(&changed);
        self.changed |= !changed.is_empty();
        if self.footprints.len() < BACKLOG {
            self.footprints.push_back(report.clone());
        }
        self.keep(
            std::iter::once(Body::Frame(report)).chain(changed.into_iter().map(Body::Landslide)),
        );
        self.write(false);
        Ok(())
    }

    fn finish(&mut self, changed: Vec<Landslide>) -> Result<(), SinkError> {
        self.folder.landslides(&changed);
        self.keep(changed.into_iter().map(Body::Landslide));
        self.write(true);
        if let Err(error) = self.folder.finish() {
            log::error!("{error}");
            *locked(&self.fault) = Some(error.to_string());
        }
        Ok(())
    }
}
