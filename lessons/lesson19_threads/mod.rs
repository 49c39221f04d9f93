#![doc = include_str!("README.md")]

use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tminus_lessons::lesson15_async_await::MUST_CANCEL;

mod executor;
pub mod fuel;
mod pool;
pub mod programs;
mod timers;
pub mod work;

pub use executor::{Executor, Task, next_ready};
pub use pool::Pool;
pub use timers::{fire_timers, sleep};

/// A result to come from another thread. Clones are handles to the same promise.
#[derive(Clone)]
pub struct Promise<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    has_ended: Condvar,
}

struct State<T> {
    stage: Stage<T>,
    wakers: Vec<Waker>, // of the tasks that wait; none when it has ended
}

enum Stage<T> {
    Pending,
    Running,
    Ended(Result<T, Failure>),
}

/// Why a promise was not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failure {
    /// It was cancelled before its job began, or the task that waited was cancelled.
    Cancelled,
    /// Its job panicked.
    Panicked,
}

impl std::error::Error for Failure {}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl<T> Default for Promise<T> {
    fn default() -> Self {
        let (stage, wakers) = (Stage::Pending, Vec::new());
        Self(Arc::new(Shared {
            state: Mutex::new(State { stage, wakers }),
            has_ended: Condvar::new(),
        }))
    }
}

impl<T: Clone> Promise<T> {
    /// Returns the result. Blocks the thread until there is one.
    pub fn result(&self) -> Result<T, Failure> {
        let mut state = self.lock();
        loop {
            if let Stage::Ended(outcome) = &state.stage {
                return outcome.clone();
            }
            state = self.0.has_ended.wait(state).expect(NO_PANIC);
        }
    }

    /// Cancels the promise, and so its job. Returns `false` if the job has begun: then it runs to its end.
    pub fn cancel(&self) -> bool {
        let state = self.lock();
        let is_pending = matches!(state.stage, Stage::Pending);
        if is_pending {
            self.end(state, Err(Failure::Cancelled));
        }
        is_pending
    }

    fn begin(&self) -> bool {
        let mut state = self.lock();
        let is_pending = matches!(state.stage, Stage::Pending);
        if is_pending {
            state.stage = Stage::Running;
        }
        is_pending
    }

    fn end(&self, mut state: MutexGuard<State<T>>, outcome: Result<T, Failure>) {
        state.stage = Stage::Ended(outcome);
        let wakers = take(&mut state.wakers);
        drop(state); // unlocks it: a waker is somebody else's code
        self.0.has_ended.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing panics while it holds the lock";

impl<T: Clone> Future for Promise<T> {
    type Output = Result<T, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if MUST_CANCEL.take() {
            self.cancel(); // `false` if the job has begun: it runs on
            return Poll::Ready(Err(Failure::Cancelled));
        }
        let mut state = self.lock();
        if let Stage::Ended(outcome) = &state.stage {
            return Poll::Ready(outcome.clone());
        }
        state.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}
