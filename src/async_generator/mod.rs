//! Async generators: bodies that yield values and await the loop's futures in between, as PEP 525 and Python's `async def`
//! with a `yield` have them.
//!
//! ```
//! use std::time::Duration;
//! use tminus::{
//!     EventLoop, Exception, async_generator::AsyncGenerator, clock::VirtualClock, event_loop::next, sleep,
//! };
//!
//! fn countdown(from: u32) -> AsyncGenerator<u32> {
//!     AsyncGenerator::new(async move |co| {
//!         for n in (1..=from).rev() {
//!             co.yield_(n).await?;
//!             sleep(Duration::from_secs(1)).await?;
//!         }
//!         Ok(())
//!     })
//! }
//!
//! let event_loop = EventLoop::with_clock(VirtualClock::new());
//! let sum = event_loop.run_until_complete(async {
//!     let (mut count, mut sum) = (countdown(3), 0);
//!     while let Some(n) = next(&mut count).await {
//!         sum += n?; // Python: async for n in count
//!     }
//!     Ok(sum)
//! })?;
//! assert_eq!(sum, 6);
//! assert_eq!(event_loop.time(), Duration::from_secs(3));
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Closing
//!
//! Closing a generator that has not finished lets the body clean up: `GeneratorExit` is raised at the `yield_` at which the
//! body waits, and the body can await in its clean-up. [`aclose`](AsyncGenerator::aclose) closes a generator, and waits for
//! the clean-up. If a generator is dropped, a task of the loop closes it. At the end, [`run`](crate::run) closes all
//! generators that are left, and waits for all clean-ups.
//!
//! In three cases, the body is just dropped: if it never ran; if its loop is closed; and if it waits for a future, because
//! an operation was dropped half-way. Nothing can be raised at a future.
//!
//! # Cancellation
//!
//! The body runs in the task that awaits the operation. If the task is cancelled, `Cancelled` is raised in the body, at the
//! future that the body awaits. If only the operation is dropped, as by a `select!`, the next operation resumes the body at the
//! same future, and no item is lost. (A value that this next operation sends is dropped, because no `yield_` waits for a value.
//! In Python, dropping an operation raises `GeneratorExit` in the body.)
//!
//! # What is different from Python
//!
//! At the end of the body, operations return `Ok(None)` instead of raising `StopAsyncIteration`, and the [`Stream`] ends.
//! Operations on a finished generator return `Ok(None)`, too. The same is true of throwing into a generator that has ignored
//! a `GeneratorExit`, or closing it again, for which Python raises `StopAsyncIteration`.
//!
//! A dropped generator is closed by a task that begins in the next round. In Python, a callback spawns that task, so it
//! begins one round later. If a run ends in between, Python cancels the task; here, the run waits for it.

mod airlock;
mod shared;

