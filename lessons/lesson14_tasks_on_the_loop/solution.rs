//! **`cancel`** does as little as possible, and raises nothing. It passes the request to whatever the task waits for.
//! Each task on the way passes the request on, and at the bottom a future ends with `Cancelled`. From there everything
//! goes the usual way: the future is done, so the future schedules a turn, and in this turn the outcome of the wait is
//! an exception. Only a task that waits for nothing needs `must_cancel`, and a throw.
//!
//! **`give_turn`** has an invariant: a task has one next turn, never two. That turn is in the ready queue or in a done
//! callback, and `cancel` adds none. So `cancel` must not throw by itself: a throw is a turn, and the old one would still
//! come.
//!
//! **`cancel_and_wait`.** Here `task.wait()` has two faults. If the caller is cancelled, the cancellation is passed on
//! to the task, and cuts the task's clean-up short. And a `Cancelled` raised by the wait does not say whether the
//! caller or the task was meant. A caller that catches this `Cancelled` cannot be cancelled itself. So wait for a
//! future of your own. A cancellation ends only this future, and a `Cancelled` raised by the future can only be meant
//! for you. The price is the guard: when the task ends, the caller may have left, and the caller's future is done.
//! `asyncio.wait` and `asyncio.shield` are built like this, guard included.

use std::{cell::Cell, cell::RefCell, ops::Deref, rc::Rc};
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Awaitable, Callback, Cancelled, Coroutine, EventLoop, Exception, Future, Generator, Step, Wait,
    YieldFrom, running_loop,
};

#[derive(Clone)]
pub struct Task<T>(Rc<Inner<T>>);

struct Inner<T> {
    event_loop: EventLoop,
    future: Future<T>,
    coroutine: RefCell<Option<Coroutine<T>>>, // `None` during a turn, and after the last one
    waits_for: RefCell<Option<Rc<dyn Awaitable>>>, // what the last `Wait::For` said
    must_cancel: Cell<bool>,                  // the next turn begins with a throw
}

impl<T> Deref for Task<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        &self.0.future
    }
}

impl<T: Clone + 'static> Task<T> {
    pub fn new(event_loop: &EventLoop, coroutine: Coroutine<T>) -> Result<Self, Exception> {
        let task = Self(Rc::new(Inner {
            event_loop: event_loop.clone(),
            future: Future::new(event_loop),
            coroutine: RefCell::new(Some(coroutine)),
            waits_for: RefCell::new(None),
            must_cancel: Cell::new(false),
        }));
        let this = task.clone();
        event_loop.call_soon(move || this.give_turn())?;
        Ok(task)
    }

    fn give_turn(&self) -> Result<(), Exception> {
        let coroutine = self.0.coroutine.take();
        let mut coroutine = coroutine.expect("a task has one turn at a time, and none at its end");
        let step = if self.0.must_cancel.take() {
            coroutine.throw(Cancelled)
        } else {
            coroutine.resume()
        };
        match step {
            Ok(Step::Yielded(wait)) => {
                self.0.coroutine.replace(Some(coroutine));
                self.rest(wait)
            }
            Ok(Step::Returned(_)) if self.0.must_cancel.take() => self.set_exception(Cancelled),
            Ok(Step::Returned(result)) => self.set_result(result),
            Err(exception) => self.set_exception(exception),
        }
    }

    fn rest(&self, wait: Wait) -> Result<(), Exception> {
        let this = self.clone();
        let next_turn = move || this.give_turn();
        match wait {
            Wait::Turn => {
                self.0.event_loop.call_soon(next_turn)?;
            }
            Wait::For(awaited) => {
                awaited.call_when_done(Box::new(next_turn))?;
                if self.0.must_cancel.get() && awaited.cancel() {
                    self.0.must_cancel.set(false); // `awaited` delivers it
                }
                self.0.waits_for.replace(Some(awaited));
            }
        }
        Ok(())
    }

    pub fn cancel(&self) -> bool {
        self.0.cancel()
    }

    pub fn wait(&self) -> Coroutine<T> {
        let this = self.clone();
        Generator::new(async move |co| {
            if !this.done() {
                co.yield_(Wait::For(this.0.clone())).await?;
            }
            this.result()
        })
    }
}

impl<T: Clone + 'static> Awaitable for Inner<T> {
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception> {
        self.future.call_when_done(callback)
    }

    fn cancel(&self) -> bool {
        if self.future.done() {
            return false;
        }
        let awaited = self.waits_for.borrow().clone();
        let delivers = awaited.is_some_and(|awaited| awaited.cancel());
        if !delivers {
            self.must_cancel.set(true);
        }
        true
    }
}

/// Cancels `task`, and returns when `task` has ended, no matter how. If the caller is cancelled while it waits, the
/// caller's own `Cancelled` is raised in the next round. `task` is not cancelled again, and can finish its clean-up. No
/// error is reported.
pub fn cancel_and_wait<T: Clone + 'static>(task: &Task<T>) -> Coroutine {
    let task = task.clone();
    Generator::new(async move |co| {
        task.cancel();
        let ended = Future::new(&running_loop()?);
        let its_future = ended.clone();
        task.add_done_callback(move |_| {
            if its_future.done() {
                return Ok(()); // the caller was cancelled, and has left
            }
            its_future.set_result(())
        })?;
        co.yield_from(ended.wait()).await
    })
}
