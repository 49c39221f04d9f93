#![doc = include_str!("README.md")]

use std::pin::Pin;

use genawaiter::{GeneratorState, rc};

mod exception;

pub use exception::Exception;

/// The body's handle. Awaiting its `yield_(value)` returns what is sent, or raises `GeneratorExit`.
pub type Co<Y, S = ()> = rc::Co<Y, Result<S, Exception>>;

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A generator that yields `Y`s and is sent `S`s.
pub struct Generator<Y, S = ()> {
    started: bool,
    body: Option<rc::Gen<Y, Result<S, Exception>, Body>>, // new: `S` instead of `()`
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

    /// Runs a new generator to its first `yield_`.
    pub fn start(&mut self) -> Result<Y, Exception> {
        if self.started && self.body.is_some() {
            return Err(Exception::TypeError("can't start a generator twice"));
        }
        self.started = true;
        self.run(Err(Exception::StopIteration)) // the first `yield_` drops it
    }

    /// Starts the generator and drops the first value, so that a `yield_` waits and can be sent to.
    pub fn primed(mut self) -> Result<Self, Exception> {
        self.start().map(|_| self)
    }

    /// Runs the body to its next `yield_`. The one at which it waits returns `value` to the body.
    pub fn send(&mut self, value: S) -> Result<Y, Exception> {
        if !self.started && self.body.is_some() {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(value))
    }

    /// Runs the body to its next `yield_`. The one at which it waits returns the default of `S` to the body.
    pub fn resume(&mut self) -> Result<Y, Exception>
    where
        S: Default,
    {
        if !self.started {
            return self.start();
        }
        self.send(S::default())
    }

    /// Asks the body to clean up and finish. Runs nothing if the generator was never started.
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

    /// Sends a message to the body, and keeps the body if it yields.
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
        let _ = self.close(); // there is nobody to whom an error could be returned
    }
}

impl<Y, S: Default> Iterator for Generator<Y, S> {
    type Item = Result<Y, Exception>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.resume() {
            Err(Exception::StopIteration) => None,
            item => Some(item),
        }
    }
}

/// Prints what it is sent.
pub fn receiver() -> Generator<(), &'static str> {
    Generator::new(async |co| {
        println!("Ready to receive");
        loop {
            println!("Got {}", co.yield_(()).await?);
        }
    })
}

/// Splits each line that it is sent, and yields the parts. The first value, before any line, is `None`.
pub fn line_splitter(delimiter: char) -> Generator<Option<Vec<&'static str>>, &'static str> {
    Generator::new(async move |co| {
        println!("Ready to split");
        let mut result = None;
        loop {
            let line: &str = co.yield_(result).await?;
            println!("{line}");
            let parts = line.split(delimiter).collect();
            println!("result:  {parts:?}");
            result = Some(parts);
        }
    })
}

/// Asks two questions.
pub fn interview() -> Generator<&'static str, &'static str> {
    Generator::new(async |co| {
        let name = co.yield_("your name?").await?;
        println!("heard {name}");
        let colour = co.yield_("your colour?").await?;
        println!("heard {colour}");
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::Exception::{StopIteration, TypeError};
    use super::*;

    fn running_total() -> Generator<u32, u32> {
        Generator::new(async |co| {
            let mut total = 0;
            loop {
                total += co.yield_(total).await?;
            }
        })
    }

    #[test]
    fn what_is_sent_comes_out_of_the_yield() {
        let mut total = running_total();
        assert_eq!(total.start(), Ok(0));
        assert_eq!(total.send(3), Ok(3));
        assert_eq!(total.send(4), Ok(7));
        assert_eq!(total.resume(), Ok(7));
    }

    #[test]
    fn a_refused_send_leaves_the_generator_usable() {
        let mut total = running_total();
        assert!(matches!(total.send(3), Err(TypeError(_))));
        let mut total = total.primed().expect("it yields");
        assert_eq!(total.send(3), Ok(3));
        assert!(matches!(total.start(), Err(TypeError(_))));
        assert_eq!(total.send(4), Ok(7));
    }

    #[test]
    fn nothing_can_be_sent_to_a_closed_generator() {
        let mut total = running_total();
        assert_eq!(total.close(), Ok(()));
        assert_eq!(total.send(3), Err(StopIteration));
        assert_eq!(total.resume(), Err(StopIteration));
    }

    #[test]
    fn a_generator_that_yields_nothing_cannot_be_primed() {
        let empty: Generator<u32> = Generator::new(async |_| Ok(()));
        assert_eq!(empty.primed().err(), Some(StopIteration));
    }
}
