//! Your turn. Everything here compiles, and is wrong.

use std::pin::Pin;

use genawaiter::{GeneratorState, rc};
use tminus_lessons::lesson03_send::{Co, Exception};

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Exercise 1: a generator that is sent values. `start`, `send`, `resume` and `primed` are yours.
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
        // The pain is in step 1: at the first resume, no `.await` waits for a message.
        Err(Exception::StopIteration)
    }

    /// Runs the body to its next `yield_`. The one at which it waits returns `value` to the body.
    ///
    /// Before the start it fails with "can't send non-None value to a just-started generator".
    pub fn send(&mut self, value: S) -> Result<Y, Exception> {
        // This one loses every value, not only the 100 of step 1.
        drop(value);
        Err(Exception::StopIteration)
    }

    /// Starts a new generator. Sends the default of `S` to any other.
    pub fn resume(&mut self) -> Result<Y, Exception>
    where
        S: Default,
    {
        Err(Exception::StopIteration)
    }

    /// Starts the generator and drops the first value, so that a `yield_` waits and can be sent to.
    pub fn primed(self) -> Result<Self, Exception> {
        Err(Exception::StopIteration)
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

/// Exercise 2: is sent the pieces of a text, and yields for each piece the lines that it completes, without their `\n`.
///
/// The text may be cut anywhere. A line that is not complete is kept until its rest arrives.
pub fn lines() -> Generator<Vec<String>, String> {
    Generator::new(async |co| {
        let mut complete = Vec::new();
        loop {
            let piece: String = co.yield_(complete).await?;
            // A piece may end in the middle of a line.
            complete = piece.lines().map(str::to_owned).collect();
        }
    })
}
