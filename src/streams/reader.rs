//! The end of a stream that reads.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use super::{
    errors::{IncompleteReadError, LimitOverrunError},
    pieces::Pieces,
    separators::Separators,
};
use crate::{
    Exception, Kind, LoopFuture,
    event_loop::{FutureKind, Party, running},
    sockets::READ,
};

/// A source of bytes that feeds a [`StreamReader`] and can pause: two methods of Python's `asyncio.Transport`.
///
/// Implement it if you feed a reader by hand, from a source that must not outrun its reader.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use tminus::{Exception, run, streams::{Flow, StreamReader}};
///
/// #[derive(Default)]
/// struct Tap(Cell<bool>);
///
/// impl Flow for Tap {
///     fn pause_reading(&self) {
///         self.0.set(true);
///     }
///
///     fn resume_reading(&self) {
///         self.0.set(false);
///     }
/// }
///
/// run(async {
///     let (tap, reader) = (Rc::new(Tap::default()), StreamReader::new(2)?);
///     let flow: Rc<dyn Flow> = tap.clone();
///     reader.set_transport(Rc::downgrade(&flow));
///     reader.feed_data(b"12345")?; // more than twice the limit
///     assert!(tap.0.get());
///     reader.readexactly(3).await?;
///     assert!(!tap.0.get());
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
pub trait Flow {
    /// Stops feeding the reader, which has more than enough.
    fn pause_reading(&self);

    /// Feeds the reader again.
    fn resume_reading(&self);
}

/// Bytes that arrive in pieces as it happens, and are read in pieces that mean something: Python's `asyncio.StreamReader`.
/// Clones are handles to the same stream.
///
/// [`open_connection`](super::open_connection) and [`start_server`](super::start_server) create readers. One that is fed by hand
/// is for tests:
///
/// ```
/// use tminus::{Exception, run, streams::StreamReader};
///
/// let lines = run(async {
///     let reader = StreamReader::new(1024)?;
///     reader.feed_data(b"T-minus 2\nT-min")?;
///     reader.feed_data(b"us 1\nBlast off!")?;
///     reader.feed_eof();
///     let mut lines = Vec::new();
///     loop {
///         let line = reader.readline().await?;
///         if line.is_empty() {
///             return Ok(lines);
///         }
///         lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
///     }
/// })?;
/// assert_eq!(lines, ["T-minus 2", "T-minus 1", "Blast off!"]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Limit
///
/// A reader that holds more than twice its limit asks its transport to pause, so a fast sender cannot fill the memory. The
/// transport resumes when the reader holds no more than the limit. The limit is also the greatest length of a line.
///
/// # Cancellation
///
/// A task that is cancelled while it reads has read nothing: all bytes are still in the stream. (In CPython, a cancelled
/// `read(-1)` loses what it had read.)
#[derive(Clone)]
pub struct StreamReader(Rc<Inner>);

struct Inner {
    limit: usize,
    buffer: RefCell<Pieces>,
    is_at_eof: Cell<bool>,
    exception: RefCell<Option<Exception>>,
    /// What the task that waits for data awaits.
    waiter: RefCell<Option<LoopFuture<()>>>,
    transport: RefCell<Option<Weak<dyn Flow>>>,
    /// The name of the other end.
    party: RefCell<Rc<Party>>,
    is_paused: Cell<bool>,
}

type Bytes = Result<Vec<u8>, Exception>;

impl StreamReader {
    /// Creates a reader that is fed by hand.
    ///
    /// # Errors
    ///
    /// - `ValueError` if `limit` is 0.
    pub fn new(limit: usize) -> Result<Self, Exception> {
        if limit == 0 {
            return Err(Exception::new(Kind::ValueError, "Limit cannot be <= 0"));
        }
        Ok(Self(Rc::new(Inner {
            limit,
            buffer: RefCell::default(),
            is_at_eof: Cell::default(),
            exception: RefCell::default(),
            waiter: RefCell::default(),
            transport: RefCell::default(),
            party: RefCell::new(Rc::new(Party::Words("a stream".into()))),
            is_paused: Cell::default(),
        })))
    }

