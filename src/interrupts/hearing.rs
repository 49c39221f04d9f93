//! A run that hears Ctrl-C.

use std::{
    io,
    sync::{OnceLock, atomic::AtomicBool},
    thread,
};

use signal_hook::consts::SIGINT;

use super::{
    defaults::{self, by_default},
    disposition::is_left_to_us,
    pipe::Pipe,
};

/// While it exists, Ctrl-C belongs to a run.
pub(crate) struct Hearing {
    pipe: &'static Pipe,
}

/// Made by the first run that hears Ctrl-C, and kept.
static PIPE: OnceLock<Option<Pipe>> = OnceLock::new();

impl Hearing {
    /// Lets a run on this thread hear Ctrl-C.
    ///
    /// Returns `None` if this is not the main thread, if another run hears Ctrl-C, or if SIGINT is ignored or caught by somebody
    /// else. A shell script starts its background jobs with it ignored, so that Ctrl-C ends only the job in the foreground.
    pub(crate) fn begins() -> Option<Self> {
        // The standard library gives this name to the main thread.
        if thread::current().name() != Some("main") || !is_left_to_us() {
            return None;
        }
        let pipe = PIPE.get_or_init(|| Pipe::new().ok()).as_ref()?;
        let mut taken = defaults::lock();
        let sigint = defaults::take(&mut taken, SIGINT).ok()?;
        if sigint.heard_by.is_some() {
            return None;
        }
        sigint.heard_by = Some(pipe);
        if sigint.settles(SIGINT).is_err() {
            sigint.heard_by = None;
            return None;
        }
        Some(Self { pipe })
    }

    /// The flag that is set as long as a Ctrl-C is unanswered. Whoever clears it has to answer.
    pub(crate) fn flag(&self) -> &'static AtomicBool {
        by_default(SIGINT)
    }

    /// What ends a wait when Ctrl-C is pressed.
    pub(crate) fn pipe(&self) -> &'static Pipe {
        self.pipe
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let mut taken = defaults::lock();
        if let Some(sigint) = taken.get_mut(&SIGINT) {
            sigint.heard_by = None;
            let settled: io::Result<()> = sigint.settles(SIGINT);
            debug_assert!(settled.is_ok(), "nothing is registered at the end");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        EventLoop,
        event_loop::outside::Outside,
        sockets::{Remedy, Selector},
    };

    #[test]
    fn a_thread_that_is_not_the_main_one_hears_nothing() {
        let other = thread::Builder::new().spawn(|| Hearing::begins().is_none());
        assert!(other.unwrap().join().unwrap());
    }

    /// Also if the signal does not interrupt the thread that waits, but another one.
    #[test]
    fn what_is_written_into_the_pipe_ends_the_wait_of_a_selector() {
        let event_loop = EventLoop::new();
        let remedy = Remedy {
            what: "pipes",
            instead: "use a real clock",
        };
        let selector = Selector::of(event_loop.kernel(), remedy).unwrap();
        let pipe: &Pipe = Box::leak(Box::new(Pipe::new().unwrap()));
        selector.hears(pipe);
        pipe.interrupt();
        assert!(selector.wait(Duration::ZERO, None)); // returns
        selector.hears_no_longer(pipe);
    }
}
