//! A disk in memory that knows what of it would outlast a loss of power.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::random::Random;

/// Bytes that a disk writes at once, or half of which it writes.
const SECTOR: usize = 512;

/// There is no power, or what is used is of before it went.
#[derive(Debug)]
pub struct NoPower;

/// A file, also one without a name.
pub type FileNumber = usize;

/// Memory that connections to one database share, in regions of 32 KiB that stay where they are.
pub type SharedMemory = Arc<Mutex<Vec<Box<[u64]>>>>;

/// A disk in memory.
pub struct Disk {
    files: Vec<File>,
    names: HashMap<String, FileNumber>,
    flushed_names: HashMap<String, FileNumber>,
    /// Since the folder was flushed: a name and its file, `None` where it was deleted.
    renamings: Vec<(String, Option<FileNumber>)>,
    random: Random,
    /// Changes until the power goes.
    remaining: Option<u64>,
    has_power: bool,
    starts: u64,
}

#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    flushed: Vec<u8>,
    /// Since it was flushed.
    changes: Vec<Change>,
    is_open: bool,
    shared: SharedMemory,
}

#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>, hole: u8) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if file.len() < end {
                    file.resize(end, hole);
                }
                file[*at..end].copy_from_slice(bytes);
            }
            Self::Resize(length) => file.resize(*length, hole),
        }
    }
}

impl Disk {
    pub fn new(seed: u64) -> Self {
        Self {
            files: Vec::new(),
            names: HashMap::new(),
            flushed_names: HashMap::new(),
            renamings: Vec::new(),
            random: Random::new(seed),
            remaining: None,
            has_power: true,
            starts: 0,
        }
    }

    pub fn lose_power_after(&mut self, changes: u64) {
        self.remaining = Some(changes);
    }

    pub fn has_power(&self) -> bool {
        self.has_power
    }

    /// How often it was started: what is of another start is dead.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// Counts a change, during which the power may go.
    fn change(&mut self) -> Result<(), NoPower> {
        if let Some(remaining) = &mut self.remaining {
            if *remaining == 0 {
                self.has_power = false;
            }
            *remaining = remaining.saturating_sub(1);
        }
        if self.has_power { Ok(()) } else { Err(NoPower) }
    }

    pub fn find(&self, name: &str) -> Option<FileNumber> {
        self.names.get(name).copied()
    }

    /// The files that have names, and what is in them.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let names = self.names.iter();
        names.map(|(name, file)| (name.as_str(), self.files[*file].bytes.as_slice()))
    }

    /// A new empty file.
    pub fn make(&mut self, name: Option<&str>) -> Result<FileNumber, NoPower> {
        let number = self.files.len();
        self.files.push(File::default());
        if let Some(name) = name {
            self.names.insert(name.to_owned(), number);
            self.renamings.push((name.to_owned(), Some(number)));
        }
        self.change()?;
        Ok(number)
    }

    /// Whether there was such a file.
    pub fn delete(&mut self, name: &str) -> Result<bool, NoPower> {
        let found = self.names.remove(name).is_some();
        if found {
            self.renamings.push((name.to_owned(), None));
        }
        self.change()?;
        Ok(found)
    }

    pub fn flush_names(&mut self) -> Result<(), NoPower> {
        self.change()?;
        self.flushed_names = self.names.clone();
        self.renamings.clear();
        Ok(())
    }

    /// Marks a file as open; whether it was not.
    pub fn open(&mut self, file: FileNumber) -> bool {
        !std::mem::replace(&mut self.files[file].is_open, true)
    }

    pub fn close(&mut self, file: FileNumber) {
        self.files[file].is_open = false;
    }

    pub fn length(&self, file: FileNumber) -> usize {
        self.files[file].bytes.len()
    }

    /// As many bytes as there are.
    pub fn read(&self, file: FileNumber, at: usize, length: usize) -> &[u8] {
        let bytes = &self.files[file].bytes;
        &bytes[at.min(bytes.len())..(at + length).min(bytes.len())]
    }

    pub fn write(&mut self, file: FileNumber, at: usize, bytes: &[u8]) -> Result<(), NoPower> {
        let bytes = bytes.to_vec();
        self.log(file, Change::Write { at, bytes })
    }

    pub fn resize(&mut self, file: FileNumber, length: usize) -> Result<(), NoPower> {
        self.log(file, Change::Resize(length))
    }

    fn log(&mut self, file: FileNumber, change: Change) -> Result<(), NoPower> {
        let changed = &mut self.files[file];
        change.apply(&mut changed.bytes, 0);
        changed.changes.push(change);
        self.change()
    }

    pub fn flush(&mut self, file: FileNumber) -> Result<(), NoPower> {
        self.change()?;
        let flushed = &mut self.files[file];
        for change in flushed.changes.drain(..) {
            change.apply(&mut flushed.flushed, 0);
        }
        Ok(())
    }

    pub fn shared(&mut self, file: FileNumber) -> SharedMemory {
        Arc::clone(&self.files[file].shared)
    }

    pub fn forget_shared(&mut self, file: FileNumber) {
        self.files[file].shared = SharedMemory::default();
    }

    /// Gives it power, and what it kept.
    pub fn start(&mut self) {
        // All that was on its way may have arrived, or nothing, or any part of it.
        let percent = [0, 20, 50, 80, 100][self.random.below(5) as usize];
        for (name, file) in std::mem::take(&mut self.renamings) {
            if self.random.chance(percent) {
                match file {
                    Some(file) => self.flushed_names.insert(name, file),
                    None => self.flushed_names.remove(&name),
                };
            }
        }
        self.names = self.flushed_names.clone();
        for file in &mut self.files {
            let hole = if self.random.chance(50) { 0 } else { 0xA5 };
            for change in arrived(&file.changes, percent, &mut self.random) {
                change.apply(&mut file.flushed, hole);
            }
            *file = File {
                bytes: file.flushed.clone(),
                flushed: std::mem::take(&mut file.flushed),
                ..File::default()
            };
        }
        self.remaining = None;
        self.has_power = true;
        self.starts += 1;
    }
}

