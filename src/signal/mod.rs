//! Signals of Unix: callbacks of the loop.
//!
//! [`add_signal_handler`] has the running loop call a function when a signal arrives. The function runs on the loop's thread,
//! between the turns of tasks. The function can do whatever a callback can: wake tasks, cancel them, print. (What the system
//! itself calls a signal handler runs in the middle of anything, and can do almost nothing.)
//!
//! ```
//! use tminus::{Exception, run, signal, sync::Event};
//!
//! let asked_to = run(async {
//!     let stop = Event::new();
//!     let sets = stop.clone();
//!     signal::add_signal_handler(signal::SIGTERM, move || sets.set())?;
//!     # signal_hook::low_level::raise(signal::SIGTERM)?;
//!     stop.wait().await?; // until somebody enters: kill <pid>
//!     Ok("stop")
//! })?;
//! assert_eq!(asked_to, "stop");
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Ctrl-C
//!
//! Ctrl-C is SIGINT. During a [`run`](crate::run), it cancels the main task: [`EventLoop::run`](crate::EventLoop::run) has the
//! rules. With a handler for [`SIGINT`], it only calls the handler.
//!
//! # Rules
//!
//! - Each loop has its own handlers. If several loops handle a signal, each of them calls its handler.
//! - The callback is called once for each arrival. The system merges arrivals of the same signal that it could not deliver yet.
//! - As long as a loop has a handler, a signal can wake it, so it waits and reports no deadlock.
//! - A signal whose last handler was removed does what it does by default, even if it was ignored when the program started. A
//!   real-time signal then ends the process with a status of 128 plus the number of the signal.
//! - Signals belong to real time, so handlers are refused on a virtual clock and in a simulation.

mod arrivals;
mod handlers;
mod number;

pub(crate) use arrivals::Arrivals;
pub use signal_hook::consts::signal::{
    SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGPROF, SIGQUIT,
    SIGSTOP, SIGTERM, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGWINCH, SIGXCPU, SIGXFSZ,
};

use std::{ffi::c_int, rc::Rc};

use handlers::Handlers;
use number::check;

use crate::{
    EventLoop, Exception, Kind,
    event_loop::Outcome,
    sockets::{Remedy, Selector},
};

/// Has the running loop call `callback` whenever a signal arrives: Python's `loop.add_signal_handler`.
///
/// ```
/// use tminus::{Exception, run, signal, sync::Event};
///
/// run(async {
///     let reload = Event::new();
///     let sets = reload.clone();
///     signal::add_signal_handler(signal::SIGHUP, move || sets.set())?;
///     # signal_hook::low_level::raise(signal::SIGHUP)?;
///     reload.wait().await?; // until somebody enters: kill -HUP <pid>
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread.
/// - `ValueError` if there is no such signal.
/// - `RuntimeError` if the signal cannot be caught: SIGKILL and SIGSTOP, and those that report a fault in the program itself, such
///   as SIGSEGV.
/// - `RuntimeError` if the loop's clock is virtual, or the loop is simulated.
/// - An [`io::Error`](std::io::Error) if the system has no file descriptors left.
pub fn add_signal_handler<O: Outcome<Value = ()>>(
    signal: c_int,
    callback: impl FnMut() -> O + 'static,
) -> Result<(), Exception> {
    EventLoop::running()?.add_signal_handler(signal, callback)
}

/// Removes the running loop's handler of a signal: Python's `loop.remove_signal_handler`. Returns `false` if it has none.
///
/// ```
/// use tminus::{Exception, run, signal};
///
/// run(async {
///     signal::add_signal_handler(signal::SIGUSR1, || println!("T-minus 3"))?;
///     assert!(signal::remove_signal_handler(signal::SIGUSR1)?);
///     assert!(!signal::remove_signal_handler(signal::SIGUSR1)?);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if no event loop is running on this thread.
/// - `ValueError` if there is no such signal.
pub fn remove_signal_handler(signal: c_int) -> Result<bool, Exception> {
    EventLoop::running()?.remove_signal_handler(signal)
}

impl EventLoop {
    /// Calls `callback` whenever a signal arrives, in a round of this loop. A handler that the loop has for this signal is
    /// replaced. Python's `loop.add_signal_handler`; see the module [`signal`](crate::signal).
    ///
    /// # Errors
    ///
    /// - `ValueError` if there is no such signal.
    /// - `RuntimeError` if the signal cannot be caught: SIGKILL and SIGSTOP, and those that report a fault in the program itself,
    ///   such as SIGSEGV.
    /// - `RuntimeError` if the loop is closed, its clock is virtual, or it is simulated.
    /// - An [`io::Error`](std::io::Error) if the system has no file descriptors left.
    pub fn add_signal_handler<O: Outcome<Value = ()>>(
        &self,
        signal: c_int,
        callback: impl FnMut() -> O + 'static,
    ) -> Result<(), Exception> {
        check(signal)?;
        self.kernel().open()?;
        if signal_hook::consts::FORBIDDEN.contains(&signal) {
            let text = format!("sig {signal} cannot be caught");
            return Err(Exception::new(Kind::RuntimeError, text));
        }
        let remedy = Remedy {
            what: "signals",
            instead: "run what handles them on a real clock, as `tminus::run` does",
        };
        let selector = Selector::of(self.kernel(), remedy)?;
        let handlers: Rc<Handlers> = selector.kept();
        handlers.add(&selector, signal, callback)
    }

    /// Removes this loop's handler of a signal. Returns `false` if it has none. Python's `loop.remove_signal_handler`.
    ///
    /// Arrivals that the handler was not called for yet are dropped. Without a handler in any loop, the signal does what it does
    /// by default. (After SIGINT, the next Ctrl-C ends the run with `KeyboardInterrupt`, if the run hears Ctrl-C.)
    ///
    /// # Errors
    ///
    /// - `ValueError` if there is no such signal.
    pub fn remove_signal_handler(&self, signal: c_int) -> Result<bool, Exception> {
        check(signal)?;
        let selector = Selector::if_any(self.kernel());
        let handlers: Option<Rc<Handlers>> = selector.and_then(|selector| selector.known());
        let had_one = handlers.is_some_and(|handlers| handlers.remove(signal));
        if had_one && signal == SIGINT {
            self.kernel().ctrl_c_ends_the_run();
        }
        Ok(had_one)
    }
}
