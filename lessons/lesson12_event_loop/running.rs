//! The running loop of a thread, and the ends of a loop: an interrupt, and `close`.

use std::{cell::RefCell, error::Error, fmt, rc::Rc};

use tminus_lessons::lesson12_event_loop::{EventLoop, Exception};

thread_local! {
    static RUNNING: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
}

/// Returns the running loop: Python's `asyncio.get_running_loop`.
pub fn running_loop() -> Result<EventLoop, Exception> {
    let none = Exception::RuntimeError("no running event loop", None);
    RUNNING.with_borrow(Clone::clone).ok_or(none)
}

impl EventLoop {
    /// Drops what is scheduled, and refuses more.
    pub fn close(&self) -> Result<(), Exception> {
        if self.is_running() {
            let message = "Cannot close a running event loop";
            return Err(Exception::RuntimeError(message, None));
        }
        drop(self.0.schedule.take());
        Ok(())
    }

    /// Returns `true` if this loop is running.
    pub fn is_running(&self) -> bool {
        running_loop().is_ok_and(|running| running == *self)
    }

    /// Returns `true` if the loop was closed.
    pub fn is_closed(&self) -> bool {
        self.0.schedule.borrow().is_none()
    }
}

/// Handles to the same loop are equal.
impl PartialEq for EventLoop {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Marks a loop as the running one, until it is dropped.
pub(super) struct Running(());

impl Running {
    pub(super) fn enter(event_loop: &EventLoop) -> Result<Self, Exception> {
        if running_loop().is_ok() {
            let message = "Cannot run the event loop while another loop is running";
            return Err(Exception::RuntimeError(message, None));
        }
        RUNNING.set(Some(event_loop.clone()));
        Ok(Self(()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.take(); // also if a callback panics
    }
}

/// Ctrl-C. Unlike other exceptions of a callback, it ends the run.
#[derive(Debug)]
pub struct KeyboardInterrupt;

impl Error for KeyboardInterrupt {}

impl fmt::Display for KeyboardInterrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyboardInterrupt")
    }
}
