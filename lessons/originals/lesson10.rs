//! Your turn. Both compile, and neither is right yet.

use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson10_tasks::{Generator, ValueError};

/// Lets `attempt()` run in its place until one attempt returns, and returns what that did. It makes at most `times`
/// attempts, and fails as the last one did. Closing it ends it.
pub fn retry<R: 'static>(
    times: u32,
    mut attempt: impl FnMut() -> Generator<(), (), R> + 'static,
) -> Generator<(), (), R> {
    Generator::new(async move |co| {
        // This does not look at what came of the attempts.
        for _ in 0..times {
            drop(co.yield_from(attempt()).await);
        }
        Err(ValueError("no attempt left").into())
    })
}

/// Lets its tasks take turns until one returns, and returns what that did. The others are closed. One
/// that fails is left out. If all fail, it fails as the last one did.
pub fn first_of<R: 'static>(tasks: Vec<Generator<(), (), R>>) -> Generator<(), (), R> {
    Generator::new(async move |co| {
        // This runs the first task only.
        let first = tasks.into_iter().next().ok_or(ValueError("no tasks"))?;
        co.yield_from(first).await
    })
}
