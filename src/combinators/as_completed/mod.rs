//! Futures in the order in which they are done: as a stream, and as an iterator.
//!
//! Each future has a callback, which puts it into the [`Arrivals`]. The stream, or each future of the iterator (`iter`), waits for
//! the next one there.

mod iter;

pub use iter::{AsCompletedIter, NextCompleted};

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::{FusedStream, Stream};

use super::arrivals::{Arrivals, Wait};
use crate::{
    Exception, Kind,
    event_loop::{
        Alarm, CallbackId, LoopFuture, Outcome, Parts, ensure_future, of_another_loop, running,
    },
};

/// Returns the futures in the order in which they are done: Python's `asyncio.as_completed`.
///
/// Like Python's, the result can be used in two ways:
///
/// - As a stream (`async for`), it yields each future as soon as it is done. The stream yields the futures themselves, so the
///   caller can tell which one is done. Compare a [`Task`](crate::Task) by [`as_future`](crate::Task::as_future).
/// - As an iterator (`for`), it yields as many new futures immediately. Awaiting the first of them returns the first result, and
///   so on. See [`AsCompletedIter`].
///
/// A future that is passed twice is yielded once. Anything that is not yet a task or a future is spawned as a task immediately.
/// Dropping the stream cancels nothing.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, as_completed, clock::VirtualClock, event_loop::next, sleep};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let order = event_loop.run_until_complete(async {
///     let sleeps = [3, 1, 2].map(async |n| sleep(Duration::from_secs(n)).await.map(|()| n));
///     let mut completed = as_completed(sleeps);
///     let mut order = Vec::new();
///     while let Some(done) = next(&mut completed).await {
///         order.push(done?.result()?);
///     }
///     Ok(order)
/// })?;
/// assert_eq!(order, [1, 2, 3]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// As in asyncio, there is one item for each future, and an error counts as an item:
///
/// - `Timeout` for each future that is not done after [`timeout`](AsCompleted::timeout).
/// - `Cancelled` if the waiting task is cancelled. The futures are not.
/// - `RuntimeError`, as the only item, if no event loop is running on this thread.
/// - `ValueError`, as the only item, if one of the futures belongs to another loop.
pub fn as_completed<T, F>(futures: impl IntoIterator<Item = F>) -> AsCompleted<T>
where
    T: 'static,
    F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
{
    let futures: Result<Vec<_>, _> = futures.into_iter().map(ensure_future).collect();
    let (kernel, mut futures) = match (running(), futures) {
        (Ok(kernel), Ok(futures)) => (kernel, futures),
        (Err(exception), _) | (_, Err(exception)) => return AsCompleted::failed(exception),
    };
    let mut kernels = futures.iter().filter_map(LoopFuture::kernel);
    if kernels.any(|other| !Rc::ptr_eq(other, &kernel)) {
        return AsCompleted::failed(of_another_loop());
    }
    let mut seen = BTreeSet::new();
    futures.retain(|future| seen.insert(future.any().identity())); // CPython has a set here
    AsCompleted::of(futures)
}

/// A stream of futures that are done, or an iterator over futures of the results. [`as_completed`] returns it.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, Kind, as_completed, clock::VirtualClock, event_loop::next, sleep};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let late = event_loop.run_until_complete(async {
///     let sleeps = [1, 9].map(|n| sleep(Duration::from_secs(n)));
///     let mut completed = as_completed(sleeps).timeout(Duration::from_secs(5));
///     next(&mut completed).await.unwrap()?.result()?;
///     Ok(next(&mut completed).await.unwrap().unwrap_err().kind())
/// })?;
/// assert_eq!(late, Kind::Timeout);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a stream yields nothing unless it is polled"]
pub struct AsCompleted<T: 'static> {
    watched: Rc<Watched<T>>,
    wait: Wait,
    /// The number of items still to be yielded.
    left: usize,
}

