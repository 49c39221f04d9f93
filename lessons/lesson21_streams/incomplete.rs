//! The error of a stream that ends too early.

use std::{error::Error, fmt};

/// The stream ended before all that was asked for had arrived.
#[derive(Debug)]
pub struct IncompleteReadError {
    /// What had arrived. It is no longer in the stream.
    pub partial: Vec<u8>,
    /// The number of bytes that were asked for. `None` if it was a separator.
    pub expected: Option<usize>,
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.partial.len();
        match self.expected {
            Some(n) => write!(f, "{read} bytes read on a total of {n} expected bytes"),
            None => write!(
                f,
                "{read} bytes read on a total of undefined expected bytes"
            ),
        }
    }
}

impl Error for IncompleteReadError {}
