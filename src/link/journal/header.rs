//! The start of a journal's file, where the database tells of itself (SQLite's file format,
//! <https://www.sqlite.org/fileformat2.html>, section 1.3).

use std::ops::Range;

/// Bytes of a page, SQLite's unit on the disk.
pub const PAGE: usize = 4096;
/// `SCJL` in ASCII, the mark of a journal.
pub const APPLICATION_ID: i32 = 0x5343_4A4C;
/// Where that stands, big-endian.
pub const APPLICATION_ID_AT: Range<usize> = 68..72;
/// Where the number stands that SQLite leaves to the application, big-endian.
pub const USER_VERSION_AT: Range<usize> = 60..64;
/// What a database starts with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where the versions of the format stand, for writing and for reading, and theirs where changes are undone by a rollback journal.
const FORMAT_AT: Range<usize> = 18..20;
const BY_ROLLBACK: [u8; 2] = [1, 1];

/// Whether `start`, the start of a file, is that of a database that says of itself that it is a journal.
pub fn is_journal(start: &[u8]) -> bool {
    start.starts_with(MAGIC) && start.get(APPLICATION_ID_AT) == Some(&APPLICATION_ID.to_be_bytes())
}

/// Whether `start` says that changes are undone by a rollback journal.
pub fn rolls_back(start: &[u8]) -> bool {
    start.get(FORMAT_AT) == Some(&BY_ROLLBACK)
}
