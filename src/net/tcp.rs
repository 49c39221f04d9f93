//! TCP.

use std::{
    fmt, io,
    net::{Shutdown, SocketAddr},
    rc::Rc,
};

use super::{
    Endpoint, Error,
    connection::Connection,
    halves::{ReadHalf, WriteHalf, futures_io, reads, writes},
    network,
};
use crate::{
    Exception,
    sockets::{Address, Listener, Stream},
};

/// A TCP connection.
///
/// Reading and writing are *cancel-safe*: bytes leave the system, or go to it, only in the poll that returns how many. A task
/// that is cancelled while it waits has read and written nothing.
///
/// Dropping the stream closes the connection. What was written before still arrives, unless this end has bytes that nobody has
/// read: then the system resets the connection, and the other end may lose what it has not read yet.
///
/// ```
/// use tminus::{Exception, net::{TcpListener, TcpStream}, simulation::Simulation, spawn};
///
/// async fn echo_once() -> Result<String, Exception> {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let address = listener.local_addr()?;
///     let server = spawn(async move {
///         let (mut stream, _) = listener.accept().await?;
///         let mut buffer = [0; 64];
///         let n = stream.read(&mut buffer).await?;
///         stream.write_all(&buffer[..n]).await
///     })?;
///     let mut stream = TcpStream::connect(address).await?;
///     stream.write_all(b"T-minus 3").await?;
///     server.await?;
///     let mut buffer = [0; 64];
///     let n = stream.read(&mut buffer).await?;
///     Ok(String::from_utf8_lossy(&buffer[..n]).into_owned())
/// }
///
/// // On the real network: tminus::run(echo_once()). In a simulation:
/// assert_eq!(Simulation::replay("".parse()?).run(echo_once()).0?, "T-minus 3");
/// # Ok::<(), Exception>(())
/// ```
pub struct TcpStream(Connection);

impl TcpStream {
    /// Opens a connection. If a name has several addresses, they are tried one after the other.
    ///
    /// Nagle's algorithm is off, as in asyncio: see [`set_nodelay`](TcpStream::set_nodelay).
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if nobody listens there, the host cannot be reached, or the name is not known.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub async fn connect(to: impl Into<Endpoint>) -> Result<Self, Exception> {
        Self::connects(to.into(), None).await
    }

    /// Opens a connection from an address of one's own: `local_addr=` of asyncio. Port 0 means any free one.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if nobody listens there, the host cannot be reached, or the name is not known.
    /// - [`net::Error`](Error) if `from` is in use, or is not an address of this host.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub async fn connect_from(
        to: impl Into<Endpoint>,
        from: impl Into<SocketAddr>,
    ) -> Result<Self, Exception> {
        Self::connects(to.into(), Some(from.into())).await
    }

    async fn connects(to: Endpoint, from: Option<SocketAddr>) -> Result<Self, Exception> {
        let addresses = to.clone().resolve("connect to").await?;
        let network = network()?;
        let mut errors = Vec::new();
        for address in addresses {
            let connected = match network.connect(&address.into(), from) {
                Ok(socket) => Connection::connected(socket).await?,
                Err(error) => Err(error),
            };
            match connected {
                Ok(connection) => return Ok(Self(connection.without_delay())),
                Err(error) => errors.push(Error::new("connect to", address, error)),
            }
        }
        Err(none_connected(&to.to_string(), errors).into())
    }

    pub(crate) fn into_socket(self) -> Rc<dyn Stream> {
        self.0.into_socket()
    }

    reads!();
    writes!();

    /// Closes one side of the connection, or both. After `Shutdown::Write`, the other end reads what was written and then
    /// the end. This end can still read.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the connection is broken.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Exception> {
        self.0.shutdown(how)
    }

    /// Splits the stream, so that one task can read while another writes. Dropping the [`WriteHalf`] closes the stream's
    /// writing side.
    ///
    /// ```
    /// # use tminus::{Exception, net::{TcpListener, TcpStream}, simulation::Simulation, spawn};
    /// # let program = async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut other, _) = listener.accept().await?;
    /// let (mut reads, mut writes) = stream.into_split();
    /// let writer = spawn(async move { writes.write_all(b"ignition").await })?;
    /// # writer.await?;
    /// # let mut buffer = [0; 64];
    /// # let n = other.read(&mut buffer).await?;
    /// # other.write_all(&buffer[..n]).await?;
    /// # let mut answer = [0; 64];
    /// let n = reads.read(&mut answer).await?;
    /// # assert_eq!(&answer[..n], b"ignition");
    /// # Ok(())
    /// # };
    /// # Simulation::replay("".parse()?).run(program).0?;
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        let other = self.0.other();
        (ReadHalf::new(self.0), WriteHalf::new(other))
    }

    /// Returns the address of this end.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system cannot tell.
    pub fn local_addr(&self) -> Result<SocketAddr, Exception> {
        self.0.local_addr().map(ip)
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the connection is broken.
    pub fn peer_addr(&self) -> Result<SocketAddr, Exception> {
        self.0.peer_addr().map(ip)
    }

    /// Returns `true` if small packets are sent immediately, which is so at first.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the connection is broken.
    pub fn nodelay(&self) -> Result<bool, Exception> {
        self.0.nodelay()
    }

    /// Sets whether small packets are sent immediately (`TCP_NODELAY`). Otherwise they wait for the acknowledgement of those
    /// before.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the connection is broken.
    pub fn set_nodelay(&self, nodelay: bool) -> Result<(), Exception> {
        self.0.set_nodelay(nodelay)
    }
}

