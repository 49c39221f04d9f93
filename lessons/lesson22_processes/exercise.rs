//! Your turn. Everything compiles, and nothing is right yet.
//!
//! **Exercise 1: waiting for a process, and for Ctrl-C.** Close the page, and write the bodies that are marked `TODO`.
//! You need no other type or field, and no import that is not here. The functions of `signal_hook` are
//! `low_level::pipe::register`, `flag::register` and `flag::register_conditional_default`.
//!
//! **Exercise 2: `stop`**, at the end, uses all of it.

use std::io::{self, ErrorKind};
use std::process::{Child, ExitStatus};
use std::sync::{Once, atomic::AtomicBool};
use std::{ffi::c_int, rc::Rc};

use mio::unix::pipe::{self, Receiver, Sender};
use signal_hook::consts::{SIGCHLD, SIGINT};
use signal_hook::{SigId, flag, low_level};

use tminus_lessons::lesson22_processes::{Loop, Process, Source, read_to_end};

#[allow(unused_imports, reason = "your bodies will use them")]
use std::{future::poll_fn, pin::pin, sync::atomic::Ordering, task::Poll};

/// Awaits two futures at the same time.
pub async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    // TODO: this awaits one after the other (steps 1 and 2).
    (first.await, second.await)
}

/// Awaits a future until `end` is ready. Returns `None` if `end` is ready first: the future is dropped.
pub async fn until<T>(end: impl Future, future: impl Future<Output = T>) -> Option<T> {
    // TODO: this waits for the future, however long it takes (step 4).
    drop(end);
    Some(future.await)
}

/// Writes the input to a process, and reads its output at the same time.
pub async fn communicate(
    stdin: Source<Sender>,
    stdout: Source<Receiver>,
    input: &[u8],
) -> io::Result<Vec<u8>> {
    // TODO: this writes all of it first, and `cat` never learns that no more will come (steps 1 and 2). A process that ends
    // before it has read all is no error (`ErrorKind::BrokenPipe`).
    stdin.write_all(input).await?;
    read_to_end(&stdout).await
}

/// A signal, as bytes that the loop can wait for.
pub struct Signal {
    bytes: Source<Receiver>,
    writes: SigId,
}

impl Signal {
    /// From now on, each arrival writes a byte.
    pub fn new(on: &Rc<Loop>, signal: c_int) -> io::Result<Self> {
        // TODO: this sets a flag at which nobody looks (step 3).
        let (_sender, receiver) = pipe::new()?;
        let bytes = Source::new(on, receiver)?;
        static UNSEEN: AtomicBool = AtomicBool::new(false);
        let writes = flag::register(signal, &UNSEEN)?;
        Ok(Self { bytes, writes })
    }

    /// Waits until the signal has arrived, since the last call.
    pub async fn arrived(&self) -> io::Result<()> {
        // TODO: this does not wait (step 3).
        let _ = &self.bytes;
        Ok(())
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        low_level::unregister(self.writes);
    }
}

/// Whether the next Ctrl-C ends the process: nobody listens, or the last one has no answer yet.
pub static IS_FATAL: AtomicBool = AtomicBool::new(true);
static FIRST_ACTION: Once = Once::new();

/// Ctrl-C, which the program answers. There is one of these at a time.
pub struct Interrupts {
    sets_flag: SigId,
    arrivals: Signal,
}

impl Interrupts {
    /// From now on, Ctrl-C ends the process only if the last one has no answer yet.
    pub fn new(on: &Rc<Loop>) -> io::Result<Self> {
        // TODO: Ctrl-C does nothing at all (step 4). What are the three actions, and in which order? And until when does
        // nobody listen?
        let _ = (&FIRST_ACTION, &IS_FATAL);
        static UNSEEN: AtomicBool = AtomicBool::new(false);
        let sets_flag = flag::register(SIGINT, &UNSEEN)?;
        let arrivals = Signal::new(on, SIGINT)?;
        Ok(Self {
            sets_flag,
            arrivals,
        })
    }

    /// Waits for a Ctrl-C, and answers it.
    pub async fn next(&self) -> io::Result<()> {
        self.arrivals.arrived().await?;
        // TODO: it is never answered (step 4).
        Ok(())
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        // TODO: from now on, nobody listens. What does Ctrl-C do then?
        low_level::unregister(self.sets_flag);
    }
}

/// Waits until a process has ended.
pub async fn wait(on: &Rc<Loop>, child: &mut Child) -> io::Result<ExitStatus> {
    // TODO: this looks once (step 3). A process can also end between two lines of yours.
    let _ = (on, SIGCHLD);
    child.try_wait()?.ok_or(ErrorKind::WouldBlock.into())
}

/// Ends a process: closes its input, and waits for it. If `end` is ready first, kills it.
pub async fn stop(on: &Rc<Loop>, process: Process, end: impl Future) -> io::Result<ExitStatus> {
    // TODO: this only closes the input. What could keep the process from ending, although it wants to? And what is left
    // of a process that was killed?
    let mut child = process.child;
    drop((process.stdin, process.stdout, end));
    let _ = on;
    child.try_wait()?.ok_or(ErrorKind::WouldBlock.into())
}
