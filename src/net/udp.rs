//! UDP.

use std::{fmt, io, net::SocketAddr};

use super::{Endpoint, Error, connection::when_ready, network};
use crate::{
    Exception,
    sockets::{Datagrams, RECEIVE, SEND, Side},
};

/// A UDP socket: datagrams arrive whole or not at all, in any order, and perhaps twice.
///
/// Several tasks can send and receive at the same time. Sending and receiving are cancel-safe: a task that is cancelled while
/// it waits has sent and received nothing.
///
/// ```
/// use tminus::{Exception, net::UdpSocket, simulation::Simulation};
///
/// let program = async {
///     let engine = UdpSocket::bind("127.0.0.1:0").await?;
///     let tower = UdpSocket::bind("127.0.0.1:0").await?;
///     engine.send_to(b"fuel 12 %", tower.local_addr()?).await?;
///     let mut buffer = [0; 64];
///     let (n, from) = tower.recv_from(&mut buffer).await?;
///     assert_eq!((&buffer[..n], from), (&b"fuel 12 %"[..], engine.local_addr()?));
///     Ok(())
/// };
/// Simulation::replay("".parse()?).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
pub struct UdpSocket(Box<dyn Datagrams>);

impl UdpSocket {
    /// Creates a socket at an address. Port 0 means any free one.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the address is in use, is not one of this host, or the name is not known.
    /// - `Cancelled` if the task is cancelled while a name is looked up.
    /// - `RuntimeError` if no event loop is running on this thread, or its clock is virtual and this is no
    ///   [simulation](crate::simulation).
    pub async fn bind(at: impl Into<Endpoint>) -> Result<Self, Exception> {
        let address = at.into().resolve("bind to").await?[0];
        let socket = network()?.bind(address);
        Ok(Self(
            socket.map_err(|error| Error::new("bind to", address, error))?,
        ))
    }

    /// Sets where [`send`](UdpSocket::send) sends to. From then on the socket receives only what comes from there.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the name is not known, or the system refuses.
    /// - `Cancelled` if the task is cancelled while a name is looked up.
    pub async fn connect(&self, to: impl Into<Endpoint>) -> Result<(), Exception> {
        let address = to.into().resolve("connect to").await?[0];
        let connected = self.0.connect(address);
        Ok(connected.map_err(|error| Error::new("connect to", address, error))?)
    }

    /// Sends a datagram. Returns how many bytes, which are all of them.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the name is not known, or the datagram is too long.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread, or the socket is in use in another one.
    pub async fn send_to(&self, data: &[u8], to: impl Into<Endpoint>) -> Result<usize, Exception> {
        let address = to.into().resolve("send to").await?[0];
        let send = || self.0.try_send_to(data, address);
        let sent = when_ready(self.0.source(), Side::Write, &SEND, send).await?;
        Ok(sent.map_err(|error| Error::new("send to", address, error))?)
    }

    /// Waits for a datagram, and returns its length and the address of its sender. What does not fit into `buffer` is lost, as
    /// always with UDP.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system reports one, such as a datagram before that nobody received.
    /// - `Cancelled` if the task is cancelled while it waits. No datagram is lost.
    /// - `RuntimeError` if no event loop is running on this thread, or the socket is in use in another one.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Exception> {
        let receive = || self.0.try_recv_from(buffer);
        let received = when_ready(self.0.source(), Side::Read, &RECEIVE, receive).await?;
        Ok(received.map_err(|error| self.error("receive at", error))?)
    }

    /// Sends a datagram to the address that the socket is [connected](UdpSocket::connect) to.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the socket is not connected, the datagram is too long, or nobody received an earlier one.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread, or the socket is in use in another one.
    pub async fn send(&self, data: &[u8]) -> Result<usize, Exception> {
        let sent = when_ready(self.0.source(), Side::Write, &SEND, || {
            self.0.try_send(data)
        });
        Ok(sent
            .await?
            .map_err(|error| self.error("send from", error))?)
    }

    /// Waits for a datagram from the address to which the socket is [connected](UdpSocket::connect), and returns its length.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the socket is not connected, or nobody received an earlier datagram.
    /// - `Cancelled` if the task is cancelled while it waits. No datagram is lost.
    /// - `RuntimeError` if no event loop is running on this thread, or the socket is in use in another one.
    pub async fn recv(&self, buffer: &mut [u8]) -> Result<usize, Exception> {
        let receive = || self.0.try_recv(buffer);
        let received = when_ready(self.0.source(), Side::Read, &RECEIVE, receive).await?;
        Ok(received.map_err(|error| self.error("receive at", error))?)
    }

    /// Returns the address of this socket.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if the system cannot tell.
    pub fn local_addr(&self) -> Result<SocketAddr, Exception> {
        let address = self.0.local_addr();
        Ok(address.map_err(|error| self.error("tell the address of", error))?)
    }

    /// Returns the address that the socket is [connected](UdpSocket::connect) to.
    ///
    /// # Errors
    ///
    /// - [`net::Error`](Error) if it is not connected.
    pub fn peer_addr(&self) -> Result<SocketAddr, Exception> {
        let address = self.0.peer_addr();
        Ok(address.map_err(|error| self.error("tell the other end of", error))?)
    }

    #[cold]
    fn error(&self, action: &'static str, error: io::Error) -> Error {
        Error::new(action, self.0.source().party(), error)
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket")
            .field("local_addr", &self.local_addr().ok())
            .finish()
    }
}
