//! What the lesson only uses: jobs, a clock that jumps, and the crate's `as_completed`.

use tminus::event_loop::{current_task, next};
use tminus::sync::Semaphore;
use tminus::{EventLoop, Exception, as_completed, clock::VirtualClock};

/// A future that can be spawned: it returns a result or raises an exception.
pub trait Job<T>: Future<Output = Result<T, Exception>> + 'static {}

impl<T, F: Future<Output = Result<T, Exception>> + 'static> Job<T> for F {}

/// Runs a job on a loop with a virtual clock. Tasks that are left at its end are cancelled.
pub fn run_virtual<T: Clone + 'static>(main: impl Job<T>) -> Result<T, Exception> {
    EventLoop::with_clock(VirtualClock::new()).run(main)
}

/// Names the task that runs the job, for its lane.
pub async fn named<T>(name: impl Into<String>, job: impl Job<T>) -> Result<T, Exception> {
    current_task()?.set_name(name);
    job.await
}

/// Waits for a permit, and holds it while it runs `job`.
pub async fn with_permit<T>(permits: Semaphore, job: impl Job<T>) -> Result<T, Exception> {
    let _permit = permits.acquire().await?;
    job.await
}

/// Runs all jobs at the same time, and calls `tell` with each result when it is there.
pub async fn as_they_come<T: Clone + 'static>(
    jobs: Vec<impl Job<T>>,
    mut tell: impl FnMut(T),
) -> Result<(), Exception> {
    let mut completed = as_completed(jobs);
    while let Some(done) = next(&mut completed).await {
        tell(done?.result()?);
    }
    Ok(())
}
