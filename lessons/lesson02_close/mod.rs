#![doc = include_str!("README.md")]

use std::{fmt, pin::Pin};

use genawaiter::{GeneratorState, rc};

/// What a body can be given in the place of an answer, and what its driver can be given in the place of a value.
#[derive(Debug, PartialEq)]
pub enum Exception {
    /// Clean up and finish.
    GeneratorExit,
    /// There is no more.
    StopIteration,
    /// A rule was broken: this one.
    RuntimeError(&'static str),
}

/// The body's handle. Its `yield_(value).await` gives a `Result`.
pub type Co<Y> = rc::Co<Y, Result<(), Exception>>;

/// What the compiler makes of a body, behind a pointer: so all bodies have one type.
type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A generator that can be closed.
pub struct Generator<Y> {
    started: bool,
    body: Option<rc::Gen<Y, Result<(), Exception>, Body>>, // none when it is closed
}

impl<Y> Generator<Y> {
    /// Makes a generator from its body. Runs nothing.
    pub fn new<F>(body: impl FnOnce(Co<Y>) -> F) -> Self
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        Self {
            started: false,
            body: Some(rc::Gen::new(|co| Box::pin(body(co)) as Body)),
        }
    }

    /// Runs the body to its next `yield_`. At its end it gives `StopIteration`, as often as you ask.
    pub fn resume(&mut self) -> Result<Y, Exception> {
        self.started = true;
        self.run(Ok(()))
    }

    /// Asks the body to clean up and finish. Runs nothing where it was never resumed.
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

    /// Lets the body have a message, and keeps the body if it yields.
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
}

/// Runs the body, even while a panic unwinds. If the body panics too, that aborts the program.
impl<Y> Drop for Generator<Y> {
    fn drop(&mut self) {
        let _ = self.close(); // nobody is left to be told
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

/// A countdown that says how far it came.
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
    fn what_is_finished_stays_finished() {
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
    fn close_runs_nothing_of_a_new_one() {
        let mut c: Generator<u32> = Generator::new(async |_| panic!("it ran"));
        assert_eq!(c.close(), Ok(()));
        assert_eq!(c.resume(), Err(StopIteration));
    }

    #[test]
    fn what_the_body_makes_of_a_close_comes_back() {
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
