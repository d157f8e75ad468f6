//! The line to a receiver: a pseudo-terminal that is plugged in as a device file, and can be unplugged.

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use serialport::{SerialPort, TTYPort};

/// A receiver's end of the line; dropping it unplugs the receiver.
pub struct Receiver {
    line: TTYPort,
    /// Kept open, so that the line is not dead before somebody opens the port.
    _end: TTYPort,
    device: PathBuf,
}

impl Receiver {
    /// Plugs it in as `device`.
    #[must_use]
    pub fn plug_in(device: &Path) -> Self {
        let (line, end) = TTYPort::pair().unwrap();
        let _ = fs::remove_file(device);
        symlink(end.name().unwrap(), device).unwrap();
        Self {
            line,
            _end: end,
            device: device.to_owned(),
        }
    }

    /// Sends `bytes`, which nobody need read.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.line.write_all(bytes);
    }

    /// The same as one that talks at `baud_rate`: at any other, what arrives is unreadable.
    pub fn send_at(&mut self, baud_rate: u32, bytes: &[u8]) {
        let readable = self.line.baud_rate().unwrap() == baud_rate;
        let garbled = |byte: &u8| byte.rotate_left(3) | 0x80;
        match readable {
            true => self.send(bytes),
            false => self.send(&bytes.iter().map(garbled).collect::<Vec<_>>()),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.device);
    }
}
