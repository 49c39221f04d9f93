//! The sockets of the network in memory.

use std::io::{self, ErrorKind, Read, Write};

use mio::{Interest, Registry, Token, event};

use super::simulated::{Arrival, DELAY, Network};
use tminus_lessons::lesson20_selector::echo::Listener;

/// One end of a connection, or the listener.
pub struct Socket(pub(super) Network, pub(super) usize);

impl Socket {
    /// Reads. Until something arrives, the thread does nothing else.
    pub fn read_blocking(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let mut world = self.0.0.borrow_mut();
                    world.now = world.next().expect("something is under way");
                }
                done => return done,
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut world = self.0.0.borrow_mut();
        world.call();
        let end = &mut world.ends[self.1];
        if end.inbox.is_empty() && !end.closed {
            return Err(ErrorKind::WouldBlock.into());
        }
        end.inbox.read(buffer)
    }
}

impl Write for Socket {
    /// There is always room, except after [`Network::full_until`].
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut world = self.0.0.borrow_mut();
        world.call();
        if world.ends[self.1].full {
            return Err(ErrorKind::WouldBlock.into());
        }
        let at = world.now + DELAY;
        world.send(at, Arrival::Bytes(other(self.1), bytes.to_vec()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Listener for Socket {
    type Stream = Self;

    fn accept(&mut self) -> io::Result<Self> {
        let mut number = [0];
        self.read_exact(&mut number)?;
        Ok(Self(self.0.clone(), number[0].into()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let mut world = self.0.0.borrow_mut();
        let at = world.now + DELAY;
        if self.1 > 0 {
            world.send(at, Arrival::Close(other(self.1)));
        }
    }
}

/// The other end of a connection: 1 and 2 belong together, and 3 and 4.
fn other(end: usize) -> usize {
    ((end - 1) ^ 1) + 1
}

impl event::Source for Socket {
    fn register(&mut self, _: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        let mut world = self.0.0.borrow_mut();
        let end = &mut world.ends[self.1];
        end.reader = interest.is_readable().then_some(token);
        end.writer = interest.is_writable().then_some(token);
        if !end.inbox.is_empty() || end.closed {
            let watched = end.reader;
            world.events.extend(watched); // as the real one does, which reports that there is room, too
        }
        Ok(())
    }

    fn reregister(&mut self, registry: &Registry, token: Token, to: Interest) -> io::Result<()> {
        self.register(registry, token, to)
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        let end = &mut self.0.0.borrow_mut().ends[self.1];
        (end.reader, end.writer) = (None, None);
        Ok(())
    }
}
