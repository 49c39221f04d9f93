//! Callbacks, and the handles that take them back.

use std::{
    cell::{Cell, OnceCell},
    fmt,
    rc::{Rc, Weak},
    time::Duration,
};

use super::kernel::{Kernel, Run};
use crate::{Exception, exception::catching, timers::TimerId};

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
pub struct Handle(Rc<dyn Callback>);

/// A callback whatever it does.
trait Callback: Run {
    fn head(&self) -> &Head;

    /// It is not to be called any more.
    fn forget(&self);
}

struct Inner<F> {
    head: Head,
    /// `None` once it is cancelled or called.
    callback: Cell<Option<F>>,
}

#[derive(Default)]
struct Head {
    cancelled: Cell<bool>,
    timer: OnceCell<Timer>,
    /// The task that is behind it, for the trace.
    cause: Cell<Option<u64>>,
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
            head: Head::default(),
            callback: Cell::new(Some(callback)),
        }))
    }

    /// It waits for its time.
    pub(super) fn is_timer(&self, when: Duration, id: TimerId, kernel: &Rc<Kernel>) {
        let kernel = Rc::downgrade(kernel);
        let timer = Timer { when, id, kernel };
        assert!(
            self.0.head().timer.set(timer).is_ok(),
            "a handle is scheduled once"
        );
    }

    pub(super) fn is_caused_by(&self, task: Option<u64>) {
        self.0.head().cause.set(task);
    }

    /// Takes the callback back. Does nothing when it was called already.
    pub fn cancel(&self) {
        self.0.head().cancelled.set(true);
        self.0.forget();
        if let Some(timer) = self.0.head().timer.get()
            && let Some(kernel) = timer.kernel.upgrade()
        {
            kernel.cancel_timer(timer.id);
        }
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        self.0.head().cancelled.get()
    }

    /// When it is due, on the loop's clock. `None` for one of `call_soon`.
    pub fn when(&self) -> Option<Duration> {
        self.0.head().timer.get().map(|timer| timer.when)
    }

    pub(super) fn into_run(self) -> Rc<dyn Run> {
        self.0
    }
}

impl<F: FnOnce() -> O + 'static, O: Outcome> Callback for Inner<F> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn forget(&self) {
        drop(self.callback.take());
    }
}

impl<F: FnOnce() -> O + 'static, O: Outcome> Run for Inner<F> {
    fn run(self: Rc<Self>, kernel: &Kernel) {
        let Some(callback) = self.callback.take() else {
            return; // it was cancelled
        };
        let ran = kernel.caused_by(self.head.cause.get(), || {
            catching(|| callback().into_result())
        });
        if let Err(exception) = ran.flatten() {
            kernel.handle_exception(&exception);
        }
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
