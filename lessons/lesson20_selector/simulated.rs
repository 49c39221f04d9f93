//! A network in memory, and a clock that jumps.

use std::collections::{BTreeMap, VecDeque};
use std::{cell::RefCell, io, rc::Rc, time::Duration};

use mio::Token;

use tminus_lessons::lesson20_selector::{Simulated, Socket};

/// A network in memory. Clones are handles to the same network.
#[derive(Clone)]
pub struct Network(pub(super) Rc<RefCell<World>>);

#[derive(Default)]
pub(super) struct World {
    pub(super) now: Duration,
    pub(super) call_takes: Duration,
    under_way: BTreeMap<(Duration, usize), Arrival>, // by time, and in the order of sending
    sent: usize,
    pub(super) looks: usize,       // since the clock has moved
    pub(super) events: Vec<Token>, // not reported yet
    pub(super) ends: Vec<End>, // the first is the listener, whose inbox has the numbers of the ends to accept
}

#[derive(Default)]
pub(super) struct End {
    pub(super) reader: Option<Token>, // if the loop wants to know that there are bytes
    pub(super) writer: Option<Token>, // if it wants to know that there is room
    pub(super) inbox: VecDeque<u8>,
    pub(super) closed: bool,
    pub(super) full: bool,
}

pub(super) enum Arrival {
    Bytes(usize, Vec<u8>),
    Close(usize),
    Room(usize),
}

/// How long bytes are under way.
pub(super) const DELAY: Duration = Duration::from_millis(5);

impl World {
    pub(super) fn send(&mut self, at: Duration, arrival: Arrival) {
        self.sent += 1;
        self.under_way.insert((at, self.sent), arrival);
    }

    /// Delivers what has arrived by now. As in the real selector, each arrival is one event.
    pub(super) fn deliver(&mut self) {
        while let Some(entry) = self.under_way.first_entry() {
            if entry.key().0 > self.now {
                return;
            }
            let watched = match entry.remove() {
                Arrival::Bytes(end, bytes) => {
                    self.ends[end].inbox.extend(bytes);
                    self.ends[end].reader
                }
                Arrival::Close(end) => {
                    self.ends[end].closed = true;
                    self.ends[end].reader
                }
                Arrival::Room(end) => {
                    self.ends[end].full = false;
                    self.ends[end].writer
                }
            };
            self.events.extend(watched);
        }
    }

    /// Returns the time of the next arrival.
    pub(super) fn next(&self) -> Option<Duration> {
        Some(self.under_way.first_key_value()?.0.0)
    }

    pub(super) fn call(&mut self) {
        self.now += self.call_takes;
        self.deliver();
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new(Duration::ZERO)
    }
}

impl Network {
    /// Creates a network, in which a call of the system takes so long. In reality it is about a microsecond.
    pub fn new(call_takes: Duration) -> Self {
        let ends = vec![End::default()];
        Self(Rc::new(RefCell::new(World {
            call_takes,
            ends,
            ..World::default()
        })))
    }

    /// Returns the listener of this network.
    pub fn listen(&self) -> Socket {
        Socket(self.clone(), 0)
    }

    fn two_ends(&self) -> usize {
        let ends = &mut self.0.borrow_mut().ends;
        ends.extend([End::default(), End::default()]);
        ends.len() - 2
    }

    /// Returns two sockets that are connected to each other.
    pub fn pair(&self) -> (Socket, Socket) {
        let first = self.two_ends();
        (Socket(self.clone(), first), Socket(self.clone(), first + 1))
    }

    /// Connects to the listener.
    pub fn connect(&self) -> Socket {
        let first = self.two_ends();
        let number = u8::try_from(first + 1).expect("a small network");
        let mut world = self.0.borrow_mut();
        let at = world.now + DELAY;
        world.send(at, Arrival::Bytes(0, vec![number]));
        Socket(self.clone(), first)
    }

    /// Has bytes arrive at a socket, at a time on the clock.
    pub fn arrives(&self, at: Duration, to: &Socket, bytes: &[u8]) {
        let arrival = Arrival::Bytes(to.1, bytes.to_vec());
        self.0.borrow_mut().send(at, arrival);
    }

    /// Leaves no room to write into a socket, until a time on the clock.
    pub fn full_until(&self, at: Duration, socket: &Socket) {
        let mut world = self.0.borrow_mut();
        world.ends[socket.1].full = true;
        world.send(at, Arrival::Room(socket.1));
    }

    /// Returns a selector for this network.
    pub fn selector(&self) -> io::Result<Simulated> {
        Ok(Simulated(self.clone(), mio::Poll::new()?))
    }
}