futures_io!(TcpStream, read);
futures_io!(TcpStream, write);

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream")
            .field("local_addr", &self.local_addr().ok())
            .field("peer_addr", &self.peer_addr().ok())
            .finish()
    }
}

/// A socket that accepts TCP connections. Dropping it closes the port.
///
/// ```
/// use tminus::{Exception, net::{TcpListener, TcpStream}, simulation::Simulation};
///
/// let program = async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let client = TcpStream::connect(listener.local_addr()?).await?;
///     let (_stream, from) = listener.accept().await?;
///     assert_eq!(from, client.local_addr()?);
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
pub struct TcpListener(Box<dyn Listener>);

impl TcpListener {
    /// Listens at an address. Port 0 means any free one; [`local_addr`](TcpListener::local_addr) tells which.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the address is in use, is not one of this host, or the name is not known.
    /// - `Cancelled` if the task is cancelled while a name is looked up.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub async fn bind(at: impl Into<Endpoint>) -> Result<Self, Exception> {
        let addresses = at.into().resolve("listen at").await?;
        let address = addresses[0];
        let listener = network()?.listen(&address.into());
        Ok(Self(listener.map_err(|error| {
            Error::new("listen at", address, error)
        })?))
    }

    /// Waits for the next connection. Returns the stream and the address of the other end.
    ///
    /// Several tasks can wait at the same time.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system has no more descriptors, or the connection is gone already. The listener can
    ///   still be used.
    /// - `Cancelled` if the task is cancelled while it waits. No connection is lost: it is for the next call.
    /// - `RuntimeError` if no event loop is running on this thread, or the listener is in use in another one.
    pub async fn accept(&self) -> Result<(TcpStream, SocketAddr), Exception> {
        let (connection, peer) = Connection::accept(&*self.0).await?;
        Ok((TcpStream(connection.without_delay()), ip(peer)))
    }

    /// Returns the address at which it listens.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system cannot tell.
    pub fn local_addr(&self) -> Result<SocketAddr, Exception> {
        let at = self.0.local_addr().map(ip);
        Ok(at.map_err(|error| Error::new("tell the address of", "a listener", error))?)
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener")
            .field("local_addr", &self.local_addr().ok())
            .finish()
    }
}

fn ip(address: Address) -> SocketAddr {
    match address {
        Address::Ip(address) => address,
        Address::Unix(_) => unreachable!("a TCP socket has an IP address"),
    }
}

/// One error if all addresses failed in the same way, and otherwise all of them, as in asyncio.
#[cold]
fn none_connected(name: &str, mut errors: Vec<Error>) -> Error {
    let kind = errors.first().map_or(io::ErrorKind::NotFound, Error::kind);
    let all_the_same = errors.iter().all(|error| error.kind() == kind);
    if all_the_same && let Some(first) = errors.pop() {
        return first;
    }
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let all = format!("Multiple exceptions: {}", texts.join(", "));
    Error::new("connect to", name, io::Error::new(kind, all))
}
