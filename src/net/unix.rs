//! Unix sockets: connections within one machine, at paths of the file system.

use std::{
    fmt,
    net::Shutdown,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    Error, ReadHalf, WriteHalf,
    connection::Connection,
    halves::{futures_io, reads, writes},
    network,
};
use crate::{
    Exception,
    sockets::{Address, Listener, Stream},
};

/// A connection through a Unix socket, to a process of the same machine.
///
/// Reading and writing are *cancel-safe*: bytes leave the system, or go to it, only in the poll that returns how many. A task
/// that is cancelled while it waits has read and written nothing.
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

/// A socket that accepts connections at a path of the file system.
///
/// Dropping the listener leaves the file there, as the system does. Remove the file before you bind to the path again.
///
/// ```
/// use tminus::{Exception, net::{UnixListener, UnixStream}, simulation::Simulation};
///
/// let program = async {
///     let listener = UnixListener::bind("/run/tower.sock")?;
///     let _engine = UnixStream::connect("/run/tower.sock").await?;
///     let (_stream, from) = listener.accept().await?;
///     assert_eq!(from, None); // the other end has no path
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
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
    /// - [`net::Error`](Error) if the system has no more descriptors, or the connection is gone already. The listener can
    ///   still be used.
    /// - `Cancelled` if the task is cancelled while it waits. No connection is lost: it is for the next call.
    /// - `RuntimeError` if no event loop is running on this thread, or the listener is in use in another one.
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
