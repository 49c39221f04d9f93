//! The methods of lesson 3, unchanged.

use genawaiter::rc;

use super::{Body, Co, Exception, Generator};

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
        self.run(Err(Exception::StopIteration)) // no `yield_` waits: nothing reads it
    }

    /// Starts the generator and drops the first value, so that a `yield_` waits and can be sent to.
    pub fn primed(mut self) -> Result<Self, Exception> {
        self.start().map(|_| self)
    }

    /// Resumes the body with `value`, the result of the `yield_` that waits, and returns the next value.
    pub fn send(&mut self, value: S) -> Result<Y, Exception> {
        if !self.started && self.body.is_some() {
            let message = "can't send non-None value to a just-started generator";
            return Err(Exception::TypeError(message));
        }
        self.run(Ok(value))
    }

    /// Starts the generator, or sends the value that stands for none, and returns the next value.
    pub fn resume(&mut self) -> Result<Y, Exception>
    where
        S: Default,
    {
        if !self.started {
            return self.start();
        }
        self.send(S::default())
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