/// The futures, each with its callback, which keeps only the `shared` part. So nothing keeps itself.
struct Watched<T: 'static> {
    futures: Vec<(LoopFuture<T>, CallbackId)>,
    /// The futures, for reports of what the task waits for.
    parts: Parts,
    shared: Rc<Shared<T>>,
}

struct Shared<T: 'static> {
    arrivals: Arrivals<Result<LoopFuture<T>, Exception>>,
    /// The number of futures that are not done. 0 after the timeout.
    pending: Cell<usize>,
    alarm: RefCell<Option<Alarm>>,
}

impl<T> AsCompleted<T> {
    fn of(futures: Vec<LoopFuture<T>>) -> Self {
        let shared = Rc::new(Shared {
            arrivals: Arrivals::default(),
            pending: Cell::new(futures.len()),
            alarm: RefCell::default(),
        });
        let watch = |future: LoopFuture<T>| {
            let shared = shared.clone();
            let id = future.add_done_callback(move |future| shared.one_is_done(future));
            (future, id)
        };
        Self {
            left: futures.len(),
            wait: Wait::default(),
            watched: Rc::new(Watched {
                parts: futures.iter().map(|future| future.any().part()).collect(),
                futures: futures.into_iter().map(watch).collect(),
                shared,
            }),
        }
    }

    fn failed(exception: Exception) -> Self {
        let failed = Self::of(Vec::new());
        failed.watched.shared.arrivals.arrives(Err(exception));
        Self { left: 1, ..failed }
    }

    /// Limits the whole stream, or the whole iteration, to `timeout` from now. After that, there is a `Timeout` for each future
    /// that is not done. `None` means that there is no limit.
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        let shared = &self.watched.shared;
        let alarm = match (timeout.into(), running()) {
            (Some(timeout), Ok(kernel)) if shared.pending.get() > 0 => {
                let shared = Rc::downgrade(shared);
                Some(Alarm::after(&kernel, timeout, move || {
                    if let Some(shared) = shared.upgrade() {
                        shared.time_is_up();
                    }
                }))
            }
            _ => None,
        };
        shared.alarm.replace(alarm);
        self
    }
}

impl<T> Shared<T> {
    fn one_is_done(&self, future: &LoopFuture<T>) {
        let left = self.pending.get().checked_sub(1);
        let Some(left) = left else {
            return; // after the timeout, each item has been counted
        };
        self.pending.set(left);
        if left == 0 {
            self.alarm.take(); // otherwise the timer would keep the loop waiting
        }
        self.arrivals.arrives(Ok(future.clone()));
    }

    fn time_is_up(&self) {
        for _ in 0..self.pending.take() {
            self.arrivals.arrives(Err(Kind::Timeout.into()));
        }
    }
}

impl<T> Watched<T> {
    fn poll(
        &self,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<LoopFuture<T>, Exception>> {
        let arrivals = &self.shared.arrivals;
        let done = wait.poll(arrivals, || self.parts.clone(), || arrivals.take(), cx);
        done.map(Result::flatten)
    }
}

impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        for (future, id) in &self.futures {
            future.remove_done_callback(*id);
        }
    }
}

impl<T> Stream for AsCompleted<T> {
    type Item = Result<LoopFuture<T>, Exception>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let item = ready!(this.watched.poll(&mut this.wait, cx));
        this.left -= 1;
        Poll::Ready(Some(item))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> FusedStream for AsCompleted<T> {
    fn is_terminated(&self) -> bool {
        self.left == 0
    }
}

impl<T> fmt::Debug for AsCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.left)
            .field("done", &self.watched.shared.arrivals.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run;

    #[test]
    fn a_dropped_stream_leaves_no_callback_with_the_futures() -> Result<(), Exception> {
        run(async {
            let future =
                LoopFuture::<()>::new_for(&running()?, crate::event_loop::FutureKind::Plain);
            let completed = as_completed([future.clone()]);
            let shared = Rc::downgrade(&completed.watched.shared);
            drop(completed);
            assert!(shared.upgrade().is_none());
            future.set_result(())
        })
    }
}
