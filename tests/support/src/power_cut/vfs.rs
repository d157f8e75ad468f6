//! The disks of computers as SQLite's file system (<https://www.sqlite.org/vfs.html>).
//!
//! By hand: `sqlite-plugin`, the crate for it, does not tell whether a deletion is to be flushed, on which much depends here.

#![allow(
    unsafe_code,
    reason = "SQLite calls these functions with pointers of its own, as its interface says"
)]

use std::{
    collections::HashMap,
    ffi::{CStr, c_char, c_int, c_void},
    path::{Path, PathBuf},
    ptr, slice,
    sync::{Arc, LazyLock, Once},
};

use parking_lot::Mutex;
use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_vfs};

use super::disk::{Disk, FileNumber, NoPower, SharedMemory};

static DISKS: LazyLock<Mutex<HashMap<PathBuf, Arc<Mutex<Disk>>>>> = LazyLock::new(Mutex::default);

/// Puts a disk where its computer's folder is.
pub fn add(folder: PathBuf, disk: Arc<Mutex<Disk>>) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    DISKS.lock().insert(folder, disk);
}

/// Takes a disk away.
pub fn remove(folder: &Path) {
    DISKS.lock().remove(folder);
}

/// From here on SQLite opens all files by the functions below.
fn register() {
    // SAFETY: the name's default stays registered as long as the process runs, and so does the copy of it, which is leaked.
    unsafe {
        let system = ffi::sqlite3_vfs_find(ptr::null());
        assert!(!system.is_null(), "SQLite has no file system");
        let ours = Box::leak(Box::new(sqlite3_vfs {
            // Time, sleep and chance are the system's; they take no notice of which they are called by.
            iVersion: 2,
            szOsFile: size_of::<File>() as c_int,
            pNext: ptr::null_mut(),
            zName: c"power-cut".as_ptr(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path_name),
            ..ptr::read(system)
        }));
        assert_eq!(ffi::sqlite3_vfs_register(ours, 1), ffi::SQLITE_OK);
    }
}

/// What SQLite makes room for, and gives to each function of a file.
#[repr(C)]
struct File {
    base: sqlite3_file,
    opened: *mut Opened,
}

struct Opened {
    disk: Arc<Mutex<Disk>>,
    start: u64,
    file: FileNumber,
    /// Whether the folder is to be flushed with the file: the system's does so once with a file that undoes or logs.
    flush_folder: bool,
    is_database: bool,
    /// Kept as long as the file is open: SQLite has pointers into it.
    shared: Option<SharedMemory>,
}

