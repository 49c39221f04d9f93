//! To drive by hand: a generator by `resume`, a future by `poll`.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tminus_lessons::lesson15_async_await::{Exception, Generator, Step};

/// A waker that wakes nobody. It only counts its calls.
#[derive(Default)]
pub struct WakeCounter(AtomicUsize);

impl WakeCounter {
    /// Returns the number of calls.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls a future for the first time, and then drops it.
pub fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    let mut cx = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut cx)
}

/// Resumes a generator to its end, and returns the steps.
pub fn resume_all<R>(mut generator: Generator<(), (), R>) -> Result<Vec<Step<(), R>>, Exception> {
    let mut steps = Vec::new();
    while !matches!(steps.last(), Some(Step::Returned(_))) {
        steps.push(generator.resume()?);
    }
    Ok(steps)
}

/// Polls a future to its end, and returns the steps, with `Yielded(())` for `Pending`. It does not wait to be woken.
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

type NamedFuture = (&'static str, Pin<Box<dyn Future<Output = ()>>>);

/// Polls each task in turn until all are done: busy waiting. Returns the names in the order of the polls.
pub fn poll_in_turn(mut tasks: Vec<NamedFuture>) -> Vec<&'static str> {
    let mut polled = Vec::new();
    let mut cx = Context::from_waker(Waker::noop()); // a waker that does nothing
    while !tasks.is_empty() {
        tasks.retain_mut(|(name, future)| {
            polled.push(*name);
            future.as_mut().poll(&mut cx).is_pending()
        });
    }
    polled
}

/// Awaits a future, and prints what each of its polls returns.
pub async fn traced<T: Debug>(name: &str, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        println!("{name}: {polled:?}");
        polled
    })
    .await
}
