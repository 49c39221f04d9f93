//! Opening a stream.

use std::{fmt, net::SocketAddr, pin::Pin, rc::Rc};

use super::{DEFAULT_LIMIT, StreamReader, StreamWriter, transport::Transport};
use crate::{
    Exception, LoopFuture,
    event_loop::{FutureKind, Handle, Kernel, running},
    net::{Endpoint, TcpStream},
    sockets::{CONNECT, Stream},
};

#[cfg(unix)]
use {
    crate::net::UnixStream,
    std::path::{Path, PathBuf},
};

/// A connected socket of any kind, which [`from_socket`] takes. A [`TcpStream`] or a `UnixStream` converts into one.
///
/// ```
/// use tminus::{Exception, net::UnixStream, simulation::Simulation, streams::{Socket, from_socket}};
///
/// let program = async {
///     let (left, _right) = UnixStream::pair()?;
///     let socket = Socket::from(left); // not needed: `from_socket` converts
///     let (_reader, writer) = from_socket(socket).await?;
///     writer.write(b"ignition")
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
pub struct Socket(Rc<dyn Stream>);

impl Socket {
    #[cfg_attr(
        not(all(unix, feature = "io")),
        expect(dead_code, reason = "pipes need it")
    )]
    pub(crate) fn new(socket: Rc<dyn Stream>) -> Self {
        Self(socket)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("peer_addr", &self.0.peer_addr().ok())
            .finish()
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        Self(stream.into_socket())
    }
}

#[cfg(unix)]
impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Self {
        Self(stream.into_socket())
    }
}

/// Opens a TCP connection, and returns its two ends: Python's `asyncio.open_connection`. Await it, or set options before.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_connection, start_server}};
///
/// let program = async {
///     let server = start_server(|_, writer| async move { writer.write("T-minus 3\n") }, "127.0.0.1:0");
///     let server = server.await?;
///     let (reader, writer) = open_connection(server.local_addrs()[0]).limit(1024).await?;
///     assert_eq!(reader.readline().await?, b"T-minus 3\n");
///     writer.close();
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// Awaiting it fails with
///
/// - [`net::Error`](crate::net::Error) if nobody listens there, the host cannot be reached, or the name is not known.
/// - `ValueError` if the limit is 0.
/// - `Cancelled` if the task is cancelled while it waits.
/// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
///   [simulation](crate::simulation).
pub fn open_connection(to: impl Into<Endpoint>) -> OpenConnection {
    OpenConnection::new(Target::Endpoint(to.into(), None))
}

/// Opens a connection to the Unix socket at a path: Python's `asyncio.open_unix_connection`. Await it, or set options before.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_unix_connection, start_unix_server}};
///
/// let program = async {
///     let serve = |_, writer: tminus::streams::StreamWriter| async move { writer.write("T-minus 3\n") };
///     let server = start_unix_server(serve, "/run/tower.sock").await?;
///     let (reader, _writer) = open_unix_connection("/run/tower.sock").await?;
///     assert_eq!(reader.readline().await?, b"T-minus 3\n");
///     server.close();
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// Awaiting it fails with
///
/// - [`net::Error`](crate::net::Error) if nobody listens there, or the file is not there.
/// - `ValueError` if the limit is 0.
/// - `Cancelled` if the task is cancelled while it waits.
/// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
///   [simulation](crate::simulation).
#[cfg(unix)]
pub fn open_unix_connection(to: impl AsRef<Path>) -> OpenConnection {
    OpenConnection::new(Target::Path(to.as_ref().to_owned()))
}

/// Creates a stream on a socket that is connected already: Python's `asyncio.open_connection(sock=…)`.
///
/// ```
/// use tminus::{Exception, net::UnixStream, simulation::Simulation, streams::from_socket};
///
/// let program = async {
///     let (left, right) = UnixStream::pair()?;
///     let (_, writer) = from_socket(left).await?;
///     let (reader, _kept) = from_socket(right).await?;
///     writer.write(b"ignition")?;
///     assert_eq!(reader.readexactly(8).await?, b"ignition");
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `ValueError` if the limit is 0.
/// - `Cancelled` if the task is cancelled while it waits.
pub fn from_socket(socket: impl Into<Socket>) -> OpenConnection {
    OpenConnection::new(Target::Socket(socket.into()))
}

/// A stream to be opened, with its options. Awaiting it opens the stream. [`open_connection`], [`from_socket`] and, on Unix,
/// `open_unix_connection` return one.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_connection, start_server}};
///
/// let program = async {
///     let server = start_server(|_, writer| async move { writer.write("3\n") }, "127.0.0.1:0").await?;
///     let connection = open_connection(server.local_addrs()[0]).limit(1024).local_addr(([127, 0, 0, 1], 4000));
///     let (_reader, writer) = connection.await?;
///     assert_eq!(writer.local_addr().map(|at| at.port()), Some(4000));
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "it does nothing unless it is awaited"]
#[derive(Debug)]
pub struct OpenConnection {
    target: Target,
    limit: usize,
}

#[derive(Debug)]
enum Target {
    Endpoint(Endpoint, Option<SocketAddr>),
    #[cfg(unix)]
    Path(PathBuf),
    Socket(Socket),
}

impl OpenConnection {
    fn new(target: Target) -> Self {
        let limit = DEFAULT_LIMIT;
        Self { target, limit }
    }

    /// Sets the limit of the reader. It is [`DEFAULT_LIMIT`] at first.
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Connects from this address. Port 0 means any free one. Without effect for Unix sockets.
    pub fn local_addr(mut self, from: impl Into<SocketAddr>) -> Self {
        if let Target::Endpoint(_, local) = &mut self.target {
            *local = Some(from.into());
        }
        self
    }

    async fn opens(self) -> Result<(StreamReader, StreamWriter), Exception> {
        let reader = StreamReader::new(self.limit)?; // before anything is opened
        let socket = match self.target {
            Target::Endpoint(to, None) => TcpStream::connect(to).await?.into(),
            Target::Endpoint(to, Some(from)) => TcpStream::connect_from(to, from).await?.into(),
            #[cfg(unix)]
            Target::Path(path) => UnixStream::connect(path).await?.into(),
            Target::Socket(socket) => socket,
        };
        let kernel = running()?;
        let transport = Transport::new(&kernel, socket.0, &reader);
        let writer = StreamWriter::new(transport.clone());
        let made = transport.clone();
        begins(&kernel, &transport, move || made.is_made()).await?;
        Ok((reader, writer))
    }
}

/// Lets a transport begin, in three steps of the next round, as asyncio does: `made` is called, it reads, and whoever awaits this
/// goes on.
pub(super) async fn begins(
    kernel: &Rc<Kernel>,
    transport: &Rc<Transport>,
    made: impl FnOnce() + 'static,
) -> Result<(), Exception> {
    Handle::soon(kernel, made);
    let reads = transport.clone();
    Handle::soon(kernel, move || reads.starts_reading());
    let party = transport.party().clone();
    let begun = LoopFuture::new_for(kernel, FutureKind::Outside(&CONNECT, party));
    let is_begun = begun.clone();
    Handle::soon(kernel, move || drop(is_begun.set_result(()))); // or its task is cancelled
    let result = begun.await;
    if result.is_err() {
        transport.close();
    }
    result
}

impl IntoFuture for OpenConnection {
    type Output = Result<(StreamReader, StreamWriter), Exception>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.opens())
    }
}
