//! One way to solve the exercises.
//!
//! **`start`, `send`, `resume` and `primed`.** All four end in `run`. They differ in what they put in, and in when they
//! refuse. `send` needs a `yield_` that waits, `start` needs a body that has not begun, and `resume` accepts both.
//!
//! The condition `self.body.is_some()` is easy to forget. Without it, a generator that was closed before its start
//! would refuse every `send` with "just-started". With it, the answer is `StopIteration`, as for every other closed
//! generator. And a refusal must change nothing: `start` looks first, and sets `started` after that.
//!
//! `start` puts in an exception that is never read, because it has no `S`. That is a little white lie. The library has
//! a start that puts in nothing.
//!
//! **`lines`.** The pieces come as the network cuts them. `rest` is a local variable, and outlasts every pause. Note
//! the order: the answer to a piece has to be ready before the `yield_` that takes in the next one. With the two the
//! other way round, each answer would be one piece late. And the body never reads anything. Its driver does, from a
//! file, a socket or a test. A parser of this kind works with every source, blocking or not.

use std::pin::Pin;

use genawaiter::{GeneratorState, rc};
use tminus_lessons::lesson03_send::{Co, Exception};

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Exercise 1: a generator that is sent values.
pub struct Generator<Y, S = ()> {
    started: bool,
    body: Option<rc::Gen<Y, Result<S, Exception>, Body>>,
}

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

    /// Runs a new generator to its first `yield_`. A second start fails with "can't start a generator twice".
    pub fn start(&mut self) -> Result<Y, Exception> {
        if self.started && self.body.is_some() {
            return Err(Exception::TypeError("can't start a generator twice"));
        }
        self.started = true;
        self.run(Err(Exception::StopIteration)) // the first `yield_` drops it
    }

    /// Runs the body to its next `yield_`. The one at which it waits returns `value` to the body.
    ///
    /// Before the start it fails with "can't send non-None value to a just-started generator".
    pub fn send(&mut self, value: S) -> Result<Y, Exception> {
        if !self.started && self.body.is_some() {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(value))
    }

    /// Starts a new generator. Sends the default of `S` to any other.
    pub fn resume(&mut self) -> Result<Y, Exception>
    where
        S: Default,
    {
        if !self.started {
            return self.start();
        }
        self.send(S::default())
    }

    /// Starts the generator and drops the first value, so that a `yield_` waits and can be sent to.
    pub fn primed(mut self) -> Result<Self, Exception> {
        self.start().map(|_| self)
    }

    /// Asks the body to clean up and finish: lesson 2's `close`.
    pub fn close(&mut self) -> Result<(), Exception> {
        if !self.started {
            self.body = None;
        }
        match self.run(Err(Exception::GeneratorExit)) {
            Err(Exception::GeneratorExit | Exception::StopIteration) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(Exception::RuntimeError("generator ignored GeneratorExit")),
        }
    }

    /// Sends a message to the body, and keeps the body if it yields: lesson 2's `run`.
    fn run(&mut self, message: Result<S, Exception>) -> Result<Y, Exception> {
        let Some(mut body) = self.body.take() else {
            return Err(Exception::StopIteration);
        };
        match body.resume_with(message) {
            GeneratorState::Yielded(value) => {
                self.body = Some(body);
                Ok(value)
            }
            GeneratorState::Complete(Ok(())) => Err(Exception::StopIteration),
            GeneratorState::Complete(Err(exception)) => Err(exception),
        }
    }
}

impl<Y, S> Drop for Generator<Y, S> {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// Exercise 2: the lines that each piece of a text completes.
pub fn lines() -> Generator<Vec<String>, String> {
    Generator::new(async |co| {
        let mut rest = String::new();
        let mut complete = Vec::new();
        loop {
            let piece: String = co.yield_(complete).await?;
            rest += &piece;
            complete = Vec::new();
            while let Some((line, after)) = rest.split_once('\n') {
                complete.push(line.to_owned());
                rest = after.to_owned();
            }
        }
    })
}
