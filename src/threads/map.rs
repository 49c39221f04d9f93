//! The results of many calls, in the order of their arguments: Python's `Executor.map`.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::{awaited::Awaited, promise::Promise};
use crate::{
    Exception,
    event_loop::{running, take_thrown},
};

/// The results of [`ThreadPoolExecutor::map`](super::ThreadPoolExecutor::map), in the order of the arguments.
///
/// As an iterator, it blocks the thread until the next result is there. On the thread of an event loop, use
/// [`into_stream`](Map::into_stream) instead.
///
/// The iteration ends after the first exception, as in Python. Then, or if a `Map` is dropped after its first result was
/// requested, the jobs that have not begun are cancelled. A `Map` that is dropped before that lets all jobs run.
///
/// ```
/// use tminus::{Exception, Kind, threads::ThreadPoolExecutor};
///
/// let pool = ThreadPoolExecutor::new(2)?;
/// let mut halves = pool.map(|n: u32| if n % 2 == 0 { n / 2 } else { panic!("{n} is odd") }, [4, 3, 2])?;
/// assert_eq!(halves.len(), 3);
/// assert_eq!(halves.next().transpose()?, Some(2));
/// assert_eq!(halves.next().unwrap().unwrap_err().kind(), Kind::Panic);
/// assert!(halves.next().is_none());
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "the jobs run, but their results and panics are lost"]
pub struct Map<T> {
    promises: VecDeque<Promise<T>>,
    has_begun: bool,
}

/// The results of [`ThreadPoolExecutor::map`](super::ThreadPoolExecutor::map) for a task, in the order of the arguments.
/// [`Map::into_stream`] creates one.
///
/// The stream ends after the first exception. Then, or if it is dropped after it was first polled, the jobs that have not
/// begun are cancelled.
///
/// Each item is a result, or one of these exceptions:
///
/// - `Panic` if the job panicked. The text is that of the panic.
/// - `Cancelled` if the job was cancelled, or the task is cancelled while it waits.
/// - `RuntimeError` if no event loop is running on this thread.
///
/// ```
/// use futures::TryStreamExt;
/// use tminus::{Exception, run, threads::ThreadPoolExecutor};
///
/// let squares: Vec<u32> = run(async {
///     let pool = ThreadPoolExecutor::new(2)?;
///     pool.map(|n| n * n, 1..=4)?.into_stream().try_collect().await
/// })?;
/// assert_eq!(squares, [1, 4, 9, 16]);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct MapStream<T: 'static> {
    map: Map<T>,
    /// While the first promise is awaited.
    awaited: Option<Awaited<()>>,
}

impl<T> Map<T> {
    pub(super) fn new(promises: VecDeque<Promise<T>>) -> Self {
        Self {
            promises,
            has_begun: false,
        }
    }

    /// Turns the iterator into a stream, which a task can await without blocking its thread.
    pub fn into_stream(self) -> MapStream<T> {
        MapStream {
            map: self,
            awaited: None,
        }
    }

    /// Takes the next result, and ends the iteration if there is none.
    fn takes_next(&mut self) -> Option<Result<T, Exception>> {
        self.has_begun = true;
        let result = self.promises.pop_front()?.into_result();
        if result.is_err() {
            self.cancels();
        }
        Some(result)
    }

    fn cancels(&mut self) {
        // As in Python, from the last to the first: no thread begins with one of them in the meantime.
        for promise in self.promises.drain(..).rev() {
            promise.cancel();
        }
    }
}

impl<T> Iterator for Map<T> {
    type Item = Result<T, Exception>;

    fn next(&mut self) -> Option<Self::Item> {
        self.takes_next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.promises.len())) // an exception ends it early
    }
}

impl<T> Map<T> {
    /// Returns the number of results that are left, if no job fails.
    #[expect(
        clippy::len_without_is_empty,
        reason = "nobody has to know whether a `Map` is empty"
    )]
    pub fn len(&self) -> usize {
        self.promises.len()
    }
}

impl<T: Send + 'static> Stream for MapStream<T> {
    type Item = Result<T, Exception>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { map, awaited } = &mut *self;
        map.has_begun = true;
        let Some(promise) = map.promises.front() else {
            return Poll::Ready(None);
        };
        let over = match awaited {
            Some(awaited) => ready!(Pin::new(&mut awaited.future).poll(cx)),
            None => match take_thrown(cx) {
                Some(thrown) => Err(thrown),
                None => {
                    let new =
                        running().and_then(|kernel| Awaited::new(&kernel, promise, |_| Ok(())));
                    match new {
                        Ok(new) => {
                            let new = awaited.insert(new);
                            ready!(Pin::new(&mut new.future).poll(cx))
                        }
                        Err(exception) => Err(exception),
                    }
                }
            },
        };
        if let Some(awaited) = awaited.take() {
            awaited.ends();
        }
        match over {
            Ok(()) => Poll::Ready(map.takes_next()),
            Err(exception) => {
                map.cancels();
                Poll::Ready(Some(Err(exception)))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.map.size_hint()
    }
}

impl<T> Drop for Map<T> {
    fn drop(&mut self) {
        if self.has_begun {
            self.cancels();
        }
    }
}

impl<T: 'static> Drop for MapStream<T> {
    fn drop(&mut self) {
        if let Some(awaited) = &self.awaited {
            awaited.ends();
        }
    }
}

impl<T> fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("left", &self.len()).finish()
    }
}

impl<T> fmt::Debug for MapStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapStream")
            .field("left", &self.map.len())
            .finish()
    }
}
