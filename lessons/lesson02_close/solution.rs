//! One way to solve the exercises.
//!
//! **`run`, `close` and `drop`.** Three decisions are hidden in these lines.
//!
//! `run` takes the body *out* of the `Option`, and puts it back in one case of four. The other way round, removing the
//! body in three cases, works as well until somebody adds a fifth. And if the body panics, it is already out: nobody
//! can resume it a second time.
//!
//! `close` removes the body of a new generator before it sends anything. Without these three lines, a close would start
//! the work that it is meant to stop: the first poll runs from the top, and the first `yield_` drops the message.
//!
//! `close` treats two different answers alike. A body that lets `GeneratorExit` pass and a body that catches it and
//! returns have both done as they were told. Only an answer that surprises the caller is an error.
//!
//! **`write_list`.** This is Python's `try` and `finally`. The `?` inside the inner `async` block leaves only that
//! block, so the line after it runs whichever way the block ends. Then `tried` is returned: after the `]`, a
//! `GeneratorExit` is still a `GeneratorExit`, and an error is still an error. A value with a `Drop` of its own could
//! write the `]`, too. But a drop returns nothing, so it could not report that the disk is full.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use genawaiter::{GeneratorState, rc};
use tminus_lessons::lesson02_close::{Co, Exception};

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Exercise 1: a generator that can be closed.
pub struct Generator<Y> {
    started: bool,
    body: Option<rc::Gen<Y, Result<(), Exception>, Body>>,
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

    /// Sends a message to the body, and keeps the body only if it yields.
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

impl<Y> Drop for Generator<Y> {
    fn drop(&mut self) {
        let _ = self.close(); // there is nobody to whom an error could be returned
    }
}

/// Exercise 2: a list that has its `]`, however it ends.
pub fn write_list(items: Vec<u32>, out: Rc<RefCell<String>>) -> Generator<u32> {
    Generator::new(async move |co| {
        out.borrow_mut().push('[');
        let tried = async {
            let mut separator = "";
            for item in items {
                out.borrow_mut().push_str(&format!("{separator}{item}"));
                separator = ", ";
                co.yield_(item).await?;
            }
            Ok(())
        }
        .await;
        out.borrow_mut().push(']');
        tried
    })
}