    /// Sets what feeds the reader, to pause it.
    pub fn set_transport(&self, transport: Weak<dyn Flow>) {
        self.0.transport.replace(Some(transport));
    }

    pub(super) fn set_party(&self, party: &Rc<Party>) {
        self.0.party.replace(party.clone());
    }

    /// Adds bytes at the end of the stream, and wakes the task that waits for some.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the stream has ended.
    pub fn feed_data(&self, data: &[u8]) -> Result<(), Exception> {
        let inner = &self.0;
        if inner.is_at_eof.get() {
            return Err(Exception::new(
                Kind::RuntimeError,
                "feed_data after feed_eof",
            ));
        }
        if data.is_empty() {
            return Ok(());
        }
        inner.buffer.borrow_mut().extend(data);
        self.has_arrived();
        Ok(())
    }

    /// Like [`feed_data`](StreamReader::feed_data), but takes the vector itself if it is full enough.
    pub(super) fn feed_owned(&self, data: &mut Vec<u8>) -> Result<(), Exception> {
        let inner = &self.0;
        if data.len() < data.capacity() / 2 || inner.is_at_eof.get() {
            return self.feed_data(data);
        }
        inner.buffer.borrow_mut().push(std::mem::take(data));
        self.has_arrived();
        Ok(())
    }

    /// Wakes the task that waits for data, and pauses the transport if that is enough.
    fn has_arrived(&self) {
        let inner = &self.0;
        inner.wakes_waiter();
        let has_enough = inner.buffer.borrow().len() > inner.limit.saturating_mul(2);
        if has_enough
            && !inner.is_paused.get()
            && let Some(transport) = inner.transport()
        {
            inner.is_paused.set(true);
            transport.pause_reading();
        }
    }

    /// Ends the stream: what is in it can still be read.
    pub fn feed_eof(&self) {
        self.0.is_at_eof.set(true);
        self.0.wakes_waiter();
    }

    /// Fails the read that waits now, and every later one, with `exception`.
    pub fn set_exception(&self, exception: impl Into<Exception>) {
        let exception = exception.into();
        self.0.exception.replace(Some(exception.clone()));
        let waiter = self.0.waiter.take();
        if let Some(waiter) = waiter {
            drop(waiter.set_exception(exception)); // or its task is cancelled
        }
    }

    /// Returns the exception of the stream, if it has one.
    pub fn exception(&self) -> Option<Exception> {
        self.0.exception.borrow().clone()
    }

    /// Returns `true` if the stream has ended and all of it was read.
    pub fn at_eof(&self) -> bool {
        self.0.is_at_eof.get() && self.0.buffer.borrow().is_empty()
    }

    /// Returns a copy of what the next read would see.
    pub fn buffer(&self) -> Vec<u8> {
        self.0.buffer.borrow_mut().bytes().to_vec()
    }

