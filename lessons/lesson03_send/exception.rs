//! What goes wrong, and what asks to finish.

use std::fmt;

/// The exceptions of lesson 2, and one more.
#[derive(Debug, PartialEq)]
pub enum Exception {
    /// Clean up and finish.
    GeneratorExit,
    /// There is no more.
    StopIteration,
    /// A rule was broken: a body yielded instead of finishing.
    RuntimeError(&'static str),
    /// Not now: it was sent to before its start, or started twice.
    TypeError(&'static str),
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::GeneratorExit | Exception::StopIteration => write!(f, "{self:?}"),
            Exception::RuntimeError(message) => write!(f, "RuntimeError: {message}"),
            Exception::TypeError(message) => write!(f, "TypeError: {message}"),
        }
    }
}
