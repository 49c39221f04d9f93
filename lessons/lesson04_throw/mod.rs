#![doc = include_str!("README.md")]

use std::pin::Pin;

use genawaiter::{GeneratorState, rc};

mod exception;
mod sending;

pub use exception::Exception;

/// The body's handle. Its `yield_(value).await?` returns what is sent, and raises what is thrown.
pub type Co<Y, S = ()> = rc::Co<Y, Result<S, Exception>>;

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A generator that yields `Y`s, takes in `S`s, and can be thrown into.
pub struct Generator<Y, S = ()> {
    started: bool,
    body: Option<rc::Gen<Y, Result<S, Exception>, Body>>, // none when it is closed
}

// What is new in this lesson. `sending.rs` has the methods of lesson 3.
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
            return Err(message.err().unwrap_or(Exception::StopIteration)); // new: step 2
        };
        match body.resume_with(message) {
            GeneratorState::Yielded(value) => {
                self.body = Some(body);
                Ok(value)
            }
            GeneratorState::Complete(Ok(())) => Err(Exception::StopIteration),
            GeneratorState::Complete(Err(stop @ Exception::StopIteration)) => {
                let message = "generator raised StopIteration"; // new: step 3
                Err(Exception::RuntimeError(message, Some(Box::new(stop))))
            }
            GeneratorState::Complete(Err(exception)) => Err(exception),
        }
    }
}

/// Closes the generator, even while a panic unwinds. If the body panics too, the program aborts.
impl<Y, S> Drop for Generator<Y, S> {
    fn drop(&mut self) {
        let _ = self.close(); // nobody is left to learn of an error
    }
}

/// A receiver that prints each text, and a last line when it is closed.
pub fn polite() -> Generator<(), &'static str> {
    Generator::new(async |co| {
        println!("Ready to receive");
        loop {
            match co.yield_(()).await {
                Ok(text) => println!("Got {text}"),
                Err(Exception::GeneratorExit) => break,
                Err(exception) => return Err(exception),
            }
        }
        println!("Receive done");
        Ok(())
    })
}

/// A generator that breaks the rule of step 3.
pub fn broken() -> Generator<u32> {
    Generator::new(async |co| {
        co.yield_(1).await?;
        Err(Exception::StopIteration)
    })
}

#[cfg(test)]
mod tests {
    use super::Exception::{Error, GeneratorExit, RuntimeError, StopIteration};
    use super::*;

    /// Yields what it was sent, answers an error of the program with its text, and lets other exceptions pass.
    fn echo() -> Generator<String, String> {
        Generator::new(async |co| {
            let mut answer = "ready".to_owned();
            loop {
                answer = match co.yield_(answer).await {
                    Ok(line) => line,
                    Err(Error(error)) => format!("caught: {error}"),
                    Err(exception) => return Err(exception),
                };
            }
        })
    }

    #[test]
    fn an_exception_is_caught_at_the_yield_or_comes_back() {
        let mut echo = echo();
        assert_eq!(echo.start().unwrap(), "ready");
        assert_eq!(echo.send("a".to_owned()).unwrap(), "a");
        let error = "x".parse::<u8>().unwrap_err();
        assert_eq!(
            echo.throw(error).unwrap(),
            "caught: invalid digit found in string"
        );
        assert_eq!(echo.send("b".to_owned()).unwrap(), "b");
        let hosed = echo.throw(RuntimeError("You're hosed!", None)).unwrap_err();
        assert_eq!(hosed.to_string(), "RuntimeError: You're hosed!");
        assert!(matches!(echo.resume(), Err(StopIteration)));
        assert!(echo.close().is_ok());
    }

    #[test]
    fn a_throw_into_one_that_does_not_wait_runs_nothing_and_comes_back() {
        let mut idle: Generator<u32> = Generator::new(async |_| panic!("it ran"));
        assert!(matches!(idle.throw(std::fmt::Error).unwrap_err(), Error(_)));
        assert!(matches!(idle.throw(GeneratorExit), Err(GeneratorExit)));
        assert!(matches!(idle.resume(), Err(StopIteration)));
    }

    #[test]
    fn a_stop_iteration_that_escapes_is_an_error_and_keeps_its_cause() {
        let mut broken = broken();
        assert_eq!(broken.resume().unwrap(), 1);
        let error = broken.resume().unwrap_err();
        assert_eq!(
            error.to_string(),
            "RuntimeError: generator raised StopIteration"
        );
        assert!(matches!(error, RuntimeError(_, Some(cause)) if matches!(*cause, StopIteration)));
    }

    #[test]
    fn a_for_loop_receives_the_error() {
        let mut broken = broken();
        assert!(matches!(broken.next(), Some(Ok(1))));
        assert!(matches!(broken.next(), Some(Err(RuntimeError(..)))));
        assert!(broken.next().is_none());
    }

    #[test]
    fn dropping_closes() {
        let said = std::rc::Rc::new(std::cell::Cell::new(""));
        let say = said.clone();
        let mut body = Generator::<u32>::new(async move |co| {
            if let Err(GeneratorExit) = co.yield_(1).await {
                say.set("closed");
            }
            Ok(())
        });
        assert!(body.start().is_ok());
        drop(body);
        assert_eq!(said.get(), "closed");
    }
}
