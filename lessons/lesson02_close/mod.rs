#![doc = include_str!("README.md")]

use std::{fmt, pin::Pin};

use genawaiter::{GeneratorState, rc};

/// What a body can receive instead of an answer, and what its driver can receive instead of a value.
#[derive(Debug, PartialEq)]
pub enum Exception {
    /// Clean up and finish.
    GeneratorExit,
    /// There are no more values.
    StopIteration,
    /// This rule was broken.
    RuntimeError(&'static str),
}

/// The body's handle. Awaiting its `yield_(value)` returns a `Result`.
pub type Co<Y> = rc::Co<Y, Result<(), Exception>>;

/// A body: the future that an `async` block becomes, in a box, so that all bodies have the same type.
type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A generator that can be closed.
pub struct Generator<Y> {
    started: bool,                                         // resumed at least once
    body: Option<rc::Gen<Y, Result<(), Exception>, Body>>, // `None` once it is closed
}

impl<Y> Generator<Y> {
    /// Creates a generator from its body. Runs nothing.
    pub fn new<F>(body: impl FnOnce(Co<Y>) -> F) -> Self
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        Self {
            started: false,
            body: Some(rc::Gen::new(|co| Box::pin(body(co)) as Body)),
        }
    }

    /// Runs the body to its next `yield_`. After its end it returns `StopIteration`, as often as you ask.
    pub fn resume(&mut self) -> Result<Y, Exception> {
        self.started = true;
        self.run(Ok(()))
    }

    /// Sends a message to the body, and keeps the body if it yields.
    fn run(&mut self, message: Result<(), Exception>) -> Result<Y, Exception> {
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

    /// Asks the body to clean up and finish. Runs nothing if the generator was never resumed.
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
}

/// Runs the body, even while a panic unwinds. If the body panics then, too, the program aborts.
impl<Y> Drop for Generator<Y> {
    fn drop(&mut self) {
        let _ = self.close(); // there is nobody to whom an error could be returned
    }
}

impl<Y> Iterator for Generator<Y> {
    type Item = Result<Y, Exception>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.resume() {
            Err(Exception::StopIteration) => None,
            item => Some(item),
        }
    }
}

/// A countdown that can be left at any `yield_`.
pub fn countdown(n: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        println!("Count down from {n}");
        for i in (1..=n).rev() {
            co.yield_(i).await?;
        }
        Ok(())
    })
}

/// A countdown that prints how far it came.
pub fn tidy_countdown(mut n: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        println!("Counting down from {n}");
        let tried = async {
            while n > 0 {
                co.yield_(n).await?;
                n -= 1;
            }
            Ok(())
        };
        match tried.await {
            Err(Exception::GeneratorExit) => {
                println!("Only made it to {n}");
                Ok(())
            }
            other => other,
        }
    })
}

/// Answers a close with one more value.
pub fn stubborn() -> Generator<u32> {
    Generator::new(async |co| {
        if let Err(Exception::GeneratorExit) = co.yield_(1).await {
            co.yield_(2).await?;
        }
        Ok(())
    })
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::GeneratorExit | Exception::StopIteration => write!(f, "{self:?}"),
            Exception::RuntimeError(message) => write!(f, "RuntimeError: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exception::{GeneratorExit, RuntimeError, StopIteration};
    use super::*;

    #[test]
    fn a_finished_generator_stays_finished() {
        let mut c = countdown(2);
        assert_eq!(c.resume(), Ok(2));
        assert_eq!(c.resume(), Ok(1));
        assert_eq!(c.resume(), Err(StopIteration));
        assert_eq!(c.resume(), Err(StopIteration));
        assert_eq!(c.close(), Ok(()));
    }

    #[test]
    fn close_ends_the_body_at_its_yield() {
        let mut c = countdown(2);
        assert_eq!(c.resume(), Ok(2));
        assert_eq!(c.close(), Ok(()));
        assert_eq!(c.resume(), Err(StopIteration));
    }

    #[test]
    fn closing_a_new_generator_runs_nothing() {
        let mut c: Generator<u32> = Generator::new(async |_| panic!("it ran"));
        assert_eq!(c.close(), Ok(()));
        assert_eq!(c.resume(), Err(StopIteration));
    }

    #[test]
    fn an_error_of_the_clean_up_is_returned() {
        let mut c: Generator<u32> = Generator::new(async |co| {
            co.yield_(1)
                .await
                .map_err(|_| RuntimeError("the disk is full"))
        });
        assert_eq!(c.resume(), Ok(1));
        assert_eq!(c.close(), Err(RuntimeError("the disk is full")));
    }

    #[test]
    fn a_generator_is_an_iterator() {
        assert!(countdown(3).eq([Ok(3), Ok(2), Ok(1)]));
        let mut rude: Generator<u32> = Generator::new(async |_| Err(GeneratorExit));
        assert_eq!(rude.next(), Some(Err(GeneratorExit)));
        assert_eq!(rude.next(), None);
    }
}
