//! The errors of reading a stream, besides those of the network.

use std::{error::Error, fmt};

/// The stream ended before all that was asked for had arrived: Python's `asyncio.IncompleteReadError`.
///
/// ```
/// use tminus::{Exception, run, streams::{IncompleteReadError, StreamReader}};
///
/// let partial = run(async {
///     let reader = StreamReader::new(1024)?;
///     reader.feed_data(b"T-min")?;
///     reader.feed_eof();
///     let incomplete = reader.readexactly(9).await.unwrap_err();
///     let incomplete = incomplete.downcast_ref::<IncompleteReadError>().unwrap();
///     assert_eq!(incomplete.expected, Some(9));
///     Ok(incomplete.partial.clone())
/// })?;
/// assert_eq!(partial, b"T-min");
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncompleteReadError {
    /// What had arrived. It is read with this, and no longer in the stream.
    pub partial: Vec<u8>,
    /// The number of bytes that were asked for. `None` if it was a separator.
    pub expected: Option<usize>,
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes read on a total of ", self.partial.len())?;
        match self.expected {
            Some(expected) => write!(f, "{expected} expected bytes"),
            None => f.write_str("undefined expected bytes"),
        }
    }
}

impl Error for IncompleteReadError {}

/// The separator is farther away than the limit of the stream allows: Python's `asyncio.LimitOverrunError`.
///
/// The bytes are still in the stream, so that they can be read in another way.
///
/// ```
/// use tminus::{Exception, run, streams::{LimitOverrunError, StreamReader}};
///
/// let text = run(async {
///     let reader = StreamReader::new(4)?;
///     reader.feed_data(b"T-minus")?;
///     let overrun = reader.readuntil("\n").await.unwrap_err();
///     let overrun = overrun.downcast_ref::<LimitOverrunError>().unwrap();
///     reader.readexactly(overrun.consumed).await
/// })?;
/// assert_eq!(text, b"T-minus");
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitOverrunError {
    /// How many bytes there are in which no separator begins.
    pub consumed: usize,
    pub(super) is_found: bool,
}

impl LimitOverrunError {
    pub(super) fn text(&self) -> &'static str {
        match self.is_found {
            true => "Separator is found, but chunk is longer than limit",
            false => "Separator is not found, and chunk exceed the limit",
        }
    }
}

impl fmt::Display for LimitOverrunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Error for LimitOverrunError {}
