//! Ctrl-C, which is SIGINT, and what the other signals do by default.
//!
//! A signal handler can do almost nothing. The safe ones of `signal-hook` set a flag, write a byte into a pipe, or do what the
//! system would do by default. These actions, in the order in which a signal performs them, are enough for Ctrl-C:
//!
//! 1. if the flag is set, end the process as the system would;
//! 2. set the flag;
//! 3. write a byte into the pipe, so that a loop that waits wakes up.
//!
//! | Ctrl-C belongs to | the flag is | pressing it |
//! |---|---|---|
//! | nobody | set | ends the process |
//! | a run that has answered all of them | clear | sets the flag, and the run answers at its next round |
//! | a run that has not answered one yet, because a turn takes long | set | ends the process |
//! | the program, which has [a handler](defaults::Handled) | clear, and actions 2 and 3 are removed | calls the handler |
//!
//! # Invariant
//!
//! - The first action comes before all others of its signal, because it was registered before them and is never removed. So
//!   after the last run Ctrl-C ends the process again, although `signal-hook` never restores the system's own action.
//! - One run at most hears Ctrl-C. It is one of the main thread, as in CPython.
//!
//! On systems without such signals, and without the feature `io`, nobody hears Ctrl-C.

#[cfg(all(unix, feature = "io"))]
pub(crate) mod defaults;
#[cfg(all(unix, feature = "io"))]
mod disposition;
#[cfg(all(unix, feature = "io"))]
mod hearing;
#[cfg(all(unix, feature = "io"))]
mod pipe;

#[cfg(all(unix, feature = "io"))]
pub(crate) use hearing::Hearing;
#[cfg(all(unix, feature = "io"))]
pub(crate) use pipe::Pipe;

use std::sync::atomic::AtomicBool;

/// The flag of a run that does not hear Ctrl-C.
pub(crate) static NEVER: AtomicBool = AtomicBool::new(false);

#[cfg(not(all(unix, feature = "io")))]
pub(crate) use silence::{Hearing, Pipe};

#[cfg(not(all(unix, feature = "io")))]
mod silence {
    //! Nobody hears Ctrl-C here.

    use std::{sync::atomic::AtomicBool, time::Duration};

    /// A run that hears Ctrl-C, of which there is none.
    pub(crate) enum Hearing {}

    /// What ends the wait of such a run.
    pub(crate) enum Pipe {}

    impl Hearing {
        pub(crate) fn begins() -> Option<Self> {
            None
        }

        pub(crate) fn flag(&self) -> &'static AtomicBool {
            match *self {}
        }

        pub(crate) fn pipe(&self) -> &'static Pipe {
            match *self {}
        }
    }

    impl Pipe {
        pub(crate) fn wait(&self, _timeout: Option<Duration>) {
            match *self {}
        }

        pub(crate) fn interrupt(&self) {
            match *self {}
        }
    }
}
