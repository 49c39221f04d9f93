//! Unix sockets: connections within one machine, at paths of the file system.

use std::{
    fmt,
    net::Shutdown,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{Error, ReadHalf, WriteHalf, connection::Connection, halves::futures_io, network};
use crate::{
    Exception,
    sockets::{Address, Listener, Stream},
};

/// A connection by a Unix socket. Reading and writing are cancel-safe, as with a [`TcpStream`](super::TcpStream).
///
/// In a [simulation](crate::simulation) paths name no files, and nothing is delayed or split.
///
/// ```
/// use tminus::{Exception, net::{UnixListener, UnixStream}, simulation::Simulation};
///
/// let program = async {
///     let listener = UnixListener::bind("/run/engine.sock")?;
///     let mut tower = UnixStream::connect("/run/engine.sock").await?;
///     let (mut engine, _) = listener.accept().await?;
///     tower.write_all(b"ignition").await?;
///     let mut buffer = [0; 64];
///     let n = engine.read(&mut buffer).await?;
///     assert_eq!(&buffer[..n], b"ignition");
///     Ok(())
/// };
/// Simulation::replay("".parse()?).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
pub struct UnixStream(Connection);

impl UnixStream {
    /// Opens a connection to the listener at a path.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if nobody listens there, or the file is not there.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub async fn connect(to: impl AsRef<Path>) -> Result<Self, Exception> {
        let to = Address::Unix(Some(to.as_ref().to_owned()));
        let connected = match network()?.connect(&to, None) {
            Ok(socket) => Connection::connected(socket).await?,
            Err(error) => Err(error),
        };
        let connection = connected.map_err(|error| Error::new("connect to", &to, error))?;
        Ok(Self(connection))
    }

    /// Creates two ends that are connected to each other: Python's `socket.socketpair`.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system has no descriptor left.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub fn pair() -> Result<(Self, Self), Exception> {
        let pair = network()?.pair();
        let (left, right) =
            pair.map_err(|error| Error::new("create", "a pair of sockets", error))?;
        Ok((Self(Connection::new(left)), Self(Connection::new(right))))
    }

    pub(crate) fn into_socket(self) -> Rc<dyn Stream> {
        self.0.into_socket()
    }

    /// Reads what has arrived, at least one byte. Returns 0 if the other end has closed its side, or `buffer` is empty.
    ///
    /// # Errors
    ///
    /// Those of [`TcpStream::read`](super::TcpStream::read).
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Exception> {
        self.0.read(buffer).await
    }

    /// Writes some of `data`, and returns how many bytes.
    ///
    /// # Errors
    ///
    /// Those of [`TcpStream::write`](super::TcpStream::write).
    pub async fn write(&mut self, data: &[u8]) -> Result<usize, Exception> {
        self.0.write(data).await
    }

    /// Writes all of `data`. If the task is cancelled, some of it may have been written.
    ///
    /// # Errors
    ///
    /// Those of [`TcpStream::write_all`](super::TcpStream::write_all).
    pub async fn write_all(&mut self, data: &[u8]) -> Result<(), Exception> {
        self.0.write_all(data).await
    }

    /// Closes one side of the connection, or both.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the connection is broken.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Exception> {
        self.0.shutdown(how)
    }

    /// Splits the stream, so that one task can read while another writes.
    /// See [`TcpStream::into_split`](super::TcpStream::into_split).
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        let other = self.0.other();
        (ReadHalf::new(self.0), WriteHalf::new(other))
    }

    /// Returns the path of this end. An end that has connected has none.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system cannot tell.
    pub fn local_path(&self) -> Result<Option<PathBuf>, Exception> {
        self.0.local_addr().map(path)
    }

    /// Returns the path of the other end. An end that has connected has none.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the connection is broken.
    pub fn peer_path(&self) -> Result<Option<PathBuf>, Exception> {
        self.0.peer_addr().map(path)
    }
}

futures_io!(UnixStream, read);
futures_io!(UnixStream, write);

impl fmt::Debug for UnixStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnixStream")
            .field("local_path", &self.local_path().ok().flatten())
            .field("peer_path", &self.peer_path().ok().flatten())
            .finish()
    }
}

/// Accepts connections at a path. See [`UnixStream`] for an example.
///
/// Dropping it leaves the file there, as the system does. Whoever binds to the path again has to remove the file before.
pub struct UnixListener(Box<dyn Listener>);

impl UnixListener {
    /// Listens at a path, and creates the file.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the file is there already, or cannot be created.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub fn bind(at: impl AsRef<Path>) -> Result<Self, Exception> {
        let at = Address::Unix(Some(at.as_ref().to_owned()));
        let listener = network()?.listen(&at);
        Ok(Self(
            listener.map_err(|error| Error::new("listen at", &at, error))?,
        ))
    }

    /// Waits for the next connection. Returns the stream, and the path of the other end, if it has one.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::accept`](super::TcpListener::accept).
    pub async fn accept(&self) -> Result<(UnixStream, Option<PathBuf>), Exception> {
        let (connection, peer) = Connection::accept(&*self.0).await?;
        Ok((UnixStream(connection), path(peer)))
    }

    /// Returns the path at which it listens.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system cannot tell.
    pub fn local_path(&self) -> Result<Option<PathBuf>, Exception> {
        let at = self.0.local_addr().map(path);
        Ok(at.map_err(|error| Error::new("tell the path of", "a listener", error))?)
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnixListener")
            .field("local_path", &self.local_path().ok().flatten())
            .finish()
    }
}

fn path(address: Address) -> Option<PathBuf> {
    match address {
        Address::Unix(path) => path,
        Address::Ip(_) => unreachable!("a Unix socket has a path"),
    }
}
