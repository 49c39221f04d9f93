//! The pipe that ends a wait.

use std::{
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A pipe to oneself. Signals and other threads write a byte into it, and a loop that has nothing else to watch waits for that.
///
/// With the pipe, Ctrl-C is cheap for a program without sockets: each wait is one system call, as parking is, and no selector is
/// created.
pub(crate) struct Pipe {
    read: UnixStream,
    write: UnixStream,
    /// Whether a thread has written since the last wait. Further ones then have nothing to add. Signals do not know of it.
    is_written: AtomicBool,
}

impl Pipe {
    pub(super) fn new() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        Ok(Self {
            read,
            write,
            is_written: AtomicBool::new(false),
        })
    }

    /// The end for a signal.
    pub(super) fn writer(&self) -> io::Result<UnixStream> {
        self.write.try_clone()
    }

    /// The end that becomes readable.
    pub(crate) fn reader(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Waits until something is written, for `timeout` at most. May return early.
    pub(crate) fn wait(&self, timeout: Option<Duration>) {
        // A wait longer than the system can count is one without an end.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut ends = [PollFd::new(&self.read, PollFlags::IN)];
        // The only error that can occur is that a signal has interrupted it, and then the loop looks around as well.
        if poll(&mut ends, timeout.as_ref()).is_ok_and(|ready| ready > 0) {
            self.drains();
        }
    }

    /// Takes out what was written.
    pub(crate) fn drains(&self) {
        let mut bytes = [0; 64];
        while (&self.read)
            .read(&mut bytes)
            .is_ok_and(|count| count == bytes.len())
        {}
        // After the bytes are taken: a thread that finds the flag set leaves out a byte, and the loop looks for what that
        // thread has left when this wait is over.
        self.is_written.store(false, Ordering::SeqCst);
    }

    /// Ends the wait from another thread.
    pub(crate) fn interrupt(&self) {
        if !self.is_written.swap(true, Ordering::SeqCst) {
            // If the pipe is full, it is readable as well.
            drop((&self.write).write(b"t"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_before_a_wait_ends_it_and_is_taken_by_it() {
        let pipe = Pipe::new().unwrap();
        pipe.interrupt();
        pipe.interrupt();
        pipe.wait(None); // returns
        pipe.wait(Some(Duration::from_nanos(1)));
        let mut bytes = [0; 1];
        let nothing = (&pipe.read).read(&mut bytes).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        pipe.writer().unwrap().write_all(b"x").unwrap(); // a signal
        pipe.wait(Some(Duration::MAX));
        pipe.interrupt();
        pipe.wait(None);
    }

    /// However many signals have arrived.
    #[test]
    fn a_wait_takes_all_that_was_written() {
        let pipe = Pipe::new().unwrap();
        pipe.writer().unwrap().write_all(&[b'x'; 1000]).unwrap();
        pipe.wait(None);
        let nothing = (&pipe.read).read(&mut [0; 1]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn another_thread_ends_a_wait() {
        let pipe = Pipe::new().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| pipe.interrupt());
            pipe.wait(None);
        });
    }
}
