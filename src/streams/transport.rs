//! Between a socket and the two ends of its stream: asyncio's `_SelectorSocketTransport` and `StreamReaderProtocol`.
//!
//! # States
//!
//! | state | `is_closing` | `is_lost` | `socket` | left by |
//! |---|---|---|---|---|
//! | open | no | no | there | `close`; an error or `abort`, which go to *being lost* |
//! | flushing | yes | no | there | the buffer is written: to *being lost*, in the same call |
//! | being lost | yes | yes | there | `connection_lost`, in the next round |
//! | lost | yes | yes | none | |
//!
//! # Invariant
//!
//! - The buffer is empty, or the socket is watched for writing. Then the loop holds the transport, so what was written before
//!   `close` is sent, whoever drops the stream.
//! - Otherwise the loop holds it weakly: a stream that nobody holds is closed.
//! - `is_writing_paused` from when the buffer is above its high mark until it is at its low mark.
//!
//! All in the order of asyncio's, round for round.

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    io,
    net::Shutdown,
    rc::{Rc, Weak},
};

use super::{
    buffer::Buffer,
    reader::{Flow, StreamReader},
    waits::Waits,
};
use crate::{
    Exception, Kind,
    event_loop::{Callable, Kernel, LineWords, Party},
    net,
    sockets::{Address, Side, Source, Stream},
    yield_now,
};

const DRAIN: LineWords = LineWords {
    kind: "drain",
    words: "room to write to",
};

const CLOSE: LineWords = LineWords {
    kind: "close",
    words: "the end of the connection to",
};

/// How many bytes are read at a time.
const PIECE: usize = 64 * 1024;

/// How many bytes are read in a round: as many as asyncio reads at a time.
const MOST: usize = 256 * 1024;

/// Above this many unsent bytes, `drain` waits.
const HIGH: usize = 64 * 1024;

pub(super) struct Transport {
    kernel: Rc<Kernel>,
    socket: RefCell<Option<Rc<dyn Stream>>>,
    source: Rc<Source>,
    reader: StreamReader,
    buffer: RefCell<Buffer>,
    high: Cell<usize>,
    low: Cell<usize>,
    /// What is called when the socket can be read. `None` while that is paused or over.
    reading: RefCell<Option<Rc<ReadReady>>>,
    /// An error that came after bytes in one round. Asyncio, which reads once in a round, has it in the next.
    read_error: Cell<Option<io::Error>>,
    /// The round in which `write` last sent bytes, and how many these were.
    sent: Cell<(u64, usize)>,
    is_reading_paused: Cell<bool>,
    is_writing_paused: Cell<bool>,
    is_closing: Cell<bool>,
    has_written_eof: Cell<bool>,
    is_lost: Cell<bool>,
    /// How the connection has ended.
    end: RefCell<Option<Result<(), Exception>>>,
    /// Whoever waits for that.
    closes: Waits,
    /// Whoever waits until it may write again.
    drains: Waits,
    /// Told when the connection is lost.
    owner: RefCell<Option<Box<dyn FnOnce()>>>,
    local: Option<Address>,
    peer: Option<Address>,
    own: Weak<Transport>,
}

/// Asyncio's handle of a reader. One that was scheduled already can still be cancelled.
struct ReadReady {
    transport: Weak<Transport>,
    is_cancelled: Cell<bool>,
}

/// It holds the transport until all is sent.
struct WriteReady(Rc<Transport>);

impl Callable for ReadReady {
    fn call(&self) -> Option<Result<(), Exception>> {
        if !self.is_cancelled.get()
            && let Some(transport) = self.transport.upgrade()
        {
            transport.can_read();
        }
        None
    }
}

impl Callable for WriteReady {
    fn call(&self) -> Option<Result<(), Exception>> {
        self.0.can_write();
        None
    }
}

impl Flow for Transport {
    fn pause_reading(&self) {
        if !self.is_closing.get() && !self.is_reading_paused.replace(true) {
            self.stops_reading();
        }
    }

    fn resume_reading(&self) {
        if !self.is_closing.get() && self.is_reading_paused.replace(false) {
            self.starts_reading();
        }
    }
}

