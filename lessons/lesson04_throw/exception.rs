//! What goes wrong, and what asks to finish.

use std::{error::Error, fmt, rc::Rc};

/// What is thrown in, and what is raised instead of a value. A clone is the same exception.
#[derive(Clone, Debug)]
pub enum Exception {
    /// Clean up and finish.
    GeneratorExit,
    /// There is no more.
    StopIteration,
    /// Not now: it was sent to before its start, or started twice.
    TypeError(&'static str),
    /// Something went wrong, perhaps because of another exception: its cause.
    RuntimeError(&'static str, Option<Box<Exception>>), // new: the cause
    /// An error of the program's own.
    Error(Rc<dyn Error>), // new
}

impl Exception {
    /// Returns `true` if it is an error of type `E`: Python's `isinstance`.
    pub fn is<E: Error + 'static>(&self) -> bool {
        matches!(self, Exception::Error(error) if error.is::<E>())
    }

    /// Returns the exception that it came from: Python's `__cause__`.
    pub fn cause(&self) -> Option<&Exception> {
        let Exception::RuntimeError(_, cause) = self else {
            return None;
        };
        cause.as_deref()
    }
}

impl<E: Error + 'static> From<E> for Exception {
    fn from(error: E) -> Self {
        Exception::Error(Rc::new(error))
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::GeneratorExit | Exception::StopIteration => write!(f, "{self:?}"),
            Exception::TypeError(message) => write!(f, "TypeError: {message}"),
            Exception::RuntimeError(message, _) => write!(f, "RuntimeError: {message}"),
            Exception::Error(error) => error.fmt(f),
        }
    }
}
