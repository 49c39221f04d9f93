//! Results to come from other threads.
//!
//! | a promise is | its callbacks | leaves that state |
//! |---|---|---|
//! | pending | kept | its job begins; it is cancelled; it ends |
//! | running | kept | it ends |
//! | over: done, failed or cancelled | called | a result that is [taken](Promise::into_result) is no longer there |
//!
//! # Invariant
//!
//! - A promise ends once, and whatever is to keep it ends it when dropped. So nobody waits forever for what was lost.
//! - No code of the program's runs under the lock, but for the `Clone` of a result.
//! - `blocked_jobs` jobs wait here for a coroutine, and that loop counts them. They leave that count when the promise
//!   ends, and not when they wake up: on a virtual clock, no time may pass for a job that could run.

use std::{
    cell::Cell,
    fmt,
    hash::{Hash, Hasher},
    mem,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    Exception, Kind,
    event_loop::{ExpectedFrom, Kernel, LineWords, Party, RemoteLoop, blocks_a_loop},
    exception::Error,
    panics::caught,
    primitives::{Condvar, Mutex, MutexGuard},
    reports::report,
    targets::THREADS,
};

/// A result to come from another thread: Python's `concurrent.futures.Future`. Clones are handles to the same promise.
///
/// [`ThreadPoolExecutor::submit`](super::ThreadPoolExecutor::submit) returns one for a job, and
/// [`RemoteLoop::run_coroutine_threadsafe`] for a coroutine. A thread blocks until it is done with
/// [`result`](Promise::result). A task awaits it: on the thread of an event loop, blocking would stop all tasks, and is
/// refused.
///
/// [`result`](Promise::result) returns a clone. If the result cannot be cloned, as a [`std::io::Error`] cannot, take it out
/// with [`into_result`](Promise::into_result).
///
/// ```
/// use tminus::{Exception, run, threads::ThreadPoolExecutor};
///
/// let pool = ThreadPoolExecutor::new(2)?;
/// let fuel = pool.submit(|| 6 * 7)?;
/// let same = fuel.clone();
/// assert_eq!(run(async { fuel.await })?, 42);
/// assert_eq!(same.result()?, 42);
/// # Ok::<(), Exception>(())
/// ```
pub struct Promise<T>(Arc<Shared<T>>);

struct Shared<T> {
    words: &'static LineWords,
    party: Party,
    progress: Mutex<Progress<T>>,
    is_over: Condvar,
}

struct Progress<T> {
    stage: Stage<T>,
    made_by: Maker,
    /// In the order in which they were added, each with its number.
    callbacks: Vec<(u64, DoneCallback<T>)>,
    next_callback: u64,
    blocked_jobs: usize,
}

pub(super) enum Stage<T> {
    Pending,
    Running,
    Done(T),
    /// Its result was taken out.
    Taken,
    Failed(Error),
    Cancelled,
}

/// What is to keep the promise.
pub(super) enum Maker {
    /// A thread of a pool.
    Thread,
    /// A simulation, on the thread of its loop.
    Simulation,
    /// A task of a loop.
    Loop(RemoteLoop),
    /// Nobody any longer: it is over.
    Nobody,
}

type DoneCallback<T> = Box<dyn FnOnce(&Promise<T>) + Send>;

thread_local! {
    /// Whether this thread runs a job of a pool.
    static IS_IN_JOB: Cell<bool> = const { Cell::new(false) };
}

/// This thread runs the jobs of a pool from now on.
pub(super) fn runs_jobs_here() {
    IS_IN_JOB.set(true);
}

