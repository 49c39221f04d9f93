//! The two directions of a connection, for two tasks.

use std::{fmt, net::Shutdown};

use super::connection::Connection;
use crate::Exception;

/// The half of a connection that reads. See [`TcpStream::into_split`](super::TcpStream::into_split).
pub struct ReadHalf(Connection);

/// The half of a connection that writes. Dropping it closes this side of the connection.
/// See [`TcpStream::into_split`](super::TcpStream::into_split).
pub struct WriteHalf(Connection);

impl ReadHalf {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// Reads what has arrived, at least one byte. Returns 0 if the other end has closed its side, or `buffer` is empty.
    ///
    /// # Errors
    ///
    /// Those of [`TcpStream::read`](super::TcpStream::read).
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Exception> {
        self.0.read(buffer).await
    }

    /// Returns `true` if the two are halves of the same connection.
    pub fn is_pair_of(&self, other: &WriteHalf) -> bool {
        self.0.is_same(&other.0)
    }
}

impl WriteHalf {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
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
        /// For code that only knows the traits. A task that is cancelled in these is dropped where it stands: a `Cancelled`
        /// is never an [`io::Error`](std::io::Error).
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
        /// For code that only knows the traits. Closing shuts down the side that is written to. A task that is cancelled in
        /// these is dropped where it stands.
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
