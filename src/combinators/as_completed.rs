//! Futures in the order in which they are done.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;

use crate::{
    Exception, Kind,
    event_loop::{
        Alarm, CallbackId, FutureKind, LoopFuture, Parts, WaitMode, ensure_future, of_another_loop,
        running,
    },
};

/// Returns a stream that yields each future as soon as it is done: Python's `async for` over `asyncio.as_completed`.
///
/// The stream yields the futures themselves, so the caller can tell which one is done. Compare a [`Task`](crate::Task) by
/// [`as_future`](crate::Task::as_future). A future that is passed twice is yielded once. Anything that is not yet a task or a
/// future is spawned as a task immediately. Dropping the stream cancels nothing.
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
/// As in asyncio, the stream has one item for each future, and an error counts as an item:
///
/// - `Timeout` for each future that is not done after [`timeout`](AsCompleted::timeout).
/// - `Cancelled` if the waiting task is cancelled. The futures are not.
/// - `RuntimeError`, as the only item, if no event loop is running on this thread.
/// - `ValueError`, as the only item, if one of the futures belongs to another loop.
pub fn as_completed<T, F>(futures: impl IntoIterator<Item = F>) -> AsCompleted<T>
where
    T: 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
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
    let mut seen = std::collections::BTreeSet::new();
    futures.retain(|future| seen.insert(future.any().identity())); // CPython has a set here
    let shared = Rc::new(Shared {
        done: RefCell::default(),
        pending: Cell::new(futures.len()),
        waiting: RefCell::default(),
        alarm: RefCell::default(),
    });
    let watch = |future: LoopFuture<T>| {
        let shared = shared.clone();
        let id = future.add_done_callback(move |future| shared.one_is_done(future));
        (future, id)
    };
    AsCompleted {
        left: futures.len(),
        parts: futures.iter().map(|future| future.any().part()).collect(),
        watched: futures.into_iter().map(watch).collect(),
        waits: None,
        shared,
    }
}

/// A stream of futures that are done. [`as_completed`] returns it.
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
    shared: Rc<Shared<T>>,
    watched: Vec<(LoopFuture<T>, CallbackId)>,
    /// The watched futures, for reports of what the task waits for.
    parts: Parts,
    /// While the stream waits for the next one.
    waits: Option<LoopFuture<()>>,
    /// The number of items still to be yielded.
    left: usize,
}

struct Shared<T: 'static> {
    /// Items to be yielded.
    done: RefCell<VecDeque<Result<LoopFuture<T>, Exception>>>,
    /// The number of futures that are not done. 0 after the timeout.
    pending: Cell<usize>,
    /// Set when an item is ready.
    waiting: RefCell<Option<LoopFuture<()>>>,
    alarm: RefCell<Option<Alarm>>,
}

impl<T> AsCompleted<T> {
    fn failed(exception: Exception) -> Self {
        Self {
            shared: Rc::new(Shared {
                done: RefCell::new([Err(exception)].into()),
                pending: Cell::new(0),
                waiting: RefCell::default(),
                alarm: RefCell::default(),
            }),
            watched: Vec::new(),
            parts: Rc::new([]),
            waits: None,
            left: 1,
        }
    }

    /// Limits the whole stream to `timeout` from now. After that, the stream yields a `Timeout` for each future that is not done.
    pub fn timeout(self, timeout: Duration) -> Self {
        if self.shared.pending.get() > 0
            && let Ok(kernel) = running()
        {
            let shared = Rc::downgrade(&self.shared);
            let alarm = Alarm::after(&kernel, timeout, move || {
                if let Some(shared) = shared.upgrade() {
                    shared.time_is_up();
                }
            });
            self.shared.alarm.replace(Some(alarm));
        }
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
        self.ready([Ok(future.clone())]);
    }

    fn time_is_up(&self) {
        let late = self.pending.take();
        self.ready((0..late).map(|_| Err(Exception::from(Kind::Timeout))));
    }

    fn ready(&self, items: impl IntoIterator<Item = Result<LoopFuture<T>, Exception>>) {
        self.done.borrow_mut().extend(items);
        if let Some(waiting) = self.waiting.take() {
            drop(waiting.set_result(())); // it is done already if the waiting task was cancelled
        }
    }
}

impl<T> Stream for AsCompleted<T> {
    type Item = Result<LoopFuture<T>, Exception>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while this.left > 0 {
            if let Some(waits) = &mut this.waits {
                let waited = ready!(Pin::new(waits).poll(cx));
                this.waits = None;
                if let Err(exception) = waited {
                    this.left -= 1;
                    return Poll::Ready(Some(Err(exception)));
                }
            }
            if let Some(item) = this.shared.done.borrow_mut().pop_front() {
                this.left -= 1;
                return Poll::Ready(Some(item));
            }
            let kernel = running()?;
            let next = FutureKind::Watch(WaitMode::Next, this.parts.clone());
            let waits = LoopFuture::new_for(&kernel, next);
            this.shared.waiting.replace(Some(waits.clone()));
            this.waits = Some(waits);
        }
        Poll::Ready(None)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> Drop for AsCompleted<T> {
    fn drop(&mut self) {
        for (future, id) in &self.watched {
            future.remove_done_callback(*id);
        }
    }
}