impl Transport {
    pub(super) fn new(
        kernel: &Rc<Kernel>,
        socket: Rc<dyn Stream>,
        reader: &StreamReader,
    ) -> Rc<Self> {
        let source = socket.source().clone();
        let (local, peer) = (socket.local_addr().ok(), socket.peer_addr().ok());
        Rc::new_cyclic(|own| Self {
            kernel: kernel.clone(),
            socket: RefCell::new(Some(socket)),
            source,
            reader: reader.clone(),
            buffer: RefCell::default(),
            high: Cell::new(HIGH),
            low: Cell::new(HIGH / 4),
            reading: RefCell::default(),
            read_error: Cell::default(),
            sent: Cell::default(),
            is_reading_paused: Cell::default(),
            is_writing_paused: Cell::default(),
            is_closing: Cell::default(),
            has_written_eof: Cell::default(),
            is_lost: Cell::default(),
            end: RefCell::default(),
            closes: Waits::default(),
            drains: Waits::default(),
            owner: RefCell::default(),
            local,
            peer,
            own: own.clone(),
        })
    }

    /// The reader knows its transport from now on.
    pub(super) fn is_made(self: &Rc<Self>) {
        let flow: Rc<dyn Flow> = self.clone();
        self.reader.set_transport(Rc::downgrade(&flow));
        self.reader.set_party(self.source.party());
    }

    /// Begins to read, unless it is closed or paused already.
    pub(super) fn starts_reading(&self) {
        if self.is_closing.get() || self.is_reading_paused.get() {
            return;
        }
        let reading = Rc::new(ReadReady {
            transport: self.own.clone(),
            is_cancelled: Cell::new(false),
        });
        self.source.watch(Side::Read, reading.clone());
        self.reading.replace(Some(reading));
    }

    fn stops_reading(&self) {
        self.source.unwatch(Side::Read);
        if let Some(reading) = self.reading.take() {
            reading.is_cancelled.set(true);
        }
    }

    /// Calls `owner` once, when the connection is lost.
    pub(super) fn set_owner(&self, owner: impl FnOnce() + 'static) {
        self.owner.replace(Some(Box::new(owner)));
    }

    fn socket(&self) -> Option<Rc<dyn Stream>> {
        self.socket.borrow().clone()
    }

    /// The two addresses are known beyond the end of the connection.
    pub(super) fn local_addr(&self) -> Option<&Address> {
        self.local.as_ref()
    }

    pub(super) fn peer_addr(&self) -> Option<&Address> {
        self.peer.as_ref()
    }

    pub(super) fn party(&self) -> &Rc<Party> {
        self.source.party()
    }

    pub(super) fn reader(&self) -> &StreamReader {
        &self.reader
    }

    fn can_read(&self) {
        let Some(socket) = self.socket().filter(|_| !self.is_lost.get()) else {
            return;
        };
        let mut total = 0;
        while self.reads_piece(&socket, &mut total) {}
    }

    /// Reads at most [`PIECE`] bytes. Returns `true` if there may be more to read in this round.
    fn reads_piece(&self, socket: &Rc<dyn Stream>, total: &mut usize) -> bool {
        let read = match self.read_error.take() {
            Some(error) => Err(error),
            None => self.source.with_scratch(PIECE, |scratch| {
                let read = socket.try_fill(scratch)?;
                Ok((read, self.reader.feed_owned(scratch)))
            }),
        };
        match read {
            Ok((0, _)) if *total > 0 => {} // in the next round, as in asyncio, which reads once in a round
            Ok((0, _)) => {
                self.stops_reading();
                self.reader.feed_eof();
            }
            Ok((read, Ok(()))) => {
                *total += read;
                return read >= PIECE
                    && *total < MOST
                    && self.reading.borrow().is_some()
                    && !self.source.is_closed(Side::Read);
            }
            Ok((_, Err(exception))) => self.breaks(Some(exception)),
            Err(error) if may_try_again(&error) => self.would_block(Side::Read, &error),
            Err(error) if *total > 0 => self.read_error.set(Some(error)),
            Err(error) => self.breaks(Some(self.error("read from", error))),
        }
        false
    }

