//! Until all, the first, or the first failure; cancelling none.

use std::{
    cell::Cell,
    collections::BTreeSet,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use crate::{
    Exception, Kind, Task,
    event_loop::{
        Alarm, CallbackId, FutureRef, LoopFuture, Parts, Reason, TaskRef, Which, running,
    },
};

/// What [`wait()`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnWhen {
    /// Any of them is done.
    FirstCompleted,
    /// Any of them failed (to be cancelled is not to fail), or all are done.
    FirstException,
    /// All are done.
    AllCompleted,
}

impl ReturnWhen {
    fn which(self) -> Which {
        match self {
            ReturnWhen::FirstCompleted => Which::TheFirst,
            ReturnWhen::FirstException => Which::TheFirstException,
            ReturnWhen::AllCompleted => Which::All,
        }
    }
}

/// A task, a future, or a reference to one.
pub trait AsFuture {
    /// The future that it is, whatever its result.
    fn as_future(&self) -> FutureRef;
}

impl<T> AsFuture for LoopFuture<T> {
    fn as_future(&self) -> FutureRef {
        self.any()
    }
}

impl<T> AsFuture for Task<T> {
    fn as_future(&self) -> FutureRef {
        self.any().as_future()
    }
}

impl AsFuture for FutureRef {
    fn as_future(&self) -> FutureRef {
        self.clone()
    }
}

impl AsFuture for TaskRef {
    fn as_future(&self) -> FutureRef {
        TaskRef::as_future(self)
    }
}

impl<F: AsFuture> AsFuture for &F {
    fn as_future(&self) -> FutureRef {
        F::as_future(self)
    }
}

/// Waits for tasks or futures, and gives those that are done and those that are not, each in the order given: Python's
/// `asyncio.wait`.
///
/// Without more it waits for all. It cancels none, not when it is cancelled either, and raises no exception of theirs.
/// It takes tasks and futures only, for else nobody could tell which is which in what it gives. Where their results differ in
/// type, give it [`Task::any`] or [`LoopFuture::any`].
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, ReturnWhen, clock::VirtualClock, sleep, spawn, wait};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(async {
///     let fast = spawn(sleep(Duration::from_secs(1)))?;
///     let slow = spawn(sleep(Duration::from_secs(9)))?;
///     let (done, pending) = wait([&fast, &slow])
///         .return_when(ReturnWhen::FirstCompleted)
///         .timeout(Duration::from_secs(5))
///         .await?;
///     assert_eq!((done, pending), (vec![&fast], vec![&slow]));
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// `ValueError` for an empty list; `Cancelled` where the task that waits is cancelled; `RuntimeError` outside a loop.
pub fn wait<F: AsFuture>(fs: impl IntoIterator<Item = F>) -> Wait<F> {
    let mut seen = BTreeSet::new();
    let fs = fs.into_iter();
    Wait {
        fs: fs
            .filter(|future| seen.insert(future.as_future().address()))
            .collect(), // Python's set
        timeout: None,
        return_when: ReturnWhen::AllCompleted,
        waiting: None,
    }
}

/// What [`wait()`] gives: to be awaited.
#[must_use = "it waits when it is awaited"]
pub struct Wait<F> {
    fs: Vec<F>,
    timeout: Option<Duration>,
    return_when: ReturnWhen,
    waiting: Option<Waiting>,
}

impl<F: AsFuture> Wait<F> {
    /// Not longer than that, whatever is done by then. Counted from when it is first awaited.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What for.
    pub fn return_when(mut self, return_when: ReturnWhen) -> Self {
        self.return_when = return_when;
        self
    }
}

/// While it waits.
struct Waiting {
    over: LoopFuture<()>,
    _alarm: Option<Alarm>,
    watched: Vec<(FutureRef, CallbackId)>,
}

impl Waiting {
    fn new(wait: &Wait<impl AsFuture>) -> Result<Self, Exception> {
        if wait.fs.is_empty() {
            return Err(Exception::new(
                Kind::ValueError,
                "wait: there is nothing to wait for",
            ));
        }
        let kernel = running()?;
        let futures: Vec<FutureRef> = wait.fs.iter().map(AsFuture::as_future).collect();
        let parts: Parts = futures
            .iter()
            .map(|one| Rc::downgrade(&one.awaited()))
            .collect();
        let over = LoopFuture::new_for(
            Rc::downgrade(&kernel),
            Reason::Wait(wait.return_when.which(), parts),
        );
        let end = |over: &LoopFuture<()>| drop(over.set_result(())); // once is enough
        let alarm = wait.timeout.map(|timeout| {
            let over = over.clone();
            Alarm::after(&kernel, timeout, move || end(&over))
        });
        let left = Rc::new(Cell::new(futures.len()));
        let watch = |future: FutureRef| {
            let (left, over, return_when) = (left.clone(), over.clone(), wait.return_when);
            let id = future.0.clone().add_callback(Box::new(move |future| {
                left.set(left.get() - 1);
                let fits = match return_when {
                    ReturnWhen::FirstCompleted => true,
                    ReturnWhen::FirstException => future.0.failed(),
                    ReturnWhen::AllCompleted => false,
                };
                if fits || left.get() == 0 {
                    end(&over);
                }
            }));
            (future, id)
        };
        let watched = futures.into_iter().map(watch).collect();
        Ok(Self {
            over,
            _alarm: alarm,
            watched,
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        for (future, id) in &self.watched {
            future.0.remove_callback(*id);
        }
    }
}

impl<F: AsFuture + Unpin> Future for Wait<F> {
    type Output = Result<(Vec<F>, Vec<F>), Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let waiting = match &mut this.waiting {
            Some(waiting) => waiting,
            None => this.waiting.insert(Waiting::new(this)?),
        };
        let over = ready!(Pin::new(&mut waiting.over).poll(cx));
        this.waiting = None;
        over?;
        let fs = std::mem::take(&mut this.fs).into_iter();
        Poll::Ready(Ok(fs.partition(|future| future.as_future().done())))
    }
}
