//! The loop as its owner sees it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    rc::Rc,
    time::Duration,
};

use super::{
    current::{self, expect_running},
    future::LoopFuture,
    handle::Handle,
    kernel::{Handler, Kernel},
    outcome::Outcome,
    remote::RemoteLoop,
    report::ExceptionContext,
    task::Task,
    task_ref::TaskRef,
};
use crate::{
    Exception, Kind,
    clock::{Clock, RealClock},
    contextvars,
};

/// An event loop: Python's `asyncio` loop. Clones are handles to the same loop; when the last one is dropped, the loop is
/// closed. It stays on its thread.
///
/// ```
/// use tminus::{EventLoop, Exception, yield_now};
///
/// let event_loop = EventLoop::new();
/// let answer = event_loop.run_until_complete(async {
///     yield_now().await?;
///     Ok(42)
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), Exception>(())
/// ```
pub struct EventLoop(pub(super) Rc<Kernel>);

impl EventLoop {
    /// Creates a loop on the real clock.
    pub fn new() -> Self {
        Self::with_clock(RealClock::new())
    }

    /// Creates a loop on another clock, such as a [`VirtualClock`](crate::clock::VirtualClock).
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self::of(&Kernel::new(clock))
    }

    /// Returns the running loop: Python's `asyncio.get_running_loop`.
    ///
    /// If a task keeps this handle, its loop is not closed when the owner of the loop drops the last other handle.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if no event loop is running on this thread.
    pub fn running() -> Result<Self, Exception> {
        expect_running().map(|kernel| Self::of(&kernel))
    }

    pub(crate) fn of(kernel: &Rc<Kernel>) -> Self {
        kernel.owners.set(kernel.owners.get() + 1);
        Self(kernel.clone())
    }

    pub(crate) fn kernel(&self) -> &Rc<Kernel> {
        &self.0
    }

    /// Returns the time on the loop's clock.
    pub fn time(&self) -> Duration {
        self.0.now()
    }

    /// Returns the number of rounds that the loop has begun, the present one included. Python's loop makes a round in each
    /// `_run_once`.
    ///
    /// ```
    /// use tminus::{EventLoop, Exception, run, yield_now};
    ///
    /// run(async {
    ///     let event_loop = EventLoop::running()?;
    ///     let before = event_loop.rounds();
    ///     yield_now().await?;
    ///     assert_eq!(event_loop.rounds(), before + 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn rounds(&self) -> u64 {
        self.0.rounds.get()
    }

    /// Calls `callback` in the next round. Callbacks are called in the order in which they were scheduled.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    pub fn call_soon<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce() -> O + 'static,
    ) -> Result<Handle, Exception> {
        self.0.open()?;
        Ok(Handle::soon(&self.0, callback))
    }

    /// Calls `callback` after `delay`.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    pub fn call_later<O: Outcome<Value = ()>>(
        &self,
        delay: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Result<Handle, Exception> {
        self.call_at(self.time().saturating_add(delay), callback)
    }

    /// Calls `callback` when the loop's clock shows `when`; if that has passed, in the next round.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    pub fn call_at<O: Outcome<Value = ()>>(
        &self,
        when: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Result<Handle, Exception> {
        self.0.open()?;
        Ok(Handle::at(&self.0, when, callback))
    }

    /// Returns a handle with which other threads can call into this loop.
    pub fn remote(&self) -> RemoteLoop {
        RemoteLoop::new(&self.0)
    }

    /// Creates a pending future, whose result or exception is set later: Python's `loop.create_future`.
    pub fn create_future<T>(&self) -> LoopFuture<T> {
        LoopFuture::new(&self.0)
    }

    /// Spawns a future, or a generator, as a task. It has its first turn in the next round.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    pub fn create_task<T: 'static>(
        &self,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        Task::new(&self.0, None, body.into_future())
    }

    /// Spawns a task as [`create_task`](EventLoop::create_task) does, in `context` instead of a copy of the current context.
    /// See [`spawn_in`](super::spawn_in).
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    pub fn create_task_in<T: 'static>(
        &self,
        context: &contextvars::Context,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        let task = Task::new(&self.0, None, body.into_future())?;
        task.any().gets_context(context.clone());
        Ok(task)
    }

    /// Spawns a task as [`create_task`](EventLoop::create_task) does, and names it.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    pub fn create_named_task<T: 'static>(
        &self,
        name: &str,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        Task::new(&self.0, Some(name), body.into_future())
    }

    /// Returns the running task, if one is running.
    pub fn current_task(&self) -> Option<TaskRef> {
        let current = self.0.with(|tasks| tasks.current());
        current.map(|key| TaskRef::of(&self.0, key))
    }

    /// Returns the tasks that have not ended, in the order of spawning.
    pub fn all_tasks(&self) -> Vec<TaskRef> {
        if self.is_closed() {
            return Vec::new();
        }
        let living = self.0.with(|tasks| tasks.living());
        living
            .into_iter()
            .map(|key| TaskRef::of(&self.0, key))
            .collect()
    }

    /// Sets a handler for failures that nothing awaits: exceptions and panics in callbacks, exceptions that were
    /// never retrieved, panics in drops. Without a handler, they are logged through `tracing` at level `ERROR`, or written to
    /// stderr if there is no subscriber (see [`report_to_stderr`](crate::report_to_stderr)). Python's
    /// `loop.set_exception_handler`.
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use tminus::{EventLoop, Exception, Kind, sleep, spawn_named};
    ///
    /// let event_loop = EventLoop::new();
    /// let log = Rc::new(RefCell::new(Vec::new()));
    /// let writer = log.clone();
    /// event_loop.set_exception_handler(move |context| writer.borrow_mut().push(context.to_string()));
    /// event_loop.run_until_complete(async {
    ///     let failing = async { Err::<(), _>(Exception::new(Kind::ValueError, "no fuel")) };
    ///     drop(spawn_named("engine", failing)?);
    ///     tminus::yield_now().await
    /// })?;
    /// assert_eq!(*log.borrow(), ["Task exception was never retrieved: task \"engine\": ValueError: no fuel"]);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn set_exception_handler(&self, handler: impl Fn(&ExceptionContext<'_>) + 'static) {
        let kernel = Rc::downgrade(&self.0);
        let handler: Handler = Rc::new(move |report| {
            handler(&ExceptionContext::of(&kernel, &report));
        });
        self.0.set_handler(Some(handler));
    }

    /// Sets how long a turn or a callback may take, in real time, before it is reported as `slow turn`. At first this is 100 ms.
    ///
    /// Turns are timed if a `tracing` subscriber listens to warnings. Without any subscriber, they are timed once this function
    /// was called, and the report is [a line on stderr](crate::report_to_stderr).
    pub fn set_slow_turn(&self, threshold: Duration) {
        self.0.settings.slow_turn.set(threshold);
        self.0.settings.slow_turn_was_set.set(true);
    }

    /// Sets after how many rounds at one instant of a virtual clock a livelock is reported. At first this is 100,000. See
    /// [`Livelock`](super::Livelock).
    pub fn set_livelock_rounds(&self, rounds: u64) {
        self.0.settings.livelock_rounds.set(rounds);
    }

    /// Sets whether a run ends with a [`Livelock`](super::Livelock) instead of a `tracing` event at level `WARN`.
    pub fn set_livelock_is_error(&self, is_error: bool) {
        self.0.settings.livelock_is_error.set(is_error);
    }

    /// Promises that no other thread will wake this loop: only its own tasks hold wakers and [`RemoteLoop`]s. Then a run in which nothing can happen ends with a [`Deadlock`](super::Deadlock) even if wakers are held, for
    /// instance if two tasks wait for each other through channels of the `futures` crate.
    pub fn set_single_threaded(&self, is_single_threaded: bool) {
        self.0.settings.single_threaded.set(is_single_threaded);
    }

    /// Sets how much later than its deadline a timer may fire on a real clock. Timers that are due within the slack share one
    /// wake-up, like those of a Linux thread within its timer slack (`PR_SET_TIMERSLACK`), and as there a lone timer is late,
    /// too. No timer fires early, and the order of deadlines stays. At first this is zero. A virtual clock has no slack.
    pub fn set_timer_slack(&self, slack: Duration) {
        self.0.settings.timer_slack.set(slack);
    }

    /// Runs until [`stop`](EventLoop::stop) is called.
    ///
    /// # Errors
    ///
    /// - [`Deadlock`](super::Deadlock) if nothing can ever happen again.
    /// - `KeyboardInterrupt` if any task or callback raises it: that ends the run immediately.
    /// - `RuntimeError` if the loop is closed, or a loop is already running on this thread.
    pub fn run_forever(&self) -> Result<(), Exception> {
        self.0.open()?;
        self.0.run(None)
    }

    /// Stops the loop at the end of the current round. If the loop is not running, its next run stops after one round.
    pub fn stop(&self) {
        self.0.stopping.set(true);
    }

    /// Returns `true` if the loop is running.
    pub fn is_running(&self) -> bool {
        current::is_running(&self.0)
    }

    /// Returns `true` if the loop is closed.
    pub fn is_closed(&self) -> bool {
        self.0.open().is_err()
    }

    /// Closes the loop: tasks that have not ended and callbacks that are scheduled are dropped, and nothing more is accepted.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is running.
    pub fn close(&self) -> Result<(), Exception> {
        if self.is_running() {
            return Err(Exception::new(
                Kind::RuntimeError,
                "Cannot close a running event loop",
            ));
        }
        self.0.close();
        Ok(())
    }
}

impl Clone for EventLoop {
    fn clone(&self) -> Self {
        Self::of(&self.0)
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        let owners = self.0.owners.get() - 1;
        self.0.owners.set(owners);
        if owners == 0 {
            self.0.close();
        }
    }
}

/// Two handles are equal if they are handles to the same loop.
impl PartialEq for EventLoop {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for EventLoop {}

impl Hash for EventLoop {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.0).hash(state);
    }
}

impl Default for EventLoop {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop")
            .field("running", &self.is_running())
            .field("closed", &self.is_closed())
            .field("time", &self.time())
            .field("tasks", &self.all_tasks())
            .finish()
    }
}
