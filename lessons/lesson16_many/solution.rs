//! One way to solve the exercises.
//!
//! **`within`.** What waits for a job is a future itself, and so a job for the next one. Which of two stands inside
//! decides what they do. A limit around a `gather` is one limit, and when the time is up, all that was gathered is
//! lost. A `gather` around limits has one limit for each, and keeps what is in time. There is no code here for a cancel
//! or a clean-up: `gather_results` passes a cancel on to all, `wait_for` waits for a clean-up, and together they do
//! both. With `wait(&tasks).timeout(limit)` you need more lines. You have to cancel who is late, wait once more, and
//! cancel all when you are cancelled yourself. And `wait` refuses an empty list.
//!
//! **`first_success`.** There are two `Result`s in what `as_completed` gives, and they say two things. The outer one is
//! of the waiting: its exception is for you, for somebody cancels you. The inner one is of a job, which you may leave
//! out. Code that takes both for one goes on after its own cancel. The lines for the others stand behind every way out
//! of the loop, so nobody is left running. In Python they stand in a `finally`. The last wait is for those that clean
//! up: a cancel only asks. It uses `gather_results`, not `gather`, which would leave at the first `Cancelled`.

use std::time::Duration;

use tminus::event_loop::next;
use tminus::lessons::lesson16_many::{Exception, Job, Kind, spawn_all};
use tminus::{Task, as_completed, gather_results, wait_for};

/// Runs all at once, each for `limit` at most, and gives what became of each, in the order given. One that is late is
/// cancelled, and a `Timeout` stands in its place. It returns when all are over. To cancel it cancels all of them.
pub async fn within<T: Clone + 'static>(
    limit: Duration,
    jobs: Vec<impl Job<T>>,
) -> Result<Vec<Result<T, Exception>>, Exception> {
    let limited = jobs.into_iter().map(|job| wait_for(job, limit));
    gather_results(limited.collect::<Vec<_>>()).await
}

/// Runs all at once, and gives the first result. One that fails is left out. If all fail, it fails as the last one did.
/// When it is over, so are all of them, for it cancels the others and lets them clean up. So it does when it is
/// cancelled.
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
