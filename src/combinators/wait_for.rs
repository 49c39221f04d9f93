//! `wait_for`: awaiting a future with a limit on the time.

use std::{rc::Rc, time::Duration};

use super::timeout::{self, timed_out};
use crate::{
    Exception, Kind,
    event_loop::{FutureKind, LoopFuture, Outcome, WaitMode, ensure_future, future_of, running},
};

/// Waits for a task, a future or anything else, for at most `timeout`: Python's `asyncio.wait_for`.
///
/// After that time, the future is cancelled. Once it has ended, the wait fails with `Timeout`. A future that catches the
/// cancellation and returns a result determines the result of the wait. To keep a task from being cancelled,
/// [`shield`](crate::shield) it.
///
/// A `timeout` of `None` is no limit. With a `timeout` of zero, a task or future that is done returns its result, and any other is
/// cancelled immediately. Anything else is never begun.
///
/// The future ends with what a task can end with: a `Result`, or a [plain value](crate::event_loop::Outcome). To wait for a future
/// that borrows, use [`timeout(limit).run(future)`](crate::timeout()).
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Kind, clock::VirtualClock, sleep, wait_for};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let long = sleep(Duration::from_secs(3600));
/// let error = event_loop.run_until_complete(wait_for(long, Duration::from_secs(1))).unwrap_err();
/// assert_eq!(error.kind(), Kind::Timeout);
/// assert_eq!(event_loop.time(), Duration::from_secs(1));
/// ```
///
/// # Errors
///
/// - `Timeout` if the time passes first.
/// - The exception of the future.
/// - `Cancelled` if the waiting task is cancelled. The future is cancelled, too.
/// - `RuntimeError` if it is awaited outside a task.
pub fn wait_for<T: 'static, F>(
    future: F,
    timeout: impl Into<Option<Duration>>,
) -> impl Future<Output = Result<T, Exception>>
where
    F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
{
    within(future.into_future(), timeout.into())
}

async fn within<T: 'static>(
    future: impl Future<Output: Outcome<Value = T>> + 'static,
    timeout: Option<Duration>,
) -> Result<T, Exception> {
    if timeout != Some(Duration::ZERO) {
        return timeout::timeout(timeout).run(future).await;
    }
    let result = match future_of(&future) {
        Some(handle) if handle.done() => return future.await.into_result(),
        Some(handle) => {
            cancel_and_wait(&handle).await?;
            future.await.into_result()
        }
        None => {
            let never_begun = ensure_future(future)?;
            cancel_and_wait(&never_begun).await?;
            Err(never_begun.any().cancelled_error())
        }
    };
    match result {
        Err(cancelled) if cancelled.kind() == Kind::Cancelled => Err(timed_out(cancelled)),
        result => result,
    }
}

/// Cancels a future, and waits until the future is done. (Awaiting the future itself would not do: a `Cancelled` could be that of
/// the future or that of the waiting task.)
async fn cancel_and_wait<T>(future: &LoopFuture<T>) -> Result<(), Exception> {
    let parts = Rc::new([future.any().part()]);
    let over = LoopFuture::new_for(&running()?, FutureKind::Watch(WaitMode::End, parts));
    let end = over.clone();
    let id = future.add_done_callback(move |_| drop(end.set_result(()))); // it is done already if the waiting task was cancelled
    future.cancel();
    let waited = over.await;
    future.remove_done_callback(id);
    waited
}
