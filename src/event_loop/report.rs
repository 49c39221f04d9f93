//! What an exception handler receives.

use std::{
    fmt,
    rc::{Rc, Weak},
};

use super::{
    handle::Handle,
    kernel::{Kernel, Report},
    task_ref::TaskRef,
};
use crate::Exception;

/// What an exception handler receives: what went wrong, and in which task. Python's `context`.
///
/// See [`EventLoop::set_exception_handler`](crate::EventLoop::set_exception_handler) for an example.
#[non_exhaustive]
pub struct ExceptionContext<'a> {
    message: &'a str,
    exception: &'a Exception,
    pub(super) kernel: Option<Rc<Kernel>>,
    task: Option<TaskRef>,
    handle: Option<Handle>,
}

impl<'a> ExceptionContext<'a> {
    pub(super) fn of(kernel: &Weak<Kernel>, report: &Report<'a>) -> Self {
        let kernel = kernel.upgrade();
        let task = kernel.as_ref().zip(report.task);
        Self {
            message: report.message,
            exception: report.exception,
            task: task.map(|(kernel, key)| TaskRef::of(kernel, key)),
            handle: report
                .handle
                .as_ref()
                .and_then(|handle| handle.downcast_ref().cloned()),
            kernel,
        }
    }

    /// Returns what happened, in CPython's words: `Task exception was never retrieved`, for instance.
    pub fn message(&self) -> &str {
        self.message
    }

    /// Returns the exception. A panic is one of kind [`Panic`](crate::Kind::Panic).
    pub fn exception(&self) -> &Exception {
        self.exception
    }

    /// Returns the task in which it happened, if it was in a task.
    pub fn task(&self) -> Option<&TaskRef> {
        self.task.as_ref()
    }

    /// Returns the handle of the callback that returned the exception, if it was a callback with a handle. If the callback
    /// panicked, its handle is not known.
    pub fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }
}

impl fmt::Debug for ExceptionContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExceptionContext")
            .field("message", &self.message)
            .field("exception", &self.exception)
            .field("task", &self.task)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

/// The message, the task's name, and the exception.
impl fmt::Display for ExceptionContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.message)?;
        if let Some(task) = &self.task {
            write!(f, "task {:?}: ", task.name())?;
        }
        write!(f, "{}", self.exception)
    }
}
