//! Sockets, real or simulated, as [`net`](crate::net) and the layers above see them: operations that never wait, and the sources
//! that a task waits for until an operation is possible.
//!
//! There are two [`Network`]s: the operating system's (`real`, over the `selector`), and the one of a simulation.

#[cfg(feature = "io")]
mod real;
#[cfg(feature = "io")]
mod selector;
mod source;
#[cfg(all(test, unix, feature = "io"))]
mod tests;

use std::{
    fmt, io,
    net::{Shutdown, SocketAddr},
    path::PathBuf,
    rc::Rc,
};

#[cfg(feature = "io")]
pub(crate) use real::RealNetwork;
#[cfg(all(unix, feature = "io"))]
pub(crate) use selector::{Registered, Remedy, Selector};
pub(crate) use source::{Operation, Readiness, Side, Source, Waits};

use crate::event_loop::{LineWords, Party};

/// The address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Address {
    Ip(SocketAddr),
    /// A path of the file system. `None` for the end of a Unix socket that was not bound.
    Unix(Option<PathBuf>),
}

/// What makes sockets.
pub(crate) trait Network {
    /// Listens at an address. Port 0 means any free one.
    fn listen(&self, at: &Address) -> io::Result<Box<dyn Listener>>;

    /// Begins to connect. The stream is to be used when it [is connected](Stream::try_connected).
    fn connect(&self, to: &Address, from: Option<SocketAddr>) -> io::Result<Rc<dyn Stream>>;

    /// Creates two Unix sockets that are connected to each other.
    fn pair(&self) -> io::Result<(Rc<dyn Stream>, Rc<dyn Stream>)>;

    /// Creates a UDP socket.
    fn bind(&self, at: SocketAddr) -> io::Result<Box<dyn Datagrams>>;

    /// Looks up a host, if it is known without asking anybody. `None` means that the operating system is to be asked.
    fn look_up(&self, host: &str) -> Option<io::Result<Vec<std::net::IpAddr>>>;
}

/// What a connection does without waiting. [`WouldBlock`](io::ErrorKind::WouldBlock) means: not now.
pub(crate) trait Stream {
    fn source(&self) -> &Rc<Source>;

    /// `WouldBlock` while it is being connected, and then the outcome of that. A pipe is open from the start.
    fn try_connected(&self) -> io::Result<()> {
        Ok(())
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Reads into the spare capacity of `buffer`.
    fn try_fill(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let len = buffer.len();
        buffer.resize(buffer.capacity(), 0);
        let read = self.try_read(&mut buffer[len..]);
        buffer.truncate(len + read.as_ref().map_or(0, |read| *read));
        read
    }

    fn try_write(&self, data: &[u8]) -> io::Result<usize>;

    /// Returns the number of bytes after which a writer should yield, although more can be written in the same round.
    fn share(&self) -> Option<usize> {
        None
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    fn local_addr(&self) -> io::Result<Address>;

    fn peer_addr(&self) -> io::Result<Address>;

    /// Only TCP delays anything.
    fn nodelay(&self) -> io::Result<bool> {
        Ok(true)
    }

    fn set_nodelay(&self, _nodelay: bool) -> io::Result<()> {
        Ok(())
    }
}

/// What a listener does without waiting.
pub(crate) trait Listener {
    fn source(&self) -> &Rc<Source>;

    fn try_accept(&self) -> io::Result<(Rc<dyn Stream>, Address)>;

    fn local_addr(&self) -> io::Result<Address>;
}

/// What a UDP socket does without waiting.
pub(crate) trait Datagrams {
    fn source(&self) -> &Rc<Source>;

    /// Receives one datagram. What does not fit into the buffer is lost.
    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;

    fn try_send_to(&self, data: &[u8], to: SocketAddr) -> io::Result<usize>;

    /// From now on it sends to `to`, and receives from there only.
    fn connect(&self, to: SocketAddr) -> io::Result<()>;

    fn try_send(&self, data: &[u8]) -> io::Result<usize>;

    fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize>;

    fn local_addr(&self) -> io::Result<SocketAddr>;

    fn peer_addr(&self) -> io::Result<SocketAddr>;
}

pub(crate) const READ: LineWords = LineWords {
    kind: "read",
    words: "data from",
};

pub(crate) const WRITE: LineWords = LineWords {
    kind: "write",
    words: "room to write to",
};

pub(crate) const ACCEPT: LineWords = LineWords {
    kind: "accept",
    words: "a connection at",
};

pub(crate) const CONNECT: LineWords = LineWords {
    kind: "connect",
    words: "a connection to",
};

pub(crate) const RECEIVE: LineWords = LineWords {
    kind: "receive",
    words: "a datagram at",
};

pub(crate) const SEND: LineWords = LineWords {
    kind: "send",
    words: "room to send from",
};

impl Waits {
    /// How a stream waits for one of its sides.
    pub(crate) fn of_stream(side: Side, raises: bool) -> Self {
        let words = match side {
            Side::Read => &READ,
            Side::Write => &WRITE,
        };
        Self { words, raises }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Ip(address)
    }
}

impl From<&Address> for Party {
    fn from(address: &Address) -> Self {
        match address {
            Address::Ip(address) => Self::Address(*address),
            Address::Unix(_) => Self::Words(address.to_string().into()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(Some(path)) => path.display().fmt(f),
            Self::Unix(None) => f.write_str("an unnamed socket"),
        }
    }
}
