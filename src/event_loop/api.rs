//! The loop as its owner sees it.

use std::{
    cell::Cell,
    fmt,
    pin::{Pin, pin},
    rc::{Rc, Weak},
    task::{Context, Waker},
    time::Duration,
};

use super::{
    body::{Body, Main, Stage, StandIn},
    current::{self, expect_running, none_may_run},
    future::LoopFuture,
    future_ref::FutureRef,
    handle::Handle,
    kernel::{Handler, Kernel, Report},
    keys::Key,
    outcome::Outcome,
    remote::RemoteLoop,
    replies::ExpectedFrom,
    reply::Reply,
    results::{result_of, task_exception},
    task::Task,
    task_ref::{self, TaskRef},
    waits::reason::{FutureKind, LineWords, Party},
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
pub struct EventLoop(Rc<Kernel>);

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
    /// A task that keeps it keeps its own loop from being closed when its owner drops it.
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

    /// Creates a future that somebody is to set.
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

    /// Sets a handler for what goes wrong where nobody awaits it: exceptions and panics in callbacks, exceptions that were
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

    /// Promises that no other thread will wake this loop: wakers and [`RemoteLoop`]s are held by the loop's own tasks, if at
    /// all. Then a run in which nothing can happen ends with a [`Deadlock`](super::Deadlock) even if wakers are held, for
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

    /// Runs until `main` is done, and returns its result. `main` is a task, a future of this loop, or anything that can be
    /// spawned as a task. Other tasks stay as they are.
    ///
    /// # Errors
    ///
    /// - What `main` raises.
    /// - [`Deadlock`](super::Deadlock) if nothing can ever happen again.
    /// - `KeyboardInterrupt` if any task or callback raises it: that ends the run immediately.
    /// - `RuntimeError` if the loop is closed, is stopped before `main` is done, or a loop is already running on this thread.
    /// - `ValueError` if `main` belongs to another loop.
    pub fn run_until_complete<T, F>(&self, main: F) -> Result<T, Exception>
    where
        T: 'static,
        F: IntoFuture<Output: Outcome<Value = T>>,
    {
        let body = main.into_future();
        let mut body = pin!(Stage::Running { body });
        let future = self.starts(body.as_mut())?;
        let task = key_of_main::<T, F::IntoFuture>(&future);
        let mut main = lends_main(task, body.as_mut());
        let completed = self.completes(&future, &mut main);
        self.abandons(&mut main);
        completed?;
        result_of_main(&future, body)
    }

    /// Starts the main of a run: returns the task or future that it is a handle to, or a new task for it.
    fn starts<T, F>(&self, body: Pin<&mut Stage<F, T>>) -> Result<FutureRef, Exception>
    where
        T: 'static,
        F: Future<Output: Outcome<Value = T>>,
    {
        self.0.open()?;
        none_may_run()?;
        if is_handle::<F, T>()
            && let Some(future) = body.is_handle_to()
        {
            return match future.kernel() {
                Some(kernel) if !Rc::ptr_eq(kernel, &self.0) => Err(of_another_loop()),
                Some(_) | None => Ok(future),
            };
        }
        let task = task_ref::spawn(&self.0, None, StandIn::of_main())?;
        self.0.with(|tasks| tasks.is_main(task.key()));
        Ok(task.as_future())
    }

    /// Runs until the main of a run is done. If that failed before it had a loop, it is done.
    fn completes(&self, future: &FutureRef, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        if future.kernel().is_none() {
            return Ok(());
        }
        self.runs_until(future, main)?;
        match future.done() {
            true => Ok(()),
            false => Err(Exception::new(
                Kind::RuntimeError,
                "Event loop stopped before Future completed.",
            )),
        }
    }

    /// No further run polls main.
    fn abandons(&self, main: &mut Option<Main<'_>>) {
        if let Some(main) = main {
            self.0.abandons_main(main);
        }
    }

    /// Runs to the end of the round after the one in which the future is done, as asyncio does, unless something else ends the
    /// run before.
    fn runs_until(&self, future: &FutureRef, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        let this_run = Rc::new(self.0.clone());
        let stopped = Rc::downgrade(&this_run); // a callback that is called too late stops no later run
        let id = future.add_callback(move |_| {
            if let Some(kernel) = stopped.upgrade() {
                kernel.stopping.set(true);
            }
        });
        let ended = self.0.run(main.as_mut().map(Main::again));
        future.remove_callback(id);
        ended
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

    /// Runs `main`, cancels the tasks that remain, lets them clean up, waits for the jobs of the default executor, and closes
    /// the loop: Python's `asyncio.run`.
    ///
    /// An exception of a task that is cancelled in this way goes to the exception handler.
    ///
    /// # Ctrl-C
    ///
    /// On the real clock and on the main thread of the program, the run hears Ctrl-C (SIGINT), as in CPython:
    ///
    /// - The first Ctrl-C cancels `main`. If `main` then ends as cancelled, the run raises `KeyboardInterrupt`. If `main` returns
    ///   a result or raises something else, that is the result of the run.
    /// - The second one ends the run. Tasks that remain are cancelled and can clean up, until a further Ctrl-C. The run raises
    ///   `KeyboardInterrupt`.
    /// - One that is pressed before the loop could answer the last one ends the process: a task keeps the loop from running.
    ///
    /// After the run, Ctrl-C ends the process, as it does by default.
    ///
    /// If SIGINT is ignored or caught when the first run begins, as in the background jobs of a shell script, Ctrl-C stays what it
    /// is. That is looked up in Linux's `/proc`; on other systems, SIGINT is taken to be at its default. All this is for Unix and
    /// the feature `io`. Elsewhere, and on other clocks, Ctrl-C ends the process.
    ///
    /// # Errors
    ///
    /// - Those of [`run_until_complete`](EventLoop::run_until_complete).
    /// - `KeyboardInterrupt` if Ctrl-C has ended the run.
    pub fn run<T, F>(self, main: F) -> Result<T, Exception>
    where
        T: 'static,
        F: IntoFuture<Output: Outcome<Value = T>>,
    {
        let body = main.into_future();
        let mut body = pin!(Stage::Running { body });
        let hearing = self.0.begins_to_hear();
        let started = self.starts(body.as_mut());
        let task = started
            .as_ref()
            .ok()
            .and_then(key_of_main::<T, F::IntoFuture>);
        let result = started.and_then(|future| {
            self.runs_main(&future, lends_main(task, body.as_mut()), hearing.is_some())?;
            result_of_main(&future, body.as_mut())
        });
        // If main has not ended, it is cancelled with the other tasks, so its body is polled in the clean-up, too.
        let mut main = lends_main(task, body);
        let shut_down = self.shuts_down(&mut main);
        self.abandons(&mut main);
        let closed = self.close();
        let was_pressed = hearing.is_some_and(|hearing| self.0.hears_no_longer(hearing));
        closed?;
        match was_pressed {
            true => Err(Kind::KeyboardInterrupt.into()),
            false => shut_down.and(result),
        }
    }

    /// Runs main, which the first Ctrl-C cancels if the run hears it.
    fn runs_main(
        &self,
        future: &FutureRef,
        mut main: Option<Main<'_>>,
        hears: bool,
    ) -> Result<(), Exception> {
        let main = &mut main;
        if !hears {
            return self.completes(future, main);
        }
        let any = future.clone();
        let cancels = move || !any.done() && any.cancel();
        self.0.interrupts.has_main(Box::new(cancels));
        let completed = self.completes(future, main);
        let was_cancelled = self.0.interrupts.has_no_main();
        completed?;
        // If somebody else has cancelled it as well, it is not only Ctrl-C that ended it.
        match was_cancelled && future.ended_cancelled() && future.uncancel() == 0 {
            true => Err(Kind::KeyboardInterrupt.into()),
            false => Ok(()),
        }
    }

    /// What `asyncio.run` does before it closes the loop: cancel, gather, report; and then four more rounds, which are those
    /// of `shutdown_asyncgens` and `shutdown_default_executor`, or more if the executor has jobs. What a clean-up spawns or
    /// schedules has its turns in them.
    fn shuts_down(&self, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        if self.0.open().is_err() || none_may_run().is_err() {
            return Ok(());
        }
        self.0.stopping.set(false); // whoever has stopped the loop has stopped the run, and that is over
        let mut left = self.all_tasks();
        let closing = self.0.generators.closing();
        left.retain(|task| !closing.contains(&task.key()));
        for task in &left {
            task.cancel();
        }
        if !left.is_empty() {
            self.reports_all_but_interrupts(self.waits_for(&left, main))?;
            for task in left.iter().filter(|task| !task.cancelled()) {
                if let Ok(Some(exception)) = task_exception(task) {
                    self.0
                        .reports(FAILED_SHUTDOWN, &exception, Some(task.key()));
                }
            }
        }
        self.closes_generators(main)?;
        self.reports_all_but_interrupts(self.0.run_rounds(2, main))?;
        match self.shuts_executor_down() {
            None => self.reports_all_but_interrupts(self.0.run_rounds(2, main)),
            Some(over) => self.reports_all_but_interrupts(self.runs_until_done(&over, main)),
        }
    }

    /// Lets all async generators clean up that were begun and not finished: Python's `loop.shutdown_asyncgens`. What they drop
    /// in doing so is closed, too.
    fn closes_generators(&self, main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        loop {
            let closing = self.0.closes_generators();
            if closing.is_empty() {
                return Ok(());
            }
            self.reports_all_but_interrupts(self.waits_for(&closing, main))?;
            for task in &closing {
                if let Ok(Some(exception)) = task_exception(task) {
                    self.0.reports(FAILED_CLOSING, &exception, None);
                }
            }
        }
    }

    /// Shuts the default executor down. Returns a future of the end of its jobs, if there is one: the loop runs until then, so
    /// that jobs can call into it, and a `KeyboardInterrupt` can end the wait.
    pub(crate) fn shuts_executor_down(&self) -> Option<LoopFuture<()>> {
        let executor = self.0.shuts_executor_down()?;
        let party = Rc::new(Party::Words(executor.words().into()));
        let over = LoopFuture::new_for(&self.0, FutureKind::Outside(&JOBS, party));
        let ends = over.clone();
        let reply = Reply::new(&self.0, ExpectedFrom::Outside, move || match ends.done() {
            true => Ok(()), // cancelled
            false => ends.set_result(()),
        });
        executor.shuts_down(Box::new(move || reply.arrives()));
        Some(over)
    }

    /// A `KeyboardInterrupt` ends the clean-up, too. Anything else that does is reported: `run` has a result already.
    fn reports_all_but_interrupts(&self, ended: Result<(), Exception>) -> Result<(), Exception> {
        match ended {
            Err(exception) if exception.kind() != Kind::KeyboardInterrupt => {
                self.0.reports(FAILED_SHUTDOWN, &exception, None);
                Ok(())
            }
            ended => ended,
        }
    }

    /// Runs until all are done, and the round after, as a gather of them would.
    fn waits_for(&self, all: &[TaskRef], main: &mut Option<Main<'_>>) -> Result<(), Exception> {
        let left = Rc::new(Cell::new(all.len()));
        let over = self.create_future::<()>();
        for one in all {
            let (left, over) = (left.clone(), over.clone());
            one.as_future().add_callback(move |_| {
                left.set(left.get() - 1);
                if left.get() == 0 {
                    over.set_result(()).expect("it is set once");
                }
            });
        }
        self.runs_until_done(&over, main)
    }

    /// However often the loop is stopped in between.
    fn runs_until_done(
        &self,
        over: &LoopFuture<()>,
        main: &mut Option<Main<'_>>,
    ) -> Result<(), Exception> {
        while !over.done() {
            self.runs_until(&over.any(), main)?;
        }
        Ok(())
    }
}

/// Whether main is a handle to a task or a future. (Its type can borrow, so it has no `TypeId` of the standard library.)
fn is_handle<F, T: 'static>() -> bool {
    let main = typeid::of::<F>();
    main == typeid::of::<Task<T>>() || main == typeid::of::<LoopFuture<T>>()
}

