//! The items of a queue as a stream.

use std::{
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{
    super::waiters::{HasWaiters, Place},
    state::{Getters, Inner},
    transfer::poll_item,
};
use crate::{Exception, Kind};

/// A stream of the items of a queue. [`Queue::stream`](super::Queue::stream) returns it.
///
/// The stream yields `Ok(item)` for each item of the queue, and ends when the queue is empty and shut down. Several streams and
/// callers of [`get`](super::Queue::get) can share a queue: each item goes to one of them. Dropping the stream leaves the items in
/// the queue.
///
/// If the waiting task is cancelled, the stream yields the `Cancelled` as an `Err`, takes no item, and can be polled again.
/// Propagate the error with `?`, as after any other `.await`. A loop that needs no stream is shorter with
/// [`Queue::next`](super::Queue::next).
///
/// ```
/// use futures::TryStreamExt;
/// use tminus::{Exception, run, sync::Queue};
///
/// let stages = run(async {
///     let queue = Queue::new();
///     queue.put_nowait("booster")?;
///     queue.put_nowait("orbiter")?;
///     queue.shutdown();
///     queue.stream().try_collect::<Vec<_>>().await
/// })?;
/// assert_eq!(stages, ["booster", "orbiter"]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `Cancelled` if the task is cancelled while it waits.
/// - `RuntimeError`, as the last item, if the task would have to wait, and no event loop is running on this thread or the queue
///   belongs to another loop.
#[must_use = "a stream yields nothing unless it is polled"]
pub struct QueueStream<T: 'static> {
    queue: Rc<Inner<T>>,
    /// While it waits.
    place: Option<Place>,
    /// `true` if the stream cannot wait here. It would fail forever, so it has ended.
    failed: bool,
}

impl<T> QueueStream<T> {
    pub(super) fn new(queue: Rc<Inner<T>>) -> Self {
        Self {
            queue,
            place: None,
            failed: false,
        }
    }
}

impl<T> Stream for QueueStream<T> {
    type Item = Result<T, Exception>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self {
            queue,
            place,
            failed,
        } = self.get_mut();
        if *failed {
            return Poll::Ready(None);
        }
        let has_waited = place.is_some();
        let item = ready!(poll_item(queue, place, cx));
        Poll::Ready(match item {
            Err(exception) if exception.kind() == Kind::QueueShutDown => None,
            Err(exception) => {
                // What is raised while it waits is raised once.
                *failed = !has_waited && exception.kind() == Kind::RuntimeError;
                Some(Err(exception))
            }
            item => Some(item),
        })
    }
}

impl<T> FusedStream for QueueStream<T> {
    fn is_terminated(&self) -> bool {
        self.failed || self.queue.is_shut_down() && self.queue.items().len() == 0
    }
}

impl<T> Drop for QueueStream<T> {
    fn drop(&mut self) {
        if self.place.is_some() {
            Getters(&self.queue).gives_up(&mut self.place);
        }
    }
}

impl<T> fmt::Debug for QueueStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueStream")
            .field("waits", &self.place.is_some())
            .finish_non_exhaustive()
    }
}
