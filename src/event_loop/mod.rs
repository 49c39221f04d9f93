//! A timer-driven event loop that follows asyncio: its order, its tasks, and cancellation that a task can catch.
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
//! The loop makes *rounds*, as asyncio does. A round first does what other threads have asked for. If nothing is ready, it
//! waits. Then it takes what is due, by deadline and then by the order of setting, and runs everything that is ready by now,
//! once, in the order in which it became ready. What a task does in one go is its *turn*. Whatever a turn makes ready has
//! its turn in the next round, so a task that keeps yielding delays a timer by one round at most.
//!
//! Waking a task and calling a done callback go through the ready queue. Awaiting something that is done does not suspend.
//!
//! # Cancellation
//!
//! [`Task::cancel`] raises `Cancelled` at the `.await` at which the task is suspended, in the next round. `Cancelled` is an
//! exception like any other: `?` propagates it, and a task can catch it, clean up with further `.await`s, and continue. If the
//! task awaits another task, the awaited task is cancelled first, and its outcome arrives when it is done.
//!
//! # Results
//!
//! A task's future ends with a plain value or a `Result<T, Exception>` ([`Outcome`]), and [`raising`] converts other errors. The
//! result moves to the caller that awaits the task's only handle; clones of the handle return clones of the result. The main
//! future of a run can borrow from its caller.
//!
//! # Deadlock and livelock
//!
//! If no task can run, no timer is set and nothing outside can wake the loop, a run ends with [`Deadlock`], which names the
//! stuck tasks, what each waits for, and those that wait for each other. A [`RemoteLoop`] or the waker of a task can wake
//! the loop, so while one exists elsewhere, the loop waits. (`FuturesUnordered` and the channels of the `futures` crate
//! hold wakers, too. A program of one thread can say so: see
//! [`set_single_threaded`](EventLoop::set_single_threaded).)
//!
//! Tasks that run for many rounds while a virtual clock stands still are reported as a [`Livelock`].
//!
//! # Futures from elsewhere
//!
//! A task can await any future. Its waker works from any thread. See [`cancellable`] for what a cancellation does there.
//!
//! # Where to find what
//!
//! | file | what it has |
//! |---|---|
//! | `api`, `runs`, `report` | [`EventLoop`]; the runs that have a main; [`ExceptionContext`] |
//! | `calls/` | what a task can do: sleep, yield, spawn, await what is foreign |
//! | `round`, `turn` | one round of the loop, one turn of a task |
//! | `task`, `future`, `handle`, `remote` | what users hold |
//! | `task_ref`, `future_ref` | handles without the type of the result |
//! | `future_state` | what all handles to a future share: its life from pending to done |
//! | `outcome`, `results` | what a body can end with, and how its result leaves the table |
//! | `waits/` | what a task can wait for, and how a cancellation, a deadlock report and the trace follow it |
//! | `contexts` | the contexts of tasks, in which context variables have their values |
//! | `current`, `waker`, `inbox` | which loop runs on this thread; what other threads can do |
//! | `interrupted` | what Ctrl-C does to a run |
//! | `left_open`, `closing` | async generators that were not finished; what closes them |
//! | `replies`, `reply`, `executor` | what the loop expects of other threads; the executor that it keeps |
//! | `kernel` | the only place that borrows the table |
//! | `tasks/` | the table of tasks: a task's life from spawning to its end, with its states and the invariant |
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
//! | event `exception in a callback` | ERROR | `loop`, `exception`, `text` | `task`, `name`, `place` |
//! | event `exception was never retrieved` | ERROR | `loop`, `exception`, `text` | `task`, `name`, `place` |
//! | event `the exception handler panicked` | ERROR | `loop`, `exception`, `text` | |

mod api;
mod body;
mod calls;
mod closing;
mod contexts;
mod current;
mod executor;
mod future;
mod future_ref;
mod future_state;
mod get_loop;
mod handle;
mod inbox;
mod interrupted;
mod kernel;
mod keys;
mod left_open;
mod outcome;
pub(crate) mod outside;
mod remote;
mod replies;
mod reply;
mod report;
mod results;
mod round;
mod runs;
mod task;
mod task_ref;
mod tasks;
mod trace;
mod turn;
mod waits;
mod waker;

pub use api::EventLoop;
pub use calls::{
    AsyncContext, Cancellable, Delay, Interval, MissedTickBehavior, Sleep, Tick, YieldNow,
    all_tasks, cancellable, current_task, delay, interval, interval_at, next, sleep, sleep_until,
    spawn, spawn_in, spawn_named, with, yield_now,
};
pub use future::LoopFuture;
pub use future_ref::FutureRef;
pub use handle::Handle;
pub use keys::{CallbackId, Id};
pub use outcome::{Outcome, raising};
pub use remote::RemoteLoop;
pub use report::ExceptionContext;
pub(crate) use runs::of_another_loop;
pub use runs::run;
pub use task::{SharedTask, Task};
pub use task_ref::TaskRef;
pub use waits::{
    deadlock::{Deadlock, Stuck},
    livelock::Livelock,
};

pub(crate) use calls::{Alarm, Block, BlockState, running_task, waiting::Waiting, yields};
pub(crate) use current::{
    blocks_a_loop, expect_running as running, hides_the_loop, simulated, take_thrown,
};
pub(crate) use executor::Executor;
pub(crate) use future::WeakFuture;
pub(crate) use future_ref::Identity;
pub(crate) use kernel::Kernel;
pub(crate) use keys::WaitId;
pub(crate) use left_open::LeftOpen;
pub(crate) use replies::ExpectedFrom;
pub(crate) use reply::Reply;
pub(crate) use task::{ensure_future, future_of};
pub(crate) use tasks::{Callable, State};
pub(crate) use waits::reason::{
    FutureKind, Holder, LineWords, OutsideWait, Parts, Party, WaitKind, WaitMode,
};
