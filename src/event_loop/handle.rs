//! Callbacks, and the handles that take them back.

use std::{
    cell::{Cell, OnceCell},
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
pub struct Handle(Rc<Inner<dyn Callback>>);

struct Inner<C: ?Sized> {
    cancelled: Cell<bool>,
    timer: OnceCell<Timer>,
    /// The task that is behind it, for the trace.
    cause: Cell<Option<u64>>,
    callback: C,
}

/// What can be called once.
trait Callback {
    fn call(&self) -> Result<(), Exception>;

    fn forget(&self);
}

/// `None` once it is cancelled or called.
impl<F: FnOnce() -> O, O: Outcome> Callback for Cell<Option<F>> {
    fn call(&self) -> Result<(), Exception> {
        self.take()
            .map_or(Ok(()), |callback| callback().into_result())
    }

    fn forget(&self) {
        drop(self.take());
    }
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
            cancelled: Cell::new(false),
            timer: OnceCell::new(),
            cause: Cell::new(None),
            callback: Cell::new(Some(callback)),
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

    pub(super) fn is_caused_by(&self, task: Option<u64>) {
        self.0.cause.set(task);
    }

    pub(super) fn cause(&self) -> Option<u64> {
        self.0.cause.get()
    }

    /// Takes the callback back. Does nothing when it was called already.
    pub fn cancel(&self) {
        self.0.cancelled.set(true);
        self.0.callback.forget();
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
        self.0.callback.call()
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
