//! Where values pass between a body and its driver.

use std::{
    cell::Cell,
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use crate::{Exception, event_loop::Waiting};

/// Between the body and whoever drives it. At most one of both is in it.
pub(super) struct Airlock<Y, S> {
    pub(super) yielded: Cell<Option<Y>>,
    pub(super) sent: Cell<Option<Result<S, Exception>>>,
    /// Wakes the `yield_`, if something inside the body polls it, with a waker of its own.
    pub(super) inside: Cell<Option<Waker>>,
}

impl<Y, S> Airlock<Y, S> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            yielded: Cell::new(None),
            sent: Cell::new(None),
            inside: Cell::new(None),
        })
    }
}

/// The body's side of an [`AsyncGenerator`](super::AsyncGenerator): the way in which values leave it and come in.
///
/// A body can lend it to functions that yield for it:
///
/// ```
/// use tminus::{AsyncCo, AsyncGenerator, Exception, run, yield_now};
///
/// async fn countdown(co: &AsyncCo<u32>, from: u32) -> Result<(), Exception> {
///     for n in (1..=from).rev() {
///         yield_now().await?;
///         co.yield_(n).await?;
///     }
///     Ok(())
/// }
///
/// let all = run(async {
///     let twice = AsyncGenerator::new(async |co| {
///         countdown(&co, 2).await?;
///         countdown(&co, 1).await
///     });
///     let mut all = Vec::new();
///     while let Some(n) = twice.anext().await? {
///         all.push(n);
///     }
///     Ok(all)
/// })?;
/// assert_eq!(all, [2, 1, 1]);
/// # Ok::<(), Exception>(())
/// ```
pub struct AsyncCo<Y, S = ()>(pub(super) Rc<Airlock<Y, S>>);

impl<Y, S> AsyncCo<Y, S> {
    /// Yields `value` to the caller and suspends the generator: Python's `yield value`. Resolves to the value that is sent
    /// in, or to [`S::default()`](Default) if there is none.
    ///
    /// # Errors
    ///
    /// - The exception that is thrown in.
    /// - `GeneratorExit` if the generator is closed or dropped. A body that yields again is reported to the closer.
    pub fn yield_(&self, value: Y) -> AsyncYield<'_, Y, S> {
        AsyncYield {
            airlock: &self.0,
            value: Some(value),
        }
    }
}

impl<Y, S> fmt::Debug for AsyncCo<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncCo").finish_non_exhaustive()
    }
}

/// The future of [`AsyncCo::yield_`].
///
/// ```
/// use tminus::{AsyncCo, async_generator::{AsyncGenerator, AsyncYield}, Exception, run};
///
/// fn twice(co: &AsyncCo<u32>, n: u32) -> AsyncYield<'_, u32, ()> {
///     co.yield_(2 * n)
/// }
///
/// let doubled = run(async { AsyncGenerator::new(async |co| twice(&co, 21).await).anext().await })?;
/// assert_eq!(doubled, Some(42));
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a yield does nothing unless it is awaited"]
pub struct AsyncYield<'a, Y, S> {
    airlock: &'a Airlock<Y, S>,
    /// Until it was handed out.
    value: Option<Y>,
}

impl<Y, S> Unpin for AsyncYield<'_, Y, S> {} // nothing in it is polled

impl<Y, S> Future for AsyncYield<'_, Y, S> {
    type Output = Result<S, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { airlock, value } = &mut *self;
        let Some(value) = value.take() else {
            return match airlock.sent.take() {
                Some(sent) => Poll::Ready(sent),
                None => {
                    airlock.inside.set(Waiting::waker_of_another(cx));
                    Poll::Pending
                }
            };
        };
        match airlock.yielded.replace(Some(value)) {
            None => airlock.inside.set(Waiting::waker_of_another(cx)),
            // Another branch of a `join!` has yielded in this poll. It comes first.
            Some(earlier) => {
                self.value = airlock.yielded.replace(Some(earlier));
                cx.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }
}

impl<Y, S> fmt::Debug for AsyncYield<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncYield").finish_non_exhaustive()
    }
}
