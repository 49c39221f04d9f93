//! How the traits of `futures-io` poll a connection.

use std::{
    io,
    rc::Rc,
    task::{Context, Poll, ready},
};

use super::{Error, error::as_io_error};
use crate::sockets::{Operation, Side, Source, Stream, Waits};

/// What the traits wait with, because they have no future of their own to keep it in. Most connections are never used in this
/// way, so these are boxes. They are used again.
#[derive(Default)]
pub(super) struct Polling {
    reading: Option<Box<Operation>>,
    writing: Option<Box<Operation>>,
}

impl Polling {
    pub(super) fn poll_read(
        &mut self,
        socket: &dyn Stream,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let (source, read) = (socket.source(), || socket.try_read(buffer));
        let read = ready!(polled(&mut self.reading, source, Side::Read, cx, read));
        Poll::Ready(read.map_err(|error| Error::new("read from", source.party(), error).into()))
    }

    pub(super) fn poll_write(
        &mut self,
        socket: &dyn Stream,
        cx: &Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let (source, write) = (socket.source(), || socket.try_write(data));
        let written = ready!(polled(&mut self.writing, source, Side::Write, cx, write));
        Poll::Ready(written.map_err(|error| Error::new("write to", source.party(), error).into()))
    }
}

/// Tries until it does not block. A task that is cancelled here is dropped, because a `Cancelled` would become an ordinary
/// `io::Error`, which code can swallow.
fn polled<T>(
    operation: &mut Option<Box<Operation>>,
    source: &Rc<Source>,
    side: Side,
    cx: &Context<'_>,
    attempt: impl FnMut() -> io::Result<T>,
) -> Poll<io::Result<T>> {
    let does_not_raise = Waits::of_stream(side, false);
    let operation = operation.get_or_insert_with(|| Box::new(Operation::new(source, side)));
    let done = ready!(operation.poll(does_not_raise, cx, attempt));
    Poll::Ready(done.unwrap_or_else(|exception| Err(as_io_error(&exception))))
}
