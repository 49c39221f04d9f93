//! What a loop does with thread pools: Python's `loop.run_in_executor` and `asyncio.to_thread`.

use std::{any::Any, rc::Rc};

use super::{awaited::Awaited, pool::ThreadPoolExecutor, promise::Promise};
use crate::{
    Exception,
    event_loop::{EventLoop, Executor, Kernel, LoopFuture, running},
};

impl Executor for ThreadPoolExecutor {
    fn shuts_down(&self, over: Box<dyn FnOnce() + Send>) {
        self.workers().shuts_down(false);
        self.workers().when_over(over);
    }

    fn released(self: Rc<Self>, is_closed: bool) {
        let is_last = Rc::strong_count(&self) == 1 && self.is_last_handle();
        if is_closed || is_last {
            self.workers().shuts_down(false);
        }
        if is_last {
            self.workers().lets_go(); // the drop of this handle would wait, and stop the loop
        }
    }

    fn words(&self) -> String {
        format!("thread pool {}", self.workers().name)
    }
}

/// The loop's own pool, made when it is first used.
fn default_pool(kernel: &Kernel) -> Result<Rc<ThreadPoolExecutor>, Exception> {
    if let Some(executor) = kernel.default_executor()? {
        let executor: Rc<dyn Any> = executor;
        let pool = executor.downcast::<ThreadPoolExecutor>();
        return Ok(pool.unwrap_or_else(|_| unreachable!("there is no other kind of executor")));
    }
    let pool = Rc::new(ThreadPoolExecutor::of_a_loop());
    kernel.set_default_executor(pool.clone());
    Ok(pool)
}

impl EventLoop {
    /// Runs `job` on a thread of `executor`, or of the loop's default pool if that is `None`, and returns a future of its
    /// result: Python's `loop.run_in_executor`.
    ///
    /// The job begins whether or not the future is awaited. If the future is cancelled, the job never runs if it has not
    /// begun, and runs on without the future if it has. A panic of the job is an exception of
    /// [`Kind::Panic`](crate::Kind::Panic).
    ///
    /// The default pool belongs to the loop, and is created when it is first used. [`run`](crate::run) and
    /// [`EventLoop::run`] wait for its jobs at their end.
    ///
    /// ```
    /// use tminus::{EventLoop, Exception, run, threads::ThreadPoolExecutor};
    ///
    /// let litres = run(async {
    ///     let event_loop = EventLoop::running()?;
    ///     let left = event_loop.run_in_executor(None, || 6 * 7)?;
    ///     let pool = ThreadPoolExecutor::new(1)?;
    ///     let right = event_loop.run_in_executor(Some(&pool), || 6 * 8)?;
    ///     Ok((left.await?, right.await?))
    /// })?;
    /// assert_eq!(litres, (42, 48));
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    /// - `RuntimeError` if the pool was shut down.
    /// - `RuntimeError` if the pool has no thread, and the operating system creates none.
    pub fn run_in_executor<T: Clone + Send + 'static>(
        &self,
        executor: Option<&ThreadPoolExecutor>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<LoopFuture<T>, Exception> {
        let kernel = self.kernel();
        kernel.open()?;
        let promise = match executor {
            Some(pool) => pool.submits(Some(kernel), job)?,
            None => default_pool(kernel)?.submits(Some(kernel), job)?,
        };
        self.wrap_future(&promise)
    }

    /// Sets the pool that [`to_thread`] and [`run_in_executor`](EventLoop::run_in_executor) use by default: Python's
    /// `loop.set_default_executor`. The jobs of the one before it run on.
    ///
    /// The loop shuts the pool down when it is closed.
    ///
    /// ```
    /// use std::thread;
    /// use tminus::{EventLoop, Exception, threads::{ThreadPoolExecutor, to_thread}};
    ///
    /// let event_loop = EventLoop::new();
    /// event_loop.set_default_executor(ThreadPoolExecutor::with_thread_name_prefix(1, "pump")?);
    /// let name = event_loop.run(to_thread(|| thread::current().name().map(str::to_owned)))?;
    /// assert_eq!(name.as_deref(), Some("pump_0"));
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn set_default_executor(&self, executor: ThreadPoolExecutor) {
        self.kernel().set_default_executor(Rc::new(executor));
    }

    /// Shuts the default pool down, and waits until its jobs have ended: Python's `loop.shutdown_default_executor`. After
    /// that, the loop has no default pool.
    ///
    /// Other tasks run while it waits. [`run`](crate::run) and [`EventLoop::run`] do this at their end.
    ///
    /// ```
    /// use tminus::{EventLoop, Exception, Kind, run, threads::to_thread};
    ///
    /// let refused = run(async {
    ///     EventLoop::running()?.shutdown_default_executor().await?;
    ///     Ok(to_thread(|| 42).await.unwrap_err())
    /// })?;
    /// assert_eq!(refused.kind(), Kind::RuntimeError);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits. The pool is shut down all the same.
    pub fn shutdown_default_executor(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        let kernel = self.kernel().clone();
        async move {
            match EventLoop::of(&kernel).shuts_executor_down() {
                Some(over) => over.await,
                None => Ok(()),
            }
        }
    }
}

/// Runs `job` on a thread of the loop's default pool, and returns its result: Python's `asyncio.to_thread`.
///
/// Use it for what blocks: files, a library without `async`, a long computation. The other tasks run while the task waits.
/// Nothing happens before the future is first polled.
///
/// A job that can fail returns a `Result` of its own, and `??` unwraps both. The result need not be `Clone`. (An
/// [`Exception`] stays on its thread. The job can return any other error, or a text.)
///
/// If the task is cancelled, or the future is dropped, the job never runs if it has not begun. Once it has, it cannot be
/// stopped: it runs on, and its result is dropped.
///
/// ```
/// use tminus::{Exception, run, threads::to_thread};
///
/// let exists = run(async {
///     let found = to_thread(|| std::fs::read_dir("no such folder")).await?;
///     Ok(found.is_ok())
/// })?;
/// assert!(!exists);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `Cancelled` if the task is cancelled while it waits.
/// - `Panic` if the job panics. The text is that of the panic.
/// - `RuntimeError` if no event loop is running on this thread.
/// - `RuntimeError` if the default pool was shut down.
/// - `RuntimeError` if the default pool has no thread, and the operating system creates none.
pub async fn to_thread<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Exception> {
    let kernel = running()?;
    let promise = default_pool(&kernel)?.submits(Some(&kernel), job)?;
    let mut only = Only {
        awaited: Awaited::new(&kernel, &promise, |_| Ok(()))?,
        promise,
    };
    (&mut only.awaited.future).await?;
    only.promise.clone().into_result()
}

/// The only one who waits for a promise.
struct Only<T> {
    promise: Promise<T>,
    awaited: Awaited<()>,
}

impl<T> Drop for Only<T> {
    fn drop(&mut self) {
        self.awaited.ends();
        self.promise.cancel();
    }
}
