//! One way to solve the exercises.
//!
//! **The generator.** An exception that cannot go in has to come back. There are two such cases, and one line of `run`
//! serves both: a generator without a body returns the exception it is handed. A finished generator has no body. A new
//! one loses its body first, in `throw`. Without that line, a driver would throw "the disk is full", and see an
//! ordinary end.
//!
//! `close` is a throw, and a judgement on the answer. Only one answer is wrong by itself: a value. A body that yields
//! is still alive, and an `Ok(())` would hide that.
//!
//! The rule about `StopIteration` belongs in `run`, and nowhere else. Outside of `run`, "the body returned" and "the
//! body raised `StopIteration`" are the same `Err(StopIteration)`. Only the place that sees the `Complete` can tell
//! them apart.
//!
//! **`pairs`.** The same exception means two things here, depending on the line that receives it. The first `resume`
//! asks for a new pair, and the end of the numbers is the end of the pairs. The second `resume` asks for the rest of a
//! pair, and the end of the numbers is an error. So each line has a `match` of its own. A `?` on both would pass on an
//! end that is not ours. One `match` on `(numbers.resume(), numbers.resume())` would ask for a second number after the
//! first was refused.

use std::pin::Pin;

use genawaiter::{GeneratorState, rc};
use tminus_lessons::lesson04_throw::{Co, Exception};

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A generator that yields `Y`s, takes in `S`s, and can be thrown into.
pub struct Generator<Y, S = ()> {
    started: bool,
    body: Option<rc::Gen<Y, Result<S, Exception>, Body>>, // none when it is closed
}

impl<Y, S> Generator<Y, S> {
    /// Raises `exception` at the `yield_` that waits, and returns the next value.
    pub fn throw(&mut self, exception: impl Into<Exception>) -> Result<Y, Exception> {
        if !self.started {
            self.body = None; // no `yield_` waits, so nothing could catch it
        }
        self.run(Err(exception.into()))
    }

    /// Throws `GeneratorExit`, and expects the body to finish.
    pub fn close(&mut self) -> Result<(), Exception> {
        let ignored = "generator ignored GeneratorExit";
        match self.throw(Exception::GeneratorExit) {
            Err(Exception::GeneratorExit | Exception::StopIteration) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(Exception::RuntimeError(ignored, None)),
        }
    }

    /// Resumes the body with a message, and keeps the body if it yields.
    fn run(&mut self, message: Result<S, Exception>) -> Result<Y, Exception> {
        let Some(mut body) = self.body.take() else {
            return Err(message.err().unwrap_or(Exception::StopIteration));
        };
        match body.resume_with(message) {
            GeneratorState::Yielded(value) => {
                self.body = Some(body);
                Ok(value)
            }
            GeneratorState::Complete(Ok(())) => Err(Exception::StopIteration),
            GeneratorState::Complete(Err(stop @ Exception::StopIteration)) => {
                let message = "generator raised StopIteration";
                Err(Exception::RuntimeError(message, Some(Box::new(stop))))
            }
            GeneratorState::Complete(Err(exception)) => Err(exception),
        }
    }
}

/// Yields the numbers two by two. If one is left over, it raises the `RuntimeError` "one is left over". Other exceptions
/// of `numbers` pass.
pub fn pairs(mut numbers: Generator<u32>) -> Generator<(u32, u32)> {
    Generator::new(async move |co| {
        loop {
            let first = match numbers.resume() {
                Err(Exception::StopIteration) => return Ok(()),
                number => number?,
            };
            let second = match numbers.resume() {
                Err(Exception::StopIteration) => {
                    return Err(Exception::RuntimeError("one is left over", None));
                }
                number => number?,
            };
            co.yield_((first, second)).await?;
        }
    })
}

// The methods of lesson 3.

impl<Y, S> Generator<Y, S> {
    /// Creates a generator from its body. Runs nothing.
    pub fn new<F>(body: impl FnOnce(Co<Y, S>) -> F) -> Self
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        Self {
            started: false,
            body: Some(rc::Gen::new(|co| Box::pin(body(co)) as Body)),
        }
    }

    /// Runs a new generator to its first `yield_`.
    pub fn start(&mut self) -> Result<Y, Exception> {
        if self.started && self.body.is_some() {
            return Err(Exception::TypeError("can't start a generator twice"));
        }
        self.started = true;
        self.run(Err(Exception::StopIteration))
    }

    /// Resumes the body with `value`, the result of the `yield_` that waits, and returns the next value.
    pub fn send(&mut self, value: S) -> Result<Y, Exception> {
        if !self.started && self.body.is_some() {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(value))
    }

    /// Starts the generator, or sends the value that stands for none, and returns the next value.
    pub fn resume(&mut self) -> Result<Y, Exception>
    where
        S: Default,
    {
        if !self.started {
            return self.start();
        }
        self.send(S::default())
    }
}

impl<Y, S> Drop for Generator<Y, S> {
    fn drop(&mut self) {
        let _ = self.close();
    }
}
