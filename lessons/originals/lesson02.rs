//! Your turn. Everything here compiles, and is wrong.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use genawaiter::rc;
use tminus_lessons::lesson02_close::{Co, Exception};

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Exercise 1: a generator that can be closed. `run`, `close` and `drop` are yours.
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
        // This one runs nothing. A bare `Gen` panics at a resume too many (end of step 2); yours must not.
        // (`body.resume_with` returns a `genawaiter::GeneratorState`.)
        let _ = (message, &self.body);
        Err(Exception::StopIteration)
    }

    /// Asks the body to clean up and finish. Runs nothing if the generator was never resumed.
    ///
    /// Fails if the body fails to clean up, or if it yields once more ("generator ignored GeneratorExit").
    pub fn close(&mut self) -> Result<(), Exception> {
        // The beginning of step 4 shows the pain: nothing tells the body.
        Ok(())
    }
}

impl<Y> Drop for Generator<Y> {
    fn drop(&mut self) {
        // Whoever leaves a loop by `break` does not call `close`.
    }
}

/// Exercise 2: writes the items to `out` as `[1, 2, 3]`, and yields each one after writing it.
///
/// The list has its `]` at the end, after a close and after a drop. A generator that was never resumed writes nothing.
pub fn write_list(items: Vec<u32>, out: Rc<RefCell<String>>) -> Generator<u32> {
    Generator::new(async move |co| {
        out.borrow_mut().push('[');
        let mut separator = "";
        for item in items {
            out.borrow_mut().push_str(&format!("{separator}{item}"));
            separator = ", ";
            co.yield_(item).await?;
        }
        // Something is missing, and it cannot simply be written here.
        Ok(())
    })
}
