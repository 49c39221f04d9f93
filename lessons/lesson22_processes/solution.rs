//! One way to solve the exercises.
//!
//! **`communicate`.** A pipe is a queue with a limit, and a full queue makes its producer wait. Two programs with two
//! pipes between them are a cycle: each can wait for the other to read. The parent breaks the cycle by never waiting for
//! one pipe only: it is always ready to read. Otherwise the program is not slow, but hangs. The last thing to be written
//! is the end: `cat` continues until its input is closed. So the parent closes the pipe as soon as all is written, and
//! not when all is read.
//!
//! **`Signal` and `wait`.** A signal interrupts the program anywhere, perhaps in the middle of an allocation. So a
//! handler does one thing that is always allowed: it writes a byte into a pipe. If the pipe is full, the handler does
//! not wait. The byte is an event, and the loop waits for events anyway. It says "look again", and neither which process
//! has ended nor how many. So the task looks first, and waits afterwards, as in lesson 20, and for the same reason. And
//! before it looks, it begins to listen. The signal of a process that ended before somebody listened does not come
//! twice.
//!
//! **`Interrupts`.** The first action asks whether somebody has failed to answer, and the second notes that somebody
//! has to. In the other order, the first Ctrl-C would be fatal. The byte comes last: a loop on another thread clears
//! the flag as soon as it has read the byte, and the flag must be set by then. So a program that runs answers each
//! Ctrl-C, and a program that hangs dies of the second. The flag is also set while nobody listens: `new` clears it last,
//! and `drop` sets it first. So at any moment, Ctrl-C either ends the process, or has a listener.
//!
//! **`stop`.** Asking first and killing afterwards is a use of `until`. A process may have much to say before it ends.
//! If nobody reads that, the process cannot write, does not end, and would be killed although it wanted to end. A
//! process that was killed is waited for like any other. `until` has dropped the first `wait`, which loses nothing: the
//! second one looks again.

use std::io::{self, ErrorKind};
use std::process::{Child, ExitStatus};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{ffi::c_int, future::poll_fn, pin::pin, rc::Rc, task::Poll};

use mio::unix::pipe::{self, Receiver, Sender};
use signal_hook::consts::{SIGCHLD, SIGINT};
use signal_hook::{SigId, flag, low_level};

use tminus_lessons::lesson22_processes::{Loop, Process, Source, read_to_end};

pub async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    poll_fn(|cx| {
        if a.is_none()
            && let Poll::Ready(result) = first.as_mut().poll(cx)
        {
            a = Some(result);
        }
        if b.is_none()
            && let Poll::Ready(result) = second.as_mut().poll(cx)
        {
            b = Some(result);
        }
        match (&a, &b) {
            (Some(_), Some(_)) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    })
    .await;
    a.zip(b).expect("both are done")
}

pub async fn until<T>(end: impl Future, future: impl Future<Output = T>) -> Option<T> {
    let (mut end, mut future) = (pin!(end), pin!(future));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => end.as_mut().poll(cx).map(|_| None),
    })
    .await
}

pub async fn communicate(
    stdin: Source<Sender>,
    stdout: Source<Receiver>,
    input: &[u8],
) -> io::Result<Vec<u8>> {
    let write = async {
        let written = stdin.write_all(input).await;
        drop(stdin); // this is how the process learns that no more will come
        written
    };
    let (written, output) = both(write, read_to_end(&stdout)).await;
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => output, // a process may end before it has read all
    }
}

pub struct Signal {
    bytes: Source<Receiver>,
    writes: SigId,
}

impl Signal {
    pub fn new(on: &Rc<Loop>, signal: c_int) -> io::Result<Self> {
        let (sender, receiver) = pipe::new()?;
        let bytes = Source::new(on, receiver)?;
        let writes = low_level::pipe::register(signal, sender)?;
        Ok(Self { bytes, writes })
    }

    pub async fn arrived(&self) -> io::Result<()> {
        self.bytes.read(&mut [0; 64]).await.map(drop)
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        low_level::unregister(self.writes);
    }
}

pub static IS_FATAL: AtomicBool = AtomicBool::new(true);
static FIRST_ACTION: Once = Once::new();

pub struct Interrupts {
    sets_flag: SigId,
    arrivals: Signal,
}

impl Interrupts {
    pub fn new(on: &Rc<Loop>) -> io::Result<Self> {
        FIRST_ACTION.call_once(|| {
            let done = flag::register_conditional_default(SIGINT, &IS_FATAL);
            done.expect("the system has an action for SIGINT");
        });
        let sets_flag = flag::register(SIGINT, &IS_FATAL)?; // the second action
        let arrivals = Signal::new(on, SIGINT)?; // the third
        IS_FATAL.store(false, Ordering::SeqCst); // last: until now, nobody could answer
        Ok(Self {
            sets_flag,
            arrivals,
        })
    }

    pub async fn next(&self) -> io::Result<()> {
        self.arrivals.arrived().await?;
        IS_FATAL.store(false, Ordering::SeqCst);
        Ok(())
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        IS_FATAL.store(true, Ordering::SeqCst); // first, so that no Ctrl-C is lost in between
        low_level::unregister(self.sets_flag);
    }
}

pub async fn wait(on: &Rc<Loop>, child: &mut Child) -> io::Result<ExitStatus> {
    let ends = Signal::new(on, SIGCHLD)?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        ends.arrived().await?; // some process has ended
    }
}

/// Ends a process: closes its input, and waits for it. If `end` is ready first, kills it.
pub async fn stop(on: &Rc<Loop>, process: Process, end: impl Future) -> io::Result<ExitStatus> {
    let mut child = process.child;
    let by_itself = async {
        let talk = communicate(process.stdin, process.stdout, b"");
        both(talk, wait(on, &mut child)).await
    };
    if let Some((_, status)) = until(end, by_itself).await {
        return status;
    }
    child.kill()?;
    wait(on, &mut child).await // until then, it is a zombie
}
