//! What TCP and Unix connections have in common: all but the address.

#[cfg(feature = "io")]
use std::task::Context;
use std::{
    future::poll_fn,
    io,
    net::Shutdown,
    rc::Rc,
    task::{Poll, ready},
};

use super::Error;
use crate::{
    Exception,
    event_loop::LineWords,
    sockets::{Address, CONNECT, Listener, Operation, Side, Source, Stream, Waits},
};

/// Performs an operation as soon as it does not block. A task cancelled before that has done nothing.
///
/// This is not an `async fn`: the future of an `async fn` has room for its arguments twice, and so has the future of each
/// `async fn` around it. Every task that uses a socket has the future of this function in its body.
pub(super) fn when_ready<T>(
    source: &Rc<Source>,
    side: Side,
    words: &'static LineWords,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> impl Future<Output = Result<io::Result<T>, Exception>> {
    let mut operation = Operation::new(source, side);
    let raises = Waits {
        words,
        raises: true,
    };
    poll_fn(move |cx| operation.poll(raises, cx, &mut attempt))
}

/// An open connection.
pub(super) struct Connection {
    socket: Rc<dyn Stream>,
    #[cfg(feature = "io")]
    polling: super::polling::Polling,
}

impl Connection {
    pub(super) fn new(socket: Rc<dyn Stream>) -> Self {
        Self {
            socket,
            #[cfg(feature = "io")]
            polling: super::polling::Polling::default(),
        }
    }

    /// A second handle, which the other half uses.
    pub(super) fn other(&self) -> Self {
        Self::new(self.socket.clone())
    }

    pub(super) fn into_socket(self) -> Rc<dyn Stream> {
        self.socket
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.socket, &other.socket)
    }

    /// Waits until a socket that was told to connect has done so.
    pub(super) async fn connected(socket: Rc<dyn Stream>) -> Result<io::Result<Self>, Exception> {
        let connected = || socket.try_connected();
        let connected = when_ready(socket.source(), Side::Write, &CONNECT, connected).await?;
        Ok(connected.map(|()| Self::new(socket)))
    }

    pub(super) async fn accept(listener: &dyn Listener) -> Result<(Self, Address), Exception> {
        let accept = || listener.try_accept();
        let accepted = when_ready(
            listener.source(),
            Side::Read,
            &crate::sockets::ACCEPT,
            accept,
        )
        .await?;
        match accepted {
            Ok((socket, peer)) => Ok((Self::new(socket), peer)),
            Err(error) => {
                let at = listener.local_addr().map(|at| at.to_string());
                Err(Error::new("accept at", at.unwrap_or_default(), error).into())
            }
        }
    }

    pub(super) fn read(&self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, Exception>> {
        self.transfer(Side::Read, || self.socket.try_read(buffer))
    }

    pub(super) fn write(&self, data: &[u8]) -> impl Future<Output = Result<usize, Exception>> {
        self.transfer(Side::Write, || self.socket.try_write(data))
    }

    /// Like [`when_ready`], with the connection's errors.
    fn transfer(
        &self,
        side: Side,
        mut attempt: impl FnMut() -> io::Result<usize>,
    ) -> impl Future<Output = Result<usize, Exception>> {
        let mut operation = Operation::new(self.socket.source(), side);
        poll_fn(move |cx| {
            let waits = Waits::of_stream(side, true);
            let done = ready!(operation.poll(waits, cx, &mut attempt))?;
            Poll::Ready(done.map_err(|error| self.failed(side, error).into()))
        })
    }

    pub(super) async fn write_all(&self, mut data: &[u8]) -> Result<(), Exception> {
        while !data.is_empty() {
            match self.write(data).await? {
                0 => {
                    let nothing = io::ErrorKind::WriteZero.into();
                    return Err(self.failed(Side::Write, nothing).into());
                }
                written => data = &data[written..],
            }
        }
        Ok(())
    }

    pub(super) fn shutdown(&self, how: Shutdown) -> Result<(), Exception> {
        let done = self.socket.shutdown(how);
        Ok(done.map_err(|error| self.error("shut down the connection to", error))?)
    }

    pub(super) fn local_addr(&self) -> Result<Address, Exception> {
        let address = self.socket.local_addr();
        Ok(address.map_err(|error| self.error("tell the own address for", error))?)
    }

    pub(super) fn peer_addr(&self) -> Result<Address, Exception> {
        Ok(self.socket.peer_addr().map_err(not_connected)?)
    }

    pub(super) fn nodelay(&self) -> Result<bool, Exception> {
        let nodelay = self.socket.nodelay();
        Ok(nodelay.map_err(|error| self.error("read an option of the connection to", error))?)
    }

    pub(super) fn set_nodelay(&self, nodelay: bool) -> Result<(), Exception> {
        let set = self.socket.set_nodelay(nodelay);
        Ok(set.map_err(|error| self.error("set an option of the connection to", error))?)
    }

    /// As asyncio does with each connection. A connection that has failed already will say so when it is used.
    pub(super) fn without_delay(self) -> Self {
        drop(self.socket.set_nodelay(true));
        self
    }

    #[cold]
    fn failed(&self, side: Side, error: io::Error) -> Error {
        let action = match side {
            Side::Read => "read from",
            Side::Write => "write to",
        };
        self.error(action, error)
    }

    #[cold]
    fn error(&self, action: &'static str, error: io::Error) -> Error {
        Error::new(action, self.socket.source().party(), error)
    }

    #[cfg(feature = "io")]
    pub(super) fn poll_read(
        &mut self,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.polling.poll_read(&*self.socket, cx, buffer)
    }

    #[cfg(feature = "io")]
    pub(super) fn poll_write(&mut self, cx: &Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.polling.poll_write(&*self.socket, cx, data)
    }

    #[cfg(feature = "io")]
    pub(super) fn poll_close(&self) -> Poll<io::Result<()>> {
        Poll::Ready(match self.socket.shutdown(Shutdown::Write) {
            // The other end was faster.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        })
    }
}

#[cold]
fn not_connected(error: io::Error) -> Error {
    Error::new("tell the other end of", "a socket", error)
}

#[cfg(all(test, feature = "io"))]
mod tests {
    use super::*;
    use crate::{event_loop::Party, sockets::Readiness};

    /// A socket that cannot be shut down, and how that fails.
    struct Fails {
        source: Rc<Source>,
        kind: io::ErrorKind,
    }

    impl Stream for Fails {
        fn source(&self) -> &Rc<Source> {
            &self.source
        }

        fn try_read(&self, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(self.kind.into())
        }

        fn try_write(&self, _data: &[u8]) -> io::Result<usize> {
            Err(self.kind.into())
        }

        fn shutdown(&self, _how: Shutdown) -> io::Result<()> {
            Err(self.kind.into())
        }

        fn local_addr(&self) -> io::Result<Address> {
            Err(self.kind.into())
        }

        fn peer_addr(&self) -> io::Result<Address> {
            Err(self.kind.into())
        }
    }

    fn closes(kind: io::ErrorKind) -> Poll<Result<(), io::ErrorKind>> {
        let readiness = Rc::<Readiness>::default();
        let source = Source::new(Party::Words("a socket".into()), readiness);
        let connection = Connection::new(Rc::new(Fails { source, kind }));
        connection.poll_close().map_err(|error| error.kind())
    }

    #[test]
    fn closing_fails_unless_the_other_end_was_faster() {
        use io::ErrorKind::{NotConnected, OutOfMemory};
        assert_eq!(closes(NotConnected), Poll::Ready(Ok(())));
        assert_eq!(closes(OutOfMemory), Poll::Ready(Err(OutOfMemory)));
    }
}
