//! To drive by hand: a generator by `resume`, a future by `poll`.

use std::pin::pin;
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tminus_lessons::lesson15_async_await::{Exception, Generator, Step};

/// A waker that wakes nobody. It only counts how often it was asked to.
#[derive(Default)]
pub struct WakeCounter(AtomicUsize);

impl WakeCounter {
    /// How often.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Resumes a generator to its end, and gives the steps.
pub fn resume_all<R>(mut generator: Generator<(), (), R>) -> Result<Vec<Step<(), R>>, Exception> {
    let mut steps = Vec::new();
    while !matches!(steps.last(), Some(Step::Returned(_))) {
        steps.push(generator.resume()?);
    }
    Ok(steps)
}

/// Polls a future to its end, and gives the steps, in the words of a generator. It does not wait until it is woken.
pub fn poll_all<R>(future: impl Future<Output = R>, wakes: &Arc<WakeCounter>) -> Vec<Step<(), R>> {
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let mut steps = Vec::new();
    while !matches!(steps.last(), Some(Step::Returned(_))) {
        steps.push(match future.as_mut().poll(&mut cx) {
            Poll::Pending => Step::Yielded(()),
            Poll::Ready(result) => Step::Returned(result),
        });
    }
    steps
}
