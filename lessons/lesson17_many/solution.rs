//! One way to solve the exercises.
//!
//! **`within`.** A `wait_for` is a future itself, so you can give it to `gather_results` as a job, or the other way
//! round. Which of the two is inside decides what they do. A limit around a `gather` is one limit, and when the time is
//! up, all results are lost. A `gather` around limits has a limit for each job, and keeps the results that are in time.
//! No code here deals with a cancel or a clean-up: `gather_results` passes a cancel on to all, `wait_for` waits for a
//! clean-up, and together they do both. With `wait(&tasks).timeout(limit)` you need more lines. You have to cancel the
//! tasks that are late, wait once more, and cancel all of them when you are cancelled yourself. And `wait` refuses an
//! empty list.
//!
//! **`first_success`.** What `as_completed` gives has two `Result`s, one inside the other. The outer one is about the
//! waiting: an exception in it is meant for you, because somebody cancels you. The inner one is about a job, and you
//! may ignore its exception. Code that takes the two for one ignores its own cancel, and goes on. The lines that cancel
//! the others come after every way out of the loop, so no job is left running. In Python they would be in a `finally`.
//! The last wait is for jobs that clean up, since a cancel only asks. It uses `gather_results`, not `gather`, which
//! would return at the first `Cancelled`.

use std::time::Duration;

use tminus::event_loop::next;
use tminus::{Task, as_completed, gather_results, wait_for};
use tminus_lessons::lesson17_many::{Exception, Job, Kind, spawn_all};

/// Runs all jobs at once, each for `limit` at most, and gives what became of each, in the order given. A job that is
/// late is cancelled, and a `Timeout` stands in its place. It returns when all of them are over. When it is cancelled
/// itself, it cancels all of them.
pub async fn within<T: Clone + 'static>(
    limit: Duration,
    jobs: Vec<impl Job<T>>,
) -> Result<Vec<Result<T, Exception>>, Exception> {
    let limited = jobs.into_iter().map(|job| wait_for(job, limit));
    gather_results(limited.collect::<Vec<_>>()).await
}

/// Runs all jobs at once, and gives the first result. A job that fails does not count. If all fail, it raises the
/// exception that came last. Before it returns, it cancels the others, and waits until they have cleaned up. It does
/// the same when it is cancelled itself.
pub async fn first_success<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<T, Exception> {
    let tasks = spawn_all(jobs)?;
    let outcome = first_result(&tasks).await;
    for task in &tasks {
        task.cancel(); // who is done does not mind
    }
    gather_results(tasks).await?;
    outcome
}

async fn first_result<T: Clone + 'static>(tasks: &[Task<T>]) -> Result<T, Exception> {
    let mut last = Exception::new(Kind::ValueError, "no jobs");
    let mut completed = as_completed(tasks.iter().cloned());
    while let Some(done) = next(&mut completed).await {
        match done?.result() {
            Ok(result) => return Ok(result),
            Err(exception) => last = exception,
        }
    }
    Err(last)
}