/// The task of a main that is no handle.
fn key_of_main<T: 'static, F>(future: &FutureRef) -> Option<Key> {
    let task = future.task().filter(|_| !is_handle::<F, T>())?;
    Some(task.key())
}

/// Lends the body of a main that is a task of its own. That of a handle is only polled for its result.
fn lends_main<'a>(task: Option<Key>, body: Pin<&'a mut (dyn Body + 'a)>) -> Option<Main<'a>> {
    task.map(|task| Main { task, body })
}

/// The result of a main that is done.
fn result_of_main<T, F>(future: &FutureRef, mut body: Pin<&mut Stage<F, T>>) -> Result<T, Exception>
where
    T: 'static,
    F: Future<Output: Outcome<Value = T>>,
{
    if is_handle::<F, T>() {
        let polled = body.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        debug_assert!(polled.is_ready(), "a handle to what is done does not wait");
    } else if let Some(task) = future.task() {
        // The exception is that of the row: only the first who asks gets the very `Cancelled`.
        result_of::<()>(task.borrow(), None)?;
    }
    body.takes().expect("it is done")
}

const JOBS: LineWords = LineWords {
    kind: "thread",
    words: "the jobs of",
};

const FAILED_CLOSING: &str = "an error occurred during closing of asynchronous generator";

const FAILED_SHUTDOWN: &str = "unhandled exception during asyncio.run() shutdown";

#[cold]
pub(crate) fn of_another_loop() -> Exception {
    Exception::new(
        Kind::ValueError,
        "The future belongs to a different loop than the one specified as the loop argument",
    )
}

/// Runs `main` on a new loop with a real clock: Python's `asyncio.run`. See [`EventLoop::run`], which also says what Ctrl-C does.
///
/// ```
/// use tminus::{Exception, run};
///
/// assert_eq!(run(async { Ok(42) })?, 42);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// Those of [`EventLoop::run_until_complete`].
pub fn run<T, F>(main: F) -> Result<T, Exception>
where
    T: 'static,
    F: IntoFuture<Output: Outcome<Value = T>>,
{
    EventLoop::new().run(main)
}

/// What an exception handler receives: what went wrong, and in which task. Python's `context`.
///
/// See [`EventLoop::set_exception_handler`] for an example.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExceptionContext<'a> {
    message: &'a str,
    exception: &'a Exception,
    task: Option<TaskRef>,
}

impl<'a> ExceptionContext<'a> {
    fn of(kernel: &Weak<Kernel>, report: &Report<'a>) -> Self {
        let kernel = kernel.upgrade();
        let task = kernel
            .zip(report.task)
            .map(|(kernel, key)| TaskRef::of(&kernel, key));
        Self {
            message: report.message,
            exception: report.exception,
            task,
        }
    }

    /// Returns what happened, in CPython's words: `Task exception was never retrieved`, for instance.
    pub fn message(&self) -> &str {
        self.message
    }

    /// Returns the exception. A panic is one of kind [`Panic`](Kind::Panic).
    pub fn exception(&self) -> &Exception {
        self.exception
    }

    /// Returns the task in which it happened, if it was in a task.
    pub fn task(&self) -> Option<&TaskRef> {
        self.task.as_ref()
    }
}

/// The message, the task's name, and the exception.
impl fmt::Display for ExceptionContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.message)?;
        if let Some(task) = &self.task {
            write!(f, "task {:?}: ", task.name())?;
        }
        write!(f, "{}", self.exception)
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
