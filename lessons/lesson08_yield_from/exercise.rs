//! Your turn. All of it compiles, and nothing is right yet. Close the page first.
//!
//! Exercises 1 and 2 are for steps 1 and 2 of the page, and `cargo test --test exercises lesson08::by_calls` checks only
//! them. Exercise 3 is for steps 3 and 4, and `lesson08::on_a_stack` checks only that one.

use std::{cell::Cell, mem, rc::Rc};
use tminus_lessons::lesson08_yield_from::Step::{Returned, Yielded};
use tminus_lessons::lesson08_yield_from::{Co, Exception, Generator, Step};

/// Exercise 1: delegation by calls. The generators are lesson 7's.
pub trait YieldFrom<Y, S> {
    /// Lets `sub` take this body's place until it finishes, and returns its result.
    fn yield_from<R>(&self, sub: Generator<Y, S, R>) -> impl Future<Output = Result<R, Exception>>;
}

impl<Y, S: Default> YieldFrom<Y, S> for Co<Y, S> {
    async fn yield_from<R>(&self, mut sub: Generator<Y, S, R>) -> Result<R, Exception> {
        // Values and the result get through, and nothing else. Let all that is sent and thrown in reach `sub`, and close
        // `sub` before this body if it is closed: steps 1 and 2.
        loop {
            match sub.resume()? {
                Yielded(value) => drop(self.yield_(value).await?),
                Returned(result) => return Ok(result),
            }
        }
    }
}

/// Exercise 2: asks a question until the answer is a number, and returns the number.
///
/// It yields the question, and is sent the answer.
pub fn ask(question: &'static str) -> Generator<&'static str, String, i32> {
    Generator::new(async move |co: Co<&str, String>| {
        let answer: String = co.yield_(question).await?;
        // What if the answer is not a number?
        Ok(answer.len() as i32)
    })
}

/// Asks for two numbers, "First number?" and "Second number?", and returns their sum.
pub fn add() -> Generator<&'static str, String, i32> {
    Generator::new(async |co: Co<&str, String>| {
        // One number has no sum.
        co.yield_from(ask("Two numbers?")).await
    })
}

/// Exercise 3, for steps 3 and 4: a generator that keeps a stack of bodies.
pub struct Stacked<Y, S: Default = (), R = ()> {
    started: bool,
    bodies: Vec<Body<Y, S>>, // each has delegated to the next one; the last one is the top
    result: Rc<Cell<Option<R>>>, // the first body leaves its result here
}

type Body<Y, S> = Generator<Out<Y, S>, S>;

enum Out<Y, S> {
    Value(Y),                  // for the caller
    Delegate(Vec<Body<Y, S>>), // the bodies of the generator that it delegates to
}

pub struct StackCo<Y, S = ()>(Co<Out<Y, S>, S>);

impl<Y, S: Default> StackCo<Y, S> {
    pub async fn yield_(&self, value: Y) -> Result<S, Exception> {
        self.0.yield_(Out::Value(value)).await
    }

    pub async fn yield_from<R>(&self, mut sub: Stacked<Y, S, R>) -> Result<R, Exception> {
        // This loses `sub`. Let the stack have its bodies, and take its result when they have finished: step 3.
        let _bodies = mem::take(&mut sub.bodies);
        sub.result.take().ok_or(Exception::StopIteration)
    }
}

impl<Y, S: Default, R> Stacked<Y, S, R> {
    pub fn new<F>(body: impl FnOnce(StackCo<Y, S>) -> F) -> Self
    where
        F: Future<Output = Result<R, Exception>> + 'static,
        R: 'static,
    {
        let result = Rc::new(Cell::new(None));
        let slot = result.clone();
        let first = Generator::new(|co| {
            let future = body(StackCo(co));
            async move {
                slot.set(Some(future.await?));
                Ok(())
            }
        });
        Self {
            started: false,
            bodies: vec![first],
            result,
        }
    }

    pub fn resume(&mut self) -> Result<Step<Y, R>, Exception> {
        self.started = true;
        self.run(Ok(None))
    }

    pub fn send(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
        if !self.started {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(Some(value)))
    }

    fn run(&mut self, message: Result<Option<S>, Exception>) -> Result<Step<Y, R>, Exception> {
        // This runs nothing. Run whichever body is on top, until one yields a value or none is left: step 3.
        message.and(Err(Exception::StopIteration))
    }

    pub fn throw(&mut self, exception: impl Into<Exception>) -> Result<Step<Y, R>, Exception> {
        let mut exception = exception.into();
        self.started = true;
        if let Exception::GeneratorExit = exception {
            while self.bodies.len() > 1 {
                exception = self.close_top(exception);
            }
        }
        self.run(Err(exception))
    }

    fn close_top(&mut self, exception: Exception) -> Exception {
        // This throws the top body away. It has to clean up, and what it answers decides what is returned: step 4.
        // (If you make a `Stacked` here, write `Stacked::<Y, S>`. Otherwise the compiler asks what its `R` is.)
        self.bodies.pop();
        exception
    }

    pub fn close(&mut self) -> Result<Option<R>, Exception> {
        closed(self.throw(Exception::GeneratorExit))
    }
}

fn closed<Y, R>(answer: Result<Step<Y, R>, Exception>) -> Result<Option<R>, Exception> {
    let ignored = "generator ignored GeneratorExit";
    match answer {
        Ok(Returned(result)) => Ok(Some(result)),
        Err(Exception::GeneratorExit | Exception::StopIteration) => Ok(None),
        Err(error) => Err(error),
        Ok(Yielded(_)) => Err(Exception::RuntimeError(ignored, None)),
    }
}

impl<Y, S: Default, R> Drop for Stacked<Y, S, R> {
    fn drop(&mut self) {
        let _ = self.close(); // nobody is left to be told
    }
}