impl<T> Promise<T> {
    pub(super) fn new(words: &'static LineWords, party: Party, made_by: Maker) -> Self {
        Self(Arc::new(Shared {
            words,
            party,
            progress: Mutex::new(Progress {
                stage: Stage::Pending,
                made_by,
                callbacks: Vec::new(),
                next_callback: 0,
                blocked_jobs: 0,
            }),
            is_over: Condvar::new(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Progress<T>> {
        // What can panic under the lock is the `Clone` of a result, which leaves it whole.
        let progress = self.0.progress.lock();
        progress.unwrap_or_else(PoisonError::into_inner)
    }

    /// What a task waits for that awaits the promise.
    pub(super) fn words(&self) -> (&'static LineWords, &Party) {
        (self.0.words, &self.0.party)
    }

    /// Returns whether a loop that awaits the promise waits for another thread.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is simulated and would.
    pub(super) fn expected_in(&self, kernel: &Kernel) -> Result<ExpectedFrom, Exception> {
        match &self.lock().made_by {
            Maker::Nobody => return Ok(ExpectedFrom::Inside),
            Maker::Loop(remote) if remote.is_of(kernel) => return Ok(ExpectedFrom::Inside),
            Maker::Simulation if kernel.chance().is_some() => return Ok(ExpectedFrom::Inside),
            Maker::Loop(_) | Maker::Simulation | Maker::Thread => {}
        }
        match kernel.chance() {
            None => Ok(ExpectedFrom::Outside),
            Some(_) => Err(Exception::new(
                Kind::RuntimeError,
                format!(
                    "a simulated event loop cannot await {}, which runs on another thread, because the simulation cannot \
                     decide when it ends: begin it within the simulation",
                    self.what()
                ),
            )),
        }
    }

    fn what(&self) -> String {
        format!("{} {}", self.0.words.words, self.0.party)
    }

    /// The job begins. Returns `false` if the promise was cancelled.
    pub(super) fn begins(&self) -> bool {
        let mut progress = self.lock();
        let is_pending = matches!(progress.stage, Stage::Pending);
        if is_pending {
            progress.stage = Stage::Running;
        }
        is_pending
    }

    /// Ends the promise, wakes whoever waits and calls the callbacks. Returns `false` if it was over before.
    pub(super) fn ends(&self, stage: Stage<T>) -> bool {
        self.ends_if(stage, |_| true)
    }

    fn ends_if(&self, stage: Stage<T>, may_end: impl FnOnce(&Stage<T>) -> bool) -> bool {
        let mut progress = self.lock();
        if progress.stage.is_over() || !may_end(&progress.stage) {
            drop(progress); // and then the stage, with a result that nobody gets
            return false;
        }
        progress.stage = stage;
        let callbacks = mem::take(&mut progress.callbacks);
        let made_by = mem::replace(&mut progress.made_by, Maker::Nobody);
        let blocked_jobs = mem::take(&mut progress.blocked_jobs);
        if let Maker::Loop(remote) = &made_by {
            remote.has_fewer_blocked_jobs(blocked_jobs);
        }
        drop(progress);
        self.0.is_over.notify_all();
        for (_, callback) in callbacks {
            self.calls(callback);
        }
        true
    }

    /// As in Python, what goes wrong in a callback is logged, and the others are called.
    fn calls(&self, callback: DoneCallback<T>) {
        if let Err(text) = caught(|| callback(self)) {
            report!(error, target: THREADS, { exception = Kind::Panic.name(), %text }, "exception in a callback", ": Panic: {text}");
        }
    }

    /// Calls `callback` when the promise is over. Returns its number.
    pub(super) fn calls_when_over(
        &self,
        callback: impl FnOnce(&Promise<T>) + Send + 'static,
    ) -> u64 {
        let mut progress = self.lock();
        let id = progress.next_callback;
        progress.next_callback += 1;
        if !progress.stage.is_over() {
            progress.callbacks.push((id, Box::new(callback)));
            return id;
        }
        drop(progress);
        self.calls(Box::new(callback));
        id
    }

    /// Forgets a callback, unless it was called.
    pub(super) fn forgets(&self, id: u64) {
        let mut progress = self.lock();
        let place = progress
            .callbacks
            .iter()
            .position(|(known, _)| *known == id);
        let forgotten = place.map(|place| progress.callbacks.remove(place));
        drop(progress);
        drop(forgotten);
    }

    /// Cancels the promise if its job has not begun: then the job never runs. Returns `true` if the promise is cancelled.
    ///
    /// A promise for a coroutine can be cancelled at any time until it is done. Its task is then cancelled, too.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let (go, gate) = std::sync::mpsc::channel::<()>();
    /// let first = pool.submit(move || gate.recv().is_err())?; // until `go` is dropped
    /// let second = pool.submit(|| unreachable!("it was cancelled") as ())?;
    /// assert!(second.cancel());
    /// drop(go);
    /// assert!(first.result()?);
    /// assert!(!first.cancel()); // too late
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn cancel(&self) -> bool {
        self.ends_if(Stage::Cancelled, |stage| matches!(stage, Stage::Pending)) || self.cancelled()
    }

    /// Returns `true` if the promise was cancelled.
    pub fn cancelled(&self) -> bool {
        matches!(self.lock().stage, Stage::Cancelled)
    }

    /// Returns `true` while the job runs. A coroutine's promise is not running, but pending, until it is done.
    pub fn running(&self) -> bool {
        matches!(self.lock().stage, Stage::Running)
    }

    /// Returns `true` if the promise has a result or an exception, or was cancelled.
    pub fn done(&self) -> bool {
        self.lock().stage.is_over()
    }

    /// Calls `callback` with the promise when it is done, on the thread that ends or cancels it. If the promise is done
    /// already, the callback is called immediately, on this thread. Callbacks are called in the order in which they were
    /// added.
    ///
    /// A panic in a callback is logged through `tracing`.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let (sender, receiver) = channel();
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let ignition = pool.submit(|| "ignition")?;
    /// ignition.add_done_callback(move |promise| drop(sender.send(promise.cancelled())));
    /// assert_eq!(receiver.recv(), Ok(false));
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn add_done_callback(&self, callback: impl FnOnce(&Promise<T>) + Send + 'static) {
        self.calls_when_over(callback);
    }

    /// Blocks this thread until the promise is done, and returns a clone of the result.
    ///
    /// ```
    /// use tminus::{Exception, Kind, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// assert_eq!(pool.submit(|| 6 * 7)?.result()?, 42);
    /// let failed = pool.submit(|| "six".parse::<u32>())?.result()?; // a job's own error is its result
    /// assert!(failed.is_err());
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the promise was cancelled.
    /// - `Panic` if the job panicked. The text is that of the panic.
    /// - The exception of a coroutine: the kind, the name and the text, without the cause.
    /// - `RuntimeError` if the promise is not done, and this is the thread of an event loop: await the promise instead.
    /// - `InvalidState` if the result was taken by [`into_result`](Promise::into_result).
    pub fn result(&self) -> Result<T, Exception>
    where
        T: Clone,
    {
        self.blocks(None)?.result()
    }

    /// Blocks this thread until the promise is done, but no longer than `timeout`, and returns a clone of the result. The
    /// time is real time. When it is up, the job keeps running.
    ///
    /// # Errors
    ///
    /// - `Timeout` if the time is up.
    /// - `Cancelled` if the promise was cancelled.
    /// - `Panic` if the job panicked. The text is that of the panic.
    /// - The exception of a coroutine: the kind, the name and the text, without the cause.
    /// - `RuntimeError` if the promise is not done, and this is the thread of an event loop: await the promise instead.
    /// - `InvalidState` if the result was taken by [`into_result`](Promise::into_result).
    pub fn result_timeout(&self, timeout: Duration) -> Result<T, Exception>
    where
        T: Clone,
    {
        self.blocks(Some(timeout))?.result()
    }

    /// Blocks this thread until the promise is done, and takes the result out, which need not be `Clone`. Whoever asks
    /// for the result after that gets an `InvalidState`.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let missing = pool.submit(|| std::fs::read("no such file"))?;
    /// assert!(missing.into_result()?.is_err()); // an `io::Error`
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the promise was cancelled.
    /// - `Panic` if the job panicked. The text is that of the panic.
    /// - The exception of a coroutine: the kind, the name and the text, without the cause.
    /// - `RuntimeError` if the promise is not done, and this is the thread of an event loop: await the promise instead.
    /// - `InvalidState` if the result was taken already.
    pub fn into_result(self) -> Result<T, Exception> {
        let mut progress = self.blocks(None)?;
        match mem::replace(&mut progress.stage, Stage::Taken) {
            Stage::Done(result) => Ok(result),
            other => {
                progress.stage = other;
                Err(progress.stage.failure().unwrap_or_else(taken))
            }
        }
    }

    /// Blocks this thread until the promise is done, and returns the exception, if there is one. The exception is of
    /// [`Kind::Panic`] if a job panicked.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the promise was cancelled.
    /// - `RuntimeError` if the promise is not done, and this is the thread of an event loop.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        let progress = self.blocks(None)?;
        match &progress.stage {
            Stage::Cancelled => Err(Kind::Cancelled.into()),
            stage => Ok(stage.failure()),
        }
    }

    /// Blocks until it is over.
    fn blocks(&self, timeout: Option<Duration>) -> Result<MutexGuard<'_, Progress<T>>, Exception> {
        let mut progress = self.lock();
        if progress.stage.is_over() {
            return Ok(progress);
        }
        if blocks_a_loop() {
            return Err(self.would_block());
        }
        if IS_IN_JOB.get()
            && let Maker::Loop(remote) = &progress.made_by
        {
            remote.has_one_more_blocked_job();
            progress.blocked_jobs += 1;
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        while !progress.stage.is_over() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                progress.blocks_no_longer();
                return Err(Kind::Timeout.into());
            }
            progress = match left {
                None => self
                    .0
                    .is_over
                    .wait(progress)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let woken = self.0.is_over.wait_timeout(progress, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Ok(progress)
    }

    #[cold]
    fn would_block(&self) -> Exception {
        Exception::new(
            Kind::RuntimeError,
            format!(
                "this would block the thread of an event loop until {} is done: await the promise instead",
                self.what()
            ),
        )
    }
}

impl<T> Progress<T> {
    /// One job no longer waits here. It leaves the count, if it was counted.
    fn blocks_no_longer(&mut self) {
        if IS_IN_JOB.get()
            && let Maker::Loop(remote) = &self.made_by
        {
            self.blocked_jobs -= 1;
            remote.has_fewer_blocked_jobs(1);
        }
    }
}

impl<T: Clone> Progress<T> {
    fn result(&self) -> Result<T, Exception> {
        match &self.stage {
            Stage::Done(result) => Ok(result.clone()),
            stage => Err(stage.failure().unwrap_or_else(taken)),
        }
    }
}

impl<T> Stage<T> {
    fn is_over(&self) -> bool {
        match self {
            Self::Pending | Self::Running => false,
            Self::Done(_) | Self::Taken | Self::Failed(_) | Self::Cancelled => true,
        }
    }

    /// What is raised instead of a result.
    fn failure(&self) -> Option<Exception> {
        match self {
            Self::Failed(error) => Some(error.clone().into()),
            Self::Cancelled => Some(Kind::Cancelled.into()),
            Self::Pending | Self::Running | Self::Done(_) | Self::Taken => None,
        }
    }
}

#[cold]
fn taken() -> Exception {
    Exception::new(
        Kind::InvalidState,
        "the result was taken out by `into_result`, and is no longer there",
    )
}

/// Two handles are equal if they are handles to the same promise.
impl<T> PartialEq for Promise<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Eq for Promise<T> {}

impl<T> Hash for Promise<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl<T> Clone for Promise<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.lock().stage {
            Stage::Pending => "pending",
            Stage::Running => "running",
            Stage::Done(_) | Stage::Taken => "done",
            Stage::Failed(_) => "failed",
            Stage::Cancelled => "cancelled",
        };
        f.debug_tuple("Promise")
            .field(&format_args!("{state}"))
            .finish()
    }
}

#[cfg(all(test, loom))]
mod orders;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::{EventLoop, clock::VirtualClock};

    const A_TEST: LineWords = LineWords {
        kind: "thread",
        words: "a test of",
    };

    fn promise(made_by: Maker) -> Promise<u32> {
        Promise::new(&A_TEST, Party::Words("promises".into()), made_by)
    }

    /// Otherwise each wait with a limit would leave something in a promise that is kept late.
    #[test]
    fn a_wait_that_is_dropped_leaves_no_callback_behind() -> Result<(), Exception> {
        let promise = promise(Maker::Thread);
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        event_loop.run_until_complete(async move {
            let mut waits = Box::pin(promise.wait());
            assert!(futures::poll!(&mut waits).is_pending());
            assert_eq!(promise.lock().callbacks.len(), 1);
            drop(waits);
            assert_eq!(promise.lock().callbacks.len(), 0);
            Ok(())
        })
    }

    /// Otherwise the loop's time would pass for a job that runs.
    #[test]
    fn a_job_whose_wait_has_timed_out_is_not_counted_as_blocked() {
        let promise = promise(Maker::Loop(EventLoop::new().remote()));
        let awaited = promise.clone();
        let job = std::thread::spawn(move || {
            runs_jobs_here();
            let late = awaited.result_timeout(Duration::ZERO);
            late.map_err(|exception| exception.kind())
        });
        assert_eq!(job.join().expect("it does not panic"), Err(Kind::Timeout));
        assert_eq!(promise.lock().blocked_jobs, 0);
    }
}