use std::{
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use crate::Exception;

use airlock::Airlock;
pub use airlock::{AsyncCo, AsyncYield};
use shared::{Input, Operation, Shared, already_running};

/// An async generator: yields `Y`s and receives `S`s, and its body can await the loop's futures.
///
/// Creating a generator runs nothing. As a [`Stream`], a generator yields `Result<Y, Exception>`, and an exception that ends
/// the body is the last item. Dropping an unfinished generator closes it; see [Closing](self#closing).
///
/// ```
/// use tminus::{Exception, async_generator::AsyncGenerator, run, yield_now};
///
/// let averages = run(async {
///     let average = AsyncGenerator::<f64, f64>::new(async |co| {
///         let (mut total, mut count) = (co.yield_(0.0).await?, 1.0);
///         loop {
///             yield_now().await?; // other tasks run
///             total += co.yield_(total / count).await?;
///             count += 1.0;
///         }
///     });
///     average.anext().await?; // to the first yield
///     let averages = [average.asend(10.0).await?, average.asend(30.0).await?];
///     average.aclose().await?;
///     Ok(averages)
/// })?;
/// assert_eq!(averages, [Some(10.0), Some(20.0)]);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "an async generator does nothing until it is awaited"]
pub struct AsyncGenerator<Y: 'static, S: 'static = ()>(Rc<Shared<Y, S>>);

impl<Y, S> AsyncGenerator<Y, S> {
    /// Creates an async generator from its body. Runs nothing.
    pub fn new<F, Fut>(body: F) -> Self
    where
        F: FnOnce(AsyncCo<Y, S>) -> Fut + 'static,
        Fut: Future<Output = Result<(), Exception>> + 'static,
    {
        let airlock = Airlock::new();
        let co = AsyncCo(airlock.clone());
        let body = Box::pin(async move { body(co).await });
        Self(Shared::new(body, airlock))
    }

    /// Runs the body to its next `yield_`, and returns the value: Python's `anext(generator)`. Returns `None` at the end.
    /// The `yield_` at which the body waits resolves to `S::default()`.
    ///
    /// # Errors
    ///
    /// - The exception that ended the body.
    /// - `RuntimeError` if another operation on the generator is running.
    pub async fn anext(&self) -> Result<Option<Y>, Exception>
    where
        S: Default,
    {
        // At a generator that was not started, this counts as no value, whatever the default is.
        self.operation(Input::Resume(S::default)).await
    }

    /// Sends `value` in, runs the body to its next `yield_`, and returns that value: Python's `generator.asend(value)`.
    /// Returns `None` at the end.
    ///
    /// # Errors
    ///
    /// - The exception that ended the body.
    /// - `TypeError` if the body has not started and `value` is neither `()` nor the `None` of an `Option`.
    /// - `RuntimeError` if another operation on the generator is running.
    pub async fn asend(&self, value: S) -> Result<Option<Y>, Exception> {
        self.operation(Input::Send(value)).await
    }

    /// Raises `exception` at the `yield_` at which the body waits, and returns the value that the body yields next: Python's
    /// `generator.athrow(exception)`. Returns `None` if the body ends in answer, or has ended.
    ///
    /// A body that was never started does not run: the generator is finished, and the exception is returned.
    ///
    /// # Errors
    ///
    /// - The exception itself if the body propagates it.
    /// - Any other exception that ended the body.
    /// - `RuntimeError` if another operation on the generator is running.
    pub async fn athrow(&self, exception: impl Into<Exception>) -> Result<Option<Y>, Exception> {
        self.operation(Input::Throw(exception.into())).await
    }

    /// Raises `GeneratorExit` at the `yield_` at which the body waits, and waits until it has cleaned up: Python's
    /// `generator.aclose()`. Closing a finished generator does nothing.
    ///
    /// # Errors
    ///
    /// - The exception that the body raises in answer.
    /// - `RuntimeError`, "async generator ignored GeneratorExit", if the body yields again. It is still alive then.
    /// - `RuntimeError` if another operation on the generator is running.
    pub async fn aclose(&self) -> Result<(), Exception> {
        self.operation(Input::Close).await.map(drop)
    }

    fn operation(&self, input: Input<S>) -> Operation<Y, S> {
        Operation::new(self.0.clone(), input)
    }
}

/// The values that the body yields. An exception that ends the body is the last item.
impl<Y, S: Default> Stream for AsyncGenerator<Y, S> {
    type Item = Result<Y, Exception>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let shared = &self.0;
        if shared.is_running() {
            return Poll::Ready(Some(Err(already_running("anext()"))));
        }
        let begun = shared.begins("anext()", Input::Resume(S::default));
        let result = match begun {
            Some(result) => result,
            None => ready!(shared.poll(cx)),
        };
        Poll::Ready(result.transpose())
    }
}

/// Closes the generator if it has not finished: by a task of its loop if the body waits at a `yield_`, and otherwise by
/// dropping the body.
impl<Y, S> Drop for AsyncGenerator<Y, S> {
    fn drop(&mut self) {
        self.0.is_left();
    }
}

impl<Y, S> fmt::Debug for AsyncGenerator<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = self.0.stage_in_words();
        f.debug_tuple("AsyncGenerator")
            .field(&format_args!("{stage}"))
            .finish()
    }
}
