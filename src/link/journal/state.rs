//! Where a journal's messages are at present: in its file, or in memory while the disk does not take what changes.

use std::{
    fs,
    path::{self, Path, PathBuf},
    time::Instant,
};

use rusqlite::{Connection, Transaction};

use super::{
    aside::{self, Aside},
    database,
    error::JournalError,
    fault::Fault,
    held::{DiskFault, Held, SetAside},
    readable_copy::ReadableCopy,
    reasons::Reasons,
    salvage, sidecar,
    stand_in::StandIn,
};

/// Most bytes of messages that an aircraft holds in memory while the disk does not take them.
const MEMORY_BYTES: u64 = 64 << 20;

/// What a journal is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be changed; whoever opens it is told of what is in the way.
    Use,
    /// A flight, with nobody to ask: messages are taken also while the disk does not take them.
    Flight,
    /// The same of photographs: whoever opens it is told where something else has its name.
    Replay,
    /// To tell or send what is in it: it need not be writable.
    Delivery,
}

/// A journal's messages and what is known of them.
pub struct State {
    pub path: PathBuf,
    max_bytes: u64,
    purpose: Purpose,
    place: Place,
    /// The number of the next message.
    pub next_number: i64,
    pub held: Held,
    /// Why messages are set aside, as far as that was looked through since the file was opened.
    reasons: Option<Reasons>,
    /// Messages set aside since this was opened.
    pub newly_set_aside: u64,
    /// Messages discarded since then.
    newly_discarded: u64,
}

/// Where the messages are.
enum Place {
    File(Connection),
    /// In the file, which opens again with the next use after a fault of the disk.
    Closed,
    Memory(StandIn),
}

impl State {
    /// Nothing is open yet.
    pub fn closed(path: &Path, max_bytes: u64, purpose: Purpose) -> Self {
        Self {
            path: resolved(path),
            max_bytes,
            purpose,
            place: Place::Closed,
            next_number: 0,
            held: Held::default(),
            reasons: None,
            newly_set_aside: 0,
            newly_discarded: 0,
        }
    }

    /// Opens the file, or what stands in for it.
    pub fn open(mut self) -> Result<Self, JournalError> {
        let opened = self.open_file().and_then(|file| self.use_file(file));
        if let Err(fault) = opened.and_then(|()| self.try_to_write()) {
            let stands_in = match self.purpose {
                Purpose::Use => false,
                Purpose::Flight => true,
                Purpose::Replay | Purpose::Delivery => fault.is_of_the_disk(),
            };
            if !stands_in {
                return Err(fault.at(&self.path));
            }
            self.stand_in(fault)?;
        }
        Ok(self)
    }

    fn in_flight(&self) -> bool {
        self.purpose == Purpose::Flight
    }

    /// Whether new messages are taken also while the disk does not take them.
    fn takes_in_memory(&self) -> bool {
        matches!(self.purpose, Purpose::Flight | Purpose::Replay)
    }

    /// Whether the disk takes a change, which is then taken back. Who opens a journal to tell what is in it would not meet that.
    fn try_to_write(&mut self) -> Result<(), Fault> {
        if self.purpose != Purpose::Delivery {
            return Ok(());
        }
        let Place::File(file) = &mut self.place else {
            return Ok(());
        };
        let mut change = || {
            let transaction = file.transaction()?;
            sidecar::mark_change(&transaction)?;
            transaction.rollback()
        };
        change().map_err(|e| self.fault(e))
    }

    /// What an error of SQLite says, which knows only that something cannot be opened.
    fn fault(&self, error: rusqlite::Error) -> Fault {
        match Fault::of(error) {
            fault @ Fault::Failed { .. } => sidecar::obstacle(&self.path).unwrap_or(fault),
            fault => fault,
        }
    }

