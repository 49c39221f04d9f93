//! The two directions of a connection, for two tasks.

use std::{fmt, net::Shutdown};

use super::connection::Connection;
use crate::Exception;

/// Implements reading, by the connection in the first field.
macro_rules! reads {
    () => {
        /// Reads what has arrived, at least one byte, and returns the number of bytes. Returns 0 if the other end has closed
        /// its side, or `buffer` is empty.
        ///
        /// # Errors
        ///
        /// - [`net::Error`](super::Error) if the connection is broken.
        /// - `Cancelled` if the task is cancelled while it waits. Nothing is read then.
        /// - `RuntimeError` if no event loop is running on this thread, or the stream is in use in another one.
        pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Exception> {
            self.0.read(buffer).await
        }
    };
}

/// Implements writing, by the connection in the first field.
macro_rules! writes {
    () => {
        /// Writes some of `data`, and returns the number of bytes. Waits while the other end is slow to take what was written
        /// before.
        ///
        /// # Errors
        ///
        /// - [`net::Error`](super::Error) if the connection is broken, or this end was [shut down](Self::shutdown).
        /// - `Cancelled` if the task is cancelled while it waits. Nothing is written then.
        /// - `RuntimeError` if no event loop is running on this thread, or the stream is in use in another one.
        pub async fn write(&mut self, data: &[u8]) -> Result<usize, Exception> {
            self.0.write(data).await
        }

        /// Writes all of `data`. If the task is cancelled, some of it may have been written.
        ///
        /// # Errors
        ///
        /// - [`net::Error`](super::Error) if the connection is broken, or this end was [shut down](Self::shutdown).
        /// - `Cancelled` if the task is cancelled while it waits.
        /// - `RuntimeError` if no event loop is running on this thread, or the stream is in use in another one.
        pub async fn write_all(&mut self, data: &[u8]) -> Result<(), Exception> {
            self.0.write_all(data).await
        }
    };
}

pub(super) use {reads, writes};

/// The half of a connection that reads. [`TcpStream::into_split`](super::TcpStream::into_split) and
/// [`UnixStream::into_split`](super::UnixStream::into_split) create one.
///
/// ```
/// use tminus::{Exception, net::UnixStream, simulation::Simulation};
///
/// let program = async {
///     let (left, mut right) = UnixStream::pair()?;
///     let (mut reads, writes) = left.into_split();
///     assert!(reads.is_pair_of(&writes));
///     right.write_all(b"3").await?;
///     let mut buffer = [0; 64];
///     assert_eq!(reads.read(&mut buffer).await?, 1);
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
pub struct ReadHalf(Connection);

/// The half of a connection that writes. Dropping it closes this side of the connection.
/// [`TcpStream::into_split`](super::TcpStream::into_split) and [`UnixStream::into_split`](super::UnixStream::into_split) create
/// one.
///
/// ```
/// use tminus::{Exception, net::UnixStream, simulation::Simulation};
///
/// let program = async {
///     let (left, mut right) = UnixStream::pair()?;
///     let (_reads, mut writes) = left.into_split();
///     writes.write_all(b"3").await?;
///     drop(writes);
///     let mut buffer = [0; 64];
///     assert_eq!(right.read(&mut buffer).await?, 1);
///     assert_eq!(right.read(&mut buffer).await?, 0); // the end
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
pub struct WriteHalf(Connection);

impl ReadHalf {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    reads!();

    /// Returns `true` if the two are halves of the same connection.
    pub fn is_pair_of(&self, other: &WriteHalf) -> bool {
        self.0.is_same(&other.0)
    }
}

impl WriteHalf {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    writes!();

    /// Closes this side: the other end reads what was written, and then the end.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](super::Error) if the connection is broken.
    pub fn shutdown(&self) -> Result<(), Exception> {
        self.0.shutdown(Shutdown::Write)
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        drop(self.shutdown()); // a broken connection is closed already
    }
}

/// Implements one of the traits of `futures-io` by the connection in the first field.
macro_rules! futures_io {
    ($stream:ty, read) => {
        /// Reading, for libraries that know only the traits of `futures-io`. A task that is cancelled while it waits here is
        /// dropped, because a `Cancelled` is never an [`io::Error`](std::io::Error).
        #[cfg(feature = "io")]
        impl futures_io::AsyncRead for $stream {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buffer: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.get_mut().0.poll_read(cx, buffer)
            }
        }
    };
    ($stream:ty, write) => {
        /// Writing, for libraries that know only the traits of `futures-io`. Closing shuts down the side that this end writes
        /// to. A task that is cancelled while it waits here is dropped.
        #[cfg(feature = "io")]
        impl futures_io::AsyncWrite for $stream {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                data: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.get_mut().0.poll_write(cx, data)
            }

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                _cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Ok(())) // nothing is kept back
            }

            fn poll_close(
                self: std::pin::Pin<&mut Self>,
                _cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                self.get_mut().0.poll_close()
            }
        }
    };
}
pub(super) use futures_io;

futures_io!(ReadHalf, read);
futures_io!(WriteHalf, write);

impl fmt::Debug for ReadHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadHalf")
    }
}

impl fmt::Debug for WriteHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteHalf")
    }
}
