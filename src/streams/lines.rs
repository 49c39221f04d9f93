//! The lines of a stream, one after the other.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::StreamReader;
use crate::Exception;

type Line = Result<Vec<u8>, Exception>;

/// A stream of the lines of a [`StreamReader`]: Python's `async for line in reader`. [`StreamReader::lines`] creates one.
///
/// ```
/// use futures::TryStreamExt;
/// use tminus::{Exception, run, streams::StreamReader};
///
/// let lines: Vec<Vec<u8>> = run(async {
///     let reader = StreamReader::new(1024)?;
///     reader.feed_data(b"2\n1\n")?;
///     reader.feed_eof();
///     reader.lines().try_collect().await
/// })?;
/// assert_eq!(lines, [b"2\n", b"1\n"]);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Lines {
    reader: StreamReader,
    line: Option<Pin<Box<dyn Future<Output = Line>>>>,
}

impl StreamReader {
    /// Returns the lines as a stream, each with its `\n`. It ends with the stream, or after the first error.
    ///
    /// ```
    /// use tminus::{Exception, event_loop::next, run, streams::StreamReader};
    ///
    /// let count = run(async {
    ///     let reader = StreamReader::new(1024)?;
    ///     reader.feed_data(b"3\n2\n1\n")?;
    ///     reader.feed_eof();
    ///     let (mut lines, mut count) = (reader.lines(), 0);
    ///     while let Some(line) = next(&mut lines).await {
    ///         assert!(line?.ends_with(b"\n"));
    ///         count += 1;
    ///     }
    ///     Ok(count)
    /// })?;
    /// assert_eq!(count, 3);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn lines(&self) -> Lines {
        Lines {
            reader: self.clone(),
            line: None,
        }
    }
}

impl Stream for Lines {
    type Item = Line;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Line>> {
        let this = &mut *self;
        let reader = &this.reader;
        let line = this.line.get_or_insert_with(|| Box::pin(reader.readline()));
        let line = ready!(line.as_mut().poll(cx));
        this.line = None;
        Poll::Ready(match line {
            Ok(line) if line.is_empty() => None,
            line => Some(line),
        })
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("reader", &self.reader)
            .finish()
    }
}
