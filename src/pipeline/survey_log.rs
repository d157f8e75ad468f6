//! What is kept of a survey: files, and messages for the ground station.

use std::{collections::VecDeque, error::Error, sync::Arc, time::Instant};

use parking_lot::Mutex;
use scarp_inventory::{FrameReport, Landslide, Run};
use scarp_link::{Body, Envelope, JournalError, LinkError, Uplink};

use super::output::OutputFolder;

/// Messages kept in memory while the disk does not take them: an hour of frames and more. Reports of frames go first.
const BACKLOG: usize = 8192;
/// The file of landslides is written anew when some have changed, but the disk has so many times as long for other things.
const PAUSE: u32 = 10;

/// Why findings were not kept.
pub type LogError = Box<dyn Error + Send + Sync>;

/// What to do when the disk or the journal does not take what was found.
pub enum WhenRefused {
    /// End with the error: photographs do not run away.
    End,
    /// Keep it in memory and try again with the next frame: a full disk delays a flight's findings and loses none.
    TryAgain {
        /// Why findings cannot be kept at present, shared with who watches the flight.
        fault: Arc<Mutex<Option<String>>>,
        /// Frees some of the disk; whether there was anything to free.
        make_room: Box<dyn FnMut() -> bool + Send>,
    },
}

/// Is told of every frame, and of the landslides that are new, changed or withdrawn because of it.
type Observer<'a> = Box<dyn FnMut(&FrameReport, &[Landslide]) + Send + 'a>;

/// The log of a survey.
pub struct SurveyLog<'a> {
    folder: OutputFolder,
    uplink: Option<Arc<Uplink>>,
    run: Run,
    when_refused: WhenRefused,
    observer: Observer<'a>,
    /// Messages that the journal has not taken yet.
    backlog: VecDeque<Envelope>,
    /// Frames whose footprints are not in the file yet.
    footprints: VecDeque<FrameReport>,
    /// Landslides have changed since the file was written.
    changed: bool,
    /// When it may be written again.
    due: Instant,
}

impl<'a> SurveyLog<'a> {
    /// Writes to `folder` and, where there is one, to `uplink`.
    #[must_use]
    pub fn new(
        folder: OutputFolder,
        uplink: Option<Arc<Uplink>>,
        run: Run,
        when_refused: WhenRefused,
        observer: impl FnMut(&FrameReport, &[Landslide]) + Send + 'a,
    ) -> Self {
        Self {
            folder,
            uplink,
            run,
            when_refused,
            observer: Box::new(observer),
            backlog: VecDeque::new(),
            footprints: VecDeque::new(),
            changed: false,
            due: Instant::now(),
        }
    }

    /// A frame was searched or turned away; `changed` are the landslides that are new, changed or withdrawn because of it.
    /// Called once per frame, in the order of the source.
    ///
    /// # Errors
    /// When what was found cannot be kept and is not to be tried again.
    pub fn frame(&mut self, report: FrameReport, changed: Vec<Landslide>) -> Result<(), LogError> {
        (self.observer)(&report, &changed);
        self.folder.landslides(self.run, &changed);
        self.changed |= !changed.is_empty();
        if self.footprints.len() < BACKLOG {
            self.footprints.push_back(report.clone());
        }
        self.keep(
            std::iter::once(Body::Frame(report)).chain(changed.into_iter().map(Body::Landslide)),
        );
        self.write(false)
    }

    /// The landslides that the inventory finally holds, once, at the end; completes the files.
    ///
    /// # Errors
    /// As [`SurveyLog::frame`].
    pub fn finish(&mut self, changed: Vec<Landslide>) -> Result<(), LogError> {
        self.folder.landslides(self.run, &changed);
        self.keep(changed.into_iter().map(Body::Landslide));
        self.write(true)?;
        // There is no next frame with which it is tried again.
        self.crowded_out(self.backlog.len() as u64);
        match (self.folder.finish(), &self.when_refused) {
            (Ok(()), _) => Ok(()),
            (Err(error), WhenRefused::End) => Err(error.into()),
            (Err(error), WhenRefused::TryAgain { fault, .. }) => {
                log::error!("{error}");
                *fault.lock() = Some(error.to_string());
                Ok(())
            }
        }
    }

    fn keep(&mut self, bodies: impl Iterator<Item = Body>) {
        if self.uplink.is_some() {
            let run = self.run;
            self.backlog
                .extend(bodies.map(|body| Envelope::new(run, body)));
        }
        while self.backlog.len() > BACKLOG {
            let frame = |envelope: &Envelope| matches!(envelope.body(), Body::Frame(_));
            let first = self.backlog.iter().position(frame).unwrap_or(0);
            self.backlog.remove(first);
            self.crowded_out(1);
        }
    }

    fn crowded_out(&self, messages: u64) {
        if let Some(uplink) = &self.uplink {
            uplink.crowded_out(messages);
        }
    }

    /// Writes what is not written yet; the landslides' file only when it is due, or `at_once`.
    fn write(&mut self, at_once: bool) -> Result<(), LogError> {
        let mut submitted = self.submit();
        let WhenRefused::TryAgain { make_room, .. } = &mut self.when_refused else {
            submitted?;
            self.write_footprints()?;
            return self.checkpoint(at_once);
        };
        let on_disk =
            |error: &LinkError| !matches!(error, LinkError::Journal(JournalError::Full { .. }));
        let uplink = self.uplink.clone();
        let disk_fault = || uplink.as_ref()?.journal().disk_fault();
        let no_room = disk_fault().is_some_and(|fault| fault.no_room);
        let made_room = (no_room || submitted.as_ref().is_err_and(on_disk)) && make_room();
        if made_room || at_once {
            // Whether the disk takes it now is told below.
            uplink.as_ref().map(|uplink| uplink.journal().settle());
            submitted = self.submit();
        }
        // Each for itself: a journal that is full is no reason not to write the files.
        let written = [
            submitted.map_err(LogError::from),
            disk_fault().map_or(Ok(()), |fault| Err(fault.line.into())),
            self.write_footprints(),
            self.checkpoint(at_once),
        ];
        let failed = written.into_iter().find_map(Result::err);
        if let WhenRefused::TryAgain { fault, .. } = &self.when_refused {
            note(&mut fault.lock(), failed.map(|error| error.to_string()));
        }
        Ok(())
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

    fn write_footprints(&mut self) -> Result<(), LogError> {
        while let Some(report) = self.footprints.front() {
            self.folder.frame(self.run, report)?;
            self.footprints.pop_front();
        }
        Ok(())
    }

    fn checkpoint(&mut self, at_once: bool) -> Result<(), LogError> {
        let began = Instant::now();
        if !self.changed || (began < self.due && !at_once) {
            return Ok(());
        }
        let result = self.folder.checkpoint();
        self.due = began + began.elapsed() * (PAUSE + 1);
        self.changed = result.is_err();
        Ok(result?)
    }
}

/// Keeps what is wrong, and says it once.
fn note(fault: &mut Option<String>, failed: Option<String>) {
    if let Some(line) = &failed
        && fault.as_ref() != Some(line)
    {
        log::error!("{line}");
    }
    *fault = failed;
}
