//! Limits on how long a block takes: `timeout` and `timeout_at`.
//!
//! | a limit is | leaves that state |
//! |---|---|
//! | `Created` | its block begins: `Active` |
//! | `Active` | the block ends: `Finished`; the time is up, and the task is cancelled: `Expiring` |
//! | `Expiring` | the block ends: `Expired` |
//! | `Expired`, `Finished` | never |
//!
//! # Invariant
//!
//! A limit cancels its task at most once, and withdraws that request when the block ends. Only if no other request is left
//! then, the `Cancelled` that leaves the block is the limit's own, and becomes a `Timeout`.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
    time::Duration,
};

use crate::{
    Exception, Kind,
    event_loop::{Alarm, Block, BlockState, Outcome, TaskRef, current_task, running},
};

/// Creates a limit of `delay` from now: Python's `asyncio.timeout`. See [`Timeout::run`].
///
/// A `delay` of `None` never expires, unless the limit is [rescheduled](Timeout::reschedule). If no event loop is running on
/// this thread, the limit is created, but [`Timeout::run`] fails.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Kind, clock::VirtualClock, sleep, timeout};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let late = event_loop.run_until_complete(async {
///     timeout(Duration::from_secs(1)).run(sleep(Duration::from_secs(3600))).await
/// });
/// assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
/// assert_eq!(event_loop.time(), Duration::from_secs(1));
/// ```
pub fn timeout(delay: impl Into<Option<Duration>>) -> Timeout {
    let delay = delay.into();
    Timeout::new(running().map(|kernel| Some(kernel.now().saturating_add(delay?))))
}

