//! One end of a connection.
//!
//! # States
//!
//! | [`Phase`] | when |
//! |---|---|
//! | `Connecting` | from `connect` until the answer is there |
//! | `Connected` | from then on; the end that was accepted begins here |
//! | `Refused` | the answer was no |
//!
//! Nobody reads, writes or shuts down before [`try_connected`](Endpoint::try_connected) has returned `Ok`, and `Connected` is never
//! left.
//!
//! Each direction of a connection is a *window* of 64 KiB: bytes that were written and have not been read. A writer that has
//! filled it waits. What is sent keeps its order: the end of a direction comes after all its bytes.
//!
//! # How a connection breaks
//!
//! As on Linux. With TCP, a *reset* is sent by an end that is dropped with unread bytes, and in answer to bytes that arrive when their
//! reader was dropped. The end that receives a reset first reads the data that arrived earlier. Then one operation fails, with
//! `ConnectionReset`, or `BrokenPipe` if the other end has closed its direction before. After that, reading returns 0, and
//! writing fails with `BrokenPipe`.
//!
//! Unix sockets differ. What is sent can be read in the same turn, and whoever waits for it learns of it when the loop looks
//! outside. If an end is dropped, writing to it fails with `BrokenPipe` from then on. If it is dropped with
//! unread bytes, the other end's next read fails with `ConnectionReset`, after it has read what was sent before.

mod delivery;
mod unix;

use std::{
    cell::{OnceCell, RefCell},
    collections::VecDeque,
    io::{self, ErrorKind, Read},
    net::Shutdown,
    rc::{Rc, Weak},
    time::Duration,
};

use super::medium::{Medium, Route};
use crate::{
    event_loop::Party,
    sockets::{Address, Side, Source},
};

/// How many bytes can be under way or unread in each direction.
const WINDOW: usize = 64 * 1024;

pub(super) struct Endpoint {
    medium: Rc<Medium>,
    own: Weak<Endpoint>,
    pub(super) source: Rc<Source>,
    pub(super) local: Address,
    pub(super) peer: Address,
    /// The other end, once there is one, and until its owner drops it.
    other: OnceCell<Weak<Endpoint>>,
    state: RefCell<State>,
}

struct State {
    phase: Phase,
    /// What can be read.
    arrived: VecDeque<u8>,
    /// Whether nothing more will be read: the other end's `End` has arrived, or this one has shut its reading down.
    is_read_to_the_end: bool,
    /// How much of the window of the other direction is used.
    used: usize,
    /// Whether the writer has found the window full.
    is_blocked: bool,
    /// Whether this end has shut its writing down.
    is_shut: bool,
    /// When the line is free for the next segment.
    free_at: Duration,
    last_arrival: Duration,
    is_broken: bool,
    /// What the next operation fails with.
    failure: Option<ErrorKind>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Connecting,
    Connected,
    Refused(ErrorKind),
}

/// What is sent from one end to the other.
enum Segment {
    Accepted,
    Data(Vec<u8>),
    End,
    Reset,
}

impl Endpoint {
    /// Creates the end that connects.
    pub(super) fn connecting(medium: &Rc<Medium>, local: Address, peer: Address) -> Rc<Self> {
        Self::new(medium, local, peer, Phase::Connecting)
    }

    /// Creates the end that is accepted, which tells the one that connects.
    pub(super) fn answering(client: &Rc<Self>) -> Rc<Self> {
        let (local, peer) = (client.peer.clone(), client.local.clone());
        let server = Self::new(&client.medium, local, peer, Phase::Connected);
        server.faces(client);
        match client.is_unix() {
            true => server.accepts(client),
            false => server.transmits(Segment::Accepted),
        }
        server
    }

    /// Creates two ends that face each other, without a name.
    pub(super) fn pair(medium: &Rc<Medium>) -> (Rc<Self>, Rc<Self>) {
        let end = || {
            Self::new(
                medium,
                Address::Unix(None),
                Address::Unix(None),
                Phase::Connected,
            )
        };
        let (left, right) = (end(), end());
        left.faces(&right);
        (left, right)
    }

    fn faces(self: &Rc<Self>, other: &Rc<Self>) {
        for (end, other) in [(self, other), (other, self)] {
            let is_first = end.other.set(Rc::downgrade(other)).is_ok();
            debug_assert!(is_first, "an end has one other end");
        }
    }

    fn new(medium: &Rc<Medium>, local: Address, peer: Address, phase: Phase) -> Rc<Self> {
        let source = medium.source(Party::from(&peer));
        source.is_exhausted(Side::Read); // so that nobody looks before something arrives
        Rc::new_cyclic(|own| Self {
            source,
            medium: medium.clone(),
            own: own.clone(),
            local,
            peer,
            other: OnceCell::new(),
            state: RefCell::new(State {
                phase,
                arrived: VecDeque::new(),
                is_read_to_the_end: false,
                used: 0,
                is_blocked: false,
                is_shut: false,
                free_at: Duration::ZERO,
                last_arrival: Duration::ZERO,
                is_broken: false,
                failure: None,
            }),
        })
    }

