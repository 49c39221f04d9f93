#![doc = include_str!("README.md")]

use Step::{Returned, Yielded};
use std::{cell::Cell, mem, rc::Rc};
pub use tminus_lessons::lesson07_averager::{Co, Exception, Generator, Step, averager};
pub use tminus_lessons::lesson08_yield_from::by_calls::YieldFrom;

pub mod by_calls;
pub mod parts;
pub mod polls;
pub mod programs;

/// A generator that keeps a stack: its own body, and the bodies of the generators to which bodies have delegated.
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

/// The handle of a body on a stack.
pub struct StackCo<Y, S = ()>(Co<Out<Y, S>, S>);

impl<Y, S: Default> StackCo<Y, S> {
    /// Yields `value` to the caller, and returns what the caller sends.
    pub async fn yield_(&self, value: Y) -> Result<S, Exception> {
        self.0.yield_(Out::Value(value)).await
    }

    /// Lets `sub` take this body's place until it finishes, and returns its result.
    pub async fn yield_from<R>(&self, mut sub: Stacked<Y, S, R>) -> Result<R, Exception> {
        let bodies = mem::take(&mut sub.bodies);
        self.0.yield_(Out::Delegate(bodies)).await?;
        sub.result.take().ok_or(Exception::StopIteration)
    }
}

impl<Y, S: Default, R> Stacked<Y, S, R> {
    /// Creates a generator from its body. Runs nothing.
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

    /// Runs the top body to its next yield. The yield that waits returns the value that stands for none.
    pub fn resume(&mut self) -> Result<Step<Y, R>, Exception> {
        self.started = true;
        self.run(Ok(None))
    }

    /// Runs the top body to its next yield. The yield that waits returns `value`.
    pub fn send(&mut self, value: S) -> Result<Step<Y, R>, Exception> {
        if !self.started {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(Some(value)))
    }

    fn run(&mut self, mut message: Result<Option<S>, Exception>) -> Result<Step<Y, R>, Exception> {
        while let Some(mut top) = self.bodies.pop() {
            let step = match message {
                Ok(None) => top.resume(),
                Ok(Some(value)) => top.send(value),
                Err(exception) => top.throw(exception),
            };
            message = match step {
                Ok(Yielded(Out::Value(value))) => {
                    self.bodies.push(top);
                    return Ok(Yielded(value));
                }
                Ok(Yielded(Out::Delegate(sub))) => {
                    self.bodies.push(top);
                    self.bodies.extend(sub);
                    Ok(None)
                }
                Ok(Returned(())) => Ok(None),
                Err(exception) => Err(exception),
            };
        }
        message?;
        let result = self.result.take();
        result.map(Returned).ok_or(Exception::StopIteration)
    }

    /// Runs the top body to its next yield. The yield that waits raises `exception`.
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
        let mut top = Stacked::<Y, S> {
            started: true,
            bodies: self.bodies.split_off(self.bodies.len() - 1),
            result: Rc::default(),
        };
        let error = closed(top.run(Err(exception))).err();
        error.unwrap_or(Exception::GeneratorExit)
    }

    /// Asks the bodies to clean up and finish, the top one first. Returns the result, if there is one.
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
