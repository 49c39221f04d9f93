//! The contenders: loops that drive futures on one thread. Each uses its own channels and clock, or the ones of its usual
//! companion crate.

pub mod async_executor;
pub mod bare_queue;
pub mod local_pool;
#[cfg(target_os = "linux")]
pub mod monoio;
pub mod tminus;
pub mod tokio;

/// A loop. Clones are handles to the same loop.
pub trait Loop: Clone + 'static {
    const NAME: &'static str;

    fn new() -> Self;

    /// Runs `main` to its end, and the tasks while it waits.
    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64;

    /// Spawns a task, in a run. Awaiting the returned future waits for its end.
    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static;

    /// Spawns a task for whose end nothing waits.
    fn detach(&self, body: impl Future<Output = u64> + 'static);

    /// Yields to the loop for one turn. The result has no meaning.
    fn yield_now() -> impl Future;
}

/// A loop whose tasks can wait for each other.
pub trait Passes: Loop {
    /// Creates an unlimited queue, and returns its two ends.
    fn queue() -> (impl Fn(u64) + 'static, impl AsyncFnMut() -> u64 + 'static);

    /// Creates a future, and returns it with what sets it.
    fn future(&self) -> (impl Future<Output = u64>, impl FnOnce(u64));
}

/// A loop with a clock.
pub trait Sleeps: Loop {
    /// Creates a loop on the real clock.
    fn timed() -> Self;

    /// Sleeps. As in [`yield_now`](Loop::yield_now), the result has no meaning.
    fn sleep(milliseconds: u64) -> impl Future;
}

/// A loop whose clock can jump.
pub trait Jumps: Sleeps {
    /// Creates a loop whose clock jumps to the next deadline instead of waiting.
    fn timeless() -> Self;
}

/// Why tasks and queues of the peers never report that the other end was dropped.
const HELD: &str = "both ends are held";
