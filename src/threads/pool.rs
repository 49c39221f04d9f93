//! Thread pools.

use std::{
    fmt,
    hash::{Hash, Hasher},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    job::job,
    map::Map,
    promise::{Maker, Promise},
    simulated,
    workers::Workers,
};
use crate::{
    Exception, Kind,
    event_loop::{Kernel, simulated as simulated_loop},
};

/// A pool of threads that run jobs: Python's `concurrent.futures.ThreadPoolExecutor`. Clones are handles to the same pool.
///
/// The pool creates a thread when a job finds none that is idle, and never more than `max_workers`. Jobs begin in the
/// order in which they were submitted. If a job panics, its [`Promise`] fails, and the thread takes the next job.
///
/// Dropping the last handle shuts the pool down and waits until all jobs have ended, as leaving Python's `with` does. In
/// a task this blocks the loop, as it does in asyncio. If a job drops the last handle to its own pool, nobody waits.
///
/// ```
/// use tminus::{Exception, threads::ThreadPoolExecutor};
///
/// let pool = ThreadPoolExecutor::new(4)?;
/// let squares: Vec<_> = (1..=3).map(|n| pool.submit(move || n * n)).collect::<Result<_, _>>()?;
/// let squares: Vec<u32> = squares.iter().map(|square| square.result()).collect::<Result<_, _>>()?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), Exception>(())
/// ```
///
/// In a simulation, a job runs on the loop's own thread, in a later turn that the simulation chooses.
#[derive(Clone)]
pub struct ThreadPoolExecutor(Arc<LastHandle>);

/// What all handles share. It goes with the last one.
struct LastHandle(Arc<Workers>);

impl ThreadPoolExecutor {
    /// Creates a pool with at most `max_workers` threads. Its threads are named `ThreadPoolExecutor-0_0` and so on, as in
    /// Python: first the number of the pool, then that of the thread.
    ///
    /// # Errors
    ///
    /// - `ValueError` if `max_workers` is 0.
    pub fn new(max_workers: usize) -> Result<Self, Exception> {
        refuse_none(max_workers)?;
        Ok(Self::named(max_workers, next_name()))
    }

    /// Creates a pool as [`new`](ThreadPoolExecutor::new) does, whose threads are named `prefix_0` and so on: Python's
    /// `thread_name_prefix=`.
    ///
    /// ```
    /// use std::thread;
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::with_thread_name_prefix(2, "engine")?;
    /// let name = pool.submit(|| thread::current().name().map(str::to_owned))?;
    /// assert_eq!(name.result()?.as_deref(), Some("engine_0"));
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `ValueError` if `max_workers` is 0.
    pub fn with_thread_name_prefix(max_workers: usize, prefix: &str) -> Result<Self, Exception> {
        refuse_none(max_workers)?;
        let name = match prefix {
            "" => next_name(),
            prefix => prefix.into(),
        };
        Ok(Self::named(max_workers, name))
    }

    /// The pool that a loop creates if it has none.
    pub(super) fn of_a_loop() -> Self {
        Self::named(default_workers(), "asyncio".into())
    }

    fn named(max_workers: usize, name: Box<str>) -> Self {
        let workers = Workers::new(name, max_workers);
        Self(Arc::new(LastHandle(Arc::new(workers))))
    }

    pub(super) fn workers(&self) -> &Arc<Workers> {
        &self.0.0
    }

    /// Returns `true` if there is no other handle.
    pub(super) fn is_last_handle(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Runs `job` on a thread of the pool, and returns the promise of its result.
    ///
    /// A job that can fail returns a `Result` of its own, which is then the promise's result. (An [`Exception`] stays on
    /// its thread. The job can return any other error, or a text.)
    ///
    /// ```
    /// use tminus::{Exception, Kind, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let fuel = pool.submit(|| "90".parse::<u32>())?;
    /// assert_eq!(fuel.result()??, 90);
    ///
    /// let leak = pool.submit(|| panic!("a leak") as ())?;
    /// let leak = leak.result().unwrap_err();
    /// assert_eq!((leak.kind(), &*leak.message()), (Kind::Panic, "a leak"));
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the pool was shut down.
    /// - `RuntimeError` if the pool has no thread, and the operating system creates none.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Promise<T>, Exception> {
        self.submits(simulated_loop().as_ref(), job)
    }

    /// Runs a job for a loop, if that is simulated on its own thread.
    pub(super) fn submits<T: Send + 'static>(
        &self,
        of: Option<&Rc<Kernel>>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Promise<T>, Exception> {
        let workers = self.workers();
        match of.filter(|kernel| kernel.chance().is_some()) {
            Some(kernel) => {
                kernel.open()?;
                let (job, promise) = job(&workers.name, Maker::Simulation, work);
                simulated::takes(workers, kernel, job)?;
                Ok(promise)
            }
            None => {
                let (job, promise) = job(&workers.name, Maker::Thread, work);
                workers.takes(job)?;
                Ok(promise)
            }
        }
    }

