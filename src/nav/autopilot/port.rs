//! The wire to the autopilot.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket},
    str::FromStr,
    time::Duration,
};

use serialport::SerialPort;
use thiserror::Error;

use crate::Monotonic;

/// Where the autopilot is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortAddress {
    /// `udpin:HOST:PORT`: waits there for datagrams and answers to where the autopilot's come from.
    UdpIn(String),
    /// `udpout:HOST:PORT`: sends there first.
    UdpOut(String),
    /// `tcpout:HOST:PORT`: connects there; what ArduPilot's simulator offers.
    TcpOut(String),
    /// `serial:DEVICE:BAUD`.
    Serial {
        /// Device file.
        device: String,
        /// Symbols per second.
        baud: u32,
    },
}

/// A text that is no [`PortAddress`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no address of an autopilot; write udpin:HOST:PORT, udpout:HOST:PORT, tcpout:HOST:PORT or serial:DEVICE:BAUD"
)]
pub struct UnknownAddress(String);

/// How long a read or write may block.
const BLOCKS: Duration = Duration::from_millis(20);
/// How long a connection may take to be made.
const CONNECTS: Duration = Duration::from_secs(1);

/// An open wire, which knows when the last bytes came.
pub(super) struct Port {
    wire: Wire,
    now: fn() -> Monotonic,
    arrived: Monotonic,
}

enum Wire {
    UdpIn {
        socket: UdpSocket,
        /// Sender of the last datagram.
        sender: Option<SocketAddr>,
        /// Whom to answer: the last sender that spoke for the vehicle; until one has, the first that spoke MAVLink 1.
        peer: Option<SocketAddr>,
    },
    UdpOut(UdpSocket),
    Tcp(TcpStream),
    Serial(Box<dyn SerialPort>),
}

impl Port {
    pub fn open(address: &PortAddress, now: fn() -> Monotonic) -> io::Result<Self> {
        let wire = match address {
            PortAddress::UdpIn(host) => {
                let socket = UdpSocket::bind(host)?;
                socket.set_read_timeout(Some(BLOCKS))?;
                Wire::UdpIn {
                    socket,
                    sender: None,
                    peer: None,
                }
            }
            PortAddress::UdpOut(host) => {
                let to = resolve(host)?;
                let socket = match to {
                    SocketAddr::V4(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?,
                    SocketAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?,
                };
                socket.set_read_timeout(Some(BLOCKS))?;
                socket.connect(to)?;
                Wire::UdpOut(socket)
            }
            PortAddress::TcpOut(host) => {
                let stream = TcpStream::connect_timeout(&resolve(host)?, CONNECTS)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(BLOCKS))?;
                stream.set_write_timeout(Some(BLOCKS))?;
                Wire::Tcp(stream)
            }
            PortAddress::Serial { device, baud } => {
                Wire::Serial(serialport::new(device, *baud).timeout(BLOCKS).open()?)
            }
        };
        Ok(Self {
            wire,
            now,
            arrived: now(),
        })
    }

    /// When the last bytes came.
    pub const fn arrived(&self) -> Monotonic {
        self.arrived
    }

    /// The vehicle spoke in the last bytes: they show where it is reached.
    pub const fn vehicle_spoke(&mut self) {
        if let Wire::UdpIn { sender, peer, .. } = &mut self.wire {
            *peer = *sender;
        }
    }

    /// Somebody spoke MAVLink 1 in the last bytes: an autopilot may be there that waits to hear MAVLink 2 before it speaks it.
    pub const fn mavlink1_spoke(&mut self) {
        if !self.has_peer() {
            self.vehicle_spoke();
        }
    }

    /// Whether there is somewhere to send to.
    pub const fn has_peer(&self) -> bool {
        !matches!(self.wire, Wire::UdpIn { peer: None, .. })
    }
}

/// Whether an error says no more than that nothing came, or went, for now.
pub(super) fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        // The last is a datagram's way to say that nobody listens yet.
        ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
    )
}

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.wire {
            Wire::UdpIn { socket, sender, .. } => {
                let (count, from) = socket.recv_from(buffer)?;
                *sender = Some(from);
                datagram(count)
            }
            Wire::UdpOut(socket) => datagram(socket.recv(buffer)?),
            Wire::Tcp(stream) => stream.read(buffer),
            Wire::Serial(port) => port.read(buffer),
        }?;
        self.arrived = (self.now)();
        Ok(count)
    }
}

impl Write for Port {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.wire {
            Wire::UdpIn {
                socket,
                peer: Some(peer),
                ..
            } => socket.send_to(buffer, *peer),
            Wire::UdpIn { peer: None, .. } => Err(ErrorKind::NotConnected.into()),
            Wire::UdpOut(socket) => socket.send(buffer),
            Wire::Tcp(stream) => stream.write(buffer),
            Wire::Serial(port) => port.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An empty datagram is not the end of a stream, as no bytes read otherwise are.
fn datagram(count: usize) -> io::Result<usize> {
    match count {
        0 => Err(ErrorKind::WouldBlock.into()),
        count => Ok(count),
    }
}

fn resolve(host: &str) -> io::Result<SocketAddr> {
    let found = host.to_socket_addrs()?.next();
    found.ok_or_else(|| io::Error::new(ErrorKind::NotFound, format!("{host} has no address")))
}

impl FromStr for PortAddress {
    type Err = UnknownAddress;

    fn from_str(text: &str) -> Result<Self, UnknownAddress> {
        let unknown = || UnknownAddress(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        let (first, last) = rest.rsplit_once(':').ok_or_else(unknown)?;
        let number: u32 = last.parse().map_err(|_| unknown())?;
        if first.is_empty() || number == 0 {
            return Err(unknown());
        }
        let host = || u16::try_from(number).map(|_| rest.to_owned());
        match kind {
            "udpin" => host().map(Self::UdpIn).map_err(|_| unknown()),
            "udpout" => host().map(Self::UdpOut).map_err(|_| unknown()),
            "tcpout" => host().map(Self::TcpOut).map_err(|_| unknown()),
            "serial" => Ok(Self::Serial {
                device: first.to_owned(),
                baud: number,
            }),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for PortAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UdpIn(host) => write!(f, "udpin:{host}"),
            Self::UdpOut(host) => write!(f, "udpout:{host}"),
            Self::TcpOut(host) => write!(f, "tcpout:{host}"),
            Self::Serial { device, baud } => write!(f, "serial:{device}:{baud}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for text in [
            "udpin:0.0.0.0:14540",
            "udpout:[::1]:14550",
            "tcpout:localhost:5760",
            "serial:/dev/ttyTHS1:921600",
        ] {
            let address: PortAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_named_with_the_ways_to_write_one() {
        for text in [
            "",
            "udpin",
            "udpin:14540",
            "udpin:0.0.0.0:0",
            "udpin:0.0.0.0:70000",
            "tcpin:0.0.0.0:5760",
            "serial:/dev/ttyTHS1",
            "serial:/dev/ttyTHS1:fast",
        ] {
            let error = text.parse::<PortAddress>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("serial:DEVICE:BAUD"));
        }
    }
}