    fn would_block(&self, side: Side, error: &io::Error) {
        if error.kind() == io::ErrorKind::WouldBlock {
            self.source.is_exhausted(side);
        }
    }

    /// Sends what it can now, and the rest later.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` after `write_eof`.
    pub(super) fn write(&self, data: &[u8]) -> Result<(), Exception> {
        if self.has_written_eof.get() {
            return Err(after_eof("write"));
        }
        let Some(socket) = self
            .socket()
            .filter(|_| !data.is_empty() && !self.is_lost.get())
        else {
            return Ok(()); // as in asyncio: whoever drains or reads learns of the loss
        };
        let mut left = data;
        if self.buffer.borrow().is_empty() {
            match socket.try_write(data) {
                Ok(written) => {
                    self.has_sent(written);
                    left = &data[written..];
                }
                Err(error) if may_try_again(&error) => self.would_block(Side::Write, &error),
                Err(error) => {
                    self.breaks(Some(self.error("write to", error)));
                    return Ok(());
                }
            }
            if left.is_empty() {
                return Ok(());
            }
            self.watches_writing();
        }
        self.buffer.borrow_mut().extend(left);
        self.may_pause_writing();
        Ok(())
    }

    fn has_sent(&self, bytes: usize) {
        let (round, sent) = (self.kernel.rounds.get(), self.sent.get());
        let before = if sent.0 == round { sent.1 } else { 0 };
        self.sent.set((round, before + bytes));
    }

    fn has_sent_its_share(&self) -> bool {
        let (round, bytes) = self.sent.get();
        let share = self.socket().and_then(|socket| socket.share());
        share.is_some_and(|share| bytes >= share) && round == self.kernel.rounds.get()
    }

    /// Like [`write`](Transport::write), for pieces that are sent together.
    pub(super) fn writelines(&self, pieces: &[impl AsRef<[u8]>]) -> Result<(), Exception> {
        if self.has_written_eof.get() {
            return Err(after_eof("writelines"));
        }
        if pieces.is_empty() || self.is_lost.get() {
            return Ok(());
        }
        for piece in pieces {
            self.buffer.borrow_mut().extend(piece.as_ref());
        }
        if self.buffer.borrow().is_empty() {
            return Ok(());
        }
        self.can_write();
        if !self.buffer.borrow().is_empty() {
            self.watches_writing();
            self.may_pause_writing();
        }
        Ok(())
    }

    fn watches_writing(&self) {
        if let Some(own) = self.own.upgrade() {
            self.source.watch(Side::Write, Rc::new(WriteReady(own)));
        }
    }

    fn can_write(&self) {
        let Some(socket) = self.socket().filter(|_| !self.is_lost.get()) else {
            return;
        };
        let written = socket.try_write(self.buffer.borrow().bytes());
        match written {
            Ok(written) => self.buffer.borrow_mut().drop_front(written),
            Err(error) if may_try_again(&error) => return self.would_block(Side::Write, &error),
            Err(error) => return self.breaks(Some(self.error("write to", error))),
        }
        self.may_resume_writing();
        if !self.buffer.borrow().is_empty() {
            return;
        }
        self.source.unwatch(Side::Write);
        match self.is_closing.get() {
            true => self.connection_lost(None),
            false if self.has_written_eof.get() => self.shuts_down(),
            false => {}
        }
    }

    fn may_pause_writing(&self) {
        if self.buffer.borrow().len() > self.high.get() {
            self.is_writing_paused.set(true);
        }
    }

    fn may_resume_writing(&self) {
        let is_low = self.buffer.borrow().len() <= self.low.get();
        if is_low && self.is_writing_paused.replace(false) {
            self.drains.end(&Ok(()));
        }
    }

    pub(super) fn set_limits(&self, high: usize, low: usize) {
        self.high.set(high);
        self.low.set(low);
        self.may_pause_writing();
    }

    /// The low and the high mark.
    pub(super) fn limits(&self) -> (usize, usize) {
        (self.low.get(), self.high.get())
    }

