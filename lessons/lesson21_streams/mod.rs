#![doc = include_str!("README.md")]

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::net::ReadHalf;

pub use tminus::{Exception, Kind, sleep};
pub use tminus_lessons::lesson18_sync::Waiters;

pub mod connect;
pub mod fast;
pub mod fetch;
mod incomplete;
pub mod pieces;
mod screen;
mod writer;

pub use incomplete::IncompleteReadError;
pub use writer::{StreamWriter, streams};

/// The most bytes that are moved from or to a socket at a time.
const PIECE: usize = 4096;

/// The bytes of a stream that have arrived and have not been read. Clones are handles to the same stream.
#[derive(Clone)]
pub struct StreamReader(Rc<ReaderState>);

#[derive(Default)]
struct ReaderState {
    limit: usize,
    buffer: RefCell<VecDeque<u8>>, // arrived, and not read
    ended: Cell<bool>,             // nothing more will arrive
    waiting: Cell<bool>,           // a task waits for data
    data: Waiters,                 // that task
    room: Waiters,                 // the task that feeds, while it is paused
}

impl StreamReader {
    /// Creates a reader for lines of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        let empty = ReaderState::default();
        Self(Rc::new(ReaderState { limit, ..empty }))
    }

    /// Adds bytes that have arrived, and wakes the task that waits for some.
    pub fn feed_data(&self, data: &[u8]) {
        self.0.buffer.borrow_mut().extend(data);
        self.0.data.wake_one();
    }

    /// Ends the stream. What is in it can still be read.
    pub fn feed_eof(&self) {
        self.0.ended.set(true);
        self.0.data.wake_one();
    }

    /// Returns the number of bytes that have arrived and have not been read.
    pub fn buffered(&self) -> usize {
        self.0.buffer.borrow().len()
    }

    /// Waits until something arrives, or the stream ends. Raises `RuntimeError` if another task already waits.
    async fn wait_for_data(&self) -> Result<(), Exception> {
        if self.0.waiting.replace(true) {
            return Err(Exception::new(Kind::RuntimeError, "another task waits"));
        }
        self.0.room.wake_one();
        let outcome = self.0.data.wait(|| ()).await;
        self.0.waiting.set(false);
        outcome
    }

    /// Takes the first `n` bytes out of the stream.
    fn take(&self, n: usize) -> Vec<u8> {
        let taken = self.0.buffer.borrow_mut().drain(..n).collect();
        if self.buffered() <= self.0.limit {
            self.0.room.wake_one();
        }
        taken
    }

    /// Reads up to and including `separator`, of at least one byte. Raises `ValueError` if that is more than the limit away,
    /// and `IncompleteReadError` if the stream ends before it.
    pub async fn readuntil(&self, separator: &[u8]) -> Result<Vec<u8>, Exception> {
        loop {
            let found = {
                let mut buffer = self.0.buffer.borrow_mut();
                let mut windows = buffer.make_contiguous().windows(separator.len());
                windows.position(|window| window == separator)
            }; // here the borrow ends
            let before = found.unwrap_or((self.buffered() + 1).saturating_sub(separator.len()));
            if before > self.0.limit {
                return Err(Exception::new(Kind::ValueError, "longer than the limit"));
            }
            if let Some(start) = found {
                return Ok(self.take(start + separator.len()));
            }
            if self.0.ended.get() {
                return Err(self.incomplete(None));
            }
            self.wait_for_data().await?;
        }
    }

    /// Reads a line with its `\n`. At the end of the stream it returns what is left, which may be nothing.
    pub async fn readline(&self) -> Result<Vec<u8>, Exception> {
        let line = self.readuntil(b"\n").await;
        line.or_else(|exception| match exception.downcast_ref() {
            Some(IncompleteReadError { partial, .. }) => Ok(partial.clone()),
            None => Err(exception),
        })
    }

    /// Reads exactly `n` bytes. Raises `IncompleteReadError` if the stream ends before that.
    pub async fn readexactly(&self, n: usize) -> Result<Vec<u8>, Exception> {
        while self.buffered() < n {
            if self.0.ended.get() {
                return Err(self.incomplete(Some(n)));
            }
            self.wait_for_data().await?;
        }
        Ok(self.take(n))
    }

    fn incomplete(&self, expected: Option<usize>) -> Exception {
        let partial = self.take(self.buffered());
        IncompleteReadError { partial, expected }.into()
    }

    /// If the buffer holds more than twice the limit, waits until it is woken, once.
    pub async fn wait_for_room(&self) -> Result<(), Exception> {
        if self.buffered() > 2 * self.0.limit {
            self.0.room.wait(|| ()).await?;
        }
        Ok(())
    }

    /// Moves bytes from a socket into the stream, until the other end closes.
    async fn feed(&self, mut socket: ReadHalf) -> Result<(), Exception> {
        let mut piece = [0; PIECE];
        loop {
            let n = socket.read(&mut piece).await?;
            if n == 0 {
                return Ok(()); // the other end has closed
            }
            self.feed_data(&piece[..n]);
            self.wait_for_room().await?;
        }
    }
}
