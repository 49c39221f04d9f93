//! Signals, as bytes in a pipe.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{ffi::c_int, io, rc::Rc};

use mio::unix::pipe::{self, Receiver};
use signal_hook::consts::SIGINT;
use signal_hook::{SigId, flag, low_level};

use tminus_lessons::lesson22_processes::{Loop, Source};

/// A signal, as bytes that the loop can wait for.
pub struct Signal {
    bytes: Source<Receiver>,
    writes: SigId,
}

impl Signal {
    /// From now on, each arrival writes a byte.
    pub fn new(on: &Rc<Loop>, signal: c_int) -> io::Result<Self> {
        let (sender, receiver) = pipe::new()?;
        let bytes = Source::new(on, receiver)?;
        let writes = low_level::pipe::register(signal, sender)?;
        Ok(Self { bytes, writes })
    }

    /// Waits until the signal has arrived, since the last call.
    pub async fn arrived(&self) -> io::Result<()> {
        self.bytes.read(&mut [0; 64]).await.map(drop)
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

    /// Waits for a Ctrl-C, and answers it.
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
