//! Where the sensors' bytes go.

use std::{
    fs::OpenOptions,
    io::{self, ErrorKind, Write},
    net::{SocketAddr, ToSocketAddrs, UdpSocket},
    os::{
        fd::AsFd,
        unix::{fs::FileTypeExt, net::UnixStream},
    },
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail};
use mavlink::{MavHeader, MavlinkReader, dialects::common::MavMessage, write_v2_msg};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::ioctl_fionbio,
    termios::{OptionalActions, isatty, tcgetattr, tcsetattr},
};

use super::vehicle::Vehicle;

/// A serial line, which talks whether or not somebody listens.
pub struct Serial {
    to: Box<dyn Write>,
    lost: u64,
}

impl Serial {
    /// Opens a serial device or pty (raw, at `baud` bits per second), the unix socket of a virtual machine's serial port,
    /// a file that is there, or `-` for standard output.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path, baud: u32) -> anyhow::Result<Self> {
        let failed = || {
            format!(
                "NMEA to {}: cannot be opened; give a serial device, pty, unix socket or file that exists, or -",
                path.display()
            )
        };
        let to: Box<dyn Write> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else if path
            .metadata()
            .with_context(failed)?
            .file_type()
            .is_socket()
        {
            let socket = UnixStream::connect(path).with_context(failed)?;
            socket.set_nonblocking(true).with_context(failed)?;
            Box::new(socket)
        } else {
            let file = OpenOptions::new()
                .append(true)
                .open(path)
                .with_context(failed)?;
            if isatty(&file) {
                make_raw(&file, baud).with_context(failed)?;
            }
            ioctl_fionbio(&file, true).with_context(failed)?;
            Box::new(file)
        };
        Ok(Self { to, lost: 0 })
    }

    /// Sends; what the line does not take at once is lost, as it is without a reader.
    pub fn send(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.to.write(bytes) {
                Ok(count) if count > 0 => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        // Only standard output has a buffer.
        let _ = self.to.flush();
        self.lost += bytes.len() as u64;
    }

    /// Bytes lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

fn make_raw(tty: impl AsFd, baud: u32) -> io::Result<()> {
    let mut settings = tcgetattr(&tty)?;
    settings.make_raw();
    settings.set_speed(baud)?;
    Ok(tcsetattr(&tty, OptionalActions::Now, &settings)?)
}

/// MAVLink 2 by UDP.
pub struct Radio {
    socket: UdpSocket,
    sequence: u8,
}

impl Radio {
    /// Opens `udpout:HOST:PORT`.
    ///
    /// # Errors
    /// When that is no address, or not reached from here.
    pub fn open(address: &str) -> anyhow::Result<Self> {
        let Some(host) = address.strip_prefix("udpout:") else {
            bail!("MAVLink to {address}: no such address; write udpout:HOST:PORT");
        };
        let failed = || format!("MAVLink to {address}: cannot be reached; write udpout:HOST:PORT");
        let mut found = host.to_socket_addrs().with_context(failed)?;
        let to = found.next().with_context(failed)?;
        let from: SocketAddr = match to {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(from).with_context(failed)?;
        socket.connect(to).with_context(failed)?;
        socket.set_nonblocking(true).with_context(failed)?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sends one message. It is lost when nobody listens.
    pub fn send(&mut self, message: &MavMessage) {
        let mut frame = Vec::with_capacity(280);
        let header = Vehicle::header(self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        // Writing to memory does not fail, and a datagram may be lost on any way.
        if write_v2_msg(&mut frame, header, message).is_ok() {
            let _ = self.socket.send(&frame);
        }
    }

    /// What has come, one datagram; nothing when none waits.
    #[must_use]
    pub fn receive(&mut self) -> Option<Vec<(MavHeader, MavMessage)>> {
        let mut datagram = [0; 2048];
        let count = match self.socket.recv(&mut datagram) {
            Ok(count) => count,
            // Nobody listened to an earlier one; there may be more behind it.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => 0,
            Err(_) => return None,
        };
        let mut reader = MavlinkReader::new(&datagram[..count]);
        let messages = std::iter::from_fn(|| reader.read_any_message().ok());
        Some(messages.collect())
    }

    /// Waits until something comes, so long at most.
    pub fn wait(&self, longest: Duration) {
        let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
        let longest = Timespec::try_from(longest).ok();
        // An interrupted wait is a short one.
        let _ = poll(&mut sockets, longest.as_ref());
    }
}
