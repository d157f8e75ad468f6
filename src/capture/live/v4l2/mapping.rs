//! A driver's buffer in this process's memory.

use std::{io, os::fd::RawFd, ptr, slice};

/// A shared mapping, for reading.
pub(super) struct Mapping {
    start: *mut libc::c_void,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone, and memory may be read from any thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `length` bytes from `offset` of a file.
    pub(super) fn new(fd: RawFd, offset: libc::off_t, length: usize) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the system's choice touches no memory in use.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                libc::PROT_READ,
                libc::MAP_SHARED,
                fd,
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start, length })
    }

    /// A copy of the first `length` bytes, or of all where there are fewer.
    pub(super) fn copy(&self, length: usize) -> Vec<u8> {
        let length = length.min(self.length);
        // SAFETY: the mapping is `self.length` bytes long and lives as long as `self`; the caller holds the buffer
        // between taking it from the driver and giving it back, so the driver does not write to it.
        unsafe { slice::from_raw_parts(self.start.cast::<u8>(), length) }.to_vec()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping was made with this start and length, and nothing borrows from it any more.
        let refused = unsafe { libc::munmap(self.start, self.length) };
        if refused != 0 {
            log::debug!("camera buffer not unmapped: {}", io::Error::last_os_error());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::File, os::fd::AsRawFd};

    #[test]
    fn a_mapping_copies_what_the_file_has_and_no_more_than_was_mapped() {
        let path = std::env::temp_dir().join(format!("mapping-{}", std::process::id()));
        std::fs::write(&path, b"landslide").unwrap();
        let file = File::open(&path).unwrap();
        let mapping = Mapping::new(file.as_raw_fd(), 0, 9).unwrap();
        assert_eq!(mapping.copy(4), b"land");
        assert_eq!(mapping.copy(5000), b"landslide");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_is_not_open_cannot_be_mapped() {
        assert!(Mapping::new(-1, 0, 4096).is_err());
    }
}
