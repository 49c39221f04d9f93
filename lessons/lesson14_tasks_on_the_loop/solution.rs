//! One way to solve the exercises.
//!
//! **`with_clean_up`.** The outcome is a value, so it can be kept while something else runs. Only `GeneratorExit` is
//! different: a body that is closed must finish without a yield (lesson 2), and a clean-up that sleeps cannot do
//! that. This is what a cancel is for. A close says: finish now. A cancel says: finish, and take the rounds that you
//! need. Python has the same trouble with an `await` in a `finally`. It works when the task is cancelled, and when
//! the coroutine is closed it raises "coroutine ignored GeneratorExit". In Rust, dropping a future closes it, and so
//! most libraries there have no clean-up that waits.
//!
//! **`cancel_and_wait`.** Here, `task.wait()` has two faults. When the caller is cancelled, the cancel is passed on
//! to the task, and cuts its clean-up short. And the `CancelledError` that comes back does not say who was meant, the
//! task or the caller. A caller that catches it cannot be cancelled itself. So wait for a future of your own. A
//! cancel ends that one and goes no further, and the only `CancelledError` that it can raise is meant for you.
//! `asyncio.wait` and `asyncio.shield` work like this.

use tminus_lessons::lesson14_tasks_on_the_loop::{
    Coroutine, Exception, Generator, Task, YieldFrom, running_loop,
};

/// Runs `coroutine`, and then `clean_up`, whether the first returned, raised an exception or was cancelled. Ends as
/// `coroutine` did, but if `clean_up` raises an exception, it raises that. A cancel during the clean-up cuts that short.
/// A close runs no clean-up, which could not wait then. Python's `try: await coroutine` with `finally: await clean_up`.
pub fn with_clean_up<T: 'static>(coroutine: Coroutine<T>, clean_up: Coroutine) -> Coroutine<T> {
    Generator::new(async move |co| {
        let outcome = co.yield_from(coroutine).await;
        if !matches!(outcome, Err(Exception::GeneratorExit)) {
            co.yield_from(clean_up).await?;
        }
        outcome
    })
}

/// Cancels `task`, and returns when it is over, however it ends. If the caller is cancelled meanwhile, it gets its
/// `CancelledError` at once, and `task` is not asked a second time: it cleans up in peace.
pub fn cancel_and_wait<T: 'static>(task: &Task<T>) -> Coroutine {
    let task = task.clone();
    Generator::new(async move |co| {
        task.cancel();
        let over = running_loop()?.create_future();
        let its_future = over.clone();
        task.add_done_callback(move |_| {
            if its_future.done() {
                return Ok(()); // the caller was cancelled, and waits no more
            }
            its_future.set_result(())
        })?;
        co.yield_from(over.wait()).await
    })
}
