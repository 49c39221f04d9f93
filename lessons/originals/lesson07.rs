//! Your turn. All of it compiles, and nothing is right yet. Close the page first.

use std::pin::Pin;

use genawaiter::rc;
use tminus_lessons::lesson07_averager::{Co, Exception};

/// Exercise 1: what a generator did in one run, from a resume to the next suspension or the end. The generator below
/// returns such a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step<Y, R> {
    /// It yielded this value, and waits.
    Yielded(Y),
    /// It finished, and this is its result.
    Returned(R),
}

type Body<R> = Pin<Box<dyn Future<Output = Result<R, Exception>>>>;

/// A generator that yields `Y`s, is sent `S`s, and returns an `R`.
pub struct Generator<Y, S = (), R = ()> {
    started: bool,
    body: Option<rc::Gen<Y, Result<S, Exception>, Body<R>>>, // none when it is closed
}

impl<Y, S, R> Generator<Y, S, R> {
    /// Creates a generator from its body. Runs nothing.
    pub fn new<F>(body: impl FnOnce(Co<Y, S>) -> F) -> Self
    where
        F: Future<Output = Result<R, Exception>> + 'static,
    {
        Self {
            started: false,
            body: Some(rc::Gen::new(|co| Box::pin(body(co)) as Body<R>)),
        }
    }

    fn run(&mut self, message: Result<S, Exception>) -> Result<Step<Y, R>, Exception> {
        // This runs nothing. Lesson 4's `run` has no place for the result of the body: step 2.
        message.and(Err(Exception::StopIteration))
    }

    /// Runs a new generator to its first yield.
    pub fn start(&mut self) -> Result<Step<Y, R>, Exception> {
        if self.started && self.body.is_some() {
            return Err(Exception::TypeError("can't start a generator twice"));
        }
        self.started = true;
        self.run(Err(Exception::StopIteration)) // no `yield_` waits, so nothing reads it
    }

    /// Runs the body to its next yield. The yield that waits returns `value`.
    pub fn send(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
        if !self.started && self.body.is_some() {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(value))
    }

    /// Runs the body to its next yield. The yield that waits returns the value that stands for none.
    pub fn resume(&mut self) -> Result<Step<Y, R>, Exception>
    where
        S: Default,
    {
        if !self.started {
            return self.start();
        }
        self.send(S::default())
    }

    /// Runs the body to its next yield. The yield that waits raises `exception`; if none waits, it is returned.
    pub fn throw(&mut self, exception: impl Into<Exception>) -> Result<Step<Y, R>, Exception> {
        if !self.started {
            self.body = None;
        }
        self.run(Err(exception.into()))
    }

    /// Starts the generator and drops the first value, so that a yield waits and can be sent to.
    pub fn primed(mut self) -> Result<Self, Exception> {
        // Lesson 4's. A generator that has returned cannot be sent to: step 3.
        self.start().map(|_| self)
    }

    /// Asks the body to clean up and finish. Returns its result, if the body returns one in answer.
    pub fn close(&mut self) -> Result<Option<R>, Exception> {
        // This takes every answer for a good end, and drops the result: step 3.
        self.throw(Exception::GeneratorExit).map(|_| None)
    }
}

impl<Y, S, R> Drop for Generator<Y, S, R> {
    fn drop(&mut self) {
        let _ = self.close(); // nobody is left to be told
    }
}

impl<Y, S: Default, R> Iterator for Generator<Y, S, R> {
    type Item = Result<Y, Exception>;

    fn next(&mut self) -> Option<Self::Item> {
        // A loop wants the values and the exceptions, and ends at the result: step 3.
        None
    }
}

/// Exercise 2: runs a generator to its end, and returns its values and its result.
///
/// Fails with the exception that ended the generator, if there was one.
pub fn drain<Y, S: Default, R>(generator: Generator<Y, S, R>) -> Result<(Vec<Y>, R), Exception> {
    // The result was there, and `collect` dropped it. `ok` did the same to the exception.
    let _items: Vec<Y> = generator.filter_map(Result::ok).collect();
    Err(Exception::StopIteration)
}
