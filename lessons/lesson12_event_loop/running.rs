//! Which loop runs on this thread, what interrupts it, and whether it is closed.

use std::{cell::RefCell, error::Error, fmt, rc::Rc};

use tminus_lessons::lesson12_event_loop::{EventLoop, Exception};

thread_local! {
    static RUNNING: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
}

/// The loop that runs: Python's `asyncio.get_running_loop`.
pub fn running_loop() -> Result<EventLoop, Exception> {
    let none = Exception::RuntimeError("no running event loop", None);
    RUNNING.with_borrow(Clone::clone).ok_or(none)
}

impl EventLoop {
    /// Whether it is the one that runs.
    pub fn is_running(&self) -> bool {
        running_loop().is_ok_and(|running| running == *self)
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.schedule.borrow().is_none()
    }
}

/// Two names of one loop are equal.
impl PartialEq for EventLoop {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// As long as it is there, its loop runs.
pub(super) struct Running(EventLoop);

impl Running {
    pub(super) fn enter(event_loop: &EventLoop) -> Result<Self, Exception> {
        if running_loop().is_ok() {
            let message = "Cannot run the event loop while another loop is running";
            return Err(Exception::RuntimeError(message, None));
        }
        RUNNING.set(Some(event_loop.clone()));
        Ok(Self(event_loop.clone()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.take();
        self.0.0.stopping.set(false); // the next run is not to end before it begins
    }
}

/// Ctrl-C. It ends the run, where other exceptions of a callback do not.
#[derive(Debug)]
pub struct KeyboardInterrupt;

impl Error for KeyboardInterrupt {}

impl fmt::Display for KeyboardInterrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyboardInterrupt")
    }
}
