//! Your turn. Both compile, and neither is right yet.

use std::time::Duration;

use tminus::{gather_results, wait_for};
use tminus_lessons::lesson17_many::{Exception, Job, race};

/// Runs all jobs at once, each for `limit` at most, and gives what became of each, in the order given. A job that is
/// late is cancelled, and a `Timeout` stands in its place. It returns when all of them are over. When it is cancelled
/// itself, it cancels all of them.
pub async fn within<T: Clone + 'static>(
    limit: Duration,
    jobs: Vec<impl Job<T>>,
) -> Result<Vec<Result<T, Exception>>, Exception> {
    // When one is late, the results of the others are lost.
    wait_for(gather_results(jobs), limit).await
}

/// Runs all jobs at once, and gives the first result. A job that fails does not count. If all fail, it raises the
/// exception that came last. Before it returns, it cancels the others, and waits until they have cleaned up. It does
/// the same when it is cancelled itself.
pub async fn first_success<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<T, Exception> {
    // This gives whatever comes first, a result or an exception, and does not wait for the others.
    race(jobs).await
}
