//! The two exceptions of a future.

use std::{error::Error, fmt};

/// A future was asked for a result that it does not have, or was given a second one: Python's `InvalidStateError`.
#[derive(Debug)]
pub struct InvalidStateError(pub &'static str);

impl Error for InvalidStateError {}

impl fmt::Display for InvalidStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidStateError: {}", self.0)
    }
}

/// The exception of a cancellation: Python's `CancelledError`.
#[derive(Debug)]
pub struct Cancelled;

impl Error for Cancelled {}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancelled")
    }
}
