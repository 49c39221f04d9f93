//! Your turn, with the page closed. The file compiles, and it is wrong. What you write yourself is marked `TO DO`.
//!
//! Exercise 1 is the future itself, in five functions. Write them from the top: the checks turn green one after the other.
//! (`finish` takes a `Result` here: `set_result` is `finish(Ok(…))`.) Exercise 2, at the end, uses your future.

use std::{cell::RefCell, rc::Rc, time::Duration};
use tminus_lessons::lesson13_futures::{
    Awaitable, Callback, Cancelled, Coroutine, EventLoop, Exception, Generator, InvalidStateError,
    Step, Wait, YieldFrom, running_loop,
};

#[derive(Clone)]
pub struct Future<T>(Rc<Inner<T>>);

struct Inner<T> {
    event_loop: EventLoop,
    outcome: RefCell<Option<Result<T, Exception>>>, // `None` while the future is pending
    callbacks: RefCell<Vec<DoneCallback<T>>>,
}

type DoneCallback<T> = Box<dyn FnOnce(&Future<T>) -> Result<(), Exception>>;

impl<T: Clone + 'static> Future<T> {
    pub fn new(event_loop: &EventLoop) -> Self {
        Self(Rc::new(Inner {
            event_loop: event_loop.clone(),
            outcome: RefCell::new(None),
            callbacks: RefCell::default(),
        }))
    }

    pub fn done(&self) -> bool {
        self.0.outcome.borrow().is_some()
    }

    pub fn finish(&self, outcome: Result<T, Exception>) -> Result<(), Exception> {
        // TO DO 1 (step 1). Keep the outcome. Who learns of it, and in which round? A second outcome is an error.
        drop(outcome);
        Ok(())
    }

    pub fn add_done_callback(
        &self,
        callback: impl FnOnce(&Self) -> Result<(), Exception> + 'static,
    ) -> Result<(), Exception> {
        // TO DO 2 (step 1). A callback can come before the future is done, or after. Here it stays in the list.
        self.0.callbacks.borrow_mut().push(Box::new(callback));
        Ok(())
    }

    pub fn result(&self) -> Result<T, Exception> {
        let outcome = self.0.outcome.borrow().clone();
        outcome.unwrap_or(Err(InvalidStateError("Result is not set.").into()))
    }

    pub fn wait(&self) -> Coroutine<T> {
        let this = self.clone();
        Generator::new(async move |co| {
            // TO DO 3 (step 2). This asks again and again, and the clock stands still.
            while !this.done() {
                co.yield_(Wait::Turn).await?;
            }
            this.result()
        })
    }
}

impl<T: Clone + 'static> Awaitable for Future<T> {
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception> {
        self.add_done_callback(move |_| callback())
    }

    fn cancel(&self) -> bool {
        self.finish(Err(Cancelled.into())).is_ok()
    }
}

pub fn ensure_future<T: Clone + 'static>(
    event_loop: &EventLoop,
    coroutine: Coroutine<T>,
) -> Result<Future<T>, Exception> {
    let future = Future::new(event_loop);
    let its_future = future.clone();
    event_loop.call_soon(move || give_turn(its_future, coroutine))?;
    Ok(future)
}

fn give_turn<T: Clone + 'static>(
    future: Future<T>,
    mut coroutine: Coroutine<T>,
) -> Result<(), Exception> {
    // TO DO 4 (step 2). One turn. Its outcome decides when the next turn is, or how the future ends.
    match coroutine.resume()? {
        Step::Yielded(_) | Step::Returned(_) => drop(future),
    }
    Ok(())
}

pub fn sleep(delay: Duration) -> Coroutine {
    Generator::new(async move |co| {
        // TO DO 5 (step 3). A future and a timer, and the future can be cancelled. This sleeps for a round.
        let _ = (running_loop()?, delay);
        co.yield_(Wait::Turn).await
    })
}

/// Returns a function whose coroutines all wait for one and the same `fetch()`. The fetch starts when the first
/// coroutine has its first turn. The outcome of the fetch is the outcome of every coroutine. If the coroutine that
/// started the fetch is closed, the fetch continues.
pub fn shared<T: Clone + 'static>(
    fetch: impl Fn() -> Coroutine<T> + 'static,
) -> impl Fn() -> Coroutine<T> {
    let fetch = Rc::new(fetch);
    move || {
        let fetch = fetch.clone();
        // TO DO. This fetches once for each coroutine.
        Generator::new(async move |co| co.yield_from(fetch()).await)
    }
}
