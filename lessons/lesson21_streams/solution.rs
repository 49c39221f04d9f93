//! One way to solve the exercises.
//!
//! **`StreamReader`.** The buffer is the stream. A read takes bytes out in the turn in which it returns them, so it can be
//! cancelled at any `.await`, and the next read finds the same bytes. `readexactly` waits in a `while`: what has arrived
//! may not be enough. `wait_for_room` waits in an `if`: woken for a hungry read, `feed` continues with a buffer too full.
//!
//! **`StreamWriter`.** Nearly always a socket takes all bytes, so a program that ignores the number works for a long time.
//! `drain` protects only a task that awaits it. The two marks are a *hysteresis*: off at one value, and on at another.
//!
//! **`Frames`.** One `readexactly` is safe to cancel, but two in a row are not. Between the two, the length is in a local
//! variable of a future. If the task is cancelled there, the next call takes the first byte of a message for a length. The
//! cure is the same as in the reader: the bytes taken out of the stream are kept in something that outlives the call.

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::{net::ReadHalf, net::TcpStream, net::WriteHalf, spawn_named};
use tminus_lessons::lesson18_sync::Waiters;
use tminus_lessons::lesson21_streams::{Exception, IncompleteReadError, Kind};

const PIECE: usize = 4096;

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
    pub fn new(limit: usize) -> Self {
        let empty = ReaderState::default();
        Self(Rc::new(ReaderState { limit, ..empty }))
    }

    pub fn feed_data(&self, data: &[u8]) {
        self.0.buffer.borrow_mut().extend(data);
        self.0.data.wake_one();
    }

    pub fn feed_eof(&self) {
        self.0.ended.set(true);
        self.0.data.wake_one();
    }

    pub fn buffered(&self) -> usize {
        self.0.buffer.borrow().len()
    }

    async fn wait_for_data(&self) -> Result<(), Exception> {
        if self.0.waiting.replace(true) {
            return Err(Exception::new(Kind::RuntimeError, "another task waits"));
        }
        self.0.room.wake_one();
        let outcome = self.0.data.wait(|| ()).await;
        self.0.waiting.set(false);
        outcome
    }

    fn take(&self, n: usize) -> Vec<u8> {
        let taken = self.0.buffer.borrow_mut().drain(..n).collect();
        if self.buffered() <= self.0.limit {
            self.0.room.wake_one();
        }
        taken
    }

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

    pub async fn readline(&self) -> Result<Vec<u8>, Exception> {
        let line = self.readuntil(b"\n").await;
        line.or_else(|exception| match exception.downcast_ref() {
            Some(IncompleteReadError { partial, .. }) => Ok(partial.clone()),
            None => Err(exception),
        })
    }

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

    pub async fn wait_for_room(&self) -> Result<(), Exception> {
        if self.buffered() > 2 * self.0.limit {
            self.0.room.wait(|| ()).await?;
        }
        Ok(())
    }

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
    pub fn new(high: usize, low: usize) -> Self {
        let empty = WriterState::default();
        Self(Rc::new(WriterState { high, low, ..empty }))
    }

    pub fn write(&self, data: impl AsRef<[u8]>) {
        self.0.buffer.borrow_mut().extend(data.as_ref());
        self.0.data.wake_one();
    }

    pub fn close(&self) {
        self.0.closing.set(true);
        self.0.data.wake_one();
    }

    pub fn buffered(&self) -> usize {
        self.0.buffer.borrow().len()
    }

    pub async fn drain(&self) -> Result<(), Exception> {
        if self.buffered() > self.0.high && !self.0.finished.get() {
            self.0.drains.wait(|| ()).await?;
        }
        if self.0.finished.get() {
            return Err(Exception::new(Kind::Error, "Connection lost"));
        }
        Ok(())
    }

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

    fn wake_drains(&self) {
        while self.0.drains.wake_one() {}
    }
}

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

pub struct Frames {
    reader: StreamReader,
    length: Option<usize>, // that of the message whose bytes are still to be read
}

impl Frames {
    pub fn new(reader: StreamReader) -> Self {
        let length = None;
        Self { reader, length }
    }

    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Exception> {
        let length = match self.length {
            Some(length) => length,
            None => match self.reader.readexactly(1).await {
                Ok(byte) => byte[0].into(),
                Err(end) if end.downcast_ref::<IncompleteReadError>().is_some() => return Ok(None),
                Err(exception) => return Err(exception),
            },
        };
        self.length = Some(length); // before the next `.await`
        let message = self.reader.readexactly(length).await?;
        self.length = None;
        Ok(Some(message))
    }
}
