//! The loop as other threads see it.

use std::{fmt, rc::Rc, sync::Arc};

use super::{
    current,
    handle::Handle,
    inbox::{Inbox, Request},
    kernel::{Kernel, closed},
};
use crate::{Exception, Kind};

/// A handle with which other threads can call into a loop. Cloning it is cheap.
///
/// While such a handle exists, another thread may still call, so the loop reports no deadlock.
///
/// ```
/// use std::thread;
/// use tminus::{EventLoop, Exception};
///
/// let event_loop = EventLoop::new();
/// let remote = event_loop.remote();
/// let thread = thread::spawn(move || {
///     let stop = || EventLoop::running().map(|event_loop| event_loop.stop());
///     remote.call_soon_threadsafe(stop).is_ok()
/// });
/// event_loop.run_forever()?; // until the other thread stops it
/// assert!(thread.join().expect("the thread does not panic"));
/// # Ok::<(), Exception>(())
/// ```
pub struct RemoteLoop {
    inbox: Arc<Inbox>,
}

impl RemoteLoop {
    pub(super) fn new(kernel: &Rc<Kernel>) -> Self {
        kernel.inbox.is_held_once_more();
        let inbox = kernel.inbox.clone();
        Self { inbox }
    }

    /// A job on another thread blocks until something in this loop is done.
    pub(crate) fn has_one_more_blocked_job(&self) {
        self.inbox.has_one_more_blocked_job();
    }

    /// `count` such jobs no longer block.
    pub(crate) fn has_fewer_blocked_jobs(&self, count: usize) {
        self.inbox.has_fewer_blocked_jobs(count);
    }

    /// Returns `true` if this is a handle to that loop.
    pub(crate) fn is_of(&self, kernel: &Kernel) -> bool {
        Arc::ptr_eq(&self.inbox, &kernel.inbox)
    }

    /// Calls `callback` on the loop's thread, in its next round, and wakes the loop if it waits: Python's
    /// `loop.call_soon_threadsafe`.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    /// - `RuntimeError` if the loop is simulated, and this is another thread: when the call arrived would be left to chance.
    pub fn call_soon_threadsafe(
        &self,
        callback: impl FnOnce() -> Result<(), Exception> + Send + 'static,
    ) -> Result<(), Exception> {
        // On the loop's own thread it is a plain `call_soon`, and so has its place among the others.
        if let Some(kernel) = current::running().filter(|it| Arc::ptr_eq(&it.inbox, &self.inbox)) {
            kernel.open()?;
            drop(Handle::soon(&kernel, callback));
            return Ok(());
        }
        if self.inbox.is_simulated_elsewhere() {
            return Err(Exception::new(
                Kind::RuntimeError,
                "another thread calls into a simulated event loop, and the simulation cannot decide when: run the code of \
                 that thread as a task or with to_thread, or use a loop that is not simulated",
            ));
        }
        match self.inbox.send(Request::Call(Box::new(callback))) {
            true => Ok(()),
            false => Err(closed()),
        }
    }
}

impl Clone for RemoteLoop {
    fn clone(&self) -> Self {
        self.inbox.is_held_once_more();
        let inbox = self.inbox.clone();
        Self { inbox }
    }
}

/// The last one leaves a loop that may have nothing left to wait for: it wakes up and looks.
impl Drop for RemoteLoop {
    fn drop(&mut self) {
        self.inbox.is_held_once_less();
    }
}

impl fmt::Debug for RemoteLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteLoop")
    }
}
