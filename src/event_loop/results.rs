//! Results of tasks: how a value of a type leaves a box of no type.

use super::task_ref::{Lent, TaskRef};
use crate::{Exception, Kind};

#[cold]
fn not_ended() -> Exception {
    Exception::new(Kind::InvalidState, "the task has not ended")
}

#[cold]
fn moved_out(task: &TaskRef) -> Exception {
    Exception::new(
        Kind::InvalidState,
        format!(
            "the result of task {:?} was moved out by its first await: to await it again, clone the handle before, or \
             use `Task::shared`",
            task.name()
        ),
    )
}

/// Returns a clone of the result, if the task has ended.
#[inline]
pub(super) fn result_in<T: Clone + 'static>(lent: Lent<'_>) -> Result<T, Exception> {
    result_of(lent, Some(T::clone))
}

/// Returns the result, if the task has ended: a clone, if the caller says how to clone it, and otherwise the result itself, of
/// which nothing is left. While it is cloned, which is foreign code, the outcome is out of the table.
#[inline]
pub(super) fn result_of<T: 'static>(
    mut lent: Lent<'_>,
    clones: Option<fn(&T) -> T>,
) -> Result<T, Exception> {
    let Some(body) = &mut lent.body else {
        return Err(not_ended()); // or it is out already: somebody clones it, and asks for it in doing so
    };
    // The one place where a result of a type leaves a box of no type.
    let outcome = body.as_mut().outcome();
    let outcome: &mut Option<Result<T, Exception>> = outcome
        .downcast_mut()
        .expect("a handle has the type of its task");
    match (outcome.as_ref(), clones) {
        (Some(Ok(result)), Some(clone)) => Ok(clone(result)),
        // Only the first who asks gets the very `Cancelled` that ended it, as in CPython.
        (Some(Err(exception)), _) if exception.kind() != Kind::Cancelled => Err(exception.clone()),
        (Some(_), _) => outcome.take().expect("it is there"),
        (None, _) => {
            let task = lent.of;
            drop(lent);
            match task.cancelled() {
                true => Err(task.cancelled_error()),
                false => Err(moved_out(task)),
            }
        }
    }
}

/// The exception that a task ended with. It counts as seen.
pub(super) fn task_exception(task: &TaskRef) -> Result<Option<Exception>, Exception> {
    match () {
        () if !task.done() => Err(not_ended()),
        () if task.cancelled() => Err(task.cancelled_error()),
        () => {
            let mut lent = task.borrow();
            Ok(lent.body.as_mut().and_then(|body| body.as_mut().failure()))
        }
    }
}

impl TaskRef {
    /// Returns the exception that ended the task, if one did.
    ///
    /// # Errors
    ///
    /// - `InvalidState` if the task has not ended.
    /// - `Cancelled` if it ended by a cancellation.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        task_exception(self)
    }
}
