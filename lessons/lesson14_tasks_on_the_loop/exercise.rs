//! Your turn. Both compile, and neither is right yet.

use tminus::lessons::lesson14_tasks_on_the_loop::{Coroutine, Generator, Task, YieldFrom};

/// Runs `coroutine`, and then `clean_up`, whether the first returned, raised an exception or was cancelled. Ends as
/// `coroutine` did, but if `clean_up` raises an exception, it raises that. When it is closed it does not clean up, for
/// it may not wait then. Python's `try: await coroutine` with `finally: await clean_up`.
pub fn with_clean_up<T: 'static>(coroutine: Coroutine<T>, clean_up: Coroutine) -> Coroutine<T> {
    Generator::new(async move |co| {
        // This never cleans up.
        drop(clean_up);
        co.yield_from(coroutine).await
    })
}

/// Asks `task` to stop, and returns when it is over, however it ends. Who is cancelled while it runs this gets a
/// `CancelledError` at once, and `task`, which was asked once, is left in peace to clean up.
pub fn cancel_and_wait<T: 'static>(task: &Task<T>) -> Coroutine {
    let task = task.clone();
    Generator::new(async move |_| {
        // This asks, and does not wait. A look at the clock now and then is no way to wait.
        task.cancel();
        Ok(())
    })
}
