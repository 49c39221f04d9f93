//! What a future can raise that no lesson before this one raised.

use std::{error::Error, fmt};

/// A future was asked for what it does not have, or given what it has.
#[derive(Debug)]
pub struct InvalidStateError(pub &'static str);

impl Error for InvalidStateError {}

impl fmt::Display for InvalidStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidStateError: {}", self.0)
    }
}

/// It was called off.
#[derive(Debug)]
pub struct CancelledError;

impl Error for CancelledError {}

impl fmt::Display for CancelledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelledError")
    }
}
