//! The end of a stream that writes.

use std::{fmt, net::SocketAddr, rc::Rc};

use super::transport::Transport;
use crate::{Exception, Kind, sockets::Address};

/// The end of a stream that writes: Python's `asyncio.StreamWriter`. Clones are handles to the same stream.
///
/// [`write`](StreamWriter::write) never waits: what cannot be sent now is kept and sent later. A task that writes a lot awaits
/// [`drain`](StreamWriter::drain) after each piece, which waits while too much is kept.
///
/// Dropping the last handle closes the stream. What was written before is still sent: until then, the connection belongs to the
/// loop.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_connection, start_server}};
///
/// let program = async {
///     let server = start_server(|reader, writer| async move {
///         let name = reader.readline().await?;
///         writer.write(b"hello, ")?;
///         writer.write(&name)?;
///         writer.drain().await
///     }, "127.0.0.1:0").await?;
///     let (reader, writer) = open_connection(server.local_addrs()[0]).await?;
///     writer.write(b"rocket\n")?;
///     assert_eq!(reader.readline().await?, b"hello, rocket\n");
///     assert!(reader.read_to_end().await?.is_empty());
///     writer.close();
///     writer.wait_closed().await
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct StreamWriter(Rc<ClosesOnDrop>);

struct ClosesOnDrop(Rc<Transport>);

impl Drop for ClosesOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl StreamWriter {
    pub(super) fn new(transport: Rc<Transport>) -> Self {
        Self(Rc::new(ClosesOnDrop(transport)))
    }

    fn transport(&self) -> &Rc<Transport> {
        &self.0.0
    }

    /// Writes `data`: sends what can be sent now, and keeps the rest.
    ///
    /// If the connection is broken or closed, the data is dropped without an error, as in asyncio:
    /// [`drain`](StreamWriter::drain) and the reader report the break.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` after [`write_eof`](StreamWriter::write_eof).
    pub fn write(&self, data: impl AsRef<[u8]>) -> Result<(), Exception> {
        self.transport().write(data.as_ref())
    }

    /// Writes several pieces, one after the other.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` after [`write_eof`](StreamWriter::write_eof).
    pub fn writelines(&self, pieces: &[impl AsRef<[u8]>]) -> Result<(), Exception> {
        self.transport().writelines(pieces)
    }

    /// Waits if more bytes than the high mark are kept, until they are no more than the low mark. See
    /// [`set_write_buffer_limits`](StreamWriter::set_write_buffer_limits).
    ///
    /// On the system's network, a call after 64 KiB were sent in the same round yields for one round, too.
    ///
    /// # Errors
    ///
    /// - The exception of the reader, if the connection is broken.
    /// - [`net::Error`](crate::net::Error) "Connection lost" if it is closed.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn drain(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        let transport = self.transport().clone();
        async move { transport.drain().await }
    }

    /// Closes this side of the stream as soon as all is sent: the other end reads it, and then the end. This end can still read.
    pub fn write_eof(&self) {
        self.transport().write_eof();
    }

    /// Returns `true`: all streams can close one side.
    pub fn can_write_eof(&self) -> bool {
        true
    }

    /// Closes the stream as soon as all is sent. Nothing more is read.
    pub fn close(&self) {
        self.transport().close();
    }

    /// Closes the stream now. What is not sent is dropped. Python's `writer.transport.abort()`.
    pub fn abort(&self) {
        self.transport().breaks(None);
    }

    /// Returns `true` if the stream is closed, or is being closed.
    pub fn is_closing(&self) -> bool {
        self.transport().is_closing()
    }

    /// Waits until the stream is closed, by [`close`](StreamWriter::close) or otherwise.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](crate::net::Error) if it broke.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn wait_closed(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        let transport = self.transport().clone();
        async move { transport.wait_closed().await }
    }

    /// Sets the marks for [`drain`](StreamWriter::drain). Without a high mark, it is four times the low one; without a low mark,
    /// it is a quarter of the high one. Without either, they are 64 KiB and 16 KiB, as at first.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the low mark is above the high one.
    pub fn set_write_buffer_limits(
        &self,
        high: impl Into<Option<usize>>,
        low: impl Into<Option<usize>>,
    ) -> Result<(), Exception> {
        let (high, low) = match (high.into(), low.into()) {
            (None, None) => (64 * 1024, 16 * 1024),
            (Some(high), None) => (high, high / 4),
            (None, Some(low)) => (low.saturating_mul(4), low),
            (Some(high), Some(low)) => (high, low),
        };
        if low > high {
            let message = format!("high ({high}) must be >= low ({low}) must be >= 0");
            return Err(Exception::new(Kind::ValueError, message));
        }
        self.transport().set_limits(high, low);
        Ok(())
    }

    /// Returns the low and the high mark.
    pub fn get_write_buffer_limits(&self) -> (usize, usize) {
        self.transport().limits()
    }

    /// Returns the number of bytes that are kept, because they cannot be sent yet.
    pub fn get_write_buffer_size(&self) -> usize {
        self.transport().unsent()
    }

    /// Returns the address of this end. `None` if it is not an IP address.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        ip(self.transport().local_addr())
    }

    /// Returns the address of the other end. `None` if it is not an IP address.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        ip(self.transport().peer_addr())
    }
}

fn ip(address: Option<&Address>) -> Option<SocketAddr> {
    match address {
        Some(Address::Ip(address)) => Some(*address),
        Some(Address::Unix(_)) | None => None,
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter")
            .field("peer", &self.transport().peer_addr())
            .field("unsent", &self.get_write_buffer_size())
            .field("closing", &self.is_closing())
            .finish()
    }
}
