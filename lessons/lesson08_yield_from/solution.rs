//! One way to solve the exercises.
//!
//! **`YieldFrom`.** The loop has one place where something comes out of `sub`, and one where something comes in from
//! the driver. What comes out is a value, to be yielded; a result, which is ours now; or an exception, and `?` is right
//! for it. What comes in is a value, an exception or a close, and none of them is meant for us. Only the close is for
//! both: `sub` is closed first, and `GeneratorExit` goes on whatever `sub` returned.
//!
//! **`ask` and `add`.** `ask` is a function that can wait in the middle. It asks once or three times, and `add` does not
//! know: `co.yield_from(ask(…)).await?` replaces a call. Any code that waits can be divided into functions like `ask`.
//! This is what `yield from` is for. Lesson 15 calls it `await`.
//!
//! **`Stacked`.** A stack is what the machine keeps for calls: a call pushes, a return pops, and only the top runs. By
//! calls, each resume has to build that stack of calls again from the bottom, because a yield takes all of it down. The
//! `Vec` keeps it. There is one rule, *the top runs*, and the rest follows. A delegation puts bodies on top, so they run
//! next. A body that has finished is not put back, so the body that waits for the result is on top, and runs next. An
//! exception is thrown into that body in the same way.

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
        let mut step = sub.resume();
        loop {
            let value = match step? {
                Yielded(value) => value,
                Returned(result) => return Ok(result),
            };
            step = match self.yield_(value).await {
                Ok(sent) => sub.send(sent),
                Err(Exception::GeneratorExit) => {
                    return sub.close().and(Err(Exception::GeneratorExit));
                }
                Err(exception) => sub.throw(exception),
            };
        }
    }
}

/// Exercise 2: asks a question until the answer is a number, and returns the number.
///
/// It yields the question, and is sent the answer.
pub fn ask(question: &'static str) -> Generator<&'static str, String, i32> {
    Generator::new(async move |co: Co<&str, String>| {
        loop {
            let answer: String = co.yield_(question).await?;
            if let Ok(number) = answer.parse() {
                return Ok(number);
            }
        }
    })
}

/// Asks for two numbers, "First number?" and "Second number?", and returns their sum.
pub fn add() -> Generator<&'static str, String, i32> {
    Generator::new(async |co: Co<&str, String>| {
        let first = co.yield_from(ask("First number?")).await?;
        let second = co.yield_from(ask("Second number?")).await?;
        Ok(first + second)
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
        let bodies = mem::take(&mut sub.bodies);
        self.0.yield_(Out::Delegate(bodies)).await?;
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
