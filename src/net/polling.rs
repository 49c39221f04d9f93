//! A connection as the traits of `futures-io` poll it.

use std::{
    io,
    net::Shutdown,
    rc::Rc,
    task::{Context, Poll, ready},
};

use super::{connection::Connection, error::as_io_error};
use crate::sockets::{Operation, READ, Side, Source, WRITE, Waits};

/// What the traits wait with, because they have no future of their own to keep it in.
#[derive(Default)]
pub(super) struct Polling {
    reading: Option<Operation>,
    writing: Option<Operation>,
}

impl Connection {
    pub(super) fn poll_read(
        &mut self,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = || self.socket.try_read(buffer);
        let read = polled(
            &mut self.polling.reading,
            self.socket.source(),
            Side::Read,
            cx,
            read,
        );
        let read = ready!(read);
        Poll::Ready(read.map_err(|error| self.error("read from", error).into()))
    }

    pub(super) fn poll_write(&mut self, cx: &Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let write = || self.socket.try_write(data);
        let write = polled(
            &mut self.polling.writing,
            self.socket.source(),
            Side::Write,
            cx,
            write,
        );
        let written = ready!(write);
        Poll::Ready(written.map_err(|error| self.error("write to", error).into()))
    }

    pub(super) fn poll_close(&mut self) -> Poll<io::Result<()>> {
        Poll::Ready(match self.socket.shutdown(Shutdown::Write) {
            // The other end was faster.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        })
    }
}

/// Like [`when_ready`], for traits. A task that is cancelled here is dropped where it stands.
fn polled<T>(
    operation: &mut Option<Operation>,
    source: &Rc<Source>,
    side: Side,
    cx: &Context<'_>,
    attempt: impl FnMut() -> io::Result<T>,
) -> Poll<io::Result<T>> {
    let words = match side {
        Side::Read => &READ,
        Side::Write => &WRITE,
    };
    let does_not_raise = Waits {
        words,
        raises: false,
    };
    let under_way = operation.get_or_insert_with(|| Operation::new(source, side));
    let done = ready!(under_way.poll(does_not_raise, cx, attempt));
    *operation = None;
    Poll::Ready(done.unwrap_or_else(|exception| Err(as_io_error(&exception))))
}
