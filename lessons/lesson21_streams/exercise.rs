//! Your turn. Everything compiles, and nothing is right yet.
//!
//! Close the page, and write the mechanism again. The checks use the public methods and `streams`: inside, you may do it in
//! another way, if you prefer.

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::net::{ReadHalf, TcpStream, WriteHalf};
use tminus::{spawn_named, yield_now};
use tminus_lessons::lesson18_sync::Waiters;
use tminus_lessons::lesson21_streams::{Exception, IncompleteReadError, Kind};

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
        // TODO: the task that waits does not learn of this (step 1).
        self.0.buffer.borrow_mut().extend(data);
    }

    /// Ends the stream. What is in it can still be read.
    pub fn feed_eof(&self) {
        // TODO: nor of this (step 2).
        self.0.ended.set(true);
    }

    /// Returns the number of bytes that have arrived and have not been read.
    pub fn buffered(&self) -> usize {
        self.0.buffer.borrow().len()
    }

    /// Waits until something arrives, or the stream ends. Raises `RuntimeError` if another task already waits.
    async fn wait_for_data(&self) -> Result<(), Exception> {
        // TODO: this asks in every round, any number of tasks can ask, and a paused `feed` stays paused (steps 1 and 3).
        let _ = (&self.0.waiting, &self.0.data, Kind::RuntimeError);
        yield_now().await
    }

    /// Takes the first `n` bytes out of the stream.
    fn take(&self, n: usize) -> Vec<u8> {
        // TODO: a paused `feed` stays paused (step 3).
        self.0.buffer.borrow_mut().drain(..n).collect()
    }

    /// Reads up to and including `separator`, of at least one byte. Raises `ValueError` if that is more than the limit away,
    /// and `IncompleteReadError` if the stream ends before it.
    pub async fn readuntil(&self, separator: &[u8]) -> Result<Vec<u8>, Exception> {
        // TODO: this takes a piece for a line (step 1), and knows no limit (step 3).
        let _ = (separator, self.0.limit);
        self.wait_for_data().await?;
        Ok(self.take(self.buffered()))
    }

    /// Reads a line with its `\n`. At the end of the stream it returns what is left, which may be nothing.
    pub async fn readline(&self) -> Result<Vec<u8>, Exception> {
        // TODO: at the end of the stream, this loses the last line (step 2).
        self.readuntil(b"\n").await
    }

    /// Reads exactly `n` bytes. Raises `IncompleteReadError` if the stream ends before that.
    pub async fn readexactly(&self, n: usize) -> Result<Vec<u8>, Exception> {
        // TODO: this does not wait (step 2).
        if self.buffered() < n {
            return Err(self.incomplete(Some(n)));
        }
        Ok(self.take(n))
    }

    fn incomplete(&self, expected: Option<usize>) -> Exception {
        // TODO: the bytes are not in it (step 2).
        let partial = Vec::new();
        IncompleteReadError { partial, expected }.into()
    }

    /// If the buffer holds more than twice the limit, waits until it is woken, once.
    pub async fn wait_for_room(&self) -> Result<(), Exception> {
        // TODO: there is always room (step 3).
        let _ = &self.0.room;
        Ok(())
    }

    /// Moves bytes from a socket into the stream, until the other end closes.
    async fn feed(&self, mut socket: ReadHalf) -> Result<(), Exception> {
        // TODO: this reads one piece (step 3).
        let mut piece = [0; PIECE];
        let n = socket.read(&mut piece).await?;
        self.feed_data(&piece[..n]);
        Ok(())
    }
}

/// The bytes of a stream that were written and have not been sent. Clones are handles to the same stream.
#[derive(Clone)]
pub struct StreamWriter(Rc<WriterState>);

#[derive(Default)]
struct WriterState {
    high: usize,                   // above it, `drain` waits
    low: usize,                    // until no more than this is left
    buffer: RefCell<VecDeque<u8>>, // written, and not sent
    closing: Cell<bool>,           // nothing more will be written
    finished: Cell<bool>,          // `flush` has ended: nothing more will be sent
    data: Waiters,                 // the task that flushes, if there is nothing to send
    drains: Waiters,               // tasks that wait until less is left
}

impl StreamWriter {
    /// Creates a writer with a high and a low mark.
    pub fn new(high: usize, low: usize) -> Self {
        let empty = WriterState::default();
        Self(Rc::new(WriterState { high, low, ..empty }))
    }

    /// Keeps `data` to be sent, and never waits.
    pub fn write(&self, data: impl AsRef<[u8]>) {
        // TODO: the task that flushes does not learn of this (step 4).
        self.0.buffer.borrow_mut().extend(data.as_ref());
    }

    /// Closes this direction when all is sent. Then the other end reads the end of the stream.
    pub fn close(&self) {
        // TODO: nor of this (step 4).
        self.0.closing.set(true);
    }

    /// Returns the number of bytes that were written and have not been sent.
    pub fn buffered(&self) -> usize {
        self.0.buffer.borrow().len()
    }

    /// If more bytes than the high mark are left, waits until there are no more than the low mark.
    pub async fn drain(&self) -> Result<(), Exception> {
        // TODO: this stops nobody (step 4).
        let _ = (self.0.high, self.0.low, &self.0.data, &self.0.finished);
        Ok(())
    }

    /// Moves bytes from the stream into a socket, until the stream is closed and all is sent.
    async fn flush(&self, mut socket: WriteHalf) -> Result<(), Exception> {
        // TODO: this writes once, and forgets what the socket did not take (step 4).
        let bytes: Vec<u8> = self.0.buffer.borrow_mut().drain(..).collect();
        socket.write(&bytes).await?;
        Ok(())
    }

    /// Wakes all tasks that wait in `drain`.
    fn wake_drains(&self) {
        // TODO: this wakes nobody (step 4).
        let _ = &self.0.drains;
    }
}

/// Makes a reader and a writer of a socket, and two tasks that move the bytes.
pub fn streams(
    socket: TcpStream,
    limit: usize,
    (high, low): (usize, usize),
) -> Result<(StreamReader, StreamWriter), Exception> {
    let (reads, writes) = socket.into_split();
    let (reader, writer) = (StreamReader::new(limit), StreamWriter::new(high, low));
    let (fed, flushed) = (reader.clone(), writer.clone());
    drop(spawn_named("feed", async move {
        let outcome = fed.feed(reads).await;
        fed.feed_eof();
        outcome
    })?);
    drop(spawn_named("flush", async move {
        let outcome = flushed.flush(writes).await;
        flushed.0.finished.set(true);
        flushed.wake_drains();
        outcome
    })?);
    Ok((reader, writer))
}

/// Messages of up to 255 bytes, each after one byte that says its length.
pub struct Frames {
    reader: StreamReader,
}

impl Frames {
    /// Creates the messages of a stream.
    pub fn new(reader: StreamReader) -> Self {
        Self { reader }
    }

    /// Reads the next message. Returns `None` if the stream ends before one begins, and raises `IncompleteReadError` if it
    /// ends inside one. If the task is cancelled, the next call returns the message that this one would have returned.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Exception> {
        // TODO: what is lost if the task is cancelled in the second line? And what happens at the end?
        let length = self.reader.readexactly(1).await?[0];
        let message = self.reader.readexactly(length.into()).await?;
        Ok(Some(message))
    }
}
