//! **`finish`** calls nobody: it stores the outcome, and moves the callbacks into the ready queue. The task that sets a
//! result keeps its turn, and futures that set each other are never a call inside a call. `add_done_callback` does the
//! same if the future is done: if callbacks ran sometimes now and sometimes later, nobody could rely on the order.
//!
//! **`wait` and `give_turn`** are two ends of one thread: `wait` yields the future, `give_turn` leaves its own next call
//! with it. The value stays in the future until `wait` is resumed, so a callback without arguments is enough. Note who
//! owns what: while a task waits, its coroutine is in a callback, which is in the future, and nobody else has it.
//!
//! **`sleep`** has two ends, and each can come first. If the timer fires, it sets the future. If the future is
//! cancelled, the timer must not stay: that is why nothing with a `?` stands between the wait and `timer.cancel()`. And
//! if both come in one round, the timer fires before the task can cancel it. So the timer has to check whether the
//! future is already done.
//!
//! **`shared`.** Keeping the *result* is not enough: until it exists, each of the others would fetch again. Keep the
//! *future*, which exists immediately. And let the fetch have turns of its own: if the first coroutine ran the fetch,
//! closing this coroutine would close the fetch, too, and the other coroutines would wait forever. In Rust this is
//! `FutureExt::shared`.

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
        if self.done() {
            return Err(InvalidStateError("invalid state").into());
        }
        self.0.outcome.replace(Some(outcome));
        self.schedule_callbacks()
    }

    pub fn add_done_callback(
        &self,
        callback: impl FnOnce(&Self) -> Result<(), Exception> + 'static,
    ) -> Result<(), Exception> {
        self.0.callbacks.borrow_mut().push(Box::new(callback));
        if self.done() {
            self.schedule_callbacks()?;
        }
        Ok(())
    }

    fn schedule_callbacks(&self) -> Result<(), Exception> {
        for callback in self.0.callbacks.take() {
            let this = self.clone();
            self.0.event_loop.call_soon(move || callback(&this))?;
        }
        Ok(())
    }

    pub fn result(&self) -> Result<T, Exception> {
        let outcome = self.0.outcome.borrow().clone();
        outcome.unwrap_or(Err(InvalidStateError("Result is not set.").into()))
    }

    pub fn wait(&self) -> Coroutine<T> {
        let this = self.clone();
        Generator::new(async move |co| {
            if !this.done() {
                co.yield_(Wait::For(Rc::new(this.clone()))).await?;
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
    match coroutine.resume() {
        Ok(Step::Yielded(Wait::Turn)) => {
            let event_loop = future.0.event_loop.clone();
            event_loop.call_soon(move || give_turn(future, coroutine))?;
            Ok(())
        }
        Ok(Step::Yielded(Wait::For(awaited))) => {
            awaited.call_when_done(Box::new(move || give_turn(future, coroutine)))
        }
        Ok(Step::Returned(result)) => future.finish(Ok(result)),
        Err(exception) => future.finish(Err(exception)),
    }
}

pub fn sleep(delay: Duration) -> Coroutine {
    Generator::new(async move |co| {
        let event_loop = running_loop()?;
        let future = Future::new(&event_loop);
        let its_future = future.clone();
        let timer = event_loop.call_later(delay, move || {
            if its_future.done() {
                return Ok(()); // it was cancelled in this round
            }
            its_future.finish(Ok(()))
        })?;
        let outcome = co.yield_from(future.wait()).await;
        timer.cancel(); // if it has fired, this does nothing
        outcome
    })
}

/// Returns a function whose coroutines all wait for one and the same `fetch()`. The fetch starts when the first
/// coroutine has its first turn. The outcome of the fetch is the outcome of every coroutine. If the coroutine that
/// started the fetch is closed, the fetch continues.
pub fn shared<T: Clone + 'static>(
    fetch: impl Fn() -> Coroutine<T> + 'static,
) -> impl Fn() -> Coroutine<T> {
    let fetch = Rc::new(fetch);
    let started: Rc<RefCell<Option<Future<T>>>> = Rc::default();
    move || {
        let (fetch, started) = (fetch.clone(), started.clone());
        Generator::new(async move |co| {
            if started.borrow().is_none() {
                started.replace(Some(ensure_future(&running_loop()?, fetch())?));
            }
            let future = started.borrow().clone().expect("it was started above");
            co.yield_from(future.wait()).await
        })
    }
}
