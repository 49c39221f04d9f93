//! One way to solve the exercises.
//!
//! **`Generator`.** A body that stops has done one of three things: it has yielded, returned, or raised an exception.
//! genawaiter tells the three apart, and lesson 4 threw one of them away: its `run` answered a return with
//! `StopIteration`, and dropped what had been returned. A `Step` has a place for it. All the rest follows from `run`.
//! `primed` has to look at the step, because a generator that has returned has no yield to send to. `close` has to look,
//! because a body may answer `GeneratorExit` with a result. Python before 3.13 dropped that one. The loop looks, too, and
//! drops the result on purpose: it has asked for items.
//!
//! **`drain`.** A `for` loop asks "is there one more?", and to that question `None` is answer enough. A caller that wants
//! the result has to drive the generator itself, and look at each `Step`. There are two ways out of the loop: `?` for the
//! exception, `return` for the result. What runs tasks in lesson 10 is this function, for many generators at once.

use std::pin::Pin;

use Step::{Returned, Yielded};
use genawaiter::{GeneratorState, rc};
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
        let Some(mut body) = self.body.take() else {
            return Err(message.err().unwrap_or(Exception::StopIteration));
        };
        match body.resume_with(message) {
            GeneratorState::Yielded(value) => {
                self.body = Some(body);
                Ok(Yielded(value))
            }
            GeneratorState::Complete(Ok(result)) => Ok(Returned(result)),
            GeneratorState::Complete(Err(stop @ Exception::StopIteration)) => {
                let message = "generator raised StopIteration";
                Err(Exception::RuntimeError(message, Some(Box::new(stop))))
            }
            GeneratorState::Complete(Err(exception)) => Err(exception),
        }
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
        match self.start()? {
            Yielded(_) => Ok(self),
            Returned(_) => Err(Exception::StopIteration),
        }
    }

    /// Asks the body to clean up and finish. Returns its result, if the body returns one in answer.
    pub fn close(&mut self) -> Result<Option<R>, Exception> {
        let ignored = "generator ignored GeneratorExit";
        match self.throw(Exception::GeneratorExit) {
            Ok(Returned(result)) => Ok(Some(result)),
            Err(Exception::GeneratorExit) => Ok(None),
            Err(error) => Err(error),
            Ok(Yielded(_)) => Err(Exception::RuntimeError(ignored, None)),
        }
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
        match self.resume() {
            Ok(Yielded(value)) => Some(Ok(value)),
            Ok(Returned(_)) | Err(Exception::StopIteration) => None,
            Err(exception) => Some(Err(exception)),
        }
    }
}

/// Exercise 2: runs a generator to its end, and returns its values and its result.
///
/// Fails with the exception that ended the generator, if there was one.
pub fn drain<Y, S: Default, R>(
    mut generator: Generator<Y, S, R>,
) -> Result<(Vec<Y>, R), Exception> {
    let mut items = Vec::new();
    loop {
        match generator.resume()? {
            Yielded(item) => items.push(item),
            Returned(result) => return Ok((items, result)),
        }
    }
}
