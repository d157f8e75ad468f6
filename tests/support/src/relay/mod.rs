//! A radio link in place of the loopback: a UDP relay between programs under test that has a rate, a delay, losses, a queue and
//! blackouts, each way by itself.
//!
//! One thread moves the packets. What becomes of each follows from [`Channel`] alone; the thread is only as punctual as the
//! machine lets it be, and says by how much it was late.

mod channel;

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

pub use channel::{Channel, Conditions, Fate, HEADER_BYTES, Tally};

/// After so long the thread looks whether it shall end.
const LONGEST_WAIT: Duration = Duration::from_millis(50);
/// More than any datagram.
const DATAGRAM_BYTES: usize = 1 << 16;

/// A relay on this computer that passes what it is sent on to one address, and the answers back to whom they are for. As behind
/// a router, each sender has a port of its own on the far side. Dropping it stops it; what is under way is gone then.
pub struct Relay {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What the relay has done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record {
    /// Packets to the far side.
    pub up: Tally,
    /// Packets back.
    pub down: Tally,
    /// By how much the most late packet was handed on after its time.
    pub most_late: Duration,
}

struct State {
    epoch: Instant,
    up: Channel,
    down: Channel,
    most_late: Duration,
}

impl Relay {
    /// Listens on a free port of the loopback for whoever wants to reach `to`. Both ways are of these conditions; the losses of
    /// each follow from `seed`.
    ///
    /// # Errors
    /// When the system gives no socket or thread.
    pub fn start(to: SocketAddr, conditions: Conditions, seed: u64) -> io::Result<Self> {
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        Self::start_at(any, to, conditions, seed)
    }

    /// The same at an address of the loopback, 127.0.0.0 to 127.255.255.255; at port 0, on a free one.
    ///
    /// # Errors
    /// As [`Relay::start`].
    pub fn start_at(
        at: SocketAddr,
        to: SocketAddr,
        conditions: Conditions,
        seed: u64,
    ) -> io::Result<Self> {
        let front = open(at)?;
        let address = front.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            epoch: Instant::now(),
            up: Channel::new(conditions, 2 * seed),
            down: Channel::new(conditions, 2 * seed + 1),
            most_late: Duration::ZERO,
        }));
        let stop = Arc::new(AtomicBool::new(false));
        let mut worker = Worker {
            to,
            front,
            clients: Vec::new(),
            up: VecDeque::new(),
            down: VecDeque::new(),
            state: Arc::clone(&state),
        };
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("relay".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    worker.turn();
                }
            })?;
        Ok(Self {
            address,
            state,
            stop,
            thread: Some(thread),
        })
    }

    /// Where to send.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing through in `blackout`, either way, of what is handed over from now on. It takes the place of the one before.
    pub fn black_out(&self, blackout: Range<Instant>) {
        let mut state = self.state.lock();
        let since = |at: Instant| at.saturating_duration_since(state.epoch);
        let blackout = since(blackout.start)..since(blackout.end);
        state.up.black_out(blackout.clone());
        state.down.black_out(blackout);
    }

    /// What it has done so far.
    #[must_use]
    pub fn record(&self) -> Record {
        let state = self.state.lock();
        Record {
            up: state.up.tally(),
            down: state.down.tally(),
            most_late: state.most_late,
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// A packet on the air, with its time of arrival.
struct Packet {
    at: Duration,
    client: usize,
    payload: Vec<u8>,
}

/// A sender, and the socket that stands for it on the far side.
struct Client {
    address: SocketAddr,
    back: UdpSocket,
}

struct Worker {
    to: SocketAddr,
    front: UdpSocket,
    clients: Vec<Client>,
    up: VecDeque<Packet>,
    down: VecDeque<Packet>,
    state: Arc<Mutex<State>>,
}

impl Worker {
    /// Waits for a packet to come in or to be due, takes all that came and hands on all that is due.
    fn turn(&mut self) {
        self.wait();
        let state = Arc::clone(&self.state);
        let mut state = state.lock();
        let mut buffer = [0; DATAGRAM_BYTES];
        while let Some((length, from)) = receive(&self.front, &mut buffer) {
            let Some(client) = self.client(from) else {
                continue;
            };
            let now = state.epoch.elapsed();
            if let Fate::Arrives(at) = state.up.send(now, length) {
                let payload = buffer[..length].to_vec();
                self.up.push_back(Packet {
                    at,
                    client,
                    payload,
                });
            }
        }
        for (client, Client { back, .. }) in self.clients.iter().enumerate() {
            while let Some((length, _)) = receive(back, &mut buffer) {
                let now = state.epoch.elapsed();
                if let Fate::Arrives(at) = state.down.send(now, length) {
                    let payload = buffer[..length].to_vec();
                    self.down.push_back(Packet {
                        at,
                        client,
                        payload,
                    });
                }
            }
        }
        while let Some(packet) = due(&mut self.up, &mut state) {
            // As on the air, what cannot be handed on is lost.
            let back = &self.clients[packet.client].back;
            back.send_to(&packet.payload, self.to).ok();
        }
        while let Some(packet) = due(&mut self.down, &mut state) {
            let to = self.clients[packet.client].address;
            self.front.send_to(&packet.payload, to).ok();
        }
    }

    fn wait(&self) {
        let next = [self.up.front(), self.down.front()];
        let next = next.into_iter().flatten().map(|packet| packet.at).min();
        let now = self.state.lock().epoch.elapsed();
        let left = next.map_or(LONGEST_WAIT, |at| at.saturating_sub(now));
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: left.min(LONGEST_WAIT).subsec_nanos().into(),
        };
        let sockets = std::iter::once(&self.front).chain(self.clients.iter().map(|c| &c.back));
        let mut sockets: Vec<_> = sockets
            .map(|socket| PollFd::new(socket, PollFlags::IN))
            .collect();
        match poll(&mut sockets, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => panic!("relay: poll: {e}"),
        }
    }

    /// The sender's place in the list; none where the system has no socket for a new one.
    fn client(&mut self, address: SocketAddr) -> Option<usize> {
        if let Some(known) = self.clients.iter().position(|c| c.address == address) {
            return Some(known);
        }
        let back = open((Ipv4Addr::LOCALHOST, 0).into()).ok()?;
        self.clients.push(Client { address, back });
        Some(self.clients.len() - 1)
    }
}

/// A datagram that has come in. What the system reports of those sent before, a port that nobody listens on, is no datagram.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    loop {
        match socket.recv_from(buffer) {
            Ok(received) => return Some(received),
            Err(e) if e.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) => return None,
        }
    }
}