/// Creates a limit at a time on the loop's clock: Python's `asyncio.timeout_at`. See [`Timeout::run`].
///
/// With `None`, the limit never expires, unless it is [rescheduled](Timeout::reschedule).
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Kind, clock::VirtualClock, sleep, timeout_at};
///
/// let seconds = Duration::from_secs;
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let late = event_loop.run_until_complete(async move {
///     sleep(seconds(3)).await?;
///     timeout_at(seconds(5)).run(sleep(seconds(3600))).await
/// });
/// assert_eq!((late.unwrap_err().kind(), event_loop.time()), (Kind::Timeout, seconds(5)));
/// ```
pub fn timeout_at(when: impl Into<Option<Duration>>) -> Timeout {
    Timeout::new(Ok(when.into()))
}

/// A limit on how long a block takes: Python's `asyncio.Timeout`. Clones are handles to the same limit.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, timeout};
///
/// let ms = Duration::from_millis;
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(async move {
///     let limit = timeout(ms(100));
///     let late = limit.run(async {
///         sleep(ms(90)).await?;
///         limit.reschedule(Some(ms(150)))?; // as there was progress
///         sleep(ms(90)).await
///     });
///     assert_eq!(late.await.unwrap_err().to_string(), "Timeout");
///     assert!(limit.expired());
///     Ok(())
/// })?;
/// assert_eq!(event_loop.time(), ms(150));
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
#[must_use = "a limit does nothing unless it runs a block"]
pub struct Timeout(Rc<Inner>);

struct Inner {
    state: Cell<State>,
    when: Cell<Option<Duration>>,
    /// Why it cannot be used: it was created while no loop was running.
    unusable: Option<Exception>,
    alarm: RefCell<Option<Alarm>>,
    task: RefCell<Option<TaskRef>>,
    block: BlockState,
    /// Whether the task was cancelled when the time was up, and not just the block.
    cancelled_task: Cell<bool>,
    /// The number of cancellation requests when the task entered the block. These are not the limit's.
    cancelling: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Created,
    Active,
    Expiring,
    Expired,
    Finished,
}

impl Timeout {
    fn new(when: Result<Option<Duration>, Exception>) -> Self {
        let (when, unusable) = when.map_or_else(|error| (None, Some(error)), |when| (when, None));
        Self(Rc::new(Inner {
            state: Cell::new(State::Created),
            when: Cell::new(when),
            unusable,
            alarm: RefCell::default(),
            task: RefCell::default(),
            block: BlockState::default(),
            cancelled_task: Cell::new(false),
            cancelling: Cell::new(0),
        }))
    }

    /// Runs a block. If the time passes before the block ends, the task is cancelled, and the `Cancelled` that leaves the block
    /// becomes a `Timeout`.
    ///
    /// A block that catches the `Cancelled` has its own result; see [`expired`](Timeout::expired). If the task is also cancelled
    /// by somebody else, `Cancelled` stays `Cancelled`. With nested limits, each one turns only its own cancellation into a
    /// `Timeout`.
    ///
    /// As in asyncio, the task is cancelled as a whole: if it awaits something beside the block, with `join!`, that is
    /// cancelled, too. If the block awaits a future that is not the loop's, nothing can be raised there: the block is dropped,
    /// and the task continues after it. With [`cancellable`](crate::event_loop::cancellable), the block can clean up.
    ///
    /// # Errors
    ///
    /// - `Timeout` if the time passed first.
    /// - The exception of the block.
    /// - `RuntimeError` if it is awaited outside a task, or if the limit has run a block before.
    pub fn run<T, B>(&self, block: B) -> impl Future<Output = Result<T, Exception>> + use<T, B>
    where
        B: IntoFuture<Output: Outcome<Value = T>>,
    {
        let limit = self.clone();
        async move {
            let entered = limit.enter()?;
            let result = Block::new(block, &limit.0.block).await;
            entered.leave(result)
        }
    }

    fn enter(&self) -> Result<Entered<'_>, Exception> {
        if let Some(exception) = &self.0.unusable {
            return Err(exception.clone());
        }
        if self.0.state.get() != State::Created {
            return Err(Exception::new(
                Kind::RuntimeError,
                "Timeout has already been entered",
            ));
        }
        let task = current_task().map_err(|exception| {
            Exception::new(Kind::RuntimeError, "Timeout should be used inside a task")
                .with_cause(exception)
        })?;
        self.0.state.set(State::Active);
        self.0.cancelling.set(task.cancelling());
        self.0.task.replace(Some(task));
        let entered = Entered(self);
        self.reschedule(self.when())?;
        Ok(entered)
    }

    /// Returns when the limit expires, on the loop's clock. `None` means never.
    pub fn when(&self) -> Option<Duration> {
        self.0.when.get()
    }

    /// Sets another time, or `None` for never. If the time has passed, the limit expires in the loop's next round.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the block is not running, or if the limit has expired.
    /// - `RuntimeError` if no event loop is running on this thread.
    pub fn reschedule(&self, when: impl Into<Option<Duration>>) -> Result<(), Exception> {
        let when = when.into();
        let state = self.0.state.get();
        if state != State::Active {
            let message = match state {
                State::Created => "Timeout has not been entered".to_owned(),
                state => format!("Cannot change state of {} Timeout", state.name()),
            };
            return Err(Exception::new(Kind::RuntimeError, message));
        }
        let kernel = running()?;
        self.0.when.set(when);
        let alarm = when.map(|when| {
            let inner = Rc::downgrade(&self.0);
            Alarm::at(&kernel, when, move || {
                if let Some(inner) = inner.upgrade() {
                    inner.time_is_up();
                }
            })
        });
        self.0.alarm.replace(alarm);
        Ok(())
    }

    /// Returns `true` if the limit has expired before the block ended.
    pub fn expired(&self) -> bool {
        matches!(self.0.state.get(), State::Expiring | State::Expired)
    }
}

impl Inner {
    fn time_is_up(&self) {
        let task = self.task.borrow().clone();
        let task = task.expect("the block runs");
        self.cancelled_task.set(self.block.cancel(&task));
        self.state.set(State::Expiring);
    }
}

impl State {
    /// The name in asyncio's messages.
    fn name(self) -> &'static str {
        match self {
            State::Created => "created",
            State::Active => "active",
            State::Expiring => "expiring",
            State::Expired => "expired",
            State::Finished => "finished",
        }
    }
}

/// A block that runs. It can be dropped before it ends, and the limit is finished then, too.
struct Entered<'a>(&'a Timeout);

impl Entered<'_> {
    fn leave<T>(self, result: Result<T, Exception>) -> Result<T, Exception> {
        match result {
            Err(cancelled) if self.end() && cancelled.kind() == Kind::Cancelled => {
                Err(timed_out(cancelled))
            }
            result => result,
        }
    }

    /// Ends the limit. Returns `true` if the task was cancelled by this limit and by nothing else.
    fn end(&self) -> bool {
        let Inner {
            state,
            alarm,
            task,
            cancelling,
            cancelled_task,
            ..
        } = &*self.0.0;
        alarm.take();
        let task = task.take();
        match (state.get(), task) {
            (State::Expiring, Some(task)) => {
                state.set(State::Expired);
                !cancelled_task.get() || task.uncancel() <= cancelling.get()
            }
            (State::Active, _) => {
                state.set(State::Finished);
                false
            }
            _ => false,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("state", &self.0.state.get())
            .field("when", &self.when())
            .finish()
    }
}

/// The exception of a limit that has expired, and whose `Cancelled` has done its work.
pub(super) fn timed_out(cancelled: Exception) -> Exception {
    Exception::from(Kind::Timeout).with_cause(cancelled)
}
