//! Coroutines, as in lessons 11 and 12. But what they wait for is a future, and what they come to is one.

use std::{rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::Pause;
use tminus_lessons::lesson13_futures::{
    Callback, EventLoop, Exception, Future, Generator, Step, YieldFrom, running_loop,
};

/// What a task waits for.
#[derive(Clone)]
pub enum Wait {
    /// For its next turn. It gives way, no more.
    Turn,
    /// For something to be done.
    For(Rc<dyn Awaitable>),
}

impl Pause for Wait {
    fn waits(&self) -> bool {
        matches!(self, Wait::For(_))
    }
}

/// A generator that yields what it waits for: what a task runs.
pub type Coroutine<T = ()> = Generator<Wait, (), T>;

/// A future of any type. Who waits for it is not told its result, only that it is done.
pub trait Awaitable {
    /// Calls back in the round after it is done.
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception>;

    /// Asks it to come to an end. False if it is done.
    fn cancel(&self) -> bool;
}

impl<T: 'static> Awaitable for Future<T> {
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception> {
        self.add_done_callback(move |_| callback())
    }

    fn cancel(&self) -> bool {
        self.cancel()
    }
}

impl EventLoop {
    /// Gives a coroutine its turns, the first in the next round. What it returns or raises is the future's.
    pub fn ensure_future<T: 'static>(
        &self,
        coroutine: Coroutine<T>,
    ) -> Result<Future<T>, Exception> {
        let future = self.create_future();
        let its_future = future.clone();
        self.call_soon(move || give_turn(its_future, coroutine))?;
        Ok(future)
    }
}

fn give_turn<T: 'static>(future: Future<T>, mut coroutine: Coroutine<T>) -> Result<(), Exception> {
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

/// Waits for `delay` to pass. If that is zero, it gives way once.
pub fn sleep(delay: Duration) -> Coroutine {
    Generator::new(async move |co| {
        if delay.is_zero() {
            return co.yield_(Wait::Turn).await;
        }
        let event_loop = running_loop()?;
        let future = event_loop.create_future();
        let its_future = future.clone();
        let timer = event_loop.call_later(delay, move || {
            if its_future.done() {
                return Ok(()); // it was cancelled a moment ago
            }
            its_future.set_result(())
        })?;
        let outcome = co.yield_from(future.wait()).await;
        timer.cancel(); // where an exception came first
        outcome
    })
}
