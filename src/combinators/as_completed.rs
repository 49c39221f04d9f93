//! One after the other, as they get done.

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
    event_loop::{Alarm, CallbackId, LoopFuture, Parts, Reason, Which, ensure_future, running},
};

/// Gives each of them as soon as it is done: Python's `async for` over `asyncio.as_completed`.
///
/// What it gives is the future itself, done, so that one can tell which it is; a [`Task`](crate::Task) can be compared with it
/// by [`as_future`](crate::Task::as_future). Of anything that is not a task or a future a task is made, at once.
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
/// An item is an error where waiting for it ended: `Timeout` after [`timeout`](AsCompleted::timeout), for each that is not
/// done; `Cancelled` where the task that waits is cancelled; `RuntimeError`, once, where no loop runs. As in asyncio there
/// are as many items as futures, and an error is one of them.
pub fn as_completed<T, F>(futures: impl IntoIterator<Item = F>) -> AsCompleted<T>
where
    T: 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    let futures: Result<Vec<_>, _> = futures.into_iter().map(ensure_future).collect();
    let mut futures = match (running(), futures) {
        (Ok(_), Ok(futures)) => futures,
        (Err(exception), _) | (_, Err(exception)) => return AsCompleted::failed(exception),
    };
    let mut seen = std::collections::BTreeSet::new();
    futures.retain(|future| seen.insert(future.any().address())); // Python's set
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
        parts: futures
            .iter()
            .map(|future| Rc::downgrade(&future.awaited()))
            .collect(),
        watched: futures.into_iter().map(watch).collect(),
        waits: None,
        shared,
    }
}

/// What [`as_completed`] gives: a stream of futures that are done.
#[must_use = "a stream does nothing until it is asked for its items"]
pub struct AsCompleted<T: 'static> {
    shared: Rc<Shared<T>>,
    watched: Vec<(LoopFuture<T>, CallbackId)>,
    /// The same, as what is waited for.
    parts: Parts,
    /// While it waits.
    waits: Option<LoopFuture<()>>,
    /// How many items are still to be given.
    left: usize,
}

struct Shared<T: 'static> {
    /// What can be given.
    done: RefCell<VecDeque<Result<LoopFuture<T>, Exception>>>,
    /// How many are still to be done.
    pending: Cell<usize>,
    /// Set when there is something to be given.
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

    /// Gives `Timeout` for each that is not done after that long, counted from now.
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
            return; // the time was up before
        };
        self.pending.set(left);
        if left == 0 {
            self.alarm.take();
        }
        self.give([Ok(future.clone())]);
    }

    fn time_is_up(&self) {
        let late = self.pending.take();
        self.give((0..late).map(|_| Err(Exception::from(Kind::Timeout))));
    }

    fn give(&self, items: impl IntoIterator<Item = Result<LoopFuture<T>, Exception>>) {
        self.done.borrow_mut().extend(items);
        if let Some(waiting) = self.waiting.take() {
            drop(waiting.set_result(())); // who waited may have been cancelled
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
            let kernel = this.watched[0].0.kernel();
            let waits =
                LoopFuture::new_for(kernel, Reason::Wait(Which::TheNext, this.parts.clone()));
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
