//! The network of the operating system.

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::{
    io::{self, Read, Write},
    net::{IpAddr, Shutdown, SocketAddr},
    rc::Rc,
};

use mio::{Interest, event, net};
#[cfg(unix)]
use rustix::buffer::spare_capacity;
use socket2::{Domain, Protocol, Socket, Type};

use super::{
    Address, Datagrams, Listener, Network, Stream,
    selector::{Registered, Remedy, Selector},
    source::{Side, Source},
};
use crate::{
    Exception,
    event_loop::{Kernel, Party},
};

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// The operating system's network, as one loop uses it.
pub(crate) struct RealNetwork(Rc<Selector>);

impl RealNetwork {
    /// # Errors
    ///
    /// Those of [`Selector::of`].
    pub(crate) fn of(kernel: &Kernel) -> Result<Self, Exception> {
        let remedy = Remedy {
            what: "real sockets",
            instead: "use `tminus::simulation`, or a real clock",
        };
        Selector::of(kernel, remedy).map(Self)
    }
}

impl Network for RealNetwork {
    fn listen(&self, at: &Address) -> io::Result<Box<dyn Listener>> {
        match at {
            Address::Ip(at) => {
                let listener = net::TcpListener::bind(*at)?;
                let party = Party::Address(listener.local_addr()?);
                let listener = self.0.register(listener, Interest::READABLE, party)?;
                Ok(Box::new(listener))
            }
            Address::Unix(path) => unix::listen(&self.0, path.as_deref()),
        }
    }

    fn connect(&self, to: &Address, from: Option<SocketAddr>) -> io::Result<Rc<dyn Stream>> {
        match to {
            Address::Ip(to) => {
                let stream = match from {
                    None => net::TcpStream::connect(*to)?,
                    Some(from) => connect_from(*to, from)?,
                };
                Ok(Rc::new(watch(&self.0, stream, Party::Address(*to))?))
            }
            Address::Unix(path) => unix::connect(&self.0, path.as_deref()),
        }
    }

    fn pair(&self) -> io::Result<(Rc<dyn Stream>, Rc<dyn Stream>)> {
        unix::pair(&self.0)
    }

    fn bind(&self, at: SocketAddr) -> io::Result<Box<dyn Datagrams>> {
        let socket = net::UdpSocket::bind(at)?;
        let party = Party::Address(socket.local_addr()?);
        Ok(Box::new(self.0.register(socket, BOTH, party)?))
    }

    fn look_up(&self, _host: &str) -> Option<io::Result<Vec<IpAddr>>> {
        None
    }
}

fn watch<S: RealStream>(
    selector: &Rc<Selector>,
    stream: S,
    party: Party,
) -> io::Result<RealSocket<S>> {
    selector.register(stream, BOTH, party).map(RealSocket)
}

/// The standard library binds a socket or connects one, but not both.
fn connect_from(to: SocketAddr, from: SocketAddr) -> io::Result<net::TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?; // as asyncio does: the port may have been used a moment ago
    socket.bind(&from.into())?;
    match socket.connect(&to.into()) {
        Ok(()) => {}
        Err(error) if is_under_way(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(net::TcpStream::from_std(socket.into()))
}

fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) {
        return true;
    }
    error.kind() == io::ErrorKind::WouldBlock
}

/// The system's buffers for a connection hold megabytes. A writer that fills them before its reader has a turn, in the same
/// process or another one, makes each byte leave the processor's cache, and so twice as expensive. A yield costs little beside
/// this many bytes.
const SHARE: usize = 64 * 1024;

/// A connection of the system's, TCP or Unix.
struct RealSocket<S: event::Source>(Registered<S>);

/// What the two kinds of connections have in common, but not in the same words.
trait RealStream: event::Source + 'static {
    #[cfg(unix)]
    fn fd(&self) -> BorrowedFd<'_>;
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn write(&self, data: &[u8]) -> io::Result<usize>;
    fn take_error(&self) -> io::Result<Option<io::Error>>;
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    fn local_addr(&self) -> io::Result<Address>;
    fn peer_addr(&self) -> io::Result<Address>;
    fn nodelay(&self) -> io::Result<bool>;
    fn set_nodelay(&self, nodelay: bool) -> io::Result<()>;
}

impl RealStream for net::TcpStream {
    #[cfg(unix)]
    fn fd(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buffer)
    }

    fn write(&self, data: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self, data)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.take_error()
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }

    fn local_addr(&self) -> io::Result<Address> {
        self.local_addr().map(Address::Ip)
    }

    fn peer_addr(&self) -> io::Result<Address> {
        self.peer_addr().map(Address::Ip)
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.nodelay()
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.set_nodelay(nodelay)
    }
}

impl<S: RealStream> Stream for RealSocket<S> {
    fn source(&self) -> &Rc<Source> {
        &self.0.source
    }

    fn try_connected(&self) -> io::Result<()> {
        if let Some(error) = self.0.io().take_error()? {
            return Err(error);
        }
        match self.0.io().peer_addr() {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            Err(error) => Err(error),
        }
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.io().read(buffer)?;
        self.exhausts(Side::Read, read, buffer.len());
        Ok(read)
    }

    // Without filling the room with zeros first.
    #[cfg(unix)]
    fn try_fill(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let room = buffer.capacity() - buffer.len();
        let read = rustix::io::read(self.0.io().fd(), spare_capacity(buffer))?;
        self.exhausts(Side::Read, read, room);
        Ok(read)
    }

    fn try_write(&self, data: &[u8]) -> io::Result<usize> {
        let written = self.0.io().write(data)?;
        self.exhausts(Side::Write, written, data.len());
        Ok(written)
    }

    fn share(&self) -> Option<usize> {
        Some(SHARE)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.io().shutdown(how)
    }