    pub(super) fn unsent(&self) -> usize {
        self.buffer.borrow().len()
    }

    /// Closes this side when all is sent.
    pub(super) fn write_eof(&self) {
        if !self.is_closing.get() && !self.has_written_eof.replace(true) && self.unsent() == 0 {
            self.shuts_down();
        }
    }

    fn shuts_down(&self) {
        if let Some(socket) = self.socket() {
            // If the connection is broken, the next read or write says so.
            drop(socket.shutdown(Shutdown::Write));
        }
    }

    /// Closes the connection when all is sent.
    pub(super) fn close(&self) {
        if self.is_closing.replace(true) {
            return;
        }
        self.stops_reading();
        if self.unsent() == 0 {
            self.is_lost.set(true);
            self.source.unwatch(Side::Write);
            self.loses_connection_soon(None);
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.get()
    }

    /// Closes the connection now: after an error, or because somebody aborts it. What is not sent is lost.
    pub(super) fn breaks(&self, exception: Option<Exception>) {
        if self.is_lost.replace(true) {
            return;
        }
        self.buffer.borrow_mut().clear();
        self.is_closing.set(true);
        self.stops_reading();
        self.loses_connection_soon(exception);
        self.source.unwatch(Side::Write); // the last, because the watcher may be what holds this
    }

    fn loses_connection_soon(&self, exception: Option<Exception>) {
        if let Some(own) = self.own.upgrade() {
            let lost = Lost(Cell::new(Some((own, exception))));
            self.kernel.call_soon(Rc::new(lost));
        }
    }

    /// The connection is over: tells the reader, and whoever waits.
    fn connection_lost(&self, exception: Option<Exception>) {
        self.is_lost.set(true);
        match &exception {
            None => self.reader.feed_eof(),
            Some(exception) => self.reader.set_exception(exception.clone()),
        }
        let end = exception.map_or(Ok(()), Err);
        self.closes.end(&end);
        if self.is_writing_paused.get() {
            self.drains.end(&end);
        }
        self.end.replace(Some(end));
        let socket = self.socket.take();
        drop(socket); // which closes it
        let owner = self.owner.take();
        if let Some(owner) = owner {
            owner();
        }
    }

    /// Waits until there is room: asyncio's `StreamWriter.drain`.
    pub(super) async fn drain(&self) -> Result<(), Exception> {
        if let Some(exception) = self.reader.exception() {
            return Err(exception);
        }
        if self.is_closing.get() {
            // So that a loop of `write` and `drain` sees the end of the connection, which is called in this round.
            yield_now().await?;
        }
        // Only once the loss was told: until then, as in asyncio, there may be room.
        if self.socket.borrow().is_none() {
            let lost = io::Error::new(io::ErrorKind::ConnectionReset, "Connection lost");
            return Err(self.error("write to", lost));
        }
        if !self.is_writing_paused.get() {
            if self.has_sent_its_share() {
                yield_now().await?;
            }
            return Ok(());
        }
        self.drains.wait(&self.kernel, &DRAIN, self.party()).await
    }

    /// Waits for the end of the connection. Each caller has a future of its own. In CPython all callers share a future, so
    /// cancelling one caller cancels all of them.
    pub(super) async fn wait_closed(&self) -> Result<(), Exception> {
        let end = self.end.borrow().clone();
        match end {
            Some(end) => end,
            None => self.closes.wait(&self.kernel, &CLOSE, self.party()).await,
        }
    }

    #[cold]
    fn error(&self, action: &'static str, error: io::Error) -> Exception {
        net::Error::new(action, self.source.party(), error).into()
    }
}

/// A connection that is lost in the next round.
struct Lost(Cell<Option<(Rc<Transport>, Option<Exception>)>>);

impl Callable for Lost {
    fn call(&self) -> Option<Result<(), Exception>> {
        let (transport, exception) = self.0.take()?;
        transport.connection_lost(exception);
        None
    }
}

fn may_try_again(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cold]
fn after_eof(method: &str) -> Exception {
    let message = format!("Cannot call {method}() after write_eof()");
    Exception::new(Kind::RuntimeError, message)
}
