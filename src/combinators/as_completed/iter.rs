//! The iterator over futures of the results.

use std::{
    fmt,
    iter::FusedIterator,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use super::{AsCompleted, Watched};
use crate::{Exception, combinators::arrivals::Wait};

/// Iterates over futures of the results, in the order in which these will be there.
impl<T> IntoIterator for AsCompleted<T> {
    type Item = NextCompleted<T>;
    type IntoIter = AsCompletedIter<T>;

    fn into_iter(self) -> AsCompletedIter<T> {
        AsCompletedIter {
            watched: self.watched,
            left: self.left,
        }
    }
}

/// An iterator over futures, of which the first to be awaited resolves to the first result, and so on: Python's `for` over
/// `asyncio.as_completed`.
///
/// The iterator yields all of its futures without waiting, so it can be collected, and the futures can be awaited by different
/// tasks.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, as_completed, clock::VirtualClock, sleep};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let order = event_loop.run_until_complete(async {
///     let sleeps = [3, 1, 2].map(async |n| sleep(Duration::from_secs(n)).await.map(|()| n));
///     let mut order = Vec::new();
///     for next in as_completed(sleeps) {
///         order.push(next.await?);
///     }
///     Ok(order)
/// })?;
/// assert_eq!(order, [1, 2, 3]);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "an iterator does nothing unless its futures are awaited"]
pub struct AsCompletedIter<T: 'static> {
    watched: Rc<Watched<T>>,
    left: usize,
}

impl<T> Iterator for AsCompletedIter<T> {
    type Item = NextCompleted<T>;

    fn next(&mut self) -> Option<NextCompleted<T>> {
        self.left = self.left.checked_sub(1)?;
        Some(NextCompleted {
            watched: self.watched.clone(),
            wait: Wait::default(),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for AsCompletedIter<T> {}

impl<T> FusedIterator for AsCompletedIter<T> {}

impl<T> fmt::Debug for AsCompletedIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompletedIter")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// A future of the next result of [`as_completed`](super::as_completed). [`AsCompletedIter`] yields it.
///
/// If it is cancelled or dropped before it has a result, the result goes to another one of these futures.
///
/// ```
/// use tminus::{Exception, as_completed, gather, run};
///
/// let results = run(async {
///     let numbers = [1, 2].map(async |n| Ok(n));
///     gather(as_completed(numbers).into_iter().collect::<Vec<_>>()).await
/// })?;
/// assert_eq!(results, [1, 2]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - The exception of the future that is done, or its `Cancelled`.
/// - `Timeout` if fewer futures are done after [`timeout`](AsCompleted::timeout).
/// - `Cancelled` if the waiting task is cancelled. The futures are not.
/// - `RuntimeError` if no event loop is running on this thread.
#[must_use = "a future does nothing unless it is awaited"]
pub struct NextCompleted<T: 'static> {
    watched: Rc<Watched<T>>,
    wait: Wait,
}

impl<T: Clone> Future for NextCompleted<T> {
    type Output = Result<T, Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { watched, wait } = self.get_mut();
        let done = ready!(watched.poll(wait, cx));
        Poll::Ready(done.and_then(|done| done.result()))
    }
}

impl<T> Drop for NextCompleted<T> {
    fn drop(&mut self) {
        self.wait.gives_up(&self.watched.shared.arrivals);
    }
}

impl<T> fmt::Debug for NextCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextCompleted")
            .field("waits", &self.wait.waits())
            .finish_non_exhaustive()
    }
}
