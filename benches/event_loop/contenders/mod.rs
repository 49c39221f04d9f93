//! The contenders: loops that drive futures on one thread, each with what it brings or is used with.

pub mod async_executor;
pub mod bare_queue;
pub mod local_pool;
#[cfg(target_os = "linux")]
pub mod monoio;
pub mod tminus;
pub mod tokio;

/// A loop. Clones are the same one.
pub trait Loop: Clone + 'static {
    const NAME: &'static str;

    fn new() -> Self;

    /// Drives this to its end, and the tasks meanwhile.
    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64;

    /// Makes a task, in a run. What it gives waits for its end.
    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static;

    /// The same, when nobody will wait for its end.
    fn detach(&self, body: impl Future<Output = u64> + 'static);

    /// Whatever it gives says only that it is done.
    fn yield_now() -> impl Future;
}

/// A loop whose tasks can wait for each other.
pub trait Passes: Loop {
    /// The two ends of a queue without a limit.
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static);

    /// A value to come, and what sets it.
    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64));
}

/// A loop with a clock.
pub trait Sleeps: Loop {
    /// One on the real clock.
    fn timed() -> Self;

    /// As [`yield_now`](Loop::yield_now).
    fn sleep(milliseconds: u64) -> impl Future;
}

/// A loop whose time need not be waited for.
pub trait Jumps: Sleeps {
    /// One whose clock jumps.
    fn timeless() -> Self;
}

/// What the peers' tasks and queues give where the other end is gone.
const HELD: &str = "both ends are held";
