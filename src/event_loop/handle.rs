//! Callbacks, and the handles that take them back.

use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt,
    rc::{Rc, Weak},
    time::Duration,
};

use super::kernel::Kernel;
use crate::{Exception, timers::TimerId};

/// What a callback gives: nothing, or a result whose error goes to the loop's exception handler.
pub trait Outcome {
    /// The error, if it is one.
    fn into_result(self) -> Result<(), Exception>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), Exception> {
        Ok(())
    }
}

impl Outcome for Result<(), Exception> {
    fn into_result(self) -> Result<(), Exception> {
        self
    }
}

/// A callback that the loop will call: Python's `asyncio.Handle` and `asyncio.TimerHandle`. Dropping it changes nothing.
#[derive(Clone)]
pub struct Handle(Rc<Inner>);

type Callback = Box<dyn FnOnce() -> Result<(), Exception>>;

struct Inner {
    /// `None` once it is cancelled or called.
    callback: RefCell<Option<Callback>>,
    cancelled: Cell<bool>,
    timer: OnceCell<Timer>,
}

/// Where the callback is, while it waits for its time.
struct Timer {
    when: Duration,
    id: TimerId,
    kernel: Weak<Kernel>,
}

impl Handle {
    pub(crate) fn new<O: Outcome>(callback: impl FnOnce() -> O + 'static) -> Self {
        Self(Rc::new(Inner {
            callback: RefCell::new(Some(Box::new(move || callback().into_result()))),
            cancelled: Cell::new(false),
            timer: OnceCell::new(),
        }))
    }

    /// It waits for its time.
    pub(super) fn is_timer(&self, when: Duration, id: TimerId, kernel: &Rc<Kernel>) {
        let kernel = Rc::downgrade(kernel);
        let timer = Timer { when, id, kernel };
        assert!(
            self.0.timer.set(timer).is_ok(),
            "a handle is scheduled once"
        );
    }

    /// Takes the callback back. Does nothing when it was called already.
    pub fn cancel(&self) {
        self.0.cancelled.set(true);
        drop(self.0.callback.take());
        if let Some(timer) = self.0.timer.get()
            && let Some(kernel) = timer.kernel.upgrade()
        {
            kernel.cancel_timer(timer.id);
        }
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        self.0.cancelled.get()
    }

    /// When it is due, on the loop's clock. `None` for one of `call_soon`.
    pub fn when(&self) -> Option<Duration> {
        self.0.timer.get().map(|timer| timer.when)
    }

    pub(super) fn run(&self) -> Result<(), Exception> {
        let callback = self.0.callback.take();
        callback.map_or(Ok(()), |callback| callback())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("cancelled", &self.cancelled())
            .field("when", &self.when())
            .finish()
    }
}