    /// Reads what is there, at most `n` bytes, and waits for the first one. Returns nothing if the stream has ended, or `n` is 0.
    ///
    /// # Errors
    ///
    /// - The [exception](StreamReader::exception) of the stream, if it has one.
    /// - `RuntimeError` if another task is waiting for data of this stream.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn read(&self, n: usize) -> impl Future<Output = Bytes> + use<> {
        let inner = self.0.clone();
        async move { inner.read(n).await }
    }

    /// Reads all until the end: Python's `read(-1)`.
    ///
    /// # Errors
    ///
    /// What was read before an error is still in the stream.
    ///
    /// - The [exception](StreamReader::exception) of the stream, if it has one.
    /// - `RuntimeError` if another task is waiting for data of this stream.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn read_to_end(&self) -> impl Future<Output = Bytes> + use<> {
        let inner = self.0.clone();
        async move {
            let mut read = ReadSoFar {
                bytes: Vec::new(),
                inner: &inner,
            };
            loop {
                let block = inner.read(inner.limit).await?;
                if block.is_empty() {
                    return Ok(std::mem::take(&mut read.bytes));
                }
                read.bytes.extend(block);
            }
        }
    }

    /// Reads exactly `n` bytes.
    ///
    /// # Errors
    ///
    /// - [`IncompleteReadError`] if the stream ends before that, with what there was.
    /// - The [exception](StreamReader::exception) of the stream, if it has one.
    /// - `RuntimeError` if another task is waiting for data of this stream.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn readexactly(&self, n: usize) -> impl Future<Output = Bytes> + use<> {
        let inner = self.0.clone();
        async move {
            inner.check()?;
            if n == 0 {
                return Ok(Vec::new());
            }
            while inner.buffer.borrow().len() < n {
                if inner.is_at_eof.get() {
                    let partial = inner.buffer.borrow_mut().take_all();
                    let expected = Some(n);
                    return Err(IncompleteReadError { partial, expected }.into());
                }
                inner.waits_for_data("readexactly").await?;
            }
            Ok(inner.takes(n))
        }
    }

    /// Reads a line, with its `\n`. At the end of the stream it returns what is left, which may be nothing.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the line is longer than the limit. The line is dropped then, or, if its end has not arrived, all that
    ///   has.
    /// - The [exception](StreamReader::exception) of the stream, if it has one.
    /// - `RuntimeError` if another task is waiting for data of this stream.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn readline(&self) -> impl Future<Output = Bytes> + use<> {
        let inner = self.0.clone();
        async move {
            match inner.readuntil(&b"\n".into()).await {
                Err(exception) => inner.without_line(exception),
                line => line,
            }
        }
    }

    /// Reads until a separator, which is the last that is returned: `b"\n"`, or the first of several,
    /// `[&b"\r\n"[..], b"\n"]`.
    ///
    /// # Errors
    ///
    /// - [`LimitOverrunError`] if the separator is farther away than the limit. All bytes stay in the stream.
    /// - [`IncompleteReadError`] if the stream ends before a separator, with what there was.
    /// - `ValueError` if there is no separator, or an empty one.
    /// - The [exception](StreamReader::exception) of the stream, if it has one.
    /// - `RuntimeError` if another task is waiting for data of this stream.
    /// - `Cancelled` if the task is cancelled while it waits.
    pub fn readuntil<S: Into<Separators>>(
        &self,
        separators: S,
    ) -> impl Future<Output = Bytes> + use<S> {
        let (inner, separators) = (self.0.clone(), separators.into());
        async move { inner.readuntil(&separators).await }
    }
}

/// What [`read_to_end`](StreamReader::read_to_end) has read. If that fails or is dropped, it goes back.
struct ReadSoFar<'a> {
    bytes: Vec<u8>,
    inner: &'a Inner,
}

impl Drop for ReadSoFar<'_> {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            self.inner.buffer.borrow_mut().prepend(bytes);
        }
    }
}

impl Inner {
    fn check(&self) -> Result<(), Exception> {
        match &*self.exception.borrow() {
            Some(exception) => Err(exception.clone()),
            None => Ok(()),
        }
    }

    fn transport(&self) -> Option<Rc<dyn Flow>> {
        self.transport.borrow().as_ref()?.upgrade()
    }

    fn wakes_waiter(&self) {
        let waiter = self.waiter.take();
        if let Some(waiter) = waiter {
            drop(waiter.set_result(())); // or its task is cancelled
        }
    }

    /// Waits for a change. Whoever wakes the waiter takes it out, so from then on another task can wait.
    async fn waits_for_data(&self, caller: &str) -> Result<(), Exception> {
        if self.waiter.borrow().is_some() {
            let message = format!(
                "{caller}() called while another coroutine is already waiting for incoming data"
            );
            return Err(Exception::new(Kind::RuntimeError, message));
        }
        // What was paused would never bring what is waited for.
        self.resumes_transport();
        let party = self.party.borrow().clone();
        let waiter = LoopFuture::new_for(&running()?, FutureKind::Outside(&READ, party));
        self.waiter.replace(Some(waiter.clone()));
        let _waits = NotWaiting(self);
        waiter.await
    }

