//! A timer-driven event loop: asyncio's, with its order, its tasks, and cancellation that can be caught.
//!
//! ```
//! use std::time::Duration;
//! use tminus::{Exception, clock::VirtualClock, event_loop::{EventLoop, sleep, spawn}};
//!
//! async fn say_after(seconds: u64, what: &'static str) -> Result<&'static str, Exception> {
//!     sleep(Duration::from_secs(seconds)).await?;
//!     Ok(what)
//! }
//!
//! let event_loop = EventLoop::with_clock(VirtualClock::new());
//! let said = event_loop.run_until_complete(async {
//!     let world = spawn(say_after(2, "world"))?;
//!     let hello = say_after(1, "hello").await?;
//!     Ok(format!("{hello} {}", world.await?))
//! })?;
//! assert_eq!(said, "hello world");
//! assert_eq!(event_loop.time(), Duration::from_secs(2)); // and it took no time at all
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Order
//!
//! The loop takes turns. A turn runs what was ready when it began, in the order in which it became ready, and then the
//! timers that are due, by deadline and then by the order of setting. What they make ready runs in the next turn. So a
//! task that keeps giving way delays a timer by one turn at most.
//!
//! To wake a task, and to call a done callback, goes through the ready queue. To await what is done does not suspend.
//!
//! # Cancellation
//!
//! `task.cancel()` raises `Cancelled` where the task waits, in the next turn. It is an exception like others: `?` passes it
//! on, and a body may catch it, clean up with further `.await`s, and go on or not.
//!
//! # Deadlock
//!
//! When no task can run, no timer is set and nobody outside can wake the loop, a run ends with [`Deadlock`], which names
//! the stuck tasks, what each waits for, and those that wait for each other. Who holds a [`RemoteLoop`] or a task's waker
//! can wake the loop, so as long as somebody does, the loop waits. (A `FuturesUnordered` holds the waker of the task that
//! polls it, even where all that is in it is stuck.)
//!
//! # Futures from elsewhere
//!
//! A task may await any future. Its waker works from any thread. See [`cancellable`] for what a cancellation does there.
//!
//! # What it tells `tracing`
//!
//! The target is `tminus::event_loop`. The guide's page on [`tracing`](crate::guide::tracing) says when each event occurs,
//! explains the fields, and lists the other targets of the crate. The names of events and fields are stable.
//!
//! | span or event | level | fields | fields if known |
//! |---|---|---|---|
//! | event `spawned` | DEBUG | `loop`, `task`, `name`, `at` | `by` |
//! | span `turn` | TRACE | `loop`, `task`, `name`, `turn`, `at` | |
//! | event `yielded` | TRACE | `loop`, `task`, `name`, `turn`, `at` | |
//! | event `waits` | TRACE | `loop`, `task`, `name`, `turn`, `at`, `what` | `of`, `until`, `on` |
//! | event `woken` | TRACE | `loop`, `task`, `name`, `at` | `by` |
//! | event `cancel` | DEBUG | `loop`, `task`, `name`, `at`, `text` | `by` |
//! | event `returned` | DEBUG | `loop`, `task`, `name`, `turn`, `at` | |
//! | event `cancelled` | DEBUG | `loop`, `task`, `name`, `turn`, `at`, `text` | |
//! | event `failed` | DEBUG | `loop`, `task`, `name`, `turn`, `at`, `exception`, `text` | |
//! | event `panicked` | ERROR | `loop`, `task`, `name`, `turn`, `at`, `exception`, `text` | |
//! | event `slow turn` | WARN | `loop`, `took` | `task`, `name`, `turn` |
//! | event `livelock` | WARN | `loop`, `at`, `rounds`, `tasks` | |
//! | event `exception in a callback` | ERROR | `loop`, `exception`, `text` | `task`, `name` |
//! | event `exception was never retrieved` | ERROR | `loop`, `exception`, `text` | `task`, `name` |
//! | event `the exception handler panicked` | ERROR | `loop`, `exception`, `text` | |
//! | event `a task panicked while it was dropped` | ERROR | `loop`, `task`, `name`, `exception`, `text` | |

