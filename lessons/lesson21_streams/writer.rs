//! The other direction: bytes that were written, and that the socket has not taken yet.

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::net::{TcpStream, WriteHalf};
use tminus::spawn_named;
use tminus_lessons::lesson18_sync::Waiters;

use super::{Exception, Kind, PIECE, StreamReader};

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
        self.0.buffer.borrow_mut().extend(data.as_ref());
        self.0.data.wake_one();
    }

    /// Closes this direction when all is sent. Then the other end reads the end of the stream.
    pub fn close(&self) {
        self.0.closing.set(true);
        self.0.data.wake_one();
    }

    /// Returns the number of bytes that were written and have not been sent.
    pub fn buffered(&self) -> usize {
        self.0.buffer.borrow().len()
    }

    /// If more bytes than the high mark are left, waits until there are no more than the low mark.
    pub async fn drain(&self) -> Result<(), Exception> {
        if self.buffered() > self.0.high && !self.0.finished.get() {
            self.0.drains.wait(|| ()).await?;
        }
        if self.0.finished.get() {
            return Err(Exception::new(Kind::Error, "Connection lost"));
        }
        Ok(())
    }

    /// Moves bytes from the stream into a socket, until the stream is closed and all is sent.
    async fn flush(&self, mut socket: WriteHalf) -> Result<(), Exception> {
        loop {
            let piece = Vec::from_iter(self.0.buffer.borrow().iter().take(PIECE).copied());
            if !piece.is_empty() {
                let n = socket.write(&piece).await?;
                self.0.buffer.borrow_mut().drain(..n);
                if self.buffered() <= self.0.low {
                    self.wake_drains();
                }
            } else if self.0.closing.get() {
                return Ok(()); // the half is dropped, which closes it
            } else {
                self.0.data.wait(|| ()).await?;
            }
        }
    }

    /// Wakes all tasks that wait in `drain`.
    fn wake_drains(&self) {
        while self.0.drains.wake_one() {}
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