impl Opened {
    /// Works on the disk, while it has power and was not started anew.
    fn on_disk<T>(&self, work: impl FnOnce(&mut Disk) -> Result<T, NoPower>) -> Result<T, NoPower> {
        let mut disk = self.disk.lock();
        if disk.has_power() && disk.starts() == self.start {
            work(&mut disk)
        } else {
            Err(NoPower)
        }
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(no_lock),
    xUnlock: Some(no_lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn code(result: Result<(), NoPower>, failed: c_int) -> c_int {
    result.map_or(failed, |()| ffi::SQLITE_OK)
}

/// The disk that a path is on, and the path.
///
/// # Safety
/// `name` must be a C string.
unsafe fn disk_of(name: *const c_char) -> Option<(Arc<Mutex<Disk>>, String)> {
    // SAFETY: the caller's.
    let name = unsafe { CStr::from_ptr(name) }.to_str().ok()?;
    let disk = DISKS.lock().get(Path::new(name).parent()?).cloned()?;
    Some((disk, name.to_owned()))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let file = file.cast::<File>();
    // SAFETY: SQLite has made room for a `File`. Without methods it does not close what could not be opened.
    unsafe { (*file).base.pMethods = ptr::null() };
    let found = if name.is_null() {
        // For a while and for this connection only.
        Some((Arc::new(Mutex::new(Disk::new(0))), None))
    } else {
        // SAFETY: not null, so a C string.
        unsafe { disk_of(name) }.map(|(disk, name)| (disk, Some(name)))
    };
    let Some((disk, name)) = found else {
        return ffi::SQLITE_CANTOPEN;
    };
    let creates = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let is_database = flags & ffi::SQLITE_OPEN_MAIN_DB != 0;
    let undoes =
        ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    let mut on_disk = disk.lock();
    if !on_disk.has_power() {
        return ffi::SQLITE_CANTOPEN;
    }
    let number = match name.as_deref().and_then(|name| on_disk.find(name)) {
        Some(number) => number,
        None if creates => match on_disk.make(name.as_deref()) {
            Ok(number) => number,
            Err(NoPower) => return ffi::SQLITE_CANTOPEN,
        },
        None => return ffi::SQLITE_CANTOPEN,
    };
    if is_database && !on_disk.open(number) {
        // Two at a time would need locks.
        return ffi::SQLITE_CANTOPEN;
    }
    let start = on_disk.starts();
    drop(on_disk);
    let opened = Box::new(Opened {
        disk,
        start,
        file: number,
        flush_folder: creates && flags & undoes != 0,
        is_database,
        shared: None,
    });
    // SAFETY: as above; `out_flags` may be null.
    unsafe {
        (*file).opened = Box::into_raw(opened);
        (*file).base.pMethods = &raw const METHODS;
        if let Some(out_flags) = out_flags.as_mut() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

/// What [`open`] has put there.
///
/// # Safety
/// `file` must have been opened by [`open`], and not be closed or used elsewhere meanwhile: SQLite uses each from one thread at a time.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> &'a mut Opened {
    // SAFETY: the caller's.
    unsafe { &mut *(*file.cast::<File>()).opened }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: opened, and used no more after this.
    let opened = unsafe { Box::from_raw((*file.cast::<File>()).opened) };
    if opened.is_database {
        let closed = opened.on_disk(|disk| {
            disk.close(opened.file);
            Ok(())
        });
        // Of a computer without power, nothing is open.
        closed.ok();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    buffer: *mut c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: opened; the buffer is as long as is said.
    let (opened, buffer) = unsafe {
        let buffer = slice::from_raw_parts_mut(buffer.cast::<u8>(), length as usize);
        (opened(file), buffer)
    };
    let read = opened.on_disk(|disk| {
        let bytes = disk.read(opened.file, at as usize, buffer.len());
        buffer[..bytes.len()].copy_from_slice(bytes);
        buffer[bytes.len()..].fill(0);
        Ok(bytes.len())
    });
    match read {
        Ok(read) if read == buffer.len() => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(NoPower) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    buffer: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: as for `read`.
    let (opened, bytes) = unsafe {
        let bytes = slice::from_raw_parts(buffer.cast::<u8>(), length as usize);
        (opened(file), bytes)
    };
    let written = opened.on_disk(|disk| disk.write(opened.file, at as usize, bytes));
    code(written, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, length: sqlite3_int64) -> c_int {
    // SAFETY: opened.
    let opened = unsafe { opened(file) };
    let resized = opened.on_disk(|disk| disk.resize(opened.file, length as usize));
    code(resized, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: opened.
    let opened = unsafe { opened(file) };
    let flushed = opened.on_disk(|disk| {
        disk.flush(opened.file)?;
        if opened.flush_folder {
            disk.flush_names()?;
        }
        Ok(())
    });
    opened.flush_folder &= flushed.is_err();
    code(flushed, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, length: *mut sqlite3_int64) -> c_int {
    // SAFETY: opened; the number is SQLite's.
    let (opened, length) = unsafe { (opened(file), &mut *length) };
    let told = opened.on_disk(|disk| {
        *length = disk.length(opened.file) as sqlite3_int64;
        Ok(())
    });
    code(told, ffi::SQLITE_IOERR_FSTAT)
}

unsafe extern "C" fn no_lock(_: *mut sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut sqlite3_file, held: *mut c_int) -> c_int {
    // SAFETY: the number is SQLite's.
    unsafe { *held = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

/// As the system's tells it.
unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    4096
}

/// As the system's tells it: a torn sector holds other bytes only where they were being written.
unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    found: *mut *mut c_void,
) -> c_int {
    // SAFETY: opened; the pointer is SQLite's.
    let (opened, found) = unsafe { (opened(file), &mut *found) };
    *found = ptr::null_mut();
    let Ok(shared) = opened.on_disk(|disk| Ok(disk.shared(opened.file))) else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let mut regions = shared.lock();
    while extend != 0 && regions.len() <= region as usize {
        regions.push(vec![0; bytes as usize / size_of::<u64>()].into());
    }
    if let Some(region) = regions.get_mut(region as usize) {
        *found = region.as_mut_ptr().cast();
    }
    drop(regions);
    opened.shared = Some(shared);
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(_: *mut sqlite3_file, _: c_int, _: c_int, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: opened.
    let opened = unsafe { opened(file) };
    opened.shared = None;
    if delete != 0 {
        let forgotten = opened.on_disk(|disk| {
            disk.forget_shared(opened.file);
            Ok(())
        });
        // Without power there is none.
        forgotten.ok();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, flush: c_int) -> c_int {
    // SAFETY: a C string.
    let Some((disk, name)) = (unsafe { disk_of(name) }) else {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    };
    let mut disk = disk.lock();
    if !disk.has_power() {
        return ffi::SQLITE_IOERR_DELETE;
    }
    let deleted = disk.delete(&name).and_then(|found| {
        if found && flush != 0 {
            disk.flush_names()?;
        }
        Ok(found)
    });
    match deleted {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(NoPower) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    found: *mut c_int,
) -> c_int {
    // SAFETY: a C string, and a number of SQLite's.
    let (disk, found) = unsafe { (disk_of(name), &mut *found) };
    let Some((disk, name)) = disk else {
        *found = 0;
        return ffi::SQLITE_OK;
    };
    let disk = disk.lock();
    if !disk.has_power() {
        return ffi::SQLITE_IOERR_ACCESS;
    }
    // The system's takes an empty file for none too.
    let there = disk.find(&name).is_some_and(|file| disk.length(file) > 0);
    *found = there.into();
    ffi::SQLITE_OK
}

/// All paths here are whole.
unsafe extern "C" fn full_path_name(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: a C string, and room for one of the given length.
    unsafe {
        let name = CStr::from_ptr(name).to_bytes_with_nul();
        if name.len() > length as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len());
    }
    ffi::SQLITE_OK
}
