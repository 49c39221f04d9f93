//! Your turn. It compiles, and nothing is right yet.

use std::pin::Pin;

use genawaiter::{GeneratorState, rc};
use tminus_lessons::lesson04_throw::{Co, Exception};

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A generator that yields `Y`s, takes in `S`s, and can be thrown into.
pub struct Generator<Y, S = ()> {
    started: bool,
    body: Option<rc::Gen<Y, Result<S, Exception>, Body>>, // none when it is closed
}

/// Exercise 1. Close the page, and write these three. Step 2 shows two throws that get lost; step 3 shows what a
/// `StopIteration` does to a driver.
impl<Y, S> Generator<Y, S> {
    /// Raises `exception` at the `yield_` that waits, and returns the next value.
    ///
    /// If no `yield_` waits, nothing runs, and the exception is returned. A new generator is closed by that.
    pub fn throw(&mut self, exception: impl Into<Exception>) -> Result<Y, Exception> {
        let _nothing_raises_it: Exception = exception.into();
        Err(Exception::StopIteration)
    }

    /// Throws `GeneratorExit`, and expects the body to finish. A body that yields again is the `RuntimeError`
    /// "generator ignored GeneratorExit".
    pub fn close(&mut self) -> Result<(), Exception> {
        Ok(())
    }

    /// Resumes the body with a message, and keeps the body if it yields. This is lesson 3's: two places are wrong now.
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

/// Exercise 2. Yields the numbers two by two. If one is left over, it raises the `RuntimeError` "one is left over".
/// Other exceptions of `numbers` pass.
pub fn pairs(mut numbers: Generator<u32>) -> Generator<(u32, u32)> {
    Generator::new(async move |co| {
        loop {
            // One number is no pair. And what does the end of the numbers mean here?
            let number = numbers.resume()?;
            co.yield_((number, number)).await?;
        }
    })
}

// From here on there is nothing to do: these are the methods of lesson 3.

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