    fn local_addr(&self) -> io::Result<Address> {
        self.0.io().local_addr()
    }

    fn peer_addr(&self) -> io::Result<Address> {
        self.0.io().peer_addr()
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.0.io().nodelay()
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.0.io().set_nodelay(nodelay)
    }
}

impl<S: RealStream> RealSocket<S> {
    /// Where events are edge-triggered, less than was asked for means that there is no more, and the next event says when there
    /// is. That saves the system call that would only say `WouldBlock`. (What is closed tells nothing more, and the source
    /// knows that.)
    fn exhausts(&self, side: Side, done: usize, asked: usize) {
        if cfg!(unix) && done > 0 && done < asked {
            self.0.source.is_exhausted(side);
        }
    }
}

impl Listener for Registered<net::TcpListener> {
    fn source(&self) -> &Rc<Source> {
        &self.source
    }

    fn try_accept(&self) -> io::Result<(Rc<dyn Stream>, Address)> {
        let (stream, peer) = self.io().accept()?;
        let stream = watch(&self.selector, stream, Party::Address(peer))?;
        Ok((Rc::new(stream), peer.into()))
    }

    fn local_addr(&self) -> io::Result<Address> {
        self.io().local_addr().map(Address::Ip)
    }
}

impl Datagrams for Registered<net::UdpSocket> {
    fn source(&self) -> &Rc<Source> {
        &self.source
    }

    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io().recv_from(buffer)
    }

    fn try_send_to(&self, data: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.io().send_to(data, to)
    }

    fn connect(&self, to: SocketAddr) -> io::Result<()> {
        self.io().connect(to)
    }

    fn try_send(&self, data: &[u8]) -> io::Result<usize> {
        self.io().send(data)
    }

    fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.io().recv(buffer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io().local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io().peer_addr()
    }
}

#[cfg(not(unix))]
mod unix {
    //! There are no Unix sockets here.

    use std::{io, path::Path, rc::Rc};

    use super::{Listener, Selector, Stream};

    pub(super) fn listen(_: &Rc<Selector>, _: Option<&Path>) -> io::Result<Box<dyn Listener>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn connect(_: &Rc<Selector>, _: Option<&Path>) -> io::Result<Rc<dyn Stream>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn pair(_: &Rc<Selector>) -> io::Result<(Rc<dyn Stream>, Rc<dyn Stream>)> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
mod unix {
    //! Unix sockets.

    use std::{
        io::{self, Read, Write},
        net::Shutdown,
        os::fd::{AsFd, BorrowedFd},
        path::Path,
        rc::Rc,
    };

    use mio::{
        Interest,
        net::{UnixListener, UnixStream},
    };

    use super::{
        super::{Address, Listener, Source, Stream},
        RealStream, Registered, Selector, watch,
    };
    use crate::event_loop::Party;

    pub(super) fn listen(
        selector: &Rc<Selector>,
        at: Option<&Path>,
    ) -> io::Result<Box<dyn Listener>> {
        let path = at.ok_or(io::ErrorKind::InvalidInput)?;
        let listener = UnixListener::bind(path)?;
        let party = Party::from(&Address::Unix(Some(path.to_owned())));
        Ok(Box::new(selector.register(
            listener,
            Interest::READABLE,
            party,
        )?))
    }

    pub(super) fn connect(
        selector: &Rc<Selector>,
        to: Option<&Path>,
    ) -> io::Result<Rc<dyn Stream>> {
        let path = to.ok_or(io::ErrorKind::InvalidInput)?;
        let party = Party::from(&Address::Unix(Some(path.to_owned())));
        Ok(Rc::new(watch(selector, UnixStream::connect(path)?, party)?))
    }

    pub(super) fn pair(selector: &Rc<Selector>) -> io::Result<(Rc<dyn Stream>, Rc<dyn Stream>)> {
        let (left, right) = UnixStream::pair()?;
        let party = || Party::from(&Address::Unix(None));
        let left = watch(selector, left, party())?;
        Ok((Rc::new(left), Rc::new(watch(selector, right, party())?)))
    }

    fn address(address: std::os::unix::net::SocketAddr) -> Address {
        Address::Unix(address.as_pathname().map(Path::to_owned))
    }

    impl RealStream for UnixStream {
        fn fd(&self) -> BorrowedFd<'_> {
            self.as_fd()
        }

        fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
            Read::read(&mut &*self, buffer)
        }

        fn write(&self, data: &[u8]) -> io::Result<usize> {
            Write::write(&mut &*self, data)
        }

        fn take_error(&self) -> io::Result<Option<io::Error>> {
            self.take_error()
        }

        fn shutdown(&self, how: Shutdown) -> io::Result<()> {
            self.shutdown(how)
        }

        fn local_addr(&self) -> io::Result<Address> {
            self.local_addr().map(address)
        }

        fn peer_addr(&self) -> io::Result<Address> {
            self.peer_addr().map(address)
        }

        fn nodelay(&self) -> io::Result<bool> {
            Ok(true) // nothing is ever delayed here
        }

        fn set_nodelay(&self, _nodelay: bool) -> io::Result<()> {
            Ok(())
        }
    }

    impl Listener for Registered<UnixListener> {
        fn source(&self) -> &Rc<Source> {
            &self.source
        }

        fn try_accept(&self) -> io::Result<(Rc<dyn Stream>, Address)> {
            let (stream, peer) = self.io().accept()?;
            let peer = address(peer);
            let stream = watch(&self.selector, stream, Party::from(&peer))?;
            Ok((Rc::new(stream), peer))
        }

        fn local_addr(&self) -> io::Result<Address> {
            self.io().local_addr().map(address)
        }
    }
}
