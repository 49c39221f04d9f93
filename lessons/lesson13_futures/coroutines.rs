//! Coroutines, as in lessons 11 and 12. But now they wait for a future, and each coroutine has a future for its
//! outcome.

use std::{rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::Pause;
use tminus_lessons::lesson13_futures::{
    Callback, EventLoop, Exception, Future, Generator, Step, YieldFrom, running_loop,
};

/// What a coroutine yields: what it waits for.
#[derive(Clone)]
pub enum Wait {
    /// Its next turn.
    Turn,
    /// A future.
    For(Rc<dyn Awaitable>),
}

impl Pause for Wait {
    fn waits(&self) -> bool {
        matches!(self, Wait::For(_))
    }
}

/// A generator that yields what it waits for.
pub type Coroutine<T = ()> = Generator<Wait, (), T>;

/// A future whose result has any type.
pub trait Awaitable {
    /// Schedules `callback` when the future is done.
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception>;

    /// Cancels the future. Returns `false` if it was done before.
    fn cancel(&self) -> bool;
}

impl<T: Clone + 'static> Awaitable for Future<T> {
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception> {
        self.add_done_callback(move |_| callback())
    }

    fn cancel(&self) -> bool {
        self.cancel() // the method of `Future`, not this one
    }
}

/// Runs a coroutine on the loop, with its first turn in the next round. The coroutine's result or exception goes into
/// the returned future.
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
    match coroutine.resume() {
        Ok(Step::Yielded(Wait::Turn)) => {
            let event_loop = future.0.event_loop.clone();
            event_loop.call_soon(move || give_turn(future, coroutine))?;
            Ok(())
        }
        Ok(Step::Yielded(Wait::For(awaited))) => {
            awaited.call_when_done(Box::new(move || give_turn(future, coroutine)))
        }
        Ok(Step::Returned(result)) => future.set_result(result),
        Err(exception) => future.set_exception(exception),
    }
}

/// Waits until `delay` has passed. A `delay` of zero yields once.
pub fn sleep(delay: Duration) -> Coroutine {
    Generator::new(async move |co| {
        if delay.is_zero() {
            return co.yield_(Wait::Turn).await;
        }
        let event_loop = running_loop()?;
        let future = Future::new(&event_loop);
        let its_future = future.clone();
        let timer = event_loop.call_later(delay, move || {
            if its_future.done() {
                return Ok(()); // it was cancelled in this round
            }
            its_future.set_result(())
        })?;
        let outcome = co.yield_from(future.wait()).await;
        timer.cancel(); // if it has fired, this does nothing
        outcome
    })
}
