//! Your turn. Both compile, and neither is right yet.

use std::time::Duration;

use tminus::lessons::lesson16_many::{Exception, Job, race};
use tminus::{gather_results, wait_for};

/// Runs all at once, each for `limit` at most, and gives what became of each, in the order given. One that is late is
/// cancelled, and a `Timeout` stands in its place. It returns when all are over. To cancel it cancels all of them.
pub async fn within<T: Clone + 'static>(
    limit: Duration,
    jobs: Vec<impl Job<T>>,
) -> Result<Vec<Result<T, Exception>>, Exception> {
    // If one is late, what the others gave is lost.
    wait_for(gather_results(jobs), limit).await
}

/// Runs all at once, and gives the first result. One that fails is left out. If all fail, it fails as the last one did.
/// When it is over, so are all of them, for it cancels the others and lets them clean up. So it does when it is
/// cancelled.
pub async fn first_success<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<T, Exception> {
    // This gives what comes first, be it a result or an exception, and does not wait for the others.
    race(jobs).await
}