    /// The file, mended if need be. In flight, something else that has its name makes room for it.
    fn open_file(&self) -> Result<Connection, Fault> {
        let path = &self.path;
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(Fault::other("a folder")),
            Ok(found) if !found.is_file() => Err(Fault::other("no file")),
            Err(_) if !path.is_absolute() => Err(Fault::other("no name of a file")),
            _ => database::open(path).or_else(|fault| match fault {
                Fault::Unreadable { reason, ours } => {
                    salvage::mend(path, &reason, ours || self.in_flight())
                }
                fault => Err(fault),
            }),
        }
    }

    fn use_file(&mut self, file: Connection) -> Result<(), Fault> {
        let (next_number, held) = database::count(&file).map_err(Fault::of)?;
        self.next_number = self.next_number.max(next_number);
        self.held = held;
        self.reasons = None;
        self.place = Place::File(file);
        Ok(())
    }

    /// Bytes of messages that may wait here.
    pub fn limit(&self) -> u64 {
        match &self.place {
            Place::Memory(_) => self.max_bytes.min(MEMORY_BYTES),
            _ => self.max_bytes,
        }
    }

    /// Why the messages are not in the file.
    pub fn disk_fault(&self) -> Option<DiskFault> {
        self.memory().map(StandIn::fault)
    }

    fn memory(&self) -> Option<&StandIn> {
        match &self.place {
            Place::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// Does `work`, which changes what is held, in one transaction; it is given the number of the next message. Where the disk does not
    /// take it, it is done in memory: in flight, and if that `may_stand_in`.
    pub fn change<T>(
        &mut self,
        may_stand_in: bool,
        work: impl Fn(&Transaction<'_>, i64) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        self.work(may_stand_in, |transaction, next_number| {
            sidecar::mark_change(transaction)?;
            work(transaction, next_number)
        })
    }

    /// Does `work`, which changes nothing; where the disk fails, on what can be read.
    pub fn look<T>(
        &mut self,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        self.work(true, |transaction, _| work(transaction))
    }

    /// A file that shows damage is mended, and the work done on what is readable.
    fn work<T>(
        &mut self,
        may_stand_in: bool,
        work: impl Fn(&Transaction<'_>, i64) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let mut done = self.try_work(&work);
        if self.memory().is_none() {
            if let Err(Fault::Unreadable { reason, .. }) = done {
                // Its lock must be gone before another takes its place.
                self.place = Place::Closed;
                let mended = salvage::mend(&self.path, &reason, true);
                done = mended
                    .and_then(|mended| self.use_file(mended))
                    .and_then(|()| self.try_work(&work));
            }
            done = match done {
                Err(fault) if may_stand_in || self.takes_in_memory() => {
                    self.stand_in(fault)?;
                    self.try_work(&work)
                }
                Err(fault) => {
                    self.place = Place::Closed;
                    Err(fault)
                }
                done => done,
            };
        }
        done.map_err(|fault| fault.at(&self.path))
    }

    /// Why messages are set aside: counted as they are, once all were looked through.
    pub fn reasons(&mut self) -> Result<Vec<SetAside>, JournalError> {
        if self.reasons.is_none() {
            let found = self.look(|transaction| Reasons::of(transaction))?;
            self.reasons = Some(found);
        }
        let reasons = self.reasons.as_ref();
        Ok(reasons.map(Reasons::by_frequency).unwrap_or_default())
    }

    /// Counts what is held anew, after any of it was changed.
    pub fn recount(&mut self) -> Result<(), JournalError> {
        self.reasons = None;
        (_, self.held) = self.look(|transaction| database::count(transaction))?;
        Ok(())
    }

    /// Counts messages that were just set aside. The oldest make room for them.
    pub fn were_set_aside(&mut self, aside: &[Aside<'_>]) -> Result<(), JournalError> {
        let bytes = aside.iter().map(|one| one.bytes).sum();
        self.held.were_set_aside(aside.len() as u64, bytes);
        self.newly_set_aside += aside.len() as u64;
        if let Some(reasons) = &mut self.reasons {
            for one in aside {
                reasons.add(one.reason, 1, one.since);
            }
        }
        let held = self.held;
        if held.set_aside <= aside::MAX_MESSAGES && held.set_aside_bytes <= aside::MAX_BYTES {
            return Ok(());
        }
        let gone = self.change(true, |transaction, _| aside::make_room(transaction))?;
        self.held.made_room(&gone);
        self.reasons = None;
        if self.newly_discarded == 0 && !gone.is_empty() {
            let path = self.path.display();
            log::error!(
                "journal {path}: more is set aside than it keeps, {} messages or {} bytes; the oldest are discarded; `scarp link status` \
                 tells why they were set aside, and how many are gone",
                aside::MAX_MESSAGES,
                aside::MAX_BYTES
            );
        }
        self.newly_discarded += gone.len() as u64;
        Ok(())
    }

    fn try_work<T>(
        &mut self,
        work: impl Fn(&Transaction<'_>, i64) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        if let Place::Closed = self.place {
            self.place = Place::File(database::open(&self.path)?);
        }
        let database = match &mut self.place {
            Place::File(file) => file,
            Place::Memory(memory) => &mut memory.database,
            Place::Closed => return Err(Fault::Locked),
        };
        let mut commit = || {
            let transaction = database.transaction()?;
            let result = work(&transaction, self.next_number)?;
            transaction.commit()?;
            Ok(result)
        };
        commit().map_err(|e| self.fault(e))
    }

    /// Goes on in memory, with what can be read in the file.
    fn stand_in(&mut self, fault: Fault) -> Result<(), JournalError> {
        let (most, of_a_copy) = if self.takes_in_memory() {
            // The rest is for what is found from now on.
            (MEMORY_BYTES / 2, 2 * MEMORY_BYTES)
        } else {
            let held = self.max_bytes.saturating_add(aside::MAX_BYTES);
            (held, u64::MAX)
        };
        let copy = match &self.place {
            Place::Closed if fault.is_of_the_disk() => {
                match ReadableCopy::of(&self.path, of_a_copy) {
                    Ok(copy) => Some(copy),
                    // It is not the disk then.
                    Err(other @ Fault::Unreadable { .. }) if !self.in_flight() => {
                        return Err(other.at(&self.path));
                    }
                    Err(_) if self.takes_in_memory() => None,
                    Err(_) => return Err(fault.at(&self.path)),
                }
            }
            _ => None,
        };
        let fault = fault.at(&self.path);
        if self.takes_in_memory() {
            log::error!("{fault}; messages wait in memory meanwhile");
        } else {
            log::warn!("{fault}; what the ground station confirms stays in it and is sent again");
        }
        let file = match &self.place {
            Place::File(file) => Some(file),
            _ => copy.as_ref().map(|copy| &copy.database),
        };
        let begin = || {
            let memory = StandIn::new(file, most, self.next_number, &fault)?;
            let (_, held) = database::count(&memory.database)?;
            Ok((memory.first_number(), held, memory))
        };
        let begun = begin().map_err(|e| Fault::of(e).at(&self.path));
        let memory;
        (self.next_number, self.held, memory) = begun?;
        self.reasons = None;
        self.place = Place::Memory(memory);
        Ok(())
    }

    /// Brings what is in memory to the file.
    pub fn settle(&mut self) -> Result<(), JournalError> {
        self.try_settle().map_err(|fault| fault.at(&self.path))
    }

    /// The same before messages are added: where memory takes them, only now and then, and without telling.
    pub fn settle_to_append(&mut self) -> Result<(), JournalError> {
        let due = self.memory().is_some_and(StandIn::is_due);
        if !self.takes_in_memory() {
            return self.settle();
        }
        let began = Instant::now();
        if due
            && self.try_settle().is_err()
            && let Place::Memory(memory) = &mut self.place
        {
            memory.put_off(began);
        }
        Ok(())
    }

    fn try_settle(&mut self) -> Result<(), Fault> {
        let Some(memory) = self.memory() else {
            return Ok(());
        };
        let mut file = self.open_file()?;
        memory.settle(&mut file).map_err(Fault::of)?;
        let path = self.path.display();
        log::warn!("journal {path}: the disk takes it again, and what was in memory");
        self.use_file(file)
    }
}

/// The file that a name stands for, whatever the folder and through links. SQLite takes names without a folder for other things than
/// files too, and a link's for that of the files beside it.
fn resolved(path: &Path) -> PathBuf {
    let target = || {
        // A link to a file that is still to be made.
        let target = fs::read_link(path).map(|to| path.with_file_name("").join(to));
        path::absolute(target.as_deref().unwrap_or(path))
    };
    let found = fs::canonicalize(path).or_else(|_| target());
    found.unwrap_or_else(|_| path.to_owned())
}
