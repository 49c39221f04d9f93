//! Callbacks, and the handles that cancel them.

use std::{
    any::Any,
    cell::{Cell, OnceCell},
    fmt,
    hash::{Hash, Hasher},
    rc::Rc,
    time::Duration,
};

use super::{kernel::Kernel, outcome::Outcome, tasks::Callable};
use crate::{Exception, contextvars, timers::TimerId};

/// A handle to a callback that the loop will call: Python's `asyncio.Handle` and `asyncio.TimerHandle`. Dropping the handle
/// changes nothing. Clones are handles to the same callback.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, sleep};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let alarm = event_loop.call_later(Duration::from_secs(5), || println!("too late"))?;
/// assert_eq!(alarm.when(), Some(Duration::from_secs(5)));
/// alarm.cancel();
/// event_loop.run_until_complete(sleep(Duration::from_secs(9)))?;
/// assert!(alarm.cancelled());
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct Handle(Rc<Inner<dyn Callback>>);

struct Inner<C: ?Sized> {
    cancelled: Cell<bool>,
    timer: OnceCell<Timer>,
    callback: C,
}

/// A callback, whatever it does. `None` once it was called or cancelled.
trait Callback {
    /// Drops the callback without calling it.
    fn forget(&self);
}

impl<F> Callback for Cell<Option<F>> {
    fn forget(&self) {
        drop(self.take());
    }
}

/// The place of a callback that waits for its time. A cancelled one leaves the timers immediately.
struct Timer {
    when: Duration,
    id: TimerId,
    kernel: Rc<Kernel>,
}

impl Handle {
    /// Calls `callback` in the loop's next round.
    pub(crate) fn soon<O: Outcome<Value = ()>>(
        kernel: &Rc<Kernel>,
        callback: impl FnOnce() -> O + 'static,
    ) -> Self {
        match contextvars::copied() {
            None => Self::soon_as_it_is(kernel, callback),
            Some(context) => Self::soon_as_it_is(kernel, move || context.runs(callback)),
        }
    }

    /// Like [`soon`](Handle::soon), without a copy of the current context.
    pub(super) fn soon_as_it_is<O: Outcome<Value = ()>>(
        kernel: &Rc<Kernel>,
        callback: impl FnOnce() -> O + 'static,
    ) -> Self {
        let inner = Rc::new(Inner::new(callback));
        kernel.call_soon(inner.clone());
        Self(inner)
    }

    /// Calls `callback` when the loop's clock shows `when`.
    #[inline]
    pub(crate) fn at<O: Outcome<Value = ()>>(
        kernel: &Rc<Kernel>,
        when: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Self {
        match contextvars::copied() {
            None => Self::at_as_it_is(kernel, when, callback),
            Some(context) => Self::at_as_it_is(kernel, when, move || context.runs(callback)),
        }
    }

    #[inline]
    fn at_as_it_is<O: Outcome<Value = ()>>(
        kernel: &Rc<Kernel>,
        when: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Self {
        let inner = Rc::new(Inner::new(callback));
        let timer = Timer {
            when,
            id: kernel.call_at(when, inner.clone()),
            kernel: kernel.clone(),
        };
        let is_first = inner.timer.set(timer).is_ok();
        debug_assert!(is_first, "a handle is scheduled once");
        Self(inner)
    }

    /// Cancels the callback. Does nothing if it was called already.
    pub fn cancel(&self) {
        self.0.cancelled.set(true);
        if let Some(timer) = self.0.timer.get() {
            timer.kernel.cancel_call(timer.id);
        }
        self.0.callback.forget();
    }

    /// Returns `true` if the callback was cancelled.
    pub fn cancelled(&self) -> bool {
        self.0.cancelled.get()
    }

    /// Returns when the callback is due, on the loop's clock. `None` for one of
    /// [`call_soon`](crate::EventLoop::call_soon).
    pub fn when(&self) -> Option<Duration> {
        self.0.timer.get().map(|timer| timer.when)
    }
}

impl<F> Inner<Cell<Option<F>>> {
    fn new(callback: F) -> Self {
        Self {
            cancelled: Cell::new(false),
            timer: OnceCell::new(),
            callback: Cell::new(Some(callback)),
        }
    }
}

impl<F: FnOnce() -> O + 'static, O: Outcome<Value = ()>> Callable for Inner<Cell<Option<F>>> {
    fn call(&self) -> Option<Result<(), Exception>> {
        let callback = self.callback.take()?;
        Some(callback().into_result())
    }

    fn handle(self: Rc<Self>) -> Option<Box<dyn Any>> {
        Some(Box::new(Handle(self)))
    }
}

/// Two handles are equal if they are handles to the same callback.
impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        Rc::as_ptr(&self.0).cast::<()>() == Rc::as_ptr(&other.0).cast()
    }
}

impl Eq for Handle {}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.0).cast::<()>().hash(state);
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
