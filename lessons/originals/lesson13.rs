//! Your turn. Both compile, and neither is right yet.

use std::rc::Rc;

use tminus_lessons::lesson13_futures::{
    Coroutine, EventLoop, Exception, Future, Generator, YieldFrom,
};

/// A future of what `change` makes of the result of `future`. An exception of `future` is passed on as it is, and one
/// that `change` raises is the new future's. `change` is called in the round after `future` is done.
pub fn then<T: Clone + 'static, U: 'static>(
    event_loop: &EventLoop,
    future: &Future<T>,
    change: impl FnOnce(T) -> Result<U, Exception> + 'static,
) -> Result<Future<U>, Exception> {
    // Nobody sets this future.
    let changed = event_loop.create_future();
    let _ = (future, change);
    Ok(changed)
}

/// Gives a coroutine to each who asks. All of them wait for one and the same `fetch()`, which is made when the first of
/// them has its first turn. Its result is the result of all of them, and so is its exception. It goes on when the one
/// that made it is closed.
pub fn shared<T: Clone + 'static>(
    fetch: impl Fn() -> Coroutine<T> + 'static,
) -> impl Fn() -> Coroutine<T> {
    let fetch = Rc::new(fetch);
    move || {
        let fetch = fetch.clone();
        // This makes a fetch for each.
        Generator::new(async move |co| co.yield_from(fetch()).await)
    }
}
