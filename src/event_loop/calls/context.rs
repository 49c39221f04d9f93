//! `async for` and `async with`.

use std::{future::poll_fn, pin::Pin};

use futures_core::Stream;

use crate::Exception;

/// Returns the next item of a stream, or `None` at its end: Python's `anext`.
///
/// `while let Some(item) = next(&mut stream).await` is Python's `async for item in stream`. A stream of your own can be an
/// [`AsyncGenerator`](crate::AsyncGenerator).
///
/// ```
/// use futures::stream;
/// use tminus::{Exception, next, run};
///
/// let sum = run(async {
///     let (mut numbers, mut sum) = (stream::iter([1, 2, 3]), 0);
///     while let Some(number) = next(&mut numbers).await {
///         sum += number;
///     }
///     Ok(sum)
/// })?;
/// assert_eq!(sum, 6);
/// # Ok::<(), Exception>(())
/// ```
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// An async context manager: what `async with` enters and leaves. See [`with`] for an example.
///
/// (Values that belong to a task are something else: see [`contextvars`](crate::contextvars).)
pub trait AsyncContext {
    /// What the block receives: Python's `as value`.
    type Value;

    /// Enters the context: Python's `__aenter__`.
    fn enter(&mut self) -> impl Future<Output = Result<Self::Value, Exception>>;

    /// Leaves the context: Python's `__aexit__`. `error` is the exception that ended the block, if one did; returning `true`
    /// swallows it.
    ///
    /// Leaving can await. The context is left however the block ends, also by a cancellation. Only a dropped task
    /// does not leave its contexts: when its loop is closed, or when the task is cancelled at a future foreign to the loop.
    fn exit(&mut self, error: Option<&Exception>) -> impl Future<Output = Result<bool, Exception>>;
}

/// Runs a block in a context: Python's `async with context as value`. Returns the block's result, or `None` if the context
/// swallowed an exception.
///
/// ```
/// use tminus::{Exception, event_loop::{AsyncContext, with}, run, yield_now};
///
/// struct Fuelling;
///
/// impl AsyncContext for Fuelling {
///     type Value = u32;
///
///     async fn enter(&mut self) -> Result<u32, Exception> {
///         yield_now().await?;
///         Ok(100)
///     }
///
///     async fn exit(&mut self, error: Option<&Exception>) -> Result<bool, Exception> {
///         println!("valves closed, {}", if error.is_none() { "tanks full" } else { "aborted" });
///         Ok(false)
///     }
/// }
///
/// let fuel = run(with(Fuelling, async |litres| Ok(litres * 2)))?;
/// assert_eq!(fuel, Some(200));
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - What entering, the block or leaving raises; if both the block and leaving do, what leaving raises.
pub async fn with<C: AsyncContext, T>(
    mut context: C,
    block: impl AsyncFnOnce(C::Value) -> Result<T, Exception>,
) -> Result<Option<T>, Exception> {
    let value = context.enter().await?;
    match block(value).await {
        Ok(result) => {
            context.exit(None).await?;
            Ok(Some(result))
        }
        Err(exception) => match context.exit(Some(&exception)).await? {
            true => Ok(None),
            false => Err(exception),
        },
    }
}
