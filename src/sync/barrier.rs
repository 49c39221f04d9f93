//! Barriers, at which a fixed number of tasks wait for each other.
//!
//! | state | means | leaves that state |
//! |---|---|---|
//! | `Filling` | tasks arrive and wait | the last one arrives: `Draining`; `reset` with tasks inside: `Resetting` |
//! | `Draining` | all have arrived, and leave | the last one leaves: `Filling` |
//! | `Resetting` | the tasks inside leave with an error | the last one leaves: `Filling` |
//! | `Broken` | every task leaves with an error | `reset` |
//!
//! In every state, `abort` leads to `Broken`. While the barrier is draining or resetting, arriving tasks wait outside until all
//! tasks have left. Otherwise a fast task could be counted a second time while a slow task has not left yet.

use std::{cell::Cell, fmt, rc::Rc};

use super::{Condition, identity::compares_by_identity};
use crate::{Exception, Kind, event_loop::LineWords};

const DRAINED: LineWords = LineWords {
    kind: "barrier",
    words: "a barrier to be left",
};
const THE_OTHERS: LineWords = LineWords {
    kind: "barrier",
    words: "the others at a barrier",
};

/// A point at which a fixed number of tasks wait for each other: Python's `asyncio.Barrier`. Clones are handles to the same
/// barrier.
///
/// When the last task arrives, all of them continue, and the barrier can be used again.
///
/// ```
/// use tminus::{Exception, gather, run, sync::Barrier};
///
/// let start = Barrier::new(3)?;
/// let run_up = move |_| start.wait();
/// let mut places = run(async move { gather([1, 2, 3].map(run_up)).await })?;
/// places.sort();
/// assert_eq!(places, [0, 1, 2]);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct Barrier(Rc<Inner>);

compares_by_identity!(Barrier, "barrier");

struct Inner {
    /// Notified when `state` changes, and when the last task leaves.
    changed: Condition,
    parties: usize,
    state: Cell<State>,
    /// The number of tasks inside: those that have arrived and not left.
    count: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Tasks arrive and wait.
    Filling,
    /// All tasks have arrived, and leave.
    Draining,
    /// The tasks inside leave with an error. After that, the barrier can be used again.
    Resetting,
    /// The barrier cannot be used until it is reset.
    Broken,
}

impl Barrier {
    /// Creates a barrier for `parties` tasks.
    ///
    /// # Errors
    ///
    /// - `ValueError` if `parties` is 0.
    pub fn new(parties: usize) -> Result<Self, Exception> {
        if parties == 0 {
            return Err(Exception::new(Kind::ValueError, "parties must be >= 1"));
        }
        Ok(Self(Rc::new(Inner {
            changed: Condition::new(),
            parties,
            state: Cell::new(State::Filling),
            count: Cell::new(0),
        })))
    }

    /// Returns the number of tasks for which the barrier waits.
    pub fn parties(&self) -> usize {
        self.0.parties
    }

    /// Returns the number of tasks that wait for the others.
    pub fn n_waiting(&self) -> usize {
        match self.0.state.get() {
            State::Filling => self.0.count.get(),
            State::Draining | State::Resetting | State::Broken => 0,
        }
    }

    /// Returns `true` if the barrier was [aborted](Barrier::abort), and not reset since.
    pub fn broken(&self) -> bool {
        self.0.state.get() == State::Broken
    }

    /// Waits until all tasks have arrived. Returns this task's place in the order of arrival, from 0, so that the tasks can
    /// agree on one of them.
    ///
    /// # Errors
    ///
    /// - `BrokenBarrier` if the barrier is aborted, also while the task waits, or if it is reset while the task waits.
    /// - `Cancelled` if the task is cancelled while it waits. The other tasks keep waiting, for one task more.
    /// - `RuntimeError` if the task has to wait, and no event loop is running on this thread or tasks of another loop have waited
    ///   at the barrier.
    pub fn wait(&self) -> impl Future<Output = Result<usize, Exception>> + use<> {
        let barrier = self.0.clone();
        async move {
            let _guard = barrier.changed.acquire().await?;
            let state = || barrier.state.get();
            let closed = || matches!(state(), State::Draining | State::Resetting);
            barrier.changed.wait_until(|| !closed(), &DRAINED).await?;
            if state() == State::Broken {
                return Err(broken("Barrier aborted"));
            }
            let place = Inside::of(&barrier);
            if place.index + 1 == barrier.parties {
                barrier.change(State::Draining)?;
            } else {
                let filled = || state() != State::Filling;
                barrier.changed.wait_until(filled, &THE_OTHERS).await?;
                if matches!(state(), State::Broken | State::Resetting) {
                    return Err(broken("Abort or reset of barrier"));
                }
            }
            Ok(place.index)
        }
    }

    /// Resets the barrier: waiting tasks get `BrokenBarrier`, and tasks that arrive later find an empty barrier.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits for other tasks to leave the barrier's lock.
    /// - `RuntimeError` if the task would have to wait for that lock, and no event loop is running on this thread.
    pub fn reset(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        let barrier = self.0.clone();
        async move {
            let _guard = barrier.changed.acquire().await?;
            barrier.change(match barrier.count.get() {
                0 => State::Filling,
                _ => State::Resetting,
            })
        }
    }

    /// Breaks the barrier: waiting tasks, and tasks that arrive later, get `BrokenBarrier`. [`reset`](Barrier::reset) makes the
    /// barrier usable again.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits for other tasks to leave the barrier's lock.
    /// - `RuntimeError` if the task would have to wait for that lock, and no event loop is running on this thread.
    pub fn abort(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        let barrier = self.0.clone();
        async move {
            let _guard = barrier.changed.acquire().await?;
            barrier.change(State::Broken)
        }
    }
}

fn broken(message: &'static str) -> Exception {
    Exception::new(Kind::BrokenBarrier, message)
}

impl Inner {
    fn change(&self, state: State) -> Result<(), Exception> {
        self.state.set(state);
        self.changed.notify_all()
    }
}

/// A task that has arrived and not left. It leaves when this is dropped, also by a cancellation.
struct Inside<'a> {
    barrier: &'a Inner,
    index: usize,
}

impl<'a> Inside<'a> {
    fn of(barrier: &'a Inner) -> Self {
        let index = barrier.count.replace(barrier.count.get() + 1);
        Self { barrier, index }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let left = self.barrier.count.get() - 1;
        self.barrier.count.set(left);
        if left == 0 {
            if matches!(self.barrier.state.get(), State::Draining | State::Resetting) {
                self.barrier.state.set(State::Filling);
            }
            // Not `notify_all`, which needs the lock: a task that is dropped while it waits does not hold it.
            self.barrier.changed.wake_all();
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("parties", &self.parties())
            .field("state", &self.0.state.get())
            .field("inside", &self.0.count.get())
            .finish()
    }
}