/// What arrives of changes that were on their way, in the order in which it does.
fn arrived(changes: &[Change], percent: u64, random: &mut Random) -> Vec<Change> {
    let mut arrived = Vec::new();
    for change in changes {
        let Change::Write { at, bytes } = change else {
            if random.chance(percent) {
                arrived.push(change.clone());
            }
            continue;
        };
        let (mut at, mut rest) = (*at, bytes.as_slice());
        while !rest.is_empty() {
            let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
            if random.chance(percent) {
                // The disk may have been at its first bytes when the power went, or come from the other end.
                let (from, to) = match random.below(20) {
                    0 => (0, random.below(sector.len() as u64 + 1) as usize),
                    1 => (random.below(sector.len() as u64 + 1) as usize, sector.len()),
                    _ => (0, sector.len()),
                };
                arrived.push(Change::Write {
                    at: at + from,
                    bytes: sector[from..to].to_vec(),
                });
            }
            at += sector.len();
            rest = after;
        }
    }
    if random.chance(50) {
        random.shuffle(&mut arrived);
    }
    arrived
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in the file after many losses of power, each after the same.
    fn outcomes(change: impl Fn(&mut Disk, FileNumber)) -> Vec<Option<Vec<u8>>> {
        let outcome = |seed| {
            let mut disk = Disk::new(seed);
            let file = disk.make(Some("f")).unwrap();
            disk.flush_names().unwrap();
            disk.write(file, 0, &[1; 1024]).unwrap();
            disk.flush(file).unwrap();
            change(&mut disk, file);
            disk.start();
            let file = disk.find("f")?;
            Some(disk.read(file, 0, 4096).to_vec())
        };
        (0..200).map(outcome).collect()
    }

    #[test]
    fn what_was_flushed_stays_and_nothing_else_need_stay() {
        let flushed = outcomes(|disk, file| {
            disk.write(file, 512, &[2; 512]).unwrap();
            disk.flush(file).unwrap();
        });
        let expected = [[1; 512], [2; 512]].concat();
        assert!(flushed.iter().all(|f| f.as_ref() == Some(&expected)));
        let lost = outcomes(|disk, file| disk.write(file, 0, &[2; 1024]).unwrap());
        for sectors in [[1, 1], [1, 2], [2, 1], [2, 2]] {
            let whole = [[sectors[0]; 512], [sectors[1]; 512]].concat();
            assert!(lost.contains(&Some(whole)), "{sectors:?}");
        }
        let torn = |f: &Option<Vec<u8>>| f.as_ref().is_some_and(|f| f[0] != f[511]);
        assert!(lost.iter().any(torn));
    }

    #[test]
    fn a_file_deleted_without_its_folder_flushed_may_come_back_and_a_flushed_deletion_stays() {
        let deleted = outcomes(|disk, _| assert!(disk.delete("f").unwrap()));
        assert!(deleted.contains(&None) && deleted.contains(&Some(vec![1; 1024])));
        let flushed = outcomes(|disk, _| {
            disk.delete("f").unwrap();
            disk.flush_names().unwrap();
        });
        assert!(flushed.iter().all(Option::is_none));
    }

    #[test]
    fn the_power_goes_during_a_change_and_comes_back_with_the_start() {
        let mut disk = Disk::new(1);
        let file = disk.make(Some("f")).unwrap();
        disk.lose_power_after(1);
        disk.write(file, 0, b"a").unwrap();
        assert!(disk.write(file, 1, b"b").is_err() && !disk.has_power());
        assert!(disk.flush(file).is_err());
        disk.start();
        assert!(disk.make(Some("g")).is_ok());
    }
}
