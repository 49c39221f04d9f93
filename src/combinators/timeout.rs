//! Not longer than that.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
    time::Duration,
};

use crate::{
    Exception, Kind,
    event_loop::{
        Alarm, LoopFuture, Reason, TaskRef, Which, current_task, ensure_future, future_of, running,
    },
};

/// Waits for a task, a future or anything else, for that long at most: Python's `asyncio.wait_for`.
///
/// After that time it is cancelled; once it has dealt with that, the error is `Timeout`, or, where it caught the cancellation
/// and gave a result, that is the result. To keep a task from being cancelled, [`shield`](crate::shield) it.
///
/// With a time of zero it gives what is done already, and else cancels at once; what is no task or future is never begun. To
/// wait for something that borrows, use [`timeout`].
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Kind, clock::VirtualClock, sleep, wait_for};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let long = sleep(Duration::from_secs(3600));
/// let error = event_loop.run_until_complete(wait_for(long, Duration::from_secs(1))).unwrap_err();
/// assert_eq!(error.kind(), Kind::Timeout);
/// assert_eq!(event_loop.time(), Duration::from_secs(1));
/// ```
///
/// # Errors
///
/// `Timeout`, or what it ends with; `Cancelled` where the task that waits is cancelled, and then so is what it waits for;
/// `RuntimeError` outside a task.
pub async fn wait_for<T: 'static, F>(future: F, timeout: Duration) -> Result<T, Exception>
where
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    let future = future.into_future();
    if !timeout.is_zero() {
        return self::timeout(timeout).run(future).await;
    }
    let result = match future_of(&future) {
        Some(handle) if handle.done() => return future.await,
        Some(handle) => {
            cancel_and_wait(&handle).await?;
            future.await
        }
        None => {
            let never_begun = ensure_future(future)?;
            cancel_and_wait(&never_begun).await?;
            Err(never_begun.cancelled_error())
        }
    };
    match result {
        Err(cancelled) if cancelled.kind() == Kind::Cancelled => Err(timed_out(cancelled)),
        result => result,
    }
}

/// Cancels it, and waits until it has dealt with that. (To await it would not tell its `Cancelled` from one's own.)
async fn cancel_and_wait<T>(future: &LoopFuture<T>) -> Result<(), Exception> {
    let parts = Rc::new([Rc::downgrade(&future.awaited())]);
    let over = LoopFuture::new_for(future.kernel(), Reason::Wait(Which::TheEnd, parts));
    let end = over.clone();
    let id = future.add_done_callback(move |_| drop(end.set_result(()))); // who waits may have been cancelled
    future.cancel();
    let waited = over.await;
    future.remove_done_callback(id);
    waited
}

fn timed_out(cancelled: Exception) -> Exception {
    Exception::from(Kind::Timeout).with_cause(cancelled)
}

/// Limits a block to that long from now: Python's `asyncio.timeout`. See [`Timeout::run`].
pub fn timeout(delay: Duration) -> Timeout {
    match running() {
        Ok(kernel) => Timeout::new(Ok(Some(kernel.now().saturating_add(delay)))),
        Err(exception) => Timeout::new(Err(exception)),
    }
}

/// Limits a block to a time on the loop's clock: Python's `asyncio.timeout_at`. See [`Timeout::run`].
pub fn timeout_at(when: Duration) -> Timeout {
    Timeout::new(Ok(Some(when)))
}

/// A limit on how long a block takes: Python's `asyncio.Timeout`. Clones are the same limit.
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
pub struct Timeout(Rc<Inner>);

struct Inner {
    state: Cell<State>,
    when: Cell<Option<Duration>>,
    /// It was made where no loop runs, and cannot be used.
    unusable: Option<Exception>,
    alarm: RefCell<Option<Alarm>>,
    task: RefCell<Option<TaskRef>>,
    /// How often the task was cancelled when it entered the block.
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
            cancelling: Cell::new(0),
        }))
    }

    /// No limit, as long as it is not [rescheduled](Timeout::reschedule): Python's `asyncio.timeout(None)`.
    pub fn never() -> Self {
        Self::new(Ok(None))
    }

    /// Runs a block. When the time is up before it ends, the task is cancelled, and the `Cancelled` that leaves the block is
    /// made a `Timeout`.
    ///
    /// A block that catches the `Cancelled` has its own result; see [`expired`](Timeout::expired). A cancellation from
    /// elsewhere stays a `Cancelled`, and of several limits, one in the other, each makes a `Timeout` only of its own.
    ///
    /// It is the task that is cancelled, as in asyncio: of what the task awaits beside the block, by a `join!`, all is. And
    /// where the block awaits a future that is not the loop's, the task is dropped there, unless that is
    /// [`cancellable`](crate::event_loop::cancellable).
    ///
    /// # Errors
    ///
    /// `Timeout`; what the block gives; `RuntimeError` outside a task, or when it was run before.
    pub fn run<T, B>(&self, block: B) -> impl Future<Output = Result<T, Exception>> + use<T, B>
    where
        B: IntoFuture<Output = Result<T, Exception>>,
    {
        let limit = self.clone();
        async move {
            let entered = limit.enter()?;
            let result = block.await;
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

    /// When the time is up, on the loop's clock. `None` for never.
    pub fn when(&self) -> Option<Duration> {
        self.0.when.get()
    }

    /// Sets another time. Where that is past, the time is up in the next turn.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the block does not run, or the time is up.
    pub fn reschedule(&self, when: Option<Duration>) -> Result<(), Exception> {
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

    /// Whether the time was up before the block ended.
    pub fn expired(&self) -> bool {
        matches!(self.0.state.get(), State::Expiring | State::Expired)
    }
}

impl Inner {
    fn time_is_up(&self) {
        let task = self.task.borrow().clone();
        task.expect("the block runs").cancel();
        self.state.set(State::Expiring);
    }
}

impl State {
    /// As in asyncio's messages.
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

/// While the block runs. It may be dropped before it ends.
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

    /// Whether the task was cancelled because the time was up, and for nothing else.
    fn end(&self) -> bool {
        let Inner {
            state,
            alarm,
            task,
            cancelling,
            ..
        } = &*self.0.0;
        alarm.take();
        let task = task.take();
        match (state.get(), task) {
            (State::Expiring, Some(task)) => {
                state.set(State::Expired);
                task.uncancel() <= cancelling.get()
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
