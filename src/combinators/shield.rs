//! `shield`: awaiting something that is not to be cancelled.

use std::rc::Rc;

use crate::{
    Exception,
    event_loop::{CallbackId, FutureKind, LoopFuture, Outcome, WaitMode, ensure_future},
    exception::catching,
};

/// Waits for a task or future, and protects it from a cancellation of the waiting task: Python's `asyncio.shield`.
///
/// If the returned future or the task awaiting it is cancelled, the waiting task gets `Cancelled`, and the shielded task keeps
/// running. Anything that is not yet a task or a future is spawned as a task immediately.
///
/// When all handles to the returned future have been dropped, its done callbacks are dropped, too. In CPython, the shielded task
/// keeps them until it is done.
///
/// ```
/// use tminus::{Exception, Kind, run, shield, spawn, yield_now};
///
/// let saved = run(async {
///     let save = spawn(async {
///         yield_now().await?;
///         Ok("saved")
///     })?;
///     let page = spawn(shield(save.clone()))?;
///     yield_now().await?;
///     page.cancel();
///     assert_eq!(page.await.unwrap_err().kind(), Kind::Cancelled);
///     save.await
/// })?;
/// assert_eq!(saved, "saved");
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - The exception of the shielded task or future, `Cancelled` included.
/// - `Cancelled` if the returned future or the waiting task is cancelled.
/// - `Panic` if the `Clone` of the result panics.
/// - `RuntimeError` if a task has to be spawned, and no event loop is running on this thread.
pub fn shield<T: Clone + 'static>(
    future: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
) -> LoopFuture<T> {
    let inner = match ensure_future(future) {
        Ok(inner) if inner.done() => return inner,
        Ok(inner) => inner,
        Err(exception) => return LoopFuture::failed(exception),
    };
    let parts = Rc::new([inner.any().part()]);
    let kernel = inner.kernel().expect("what is pending has a loop");
    let outer = LoopFuture::new_for(kernel, FutureKind::Watch(WaitMode::End, parts));
    // Not kept by the inner one: otherwise a long task would keep the futures of all shields that somebody waited for, and gave
    // up without a cancellation.
    let weak_outer = outer.downgrade();
    let id = inner.add_done_callback(move |inner| match weak_outer.upgrade() {
        Some(outer) => passes_on(inner, &outer),
        None => Ok(()),
    });
    let watch = Watch { inner, id };
    outer.add_done_callback(move |_| drop(watch));
    outer
}

/// The inner future is done, and so the outer one is.
fn passes_on<T: Clone>(inner: &LoopFuture<T>, outer: &LoopFuture<T>) -> Result<(), Exception> {
    if outer.cancelled() {
        if !inner.cancelled() {
            drop(inner.exception()); // is seen: both were done in one round, and nobody else will look
        }
        return Ok(());
    }
    if inner.cancelled() {
        outer.cancel();
        return Ok(());
    }
    // A panic in the result's `Clone` is what the waiting task gets. In a callback, nobody would get anything.
    outer.end(catching(|| inner.result()).flatten())
}

/// The callback at the inner future, which is removed when this is dropped. A done callback of the outer future owns this: so it is
/// dropped when the outer future is done, or is dropped itself.
struct Watch<T: 'static> {
    inner: LoopFuture<T>,
    id: CallbackId,
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.inner.remove_done_callback(self.id);
    }
}
