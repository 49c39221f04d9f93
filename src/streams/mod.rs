//! Streams: asyncio's, with buffers, lines, limits and flow control, over the sockets of [`net`](crate::net).
//!
//! ```
//! use tminus::{Exception, simulation::Simulation, streams::{open_connection, start_server}};
//!
//! async fn program() -> Result<Vec<u8>, Exception> {
//!     let server = start_server(|reader, writer| async move {
//!         loop {
//!             let line = reader.readline().await?;
//!             if line.is_empty() {
//!                 return Ok(()); // and the writer is dropped, which closes the stream
//!             }
//!             writer.write(line.to_ascii_uppercase())?;
//!             writer.drain().await?;
//!         }
//!     }, "127.0.0.1:0").await?;
//!
//!     let (reader, writer) = open_connection(server.local_addrs()[0]).await?;
//!     writer.write(b"ignition\n")?;
//!     let answer = reader.readline().await?;
//!     writer.close();
//!     writer.wait_closed().await?;
//!     server.close();
//!     Ok(answer)
//! }
//!
//! // tminus::run(program()) uses the system's network.
//! assert_eq!(Simulation::new(1).run(program()).0?, b"IGNITION\n");
//! # Ok::<(), Exception>(())
//! ```
//!
//! Unlike a [`TcpStream`](crate::net::TcpStream), a stream reads before anybody asks: what has arrived is in the buffer of its
//! [`StreamReader`], up to twice its limit. And its [`StreamWriter`] never waits to write, but to
//! [`drain`](StreamWriter::drain). So both ends can be used by any number of tasks through `&self`, and a line or a block is
//! found in the buffer without a system call each.
//!
//! Order and errors are asyncio's: whole programs, recorded from CPython, run here round for round.
//!
//! # Flow control
//!
//! | buffer | pauses | resumes |
//! |---|---|---|
//! | of a reader | above 2 × limit: nothing more is read from the socket | at the limit, or when a task waits for data |
//! | of a writer | above the high mark: `drain` waits | at the low mark |
//!
//! So a fast sender waits for a slow reader, and neither end keeps more than its marks allow.
//!
//! On the system's network, `drain` also yields for one round after 64 KiB were sent in the same round, although the socket has
//! room for more. The other tasks run, and a reader in this process takes the bytes while they are in the processor's cache. In
//! a [simulation](crate::simulation), `drain` waits only at the high mark.

mod buffer;
mod errors;
mod lines;
mod open;
mod pieces;
mod reader;
mod separators;
mod server;
mod transport;
#[cfg(unix)]
mod unix_file;
mod waits;
mod writer;

pub use errors::{IncompleteReadError, LimitOverrunError};
pub use lines::Lines;
#[cfg(unix)]
pub use open::open_unix_connection;
pub use open::{OpenConnection, Socket, from_socket, open_connection};
pub use reader::{Flow, StreamReader};
pub use separators::Separators;
pub use server::{Server, StartServer};
pub use writer::StreamWriter;

#[cfg(all(unix, feature = "io"))]
pub(crate) use waits::Waits;

use crate::{Exception, net::Endpoint};

/// The limit of a reader for which no other is set: 64 KiB.
pub const DEFAULT_LIMIT: usize = 64 * 1024;

/// Starts a server that calls `connected` for each connection and runs what it returns as a task: Python's
/// `asyncio.start_server`. Await it, or set options before.
///
/// If the task fails, the exception goes to the loop's exception handler, and the connection is closed.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_connection, start_server}};
///
/// let program = async {
///     let server = start_server(|_, writer| async move { writer.write("T-minus 3\n") }, "127.0.0.1:0");
///     let server = server.await?;
///     let (reader, _writer) = open_connection(server.local_addrs()[0]).await?;
///     assert_eq!(reader.read_to_end().await?, b"T-minus 3\n");
///     server.close();
///     server.wait_closed().await
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - [`net::Error`](crate::net::Error) if the address is in use, is not one of this host, or the name is not known.
/// - `ValueError` if the limit is 0.
/// - `Cancelled` if the task is cancelled while it waits.
/// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
///   [simulation](crate::simulation).
pub fn start_server<F>(
    connected: impl Fn(StreamReader, StreamWriter) -> F + 'static,
    at: impl Into<Endpoint>,
) -> StartServer
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    StartServer::new(connected, at.into())
}

/// Starts a server at the path of a Unix socket: Python's `asyncio.start_unix_server`. Await it, or set options before.
///
/// As in asyncio, a socket that an earlier server has left there is removed first, and the server removes its own when it is
/// closed.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_unix_connection, start_unix_server}};
///
/// let program = async {
///     let server = start_unix_server(|_, writer| async move { writer.write("T-minus 3\n") }, "/run/tower.sock");
///     let server = server.await?;
///     let (reader, _writer) = open_unix_connection("/run/tower.sock").await?;
///     assert_eq!(reader.read_to_end().await?, b"T-minus 3\n");
///     server.close();
///     server.wait_closed().await
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - [`net::Error`](crate::net::Error) if the file cannot be created.
/// - `ValueError` if the limit is 0.
/// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
///   [simulation](crate::simulation).
#[cfg(unix)]
pub fn start_unix_server<F>(
    connected: impl Fn(StreamReader, StreamWriter) -> F + 'static,
    at: impl AsRef<std::path::Path>,
) -> StartServer
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    StartServer::at_path(connected, at.as_ref())
}
