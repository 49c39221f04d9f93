#![doc = include_str!("README.md")]

use genawaiter::{GeneratorState, rc};
use std::pin::Pin;

use Step::{Returned, Yielded};
pub use tminus_lessons::lesson04_throw::{Co, Exception};

/// What a generator did when it was run.
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
                Ok(Yielded(value)) // new
            }
            GeneratorState::Complete(Ok(result)) => Ok(Returned(result)), // new
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
            Returned(_) => Err(Exception::StopIteration), // new: no yield waits
        }
    }

    /// Asks the body to clean up and finish. Returns its result, if the body returns one in answer.
    pub fn close(&mut self) -> Result<Option<R>, Exception> {
        let ignored = "generator ignored GeneratorExit";
        match self.throw(Exception::GeneratorExit) {
            Ok(Returned(result)) => Ok(Some(result)), // new
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
            Ok(Returned(_)) | Err(Exception::StopIteration) => None, // new: the result is dropped
            Err(exception) => Some(Err(exception)),
        }
    }
}

/// An averager: it is sent numbers, then `None`, and returns how many there were, and their average.
pub fn averager() -> Generator<(), Option<f64>, (u32, f64)> {
    Generator::new(async |co| {
        let (mut total, mut count) = (0.0, 0);
        while let Some(term) = co.yield_(()).await? {
            total += term;
            count += 1;
        }
        Ok((count, total / f64::from(count)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(n: u32) -> Generator<u32, (), &'static str> {
        Generator::new(async move |co| {
            for i in (1..=n).rev() {
                co.yield_(i).await?;
            }
            Ok("Blast off!")
        })
    }

    #[test]
    fn the_result_comes_once() {
        let mut launch = launch(1);
        assert_eq!(launch.resume().unwrap(), Yielded(1));
        assert_eq!(launch.resume().unwrap(), Returned("Blast off!"));
        assert!(matches!(launch.resume(), Err(Exception::StopIteration)));
        assert_eq!(launch.close().unwrap(), None);
    }

    #[test]
    fn a_loop_drops_the_result() {
        let all: Result<Vec<u32>, Exception> = launch(3).collect();
        assert_eq!(all.unwrap(), [3, 2, 1]);
    }

    #[test]
    fn close_returns_what_the_body_returns_in_answer() {
        let mut patient: Generator<u32, (), &str> =
            Generator::new(async |co| match co.yield_(1).await {
                Ok(()) => Ok("went on"),
                Err(_) => Ok("was closed"),
            });
        assert_eq!(patient.resume().unwrap(), Yielded(1));
        assert_eq!(patient.close().unwrap(), Some("was closed"));
        assert_eq!(patient.close().unwrap(), None);
    }

    #[test]
    fn a_generator_that_finishes_immediately_cannot_be_primed() {
        assert!(matches!(
            launch(0).primed().err(),
            Some(Exception::StopIteration)
        ));
    }

    #[test]
    fn the_averager_takes_in_numbers_until_none() {
        let mut average = averager().primed().unwrap();
        for term in [10.0, 30.0, 6.5] {
            assert_eq!(average.send(Some(term)).unwrap(), Yielded(()));
        }
        assert_eq!(average.send(None).unwrap(), Returned((3, 15.5)));
    }
}
