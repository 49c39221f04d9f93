//! Awaiting one job: for a limited time, or without passing on a cancel.

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::spawn;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Job, Kind, Task};

/// Awaits a job, and cancels it after `limit`. (If the caller is cancelled after that, it gets a `Timeout`, too.)
pub async fn wait_for<T: Clone + 'static>(
    job: impl Job<T>,
    limit: Duration,
) -> Result<T, Exception> {
    let task = spawn(job)?;
    let late = Rc::new(Cell::new(false));
    let (slow, is_late) = (task.clone(), late.clone());
    let timer = EventLoop::running()?.call_later(limit, move || is_late.set(slow.cancel()))?;
    let outcome = task.await;
    timer.cancel();
    match outcome {
        Err(exception) if late.get() && exception == Kind::Cancelled => Err(Kind::Timeout.into()),
        outcome => outcome,
    }
}

/// Awaits a task. If the caller is cancelled, the task is not.
pub async fn shield<T: Clone + 'static>(task: Task<T>) -> Result<T, Exception> {
    let outcome = EventLoop::running()?.create_future();
    let copy = outcome.clone();
    task.add_done_callback(move |task| {
        let _ = match task.result() {
            Ok(result) => copy.set_result(result),
            Err(exception) => copy.set_exception(exception),
        }; // refused if the caller was cancelled
    });
    outcome.await
}
