//! The loop's heart: the ready queue, the timers, and one turn after the other.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use slab::Slab;

use super::{
    any_task::{self, AnyTask, Core, TaskRef},
    deadlock::Deadlock,
    handle::{Handle, Outcome},
    remote::{Call, OwnWaker, Remote, RemoteLoop},
    signal::Signal,
};
use crate::{
    Exception, Kind,
    clock::Clock,
    exception::catching,
    targets::EVENT_LOOP,
    timers::{TimerId, Timers},
};

thread_local! {
    static RUNNING: RefCell<Option<Rc<Kernel>>> = const { RefCell::new(None) };
}

/// How many loops the process has created.
static LOOPS: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Kernel {
    /// The loop's number in the process, from 1 on: it tells the loops apart in a trace.
    pub(super) number: u64,
    pub(super) remote: Arc<Remote>,
    pub(super) slow: Cell<Duration>,
    pub(super) stopping: Cell<bool>,
    pub(super) closed: Cell<bool>,
    pub(super) handler: RefCell<Option<Handler>>,
    /// Held by each [`RemoteLoop`], so that they are counted.
    remote_loops: Arc<()>,
    clock: Box<dyn Clock>,
    ready: RefCell<VecDeque<Rc<dyn Run>>>,
    timers: RefCell<Timers<Rc<dyn Run>>>,
    /// The tasks that have not ended. They live here, whoever else holds them.
    tasks: RefCell<Slab<Rc<dyn AnyTask>>>,
    next_task: Cell<u64>,
    current: RefCell<Option<Rc<dyn AnyTask>>>,
    /// The waker of each task that has none of its own, during its step.
    pub(super) lent: RefCell<OwnWaker>,
    /// The task that is behind what happens while none runs.
    cause: Cell<Option<u64>>,
}

/// Who is told of exceptions in callbacks.
type Handler = Rc<dyn Fn(&Exception)>;

/// What the loop runs: a task makes a step, a callback is called, a sleep is over.
pub(crate) trait Run {
    fn run(self: Rc<Self>, kernel: &Kernel);

    /// The task that makes a step, if one does.
    fn task(self: Rc<Self>) -> Option<TaskRef> {
        None
    }
}

impl Kernel {
    pub(super) fn new(clock: Box<dyn Clock>) -> Self {
        let remote = Arc::<Remote>::default();
        Self {
            number: LOOPS.fetch_add(1, Ordering::Relaxed) + 1,
            remote: remote.clone(),
            slow: Cell::new(Duration::from_millis(100)),
            stopping: Cell::new(false),
            closed: Cell::new(false),
            handler: RefCell::default(),
            remote_loops: Arc::default(),
            clock,
            ready: RefCell::default(),
            timers: RefCell::new(Timers::new()),
            tasks: RefCell::default(),
            next_task: Cell::new(0),
            current: RefCell::default(),
            lent: RefCell::new(OwnWaker::new(remote)),
            cause: Cell::new(None),
        }
    }

    /// The loop that runs on this thread.
    pub(crate) fn running() -> Option<Rc<Kernel>> {
        RUNNING.with_borrow(Option::clone)
    }

    /// Looks at the task that runs on this thread, and its loop. `None` where none does. (`look` must not run other
    /// people's code.)
    #[inline]
    pub(super) fn with_current<T>(look: impl FnOnce(&Kernel, &Rc<dyn AnyTask>) -> T) -> Option<T> {
        RUNNING.with_borrow(|running| {
            let kernel = running.as_deref()?;
            Some(look(kernel, kernel.current.borrow().as_ref()?))
        })
    }