mod any_future;
mod any_task;
mod cancelling;
mod deadlock;
mod few;
mod future;
mod handle;
mod kernel;
mod leaf;
mod remote;
mod shared;
mod signal;
mod step;
mod task;
mod trace;
mod waiting;

use std::{cell::Cell, fmt, rc::Rc, time::Duration};

pub use any_future::FutureRef;
pub use any_task::TaskRef;
pub use deadlock::{Deadlock, Stuck};
pub use future::{CallbackId, LoopFuture};
pub use handle::{Handle, Outcome};
pub use leaf::{
    AsyncContext, all_tasks, cancellable, current_task, next, sleep, spawn, spawn_named, with,
    yield_now,
};
pub use remote::RemoteLoop;
pub use task::Task;

use crate::{
    Exception, Kind,
    clock::{Clock, RealClock},
};

pub(crate) use any_future::AnyFuture;
pub(crate) use any_task::AnyTask;
pub(crate) use future::WeakFuture;
pub(crate) use kernel::Kernel;
pub(crate) use leaf::{Alarm, running};
pub(crate) use signal::{Signal, Waits};
pub(crate) use task::{ensure_future, future_of};
pub(crate) use waiting::{Awaited, Held, Parts, Reason, Which};

/// An event loop: Python's `asyncio` loop. Clones are the same loop. It stays on its thread.
#[derive(Clone)]
pub struct EventLoop(Rc<Kernel>);

fn closed() -> Exception {
    Exception::new(Kind::RuntimeError, "Event loop is closed")
}

impl EventLoop {
    /// A loop on the real clock.
    pub fn new() -> Self {
        Self::with_clock(RealClock::new())
    }

