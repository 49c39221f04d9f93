//! One way to solve the exercises.
//!
//! **`then`.** A callback has no caller that could use what it raises: the loop prints it and goes on. So a `?` in a
//! done callback is a trap. The new future stays pending, and whoever waits for it waits for ever. Each way through the
//! callback has to end in the future. `and_then` joins two of the three: the exception of `future` passes it by, and
//! that of `change` comes out of it. In asyncio the same mistake looks the same: a line in the log, and a program that
//! hangs. (A coroutine that waits and then returns `change(result)` does it too, for `ensure_future` catches what it
//! raises.)
//!
//! **`shared`.** To keep the *result* is not enough. Others ask between the first question and the answer, and each of
//! them would fetch once more. Keep the *future*: it is there before the result is. And the fetch needs turns of its
//! own. If the first one to ask ran it in its own turns, it would be closed with that one, and the others would wait
//! for ever. A cache does the same, to avoid ten requests for one page. In Rust the crate futures has it as
//! `FutureExt::shared`.

use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson13_futures::{
    Coroutine, EventLoop, Exception, Future, Generator, YieldFrom, running_loop,
};

/// A future of what `change` makes of the result of `future`. An exception of `future` is passed on as it is, and one
/// that `change` raises is the new future's. `change` is called in the round after `future` is done.
pub fn then<T: Clone + 'static, U: 'static>(
    event_loop: &EventLoop,
    future: &Future<T>,
    change: impl FnOnce(T) -> Result<U, Exception> + 'static,
) -> Result<Future<U>, Exception> {
    let changed = event_loop.create_future();
    let its_future = changed.clone();
    future.add_done_callback(move |future| match future.result().and_then(change) {
        Ok(result) => its_future.set_result(result),
        Err(exception) => its_future.set_exception(exception),
    })?;
    Ok(changed)
}

/// Gives a coroutine to each who asks. All of them wait for one and the same `fetch()`, which is made when the first of
/// them has its first turn. Its result is the result of all of them, and so is its exception. It goes on when the one
/// that made it is closed.
pub fn shared<T: Clone + 'static>(
    fetch: impl Fn() -> Coroutine<T> + 'static,
) -> impl Fn() -> Coroutine<T> {
    let fetch = Rc::new(fetch);
    let made: Rc<RefCell<Option<Future<T>>>> = Rc::default();
    move || {
        let (fetch, made) = (fetch.clone(), made.clone());
        Generator::new(async move |co| {
            let known = made.borrow().clone();
            let future = match known {
                Some(future) => future,
                None => {
                    let future = running_loop()?.ensure_future(fetch())?;
                    made.replace(Some(future.clone()));
                    future
                }
            };
            co.yield_from(future.wait()).await
        })
    }
}