    fn resumes_transport(&self) {
        if self.is_paused.replace(false)
            && let Some(transport) = self.transport()
        {
            transport.resume_reading();
        }
    }

    /// Something was taken out of the buffer.
    fn may_resume_transport(&self) {
        if self.is_paused.get() && self.buffer.borrow().len() <= self.limit {
            self.resumes_transport();
        }
    }

    fn takes(&self, count: usize) -> Vec<u8> {
        let taken = self.buffer.borrow_mut().take(count);
        self.may_resume_transport();
        taken
    }

    async fn read(&self, n: usize) -> Bytes {
        self.check()?;
        if n == 0 {
            return Ok(Vec::new());
        }
        if self.buffer.borrow().is_empty() && !self.is_at_eof.get() {
            self.waits_for_data("read").await?;
        }
        Ok(self.takes(n))
    }

    async fn readuntil(&self, separators: &Separators) -> Bytes {
        let (shortest, longest) = separators.lengths()?;
        self.check()?;
        // In what is before this, no separator begins.
        let mut searched = 0;
        let (start, end) = loop {
            let len = self.buffer.borrow().len();
            if len >= searched + shortest {
                let found = self.buffer.borrow_mut().find(separators.all(), searched);
                if let Some(found) = found {
                    break found;
                }
                searched = (len + 1).saturating_sub(longest);
                if searched > self.limit {
                    return Err(overrun(searched, false));
                }
            }
            if self.is_at_eof.get() {
                let partial = self.buffer.borrow_mut().take_all();
                let expected = None;
                return Err(IncompleteReadError { partial, expected }.into());
            }
            self.waits_for_data("readuntil").await?;
        };
        match start > self.limit {
            true => Err(overrun(start, true)),
            false => Ok(self.takes(end)),
        }
    }

    /// What `readline` makes of an error of `readuntil`.
    fn without_line(&self, exception: Exception) -> Bytes {
        if let Some(incomplete) = exception.downcast_ref::<IncompleteReadError>() {
            return Ok(incomplete.partial.clone());
        }
        let Some(overrun) = exception.downcast_ref::<LimitOverrunError>() else {
            return Err(exception);
        };
        let mut buffer = self.buffer.borrow_mut();
        match buffer.bytes().get(overrun.consumed) {
            Some(b'\n') => buffer.drop_front(overrun.consumed + 1),
            _ => buffer.clear(),
        }
        drop(buffer);
        self.may_resume_transport();
        Err(Exception::new(Kind::ValueError, overrun.text()))
    }
}

#[cold]
fn overrun(consumed: usize, is_found: bool) -> Exception {
    LimitOverrunError { consumed, is_found }.into()
}

/// The task does not wait any longer, for whatever reason.
struct NotWaiting<'a>(&'a Inner);

impl Drop for NotWaiting<'_> {
    fn drop(&mut self) {
        let waiter = self.0.waiter.take();
        drop(waiter); // when the cell is free
    }
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReader")
            .field("buffered", &self.0.buffer.borrow().len())
            .field("eof", &self.0.is_at_eof.get())
            .field("paused", &self.0.is_paused.get())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few bytes in a large vector would hold its memory as long as they are unread.
    #[test]
    fn a_vector_is_taken_if_it_is_half_full_and_copied_otherwise() {
        let reader = StreamReader::new(1000).unwrap();
        let mut few = Vec::with_capacity(100);
        few.extend([1; 49]);
        reader.feed_owned(&mut few).unwrap();
        assert_eq!(few.len(), 49); // it is still the caller's
        let mut half = Vec::with_capacity(100);
        half.extend([2; 50]);
        reader.feed_owned(&mut half).unwrap();
        assert!(half.is_empty());
        assert_eq!(reader.buffer(), [[1; 49].as_slice(), &[2; 50]].concat());
    }
}