    /// A loop on another clock, such as [`VirtualClock`](crate::clock::VirtualClock).
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self(Rc::new(Kernel::new(Box::new(clock))))
    }

    /// The loop that runs on this thread: Python's `asyncio.get_running_loop`.
    ///
    /// A task that keeps it keeps its own loop alive, until that is closed.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where none runs.
    pub fn running() -> Result<Self, Exception> {
        running().map(Self)
    }

    pub(crate) fn of(kernel: Rc<Kernel>) -> Self {
        Self(kernel)
    }

    /// The time on its clock.
    pub fn time(&self) -> Duration {
        self.0.now()
    }

    /// Calls `callback` in the next turn. Callbacks run in the order in which they were scheduled.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the loop is closed.
    pub fn call_soon<O: Outcome>(
        &self,
        callback: impl FnOnce() -> O + 'static,
    ) -> Result<Handle, Exception> {
        self.open()?;
        let handle = Handle::new(callback);
        self.0.schedule(handle.clone());
        Ok(handle)
    }

    /// Calls `callback` after `delay`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the loop is closed.
    pub fn call_later<O: Outcome>(
        &self,
        delay: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Result<Handle, Exception> {
        self.call_at(self.time().saturating_add(delay), callback)
    }

    /// Calls `callback` when the loop's clock shows `when`; if that is past, in the next turn.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the loop is closed.
    pub fn call_at<O: Outcome>(
        &self,
        when: Duration,
        callback: impl FnOnce() -> O + 'static,
    ) -> Result<Handle, Exception> {
        self.open()?;
        Ok(self.0.call_at(when, callback))
    }

    /// Its end for other threads.
    pub fn remote(&self) -> RemoteLoop {
        self.0.remote_loop()
    }

    /// Makes a future.
    pub fn create_future<T>(&self) -> LoopFuture<T> {
        LoopFuture::new(&self.0)
    }

    /// Makes a task of a future or a generator. It runs from the next turn on.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the loop is closed.
    pub fn create_task<T: 'static>(
        &self,
        body: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        self.open()?;
        Ok(Task::new(&self.0, None, body.into_future()))
    }

    /// The same, with a name.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the loop is closed.
    pub fn create_named_task<T: 'static>(
        &self,
        name: &str,
        body: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        self.open()?;
        Ok(Task::new(&self.0, Some(name.into()), body.into_future()))
    }

    /// The task that runs, if one does.
    pub fn current_task(&self) -> Option<TaskRef> {
        self.0.current().map(TaskRef)
    }

    /// The tasks that have not ended, in the order of creation.
    pub fn all_tasks(&self) -> Vec<TaskRef> {
        self.0.all_tasks()
    }

    /// Sets who is told of exceptions and panics in callbacks. Without one they are `tracing` events of level `ERROR`.
    pub fn set_exception_handler(&self, handler: impl Fn(&Exception) + 'static) {
        self.0.handler.replace(Some(Rc::new(handler)));
    }

    /// Sets how long a turn or a callback can take before it is logged through `tracing` as a `slow turn` (at first 100 ms).
    pub fn set_slow_turn(&self, threshold: Duration) {
        self.0.slow.set(threshold);
    }

    /// Runs until `main` is done, and gives its result. `main` is a task, a future of the loop's, or anything that a task
    /// can be made of. Other tasks stay as they are.
    ///
    /// # Errors
    ///
    /// What `main` raises; [`Deadlock`] where nothing can happen any more; `RuntimeError` where the loop is closed, is
    /// stopped before `main` is done, or a loop runs already.
    pub fn run_until_complete<T, F>(&self, main: F) -> Result<T, Exception>
    where
        T: Clone + 'static,
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        self.open()?;
        Kernel::none_runs()?;
        let main = main.into_future();
        let main = future_of(&main).unwrap_or_else(|| Task::new(&self.0, None, main).as_future());
        if main.failed_without_a_loop() {
            return main.result();
        }
        let runs = Rc::new(Cell::new(true));
        let (kernel, still_runs) = (Rc::downgrade(&self.0), runs.clone());
        let stop = main.add_done_callback(move |_| {
            if let Some(kernel) = kernel.upgrade()
                && still_runs.get()
            {
                kernel.stopping.set(true);
            }
        });
        let ended = self.0.run();
        runs.set(false);
        main.remove_done_callback(stop);
        ended?;
        if !main.done() {
            return Err(Exception::new(
                Kind::RuntimeError,
                "Event loop stopped before Future completed.",
            ));
        }
        main.result()
    }

    /// Runs until [`stop`](EventLoop::stop).
    ///
    /// # Errors
    ///
    /// As [`run_until_complete`](EventLoop::run_until_complete).
    pub fn run_forever(&self) -> Result<(), Exception> {
        self.open()?;
        self.0.run()
    }

    /// Ends the run after the turn that is on.
    pub fn stop(&self) {
        self.0.stopping.set(true);
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.0.is_running()
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.0.closed.get()
    }

    /// Closes it: what is scheduled is forgotten, tasks that have not ended are dropped, and nothing more is accepted.
    ///
    /// # Errors
    ///
    /// `RuntimeError` while it runs.
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

    /// Runs `main`, cancels the tasks that are left, lets them clean up, and closes the loop: Python's `asyncio.run`.
    ///
    /// # Errors
    ///
    /// As [`run_until_complete`](EventLoop::run_until_complete).
    pub fn run<T, F>(self, main: F) -> Result<T, Exception>
    where
        T: Clone + 'static,
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        let result = self.run_until_complete(main);
        let left = self.all_tasks();
        for task in &left {
            task.cancel();
        }
        if !left.is_empty() {
            let cleaned_up = self.0.run_until(|| {
                self.0.stopping.set(false); // who stops it now stops nothing: it ends anyway
                left.iter().all(TaskRef::done)
            });
            if let Err(deadlock) = cleaned_up {
                self.0.handle_exception(&deadlock);
            }
        }
        self.close()?;
        result
    }

    fn open(&self) -> Result<(), Exception> {
        match self.is_closed() {
            true => Err(closed()),
            false => Ok(()),
        }
    }
}

/// Runs `main` on a new loop with a real clock: Python's `asyncio.run`. See [`EventLoop::run`].
///
/// # Errors
///
/// As [`EventLoop::run_until_complete`].
pub fn run<T, F>(main: F) -> Result<T, Exception>
where
    T: Clone + 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    EventLoop::new().run(main)
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
