//! The pipes of a process, as sockets that only read or only write.

use std::{
    cell::RefCell,
    io::{self, Read, Write},
    net::Shutdown,
    rc::Rc,
};

use mio::{
    Interest,
    event::Source as EventSource,
    unix::pipe::{Receiver, Sender},
};

use crate::{
    event_loop::Party,
    sockets::{Address, Registered, Selector, Side, Source, Stream},
};

/// The end of a pipe that reads what a process writes.
pub(super) struct ReadPipe(End<Receiver>);

/// The end of a pipe that writes what a process reads.
pub(super) struct WritePipe(End<Sender>);

struct End<P: EventSource> {
    source: Rc<Source>,
    /// `None` when it is closed, which is the only way to shut down a pipe.
    pipe: RefCell<Option<Registered<P>>>,
}

impl<P: EventSource> End<P> {
    fn new(
        selector: &Rc<Selector>,
        pipe: P,
        interest: Interest,
        words: String,
    ) -> io::Result<Self> {
        let pipe = selector.register(pipe, interest, Party::Words(words.into()))?;
        Ok(Self {
            source: pipe.source.clone(),
            pipe: RefCell::new(Some(pipe)),
        })
    }

    /// Returns `None` if the pipe is closed.
    fn with<T>(&self, act: impl FnOnce(&P) -> io::Result<T>) -> Option<io::Result<T>> {
        let pipe = self.pipe.borrow();
        Some(act(pipe.as_ref()?.io()))
    }

    fn close(&self) {
        let pipe = self.pipe.take();
        drop(pipe);
    }
}

impl ReadPipe {
    pub(super) fn new(
        selector: &Rc<Selector>,
        pipe: Receiver,
        words: String,
    ) -> io::Result<Rc<Self>> {
        pipe.set_nonblocking(true)?;
        let end = End::new(selector, pipe, Interest::READABLE, words)?;
        Ok(Rc::new(Self(end)))
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.pipe.borrow().is_some()
    }
}

impl WritePipe {
    pub(super) fn new(
        selector: &Rc<Selector>,
        pipe: Sender,
        words: String,
    ) -> io::Result<Rc<Self>> {
        pipe.set_nonblocking(true)?;
        let end = End::new(selector, pipe, Interest::WRITABLE, words)?;
        Ok(Rc::new(Self(end)))
    }
}

impl Stream for ReadPipe {
    fn source(&self) -> &Rc<Source> {
        &self.0.source
    }

    /// Closes the pipe at its end: nobody writes to it after that.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.with(|mut pipe| pipe.read(buffer)).unwrap_or(Ok(0))?;
        if read == 0 && !buffer.is_empty() {
            self.0.close();
        } else if read < buffer.len() {
            self.0.source.is_exhausted(Side::Read);
        }
        Ok(read)
    }

    fn try_write(&self, _data: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn shutdown(&self, _how: Shutdown) -> io::Result<()> {
        Ok(()) // nothing is written here
    }

    fn local_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn peer_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Stream for WritePipe {
    fn source(&self) -> &Rc<Source> {
        &self.0.source
    }

    /// Nothing is read here, but the end can be: the process has closed its standard input.
    fn try_read(&self, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.source.is_closed(Side::Read) {
            true => Ok(0),
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn try_write(&self, data: &[u8]) -> io::Result<usize> {
        let written = self.0.with(|mut pipe| pipe.write(data));
        let written = written.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()))?;
        if written < data.len() {
            self.0.source.is_exhausted(Side::Write);
        }
        Ok(written)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match how {
            Shutdown::Read => {}
            Shutdown::Write | Shutdown::Both => self.0.close(),
        }
        Ok(())
    }

    fn local_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn peer_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll};

    use super::*;
    use crate::{
        Exception,
        event_loop::running,
        run,
        sockets::{Operation, Remedy, Waits},
    };

    /// Both ends of a pipe.
    fn pair() -> Result<(Rc<ReadPipe>, Rc<WritePipe>), Exception> {
        let remedy = Remedy {
            what: "pipes",
            instead: "use a real clock",
        };
        let selector = Selector::of(&*running()?, remedy)?;
        let (write, read) = mio::unix::pipe::new()?;
        let read = ReadPipe::new(&selector, read, "the reader".to_owned())?;
        Ok((
            read,
            WritePipe::new(&selector, write, "the writer".to_owned())?,
        ))
    }

    /// Whether a task that needs one side would try immediately, instead of waiting for an event.
    async fn is_ready(pipe: &dyn Stream, side: Side) -> bool {
        let mut operation = Operation::new(pipe.source(), side);
        poll_fn(|cx| {
            let tried = operation.poll(Waits::of_stream(side, true), cx, || Ok(()));
            Poll::Ready(tried.is_ready())
        })
        .await
    }

    #[test]
    fn a_pipe_that_is_read_until_it_is_empty_waits_for_an_event() {
        run(async {
            let (read, write) = pair()?;
            write.try_write(b"abcd")?;
            assert_eq!(read.try_read(&mut [0; 2])?, 2);
            assert!(is_ready(&*read, Side::Read).await); // there may be more
            assert_eq!(read.try_read(&mut [0; 8])?, 2);
            assert!(!is_ready(&*read, Side::Read).await);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_pipe_that_took_all_can_take_more() {
        run(async {
            let (_read, write) = pair()?;
            assert_eq!(write.try_write(b"abcd")?, 4);
            assert!(is_ready(&*write, Side::Write).await);
            let most = write.try_write(&[0; 1 << 20])?;
            assert!(most < 1 << 20);
            assert!(!is_ready(&*write, Side::Write).await);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn the_end_that_reads_is_closed_at_the_end_of_the_pipe_and_writes_nothing() {
        run(async {
            let (read, write) = pair()?;
            let refused = read.try_write(b"a").unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
            write.try_write(b"a")?;
            write.shutdown(Shutdown::Write)?;
            assert_eq!(read.try_read(&mut [])?, 0); // which says nothing
            assert_eq!(read.try_read(&mut [0; 8])?, 1);
            assert!(read.is_open());
            assert_eq!(read.try_read(&mut [0; 8])?, 0);
            assert!(!read.is_open());
            assert_eq!(read.try_read(&mut [0; 8])?, 0);
            Ok(())
        })
        .unwrap();
    }
}