    pub(super) fn is_running(&self) -> bool {
        RUNNING.with_borrow(|running| running.as_deref().is_some_and(|it| std::ptr::eq(it, self)))
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(crate) fn schedule(&self, handle: Handle) {
        handle.is_caused_by(self.cause());
        self.push(handle.into_run());
    }

    pub(crate) fn call_at<O: Outcome>(
        self: &Rc<Self>,
        when: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Handle {
        let handle = Handle::new(callback);
        let id = self.set_timer(when, handle.clone().into_run());
        handle.is_timer(when, id, self);
        handle
    }

    /// Gives the signal at that time.
    pub(super) fn wake_at(&self, when: Duration, signal: Rc<Signal>) -> TimerId {
        self.set_timer(when, signal)
    }

    fn set_timer(&self, when: Duration, ready: Rc<dyn Run>) -> TimerId {
        self.timers.borrow_mut().set(when, ready)
    }

    pub(super) fn cancel_timer(&self, id: TimerId) {
        let cancelled = self.timers.borrow_mut().cancel(id);
        drop(cancelled); // when the timers are free
    }

    pub(super) fn remote_loop(&self) -> RemoteLoop {
        RemoteLoop {
            remote: self.remote.clone(),
            counted: Some(self.remote_loops.clone()),
        }
    }

    #[inline]
    pub(super) fn schedule_step(&self, task: Rc<dyn AnyTask>) {
        let core = task.core();
        if core.scheduled.replace(true) {
            return;
        }
        self.trace_woken(core);
        self.push(task);
    }

    /// The task that is behind what happens now: the one that runs, or the one that scheduled the callback that runs.
    pub(super) fn cause(&self) -> Option<u64> {
        let current = self.current.borrow().as_ref().map(|task| task.core().id);
        current.or(self.cause.get())
    }

    /// The same, where the loop that runs on this thread has this remote end. (Any thread may ask, until its very end.)
    pub(super) fn cause_here(remote: &Remote) -> Option<u64> {
        let cause = |running: &RefCell<Option<Rc<Kernel>>>| {
            let running = running.borrow();
            let kernel = running.as_ref()?;
            std::ptr::eq(&*kernel.remote, remote).then(|| kernel.cause())?
        };
        RUNNING.try_with(cause).ok()?
    }

    /// Does what a task is behind.
    pub(super) fn caused_by<T>(&self, task: Option<u64>, act: impl FnOnce() -> T) -> T {
        let outer = self.cause.replace(task);
        let done = act();
        self.cause.set(outer);
        done
    }

    /// A closed loop takes no more turns.
    pub(super) fn push(&self, ready: Rc<dyn Run>) {
        if !self.closed.get() {
            self.ready.borrow_mut().push_back(ready);
        }
    }

    pub(super) fn next_task_id(&self) -> u64 {
        self.next_task.replace(self.next_task.get() + 1)
    }

    pub(super) fn add_task(&self, task: Rc<dyn AnyTask>) {
        let mut tasks = self.tasks.borrow_mut();
        let place = tasks.vacant_entry();
        task.core().place.set(place.key());
        place.insert(task);
    }

    pub(super) fn remove_task(&self, task: &Core) {
        let removed = self.tasks.borrow_mut().try_remove(task.place.get());
        drop(removed); // when the table is free
    }

    /// In the order of creation.
    pub(super) fn all_tasks(&self) -> Vec<TaskRef> {
        let mut tasks: Vec<_> = self
            .tasks
            .borrow()
            .iter()
            .map(|(_, task)| TaskRef(task.clone()))
            .collect();
        tasks.sort_unstable_by_key(TaskRef::id);
        tasks
    }

    pub(crate) fn current(&self) -> Option<Rc<dyn AnyTask>> {
        self.current.borrow().clone()
    }

    pub(super) fn is_current(&self, id: u64) -> bool {
        let current = self.current.borrow();
        current.as_ref().is_some_and(|task| task.core().id == id)
    }

    /// While this task is the current one.
    #[inline]
    pub(super) fn run_as<T>(&self, task: Rc<dyn AnyTask>, run: impl FnOnce() -> T) -> T {
        let outer = self.current.replace(Some(task));
        let result = run();
        self.current.replace(outer);
        result
    }

    /// Takes turns until `stop`.
    pub(super) fn run(self: &Rc<Self>) -> Result<(), Exception> {
        self.run_until(|| self.stopping.take())
    }

    /// Takes turns until `over` says so after one.
    pub(super) fn run_until(self: &Rc<Self>, over: impl Fn() -> bool) -> Result<(), Exception> {
        Self::none_runs()?;
        let _runs = Runs::here(self);
        loop {
            self.turn()?;
            if over() {
                return Ok(());
            }
        }
    }

    /// A loop inside a loop is refused: the outer one would stand still.
    pub(super) fn none_runs() -> Result<(), Exception> {
        match Self::running() {
            None => Ok(()),
            Some(_) => Err(Exception::new(
                Kind::RuntimeError,
                "a loop is running on this thread already: await, or spawn a task, in the place of running another",
            )),
        }
    }

    /// One turn, as asyncio takes it: what was ready when it began, and the timers that are due, once each. What they
    /// schedule runs in the next one.
    fn turn(&self) -> Result<(), Deadlock> {
        self.take_calls();
        if self.ready.borrow().is_empty() && !self.stopping.get() {
            self.wait()?;
        }
        self.take_due();
        let count = self.ready.borrow().len();
        let mut time = None;
        for _ in 0..count {
            let Some(ready) = ({ self.ready.borrow_mut().pop_front() }) else {
                break; // the loop was closed
            };
            if tracing::enabled!(target: EVENT_LOOP, tracing::Level::WARN) {
                time = self.run_one_timed(ready, time);
            } else {
                time = None;
                ready.run(self);
            }
        }
        Ok(())
    }

    /// The one place where the loop waits: for the next timer, or for a call from outside.
    fn wait(&self) -> Result<(), Deadlock> {
        loop {
            let deadline = self.next_deadline();
            if deadline.is_some_and(|deadline| deadline <= self.now()) || !self.remote.is_empty() {
                self.take_calls();
                return Ok(());
            }
            if deadline.is_none() && !self.can_be_woken() {
                return Err(Deadlock::of(&self.all_tasks()));
            }
            self.clock.wait(deadline);
        }
    }

    fn take_due(&self) {
        if self.timers.borrow().is_empty() {
            return;
        }
        let now = self.now();
        while let Some(due) = { self.timers.borrow_mut().take_due(now) } {
            self.push(due);
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.timers.borrow_mut().next_deadline()
    }

    /// Whether somebody outside can still wake the loop: who holds its remote end, or the waker of a task.
    fn can_be_woken(&self) -> bool {
        let tasks = self.tasks.borrow();
        Arc::strong_count(&self.remote_loops) > 1
            || tasks.iter().any(|(_, task)| task.core().waker_is_held())
    }

    fn take_calls(&self) {
        if self.remote.is_empty() {
            return;
        }
        for (call, cause) in self.remote.take() {
            self.caused_by(cause, || match call {
                Call::Step { id, place } => {
                    let task = self.tasks.borrow().get(place).cloned();
                    if let Some(task) = task
                        && task.core().id == id
                    {
                        self.schedule_step(task);
                    }
                }
                Call::Call(call) => self.schedule(Handle::new(call)),
            });
        }
    }

    /// Takes the time, where it is known, and gives it: one step begins when the one before it ends.
    #[inline(never)]
    fn run_one_timed(&self, ready: Rc<dyn Run>, start: Option<Duration>) -> Option<Duration> {
        let task = ready.clone().task();
        let start = start.unwrap_or_else(|| self.now());
        ready.run(self);
        let end = self.now();
        let took = end.saturating_sub(start);
        if took > self.slow.get() {
            let task = task.as_ref().map(|TaskRef(task)| task.core());
            tracing::warn!(
                target: EVENT_LOOP,
                {
                    "loop" = self.number,
                    task = task.map(|task| task.id),
                    name = task.map(Core::name).as_deref(),
                    turn = task.map(|task| task.steps.get()),
                    ?took,
                },
                "slow turn"
            );
            return None; // to tell it took time
        }
        Some(end)
    }

    pub(crate) fn handle_exception(&self, exception: &Exception) {
        let handler = self.handler.borrow().clone();
        match handler {
            Some(handler) => {
                if let Err(panic) = catching(|| handler(exception)) {
                    tracing::error!(
                        target: EVENT_LOOP,
                        { "loop" = self.number, exception = panic.name(), text = %panic.message() },
                        "the exception handler panicked"
                    );
                }
            }
            None => tracing::error!(
                target: EVENT_LOOP,
                { "loop" = self.number, exception = exception.name(), text = %exception.message_or_panic() },
                "exception in a callback"
            ),
        }
    }

    pub(super) fn close(&self) {
        self.closed.set(true);
        self.remote.close();
        drop(self.ready.take());
        drop(self.timers.replace(Timers::new()));
        // The bodies first, one after the other: a task may hold another, and that the next.
        let tasks = self.all_tasks();
        self.tasks.take();
        for TaskRef(task) in &tasks {
            any_task::forget(&**task, self.number);
        }
        drop(tasks);
        drop(self.handler.take()); // it may hold the loop
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        self.close();
    }
}

/// While it is there, the loop is the one that runs on this thread. It goes when a panic passes, too.
struct Runs<'a>(&'a Kernel);

impl<'a> Runs<'a> {
    fn here(kernel: &'a Rc<Kernel>) -> Self {
        RUNNING.set(Some(kernel.clone()));
        kernel.remote.runs_here(true);
        Self(kernel)
    }
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        self.0.remote.runs_here(false);
        RUNNING.set(None);
    }
}
