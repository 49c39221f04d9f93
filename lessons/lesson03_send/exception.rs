//! The exceptions of lesson 2, and one more.

use std::fmt;

/// What a body can receive instead of an answer, and what its driver can receive instead of a value.
#[derive(Debug, PartialEq)]
pub enum Exception {
    /// Clean up and finish.
    GeneratorExit,
    /// There are no more values.
    StopIteration,
    /// This rule was broken.
    RuntimeError(&'static str),
    /// This cannot be done now: sending before the start, or starting twice.
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
