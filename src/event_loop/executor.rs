//! The loop's default executor, as seen by the loop, which keeps an executor and waits for its jobs when it closes.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::Rc,
};

use crate::{Exception, Kind};

/// What runs jobs on other threads.
pub(crate) trait Executor: Any {
    /// Accepts no more jobs. Calls `over`, on any thread, when all jobs have ended.
    fn shuts_down(&self, over: Box<dyn FnOnce() + Send>);

    /// The loop no longer holds it, and waits for nothing. If the loop `is_closed`, it accepts no more jobs.
    fn released(self: Rc<Self>, is_closed: bool);

    /// What it is, in words.
    fn words(&self) -> String;
}

/// Keeps the default executor of a loop.
#[derive(Default)]
pub(super) struct DefaultExecutor {
    executor: RefCell<Option<Rc<dyn Executor>>>,
    is_shut_down: Cell<bool>,
}

impl DefaultExecutor {
    /// Returns the executor, if the loop has one.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if it was shut down.
    pub(super) fn get(&self) -> Result<Option<Rc<dyn Executor>>, Exception> {
        match self.is_shut_down.get() {
            true => Err(Exception::new(
                Kind::RuntimeError,
                "Executor shutdown has been called",
            )),
            false => Ok(self.executor.borrow().clone()),
        }
    }

    /// Returns the executor that was there before.
    pub(super) fn set(&self, executor: Rc<dyn Executor>) -> Option<Rc<dyn Executor>> {
        self.executor.replace(Some(executor))
    }

    /// From now on there is none to be used. Returns the one that is to be shut down.
    pub(super) fn shuts_down(&self) -> Option<Rc<dyn Executor>> {
        self.is_shut_down.set(true);
        self.executor.borrow().clone()
    }

    pub(super) fn take(&self) -> Option<Rc<dyn Executor>> {
        self.executor.take()
    }
}