/// The next packet whose time has come.
fn due(packets: &mut VecDeque<Packet>, state: &mut State) -> Option<Packet> {
    let late = state.epoch.elapsed().checked_sub(packets.front()?.at)?;
    state.most_late = state.most_late.max(late);
    packets.pop_front()
}

fn open(at: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(at)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn socket() -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        socket
    }

    fn next(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 2000];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        (buffer[..length].to_vec(), from)
    }

    #[test]
    fn packets_pass_unchanged_in_their_order_and_never_before_their_time_and_answers_find_their_way()
     {
        let far = socket();
        let conditions = Conditions {
            rate_bit_s: 1_000_000,
            delay: Duration::from_millis(30),
            loss: 0.0,
            queue_bytes: 64_000,
        };
        let relay = Relay::start(far.local_addr().unwrap(), conditions, 1).unwrap();
        let near = [socket(), socket()];
        let start = Instant::now();
        for nth in 0..10 {
            for (who, socket) in near.iter().enumerate() {
                let packet = [vec![who as u8, nth], vec![7; 1000 - HEADER_BYTES - 2]].concat();
                socket.send_to(&packet, relay.address()).unwrap();
            }
        }
        let came: Vec<_> = (0..20).map(|_| next(&far)).collect();
        // 20 packets of 8 ms each, and the delay; no more is promised on a machine that does other work.
        assert!(start.elapsed() >= Duration::from_millis(190));
        for who in 0..2 {
            let of_one: Vec<_> = came.iter().filter(|(packet, _)| packet[0] == who).collect();
            let order: Vec<u8> = of_one.iter().map(|(packet, _)| packet[1]).collect();
            assert_eq!(order, Vec::from_iter(0..10));
            assert!(of_one.iter().all(|(packet, _)| packet.len() == 972));
            far.send_to(&[who], of_one[0].1).unwrap();
        }
        for (who, socket) in near.iter().enumerate() {
            assert_eq!(next(socket), (vec![who as u8], relay.address()));
        }
        let record = relay.record();
        assert_eq!((record.up.arrived, record.down.arrived), (20, 2));
    }

    #[test]
    fn nothing_passes_in_a_blackout_and_all_after_it() {
        let far = socket();
        let conditions = Conditions {
            rate_bit_s: 1_000_000,
            delay: Duration::ZERO,
            loss: 0.0,
            queue_bytes: 64_000,
        };
        let relay = Relay::start(far.local_addr().unwrap(), conditions, 1).unwrap();
        let near = socket();
        let now = Instant::now();
        relay.black_out(now..now + 100 * LONG);
        near.send_to(b"in it", relay.address()).unwrap();
        while relay.record().up.blacked_out == 0 {
            assert!(now.elapsed() < LONG);
            thread::sleep(Duration::from_millis(1));
        }
        relay.black_out(now..now);
        near.send_to(b"after it", relay.address()).unwrap();
        assert_eq!(next(&far).0, b"after it");
    }
}