    /// Runs `job` for each of `args` on the threads of the pool, and returns the results in the order of the arguments:
    /// Python's `Executor.map`. For a job with several arguments, use [`zip`](Iterator::zip).
    ///
    /// All arguments are taken and all jobs are submitted immediately, before the first result is requested. [`Map`] is an
    /// iterator that blocks, for threads without an event loop. For a task, [`Map::into_stream`] turns it into a stream.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(4)?;
    /// let lengths = pool.map(str::len, ["ignition", "lift-off", "orbit"])?;
    /// assert_eq!(lengths.collect::<Result<Vec<_>, _>>()?, [8, 8, 5]);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the pool was shut down. No job runs.
    /// - `RuntimeError` if the pool has no thread, and the operating system creates none.
    pub fn map<A: Send + 'static, T: Send + 'static>(
        &self,
        job: impl Fn(A) -> T + Send + Sync + 'static,
        args: impl IntoIterator<Item = A>,
    ) -> Result<Map<T>, Exception> {
        let (job, kernel) = (Arc::new(job), simulated_loop());
        let promises = args.into_iter().map(|arg| {
            let job = job.clone();
            self.submits(kernel.as_ref(), move || job(arg))
        });
        promises.collect::<Result<_, _>>().map(Map::new)
    }

    /// Returns the largest number of threads that the pool creates.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// assert_eq!(ThreadPoolExecutor::new(4)?.max_workers(), 4);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn max_workers(&self) -> usize {
        self.workers().max_workers
    }

    /// Returns the number of threads that the pool has now, whether they run a job or are idle. In a simulation this is 0.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(4)?;
    /// assert_eq!(pool.workers_len(), 0); // a thread is created when there is a job for it
    /// pool.submit(|| ())?.result()?;
    /// assert_eq!(pool.workers_len(), 1);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn workers_len(&self) -> usize {
        self.workers().living()
    }

    /// Returns what the names of the pool's threads begin with. An underscore and the number of the thread follow.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::with_thread_name_prefix(2, "engine")?;
    /// assert_eq!(pool.thread_name_prefix(), "engine");
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn thread_name_prefix(&self) -> &str {
        &self.workers().name
    }

    /// Shuts the pool down: it accepts no more jobs. Jobs that were submitted before still run. With `wait`, the call
    /// blocks the thread until all jobs have ended. Without it, dropping the last handle does not wait either.
    ///
    /// ```
    /// use tminus::{Exception, Kind, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let last = pool.submit(|| "lift-off")?;
    /// pool.shutdown(true)?;
    /// assert!(last.done());
    /// assert_eq!(pool.submit(|| "again").unwrap_err().kind(), Kind::RuntimeError);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `RuntimeError` with `wait` if this is a job of the pool, which would wait for itself. The pool is shut down all
    ///   the same.
    pub fn shutdown(&self, wait: bool) -> Result<(), Exception> {
        self.shuts_down(wait, false)
    }

    /// Shuts the pool down as [`shutdown`](ThreadPoolExecutor::shutdown) does, and cancels the jobs that have not begun:
    /// Python's `shutdown(wait, cancel_futures=True)`.
    ///
    /// ```
    /// use tminus::{Exception, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let (go, gate) = std::sync::mpsc::channel::<()>();
    /// let _first = pool.submit(move || gate.recv().is_err())?; // until `go` is dropped
    /// let second = pool.submit(|| unreachable!("it is cancelled") as ())?;
    /// pool.shutdown_cancel_futures(false)?;
    /// assert!(second.cancelled());
    /// drop(go);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `RuntimeError` with `wait` if this is a job of the pool, which would wait for itself. The pool is shut down all
    ///   the same.
    pub fn shutdown_cancel_futures(&self, wait: bool) -> Result<(), Exception> {
        self.shuts_down(wait, true)
    }

    fn shuts_down(&self, wait: bool, cancels: bool) -> Result<(), Exception> {
        let workers = self.workers();
        workers.shuts_down(cancels);
        if !wait {
            workers.lets_go();
            return Ok(());
        }
        if workers.are_here() {
            return Err(Exception::new(
                Kind::RuntimeError,
                "cannot join current thread",
            ));
        }
        joins(workers);
        Ok(())
    }
}

fn joins(workers: &Workers) {
    if simulated_loop().is_some() {
        simulated::joins(workers);
    }
    workers.joins();
}

fn refuse_none(max_workers: usize) -> Result<(), Exception> {
    match max_workers {
        0 => Err(Exception::new(
            Kind::ValueError,
            "max_workers must be greater than 0",
        )),
        _ => Ok(()),
    }
}

fn next_name() -> Box<str> {
    static POOLS: AtomicUsize = AtomicUsize::new(0);
    let number = POOLS.fetch_add(1, Ordering::Relaxed);
    format!("ThreadPoolExecutor-{number}").into()
}

/// CPython's default: jobs mostly wait, so there are more threads than processors, but not too many on a large machine.
fn default_workers() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (processors + 4).min(32)
}

/// A pool with at most as many threads as there are processors, and four more, but no more than 32.
impl Default for ThreadPoolExecutor {
    fn default() -> Self {
        Self::named(default_workers(), next_name())
    }
}

/// Two handles are equal if they are handles to the same pool.
impl PartialEq for ThreadPoolExecutor {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ThreadPoolExecutor {}

impl Hash for ThreadPoolExecutor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Drop for LastHandle {
    fn drop(&mut self) {
        let Self(workers) = self;
        workers.shuts_down(false);
        if !workers.is_let_go() && !workers.are_here() {
            joins(workers);
        }
    }
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workers = self.workers();
        f.debug_struct("ThreadPoolExecutor")
            .field("name", &workers.name)
            .field("max_workers", &workers.max_workers)
            .finish()
    }
}
