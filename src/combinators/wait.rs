//! `wait`: waiting until all futures are done, until the first one is done, or until the first one has failed.

use std::{
    cell::Cell,
    collections::BTreeSet,
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use crate::{
    Exception, Kind, Task,
    event_loop::{
        Alarm, CallbackId, FutureKind, FutureRef, LoopFuture, Parts, TaskRef, WaitMode,
        of_another_loop, running,
    },
};

/// The condition on which [`wait()`] returns: Python's `FIRST_COMPLETED`, `FIRST_EXCEPTION` and `ALL_COMPLETED`.
///
/// ```
/// use tminus::{Exception, Kind, ReturnWhen, run, sleep, spawn, wait};
/// use std::time::Duration;
///
/// run(async {
///     let fails = spawn(async { Err::<(), Exception>(Kind::ValueError.into()) })?;
///     let sleeps = spawn(sleep(Duration::from_secs(3600)))?;
///     let (done, _) = wait([&fails, &sleeps]).return_when(ReturnWhen::FirstException).await?;
///     assert_eq!(done, [&fails]);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnWhen {
    /// One of the futures is done.
    FirstCompleted,
    /// One of the futures has failed, or all are done. A cancelled future has not failed.
    FirstException,
    /// All futures are done.
    AllCompleted,
}

impl ReturnWhen {
    fn mode(self) -> WaitMode {
        match self {
            ReturnWhen::FirstCompleted => WaitMode::First,
            ReturnWhen::FirstException => WaitMode::FirstException,
            ReturnWhen::AllCompleted => WaitMode::All,
        }
    }
}

/// A task, a future, or a reference to one, which [`wait()`] accepts.
///
/// ```
/// use tminus::{Exception, combinators::AsFuture, run, spawn};
///
/// run(async {
///     let task = spawn(async { Ok(7) })?;
///     assert!(AsFuture::as_future(&task) == task.as_future().any());
///     task.await
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// Other types cannot implement this trait.
pub trait AsFuture: sealed::Sealed {
    /// Returns a type-erased handle to the task or future.
    fn as_future(&self) -> FutureRef;
}

mod sealed {
    use crate::{
        Task,
        event_loop::{FutureRef, LoopFuture, TaskRef},
    };

    pub trait Sealed {}

    impl<T> Sealed for LoopFuture<T> {}
    impl<T> Sealed for Task<T> {}
    impl Sealed for FutureRef {}
    impl Sealed for TaskRef {}
    impl<F: Sealed> Sealed for &F {}
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

/// Waits for tasks or futures, and returns two lists: the done ones and the pending ones. Python's `asyncio.wait`.
///
/// By default, it waits for all of them. See [`Wait::return_when`] and [`Wait::timeout`]. Both lists are in the order of the
/// arguments, and a future that is passed twice is in them once. `wait` cancels none of the futures, even if it is cancelled
/// itself, and raises none of their exceptions.
///
/// It accepts only tasks and futures, so that the caller can tell which is which. If the types of their results differ, pass
/// [`Task::any`] or [`LoopFuture::any`].
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
/// - `Cancelled` if the waiting task is cancelled.
/// - `ValueError` if there are no futures, or if one of them belongs to another loop.
/// - `RuntimeError` if no event loop is running on this thread.
pub fn wait<F: AsFuture>(fs: impl IntoIterator<Item = F>) -> Wait<F> {
    let mut seen = BTreeSet::new();
    let fs = fs.into_iter();
    Wait {
        fs: fs
            .filter(|future| seen.insert(future.as_future().identity()))
            .collect(), // CPython has a set here
        timeout: None,
        return_when: ReturnWhen::AllCompleted,
        waiting: None,
    }
}

/// The future of [`wait()`].
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, spawn, wait};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(async {
///     let slow = spawn(sleep(Duration::from_secs(9)))?;
///     let (done, pending) = wait([&slow]).timeout(Duration::from_secs(5)).await?;
///     assert_eq!((done.len(), pending.len()), (0, 1));
///     Ok(())
/// })?;
/// assert_eq!(event_loop.time(), Duration::from_secs(5));
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a wait does nothing unless it is awaited"]
pub struct Wait<F> {
    fs: Vec<F>,
    timeout: Option<Duration>,
    return_when: ReturnWhen,
    waiting: Option<Waiting>,
}

impl<F: AsFuture> Wait<F> {
    /// Limits the wait to `timeout`, counted from the first poll. When the time has passed, the wait returns, whatever is done by
    /// then. That is no error. `None` means that there is no limit, which is the default.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Sets when the wait returns. The default is [`ReturnWhen::AllCompleted`].
    pub fn return_when(mut self, return_when: ReturnWhen) -> Self {
        self.return_when = return_when;
        self
    }
}

/// A wait that has begun.
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
        let mut kernels = futures.iter().filter_map(FutureRef::kernel);
        if kernels.any(|other| !Rc::ptr_eq(other, &kernel)) {
            return Err(of_another_loop());
        }
        let parts: Parts = futures.iter().map(FutureRef::part).collect();
        let over = LoopFuture::new_for(&kernel, FutureKind::Watch(wait.return_when.mode(), parts));
        let end = |over: &LoopFuture<()>| drop(over.set_result(())); // it may be done already: both time and futures end it
        let alarm = wait.timeout.map(|timeout| {
            let over = over.clone();
            Alarm::after(&kernel, timeout, move || end(&over))
        });
        let left = Rc::new(Cell::new(futures.len()));
        let watch = |future: FutureRef| {
            let (left, over, return_when) = (left.clone(), over.clone(), wait.return_when);
            let id = future.add_callback(move |future| {
                left.set(left.get() - 1);
                // In this order, as in CPython: the last one is not asked whether it failed, and so its exception still counts as
                // never retrieved.
                let is_over = left.get() == 0
                    || match return_when {
                        ReturnWhen::FirstCompleted => true,
                        ReturnWhen::FirstException => future.failed(),
                        ReturnWhen::AllCompleted => false,
                    };
                if is_over {
                    end(&over);
                }
            });
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

impl<F: fmt::Debug> fmt::Debug for Wait<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("fs", &self.fs)
            .field("timeout", &self.timeout)
            .field("return_when", &self.return_when)
            .finish_non_exhaustive()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        for (future, id) in &self.watched {
            future.remove_callback(*id);
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
