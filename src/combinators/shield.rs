//! Keeping a cancellation away.

use std::rc::Rc;

use crate::{
    Exception,
    event_loop::{LoopFuture, Reason, Which, ensure_future},
};

/// Waits for a task or future, and keeps cancellations of who waits away from it: Python's `asyncio.shield`.
///
/// To cancel the future that it gives, as a task does that waits for it and is cancelled, ends only that: who waits gets
/// `Cancelled`, and what is shielded runs on. Of anything that is not a task or a future a task is made, at once.
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
/// What is shielded ends with, `Cancelled` included; `RuntimeError` where a task is to be made and no loop runs.
pub fn shield<T: Clone + 'static>(
    future: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
) -> LoopFuture<T> {
    let inner = match ensure_future(future) {
        Ok(inner) if inner.done() => return inner,
        Ok(inner) => inner,
        Err(exception) => return LoopFuture::failed(exception),
    };
    let parts = Rc::new([Rc::downgrade(&inner.awaited())]);
    let outer = LoopFuture::new_for(inner.kernel(), Reason::Wait(Which::TheEnd, parts));
    let outer_of_inner = outer.clone();
    let id = inner.add_done_callback(move |inner| {
        if outer_of_inner.cancelled() {
            if !inner.cancelled() {
                drop(inner.exception()); // is seen
            }
            return Ok(());
        }
        if inner.cancelled() {
            outer_of_inner.cancel();
            return Ok(());
        }
        outer_of_inner.end(inner.result())
    });
    let inner_of_outer = inner.downgrade();
    outer.add_done_callback(move |_| {
        if let Some(inner) = inner_of_outer.upgrade() {
            inner.remove_done_callback(id);
        }
    });
    outer
}
