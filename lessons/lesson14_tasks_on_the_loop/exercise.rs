//! Your turn, with the page closed. The file compiles, and it is wrong. What you write yourself is marked `TO DO`.
//!
//! Exercise 1 is the task itself, in three functions. `TO DO` 1 and 2 turn the checks `a1` and `a2` green. The checks `a3`
//! and `a4` are both about `TO DO` 3, and need the others: in `a3` there is something to cancel, in `a4` there is not.
//! (Only the count of the requests is left out here.) Exercise 2, at the end, uses your task.

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
        // TO DO 1 (steps 1 and 3). A turn begins with a resume or with a throw. The outcome of the turn decides what is
        // next. Here a task has a single turn, and nobody learns what came of it.
        if let Some(mut coroutine) = self.0.coroutine.take() {
            match coroutine.resume()? {
                Step::Yielded(_) | Step::Returned(_) => {}
            }
        }
        Ok(())
    }

    fn rest(&self, wait: Wait) -> Result<(), Exception> {
        // TO DO 2 (steps 1 to 3). Where does the next turn come from? What has to be known if somebody cancels now?
        // And what if somebody has, during the turn that ended?
        drop(wait);
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
        // TO DO 3 (steps 2 and 3). This is the cancel of lesson 13. The future ends, and the coroutine continues.
        self.future.set_exception(Cancelled).is_ok()
    }
}

/// Cancels `task`, and returns when `task` has ended, no matter how. If the caller is cancelled while it waits, the
/// caller's own `Cancelled` is raised in the next round. `task` is not cancelled again, and can finish its clean-up. No
/// error is reported.
pub fn cancel_and_wait<T: Clone + 'static>(task: &Task<T>) -> Coroutine {
    let task = task.clone();
    Generator::new(async move |co| {
        task.cancel();
        // TO DO. This waits for the task itself, which has two faults: see what the checks say.
        let _event_loop = running_loop()?;
        co.yield_from(task.wait()).await.map(drop)
    })
}
