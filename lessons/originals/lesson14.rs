//! Your turn. Both compile, and neither is right yet.

use tminus_lessons::lesson14_tasks_on_the_loop::{Coroutine, Generator, Task, YieldFrom};

/// Runs `coroutine`, and then `clean_up`, whether the first returned, raised an exception or was cancelled. Ends as
/// `coroutine` did, but if `clean_up` raises an exception, it raises that. A cancel during the clean-up cuts that short.
/// A close runs no clean-up, which could not wait then. Python's `try: await coroutine` with `finally: await clean_up`.
pub fn with_clean_up<T: 'static>(coroutine: Coroutine<T>, clean_up: Coroutine) -> Coroutine<T> {
    Generator::new(async move |co| {
        // This never cleans up.
        drop(clean_up);
        co.yield_from(coroutine).await
    })
}

/// Cancels `task`, and returns when it is over, however it ends. If the caller is cancelled meanwhile, it gets its
/// `CancelledError` at once, and `task` is not asked a second time: it cleans up in peace.
pub fn cancel_and_wait<T: 'static>(task: &Task<T>) -> Coroutine {
    let task = task.clone();
    Generator::new(async move |_| {
        // This asks, and does not wait. A look at the clock now and then is no way to wait.
        task.cancel();
        Ok(())
    })
}
