//! tokio's sockets with our exceptions. Each wait can be cancelled.

use std::net::SocketAddr;

use tminus::Exception;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net;

use super::cancellable;

/// Accepts connections.
pub struct TcpListener(net::TcpListener);

impl TcpListener {
    pub async fn bind(at: SocketAddr) -> Result<Self, Exception> {
        Ok(Self(cancellable(net::TcpListener::bind(at)).await??))
    }

    pub fn local_addr(&self) -> Result<SocketAddr, Exception> {
        Ok(self.0.local_addr()?)
    }

    pub async fn accept(&self) -> Result<(TcpStream, SocketAddr), Exception> {
        let (stream, from) = cancellable(self.0.accept()).await??;
        Ok((TcpStream(stream), from))
    }
}

/// A connection.
pub struct TcpStream(net::TcpStream);

impl TcpStream {
    pub async fn connect(to: SocketAddr) -> Result<Self, Exception> {
        Ok(Self(cancellable(net::TcpStream::connect(to)).await??))
    }

    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Exception> {
        Ok(cancellable(self.0.read(buffer)).await??)
    }

    pub async fn write_all(&mut self, bytes: &[u8]) -> Result<(), Exception> {
        Ok(cancellable(self.0.write_all(bytes)).await??)
    }
}
