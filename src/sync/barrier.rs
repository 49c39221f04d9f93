//! Nobody goes on before all are there.

use std::{cell::Cell, fmt, rc::Rc};

use super::Condition;
use crate::{Exception, Kind, event_loop::Reason};

/// Where so many tasks wait for each other: Python's `asyncio.Barrier`. Clones are the same barrier.
///
/// When the last one comes all go on, and the barrier can be used again.
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

struct Inner {
    /// Notified when the state changes.
    changed: Condition,
    parties: usize,
    state: Cell<State>,
    /// How many are inside.
    count: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Tasks come and wait.
    Filling,
    /// All were there, and leave.
    Draining,
    /// Those who wait leave with an error, and then it can be used again.
    Resetting,
    /// Of no use any more.
    Broken,
}

impl Barrier {
    /// One for so many tasks.
    ///
    /// # Errors
    ///
    /// `ValueError` for none.
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

    /// For how many tasks it is.
    pub fn parties(&self) -> usize {
        self.0.parties
    }

    /// How many wait for the others.
    pub fn n_waiting(&self) -> usize {
        match self.0.state.get() {
            State::Filling => self.0.count.get(),
            State::Draining | State::Resetting | State::Broken => 0,
        }
    }

    /// Whether it was [aborted](Barrier::abort).
    pub fn broken(&self) -> bool {
        self.0.state.get() == State::Broken
    }

    /// Waits until all are there. Gives the place in the order of coming, from 0, so that one of them can be chosen.
    ///
    /// # Errors
    ///
    /// `BrokenBarrier` where it is aborted or reset meanwhile, or was aborted before; `Cancelled` where the task is cancelled
    /// meanwhile, and then the others wait on; `RuntimeError` where it is to be waited for, and no loop runs.
    pub fn wait(&self) -> impl Future<Output = Result<usize, Exception>> + use<> {
        let barrier = self.0.clone();
        async move {
            let _guard = barrier.changed.acquire().await?;
            let state = || barrier.state.get();
            let closed = || matches!(state(), State::Draining | State::Resetting);
            let drained = Reason::Sync(&("barrier", "a barrier to be left"));
            barrier.changed.wait_until(|| !closed(), drained).await?;
            if state() == State::Broken {
                return Err(broken("Barrier aborted"));
            }
            let place = Inside::of(&barrier);
            if place.index + 1 == barrier.parties {
                barrier.change(State::Draining)?;
            } else {
                let filled = || state() != State::Filling;
                let others = Reason::Sync(&("barrier", "the others at a barrier"));
                barrier.changed.wait_until(filled, others).await?;
                if matches!(state(), State::Broken | State::Resetting) {
                    return Err(broken("Abort or reset of barrier"));
                }
            }
            Ok(place.index)
        }
    }

    /// Makes it empty: those who wait get `BrokenBarrier`, and those who come later find it as new.
    ///
    /// # Errors
    ///
    /// `Cancelled` where the task is cancelled before it could; `RuntimeError` where it has to wait, and no loop runs.
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

    /// Breaks it: those who wait, and those who come later, get `BrokenBarrier`. [`reset`](Barrier::reset) makes it good again.
    ///
    /// # Errors
    ///
    /// As [`reset`](Barrier::reset).
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

/// A task that came and has not left.
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