    /// The way to the other end.
    pub(super) fn route(&self) -> Route {
        match (&self.local, &self.peer) {
            (Address::Ip(local), Address::Ip(peer)) => Some((local.ip(), peer.ip())),
            (Address::Unix(_), _) | (_, Address::Unix(_)) => None,
        }
    }

    fn other(&self) -> Option<Rc<Self>> {
        self.other.get()?.upgrade()
    }

    pub(super) fn try_connected(&self) -> io::Result<()> {
        match self.state.borrow().phase {
            Phase::Connecting => Err(ErrorKind::WouldBlock.into()),
            Phase::Connected => Ok(()),
            Phase::Refused(kind) => Err(kind.into()),
        }
    }

    pub(super) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        if buffer.is_empty() {
            return Ok(0);
        }
        if state.arrived.is_empty() {
            return state.has_nothing_to_read();
        }
        let count = buffer.len().min(state.arrived.len());
        let count = self.medium.some(count, "short read");
        state.arrived.read_exact(&mut buffer[..count])?;
        if state.arrived.is_empty() && !state.is_over() {
            self.source.is_exhausted(Side::Read);
        }
        drop(state);
        if let Some(other) = self.other() {
            other.has_room_for(count);
        }
        Ok(count)
    }

    /// The other end has read `count` bytes. If this end's writer waits for room, it is woken after the least latency.
    fn has_room_for(self: &Rc<Self>, count: usize) {
        let mut state = self.state.borrow_mut();
        state.used -= count;
        if !state.is_blocked {
            return;
        }
        state.is_blocked = false;
        drop(state);
        let when = self.medium.now() + self.medium.least_latency(self.route());
        let writer = self.clone();
        let learns = move || {
            if writer.state.borrow().used < WINDOW {
                writer.source.becomes_ready(Side::Write);
            }
        };
        self.medium.sends(self.route(), when, learns);
    }

    pub(super) fn try_write(&self, data: &[u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        // Of a Unix socket, only reading fails with a reset.
        if !self.is_unix()
            && let Some(failure) = state.failure.take()
        {
            return Err(failure.into());
        }
        if state.is_broken || state.is_shut {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if data.is_empty() {
            return Ok(0);
        }
        let room = WINDOW - state.used;
        if room == 0 {
            state.is_blocked = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.medium.some(data.len().min(room), "short write");
        state.used += count;
        if state.used == WINDOW {
            state.is_blocked = true;
            self.source.is_exhausted(Side::Write);
        }
        drop(state);
        self.transmits(Segment::Data(data[..count].to_vec()));
        Ok(count)
    }

    pub(super) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        if state.is_broken && !self.is_unix() {
            return Err(ErrorKind::NotConnected.into());
        }
        let (reads, writes) = match how {
            Shutdown::Read => (true, false),
            Shutdown::Write => (false, true),
            Shutdown::Both => (true, true),
        };
        state.is_read_to_the_end |= reads;
        let ends = writes && !std::mem::replace(&mut state.is_shut, true);
        drop(state);
        if ends {
            self.transmits(Segment::End);
        }
        if reads {
            self.source.becomes_closed(Side::Read);
        }
        Ok(())
    }
}

impl State {
    fn has_nothing_to_read(&mut self) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure.into());
        }
        match self.is_over() {
            true => Ok(0),
            false => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// Nothing will arrive after what has.
    fn is_over(&self) -> bool {
        self.is_broken || self.is_read_to_the_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Exception,
        event_loop::Callable,
        simulation::{Simulation, network::tests::network},
    };

    struct Nothing;

    impl Callable for Nothing {
        fn call(&self) -> Option<Result<(), Exception>> {
            None
        }
    }

    /// Somebody else was faster, and has filled the window again.
    #[test]
    fn a_writer_is_not_woken_if_the_room_is_used_when_it_would_learn_of_it() {
        let program = async {
            let medium = network()?.medium.clone();
            let (writer, reader) = Endpoint::pair(&medium);
            let wakes = |then_writes: &[u8]| -> io::Result<bool> {
                reader.try_read(&mut [0; 10])?;
                assert_eq!(writer.try_write(then_writes)?, then_writes.len());
                medium.look(medium.now());
                writer.source.watch(Side::Write, Rc::new(Nothing));
                let is_ready = medium.next_arrival().is_some();
                writer.source.unwatch(Side::Write);
                Ok(is_ready)
            };
            assert_eq!(writer.try_write(&[0; WINDOW])?, WINDOW);
            assert!(!wakes(&[0; 10])?);
            assert!(wakes(&[0; 9])?);
            Ok(())
        };
        let simulation = Simulation::replay("".parse().unwrap());
        simulation.run(program).0.unwrap();
    }
}
