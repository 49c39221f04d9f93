//! One way to solve the exercises.
//!
//! **`communicate`.** A pipe is a queue with a limit, and a full queue makes its producer wait. Two programs with two
//! pipes between them are a cycle: each can wait for the other to read. Nothing in either program is wrong by itself.
//! The parent breaks the cycle by never waiting for one pipe only: whatever happens, it is ready to read. This is more
//! than a matter of speed. And the last thing that is written is the end: `cat` goes on until its input is closed, so
//! the parent closes it as soon as all is written, and not when all is read.
//!
//! **`Signal` and `wait`.** A signal interrupts the program anywhere, perhaps in the middle of an allocation. So a
//! handler does one thing that is always allowed: it writes a byte into a pipe. That is an event, and the loop waits
//! for events anyway. A byte says "look again", and nothing else: not which process, nor how many. So the task looks
//! first, and waits afterwards, as in lesson 20, and for the same reason. The signal of a process that ended before
//! somebody listened does not come twice.
//!
//! **`Interrupts`.** The first action asks whether somebody has failed to answer, and the second notes that somebody
//! has to. In the other order, the first Ctrl-C would be fatal. The loop clears the flag when it has taken notice. So a
//! program that runs answers all of them, and a program that hangs dies of the second.
//!
//! **`outputs`.** With one more pipe there is one more cycle. A process that fills the second output while we wait for
//! the end of the first waits forever, and so do we. All three have to be served at the same time.

use std::io::{self, ErrorKind};
use std::process::{Child, ExitStatus};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{ffi::c_int, future::poll_fn, pin::pin, rc::Rc, task::Poll};

use mio::unix::pipe::{self, Receiver, Sender};
use signal_hook::consts::{SIGCHLD, SIGINT};
use signal_hook::{SigId, flag, low_level};

use tminus_lessons::lesson22_processes::{Loop, Source, read_to_end};

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
        match (a.take(), b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            not_yet => {
                (a, b) = not_yet;
                Poll::Pending
            }
        }
    })
    .await
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
        IS_FATAL.store(false, Ordering::SeqCst);
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
        low_level::unregister(self.sets_flag);
        IS_FATAL.store(true, Ordering::SeqCst);
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

/// Writes the input to a process, and reads both of its outputs, whatever the order in which the process reads and
/// writes.
pub async fn outputs(
    stdin: Source<Sender>,
    stdout: Source<Receiver>,
    stderr: Source<Receiver>,
    input: &[u8],
) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let talk = communicate(stdin, stdout, input);
    let (output, errors) = both(talk, read_to_end(&stderr)).await;
    Ok((output?, errors?))
}
