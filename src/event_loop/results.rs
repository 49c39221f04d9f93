//! Results of tasks: how a value of a type leaves a box of no type.

use super::{
    body::BoxBody,
    keys::Key,
    task_ref::{Lent, TaskRef},
    tasks::Tasks,
};
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

/// The result of a task that has ended, or the box that holds the result.
pub(super) enum Found<T> {
    Moved(Result<T, Exception>),
    /// The box with the result, taken out of the table.
    Lent(Option<BoxBody>),
}

/// Moves the result of a task that has ended out of the table, if it is not to be cloned. This runs no foreign code.
#[inline]
pub(super) fn found<T: 'static>(
    tasks: &mut Tasks,
    task: Key,
    clones: Option<fn(&T) -> T>,
) -> Found<T> {
    let moved = match clones {
        None => tasks.outcome(task).and_then(moves_out),
        Some(_) => None,
    };
    match moved {
        Some(result) => Found::Moved(result),
        None => Found::Lent(tasks.lends(task)),
    }
}

/// Returns the result in a type-erased box, with its type. Nothing else does this.
#[inline]
fn typed<T: 'static>(body: &mut BoxBody) -> &mut Option<Result<T, Exception>> {
    let outcome = body.as_mut().outcome();
    outcome
        .downcast_mut()
        .expect("a handle has the type of its task")
}

/// Only the first who asks gets the value, and the very `Cancelled` that ended the task, as in CPython. Other exceptions stay.
#[inline]
fn moves_out<T: 'static>(body: &mut BoxBody) -> Option<Result<T, Exception>> {
    match typed(body) {
        Some(Err(exception)) if exception.kind() != Kind::Cancelled => Some(Err(exception.clone())),
        outcome => outcome.take(),
    }
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
    if let (Some(clone), Some(Ok(result))) = (clones, typed(body)) {
        return Ok(clone(result));
    }
    moves_out(body).unwrap_or_else(|| {
        let task = lent.of;
        drop(lent);
        match task.cancelled() {
            true => Err(task.cancelled_error()),
            false => Err(moved_out(task)),
        }
    })
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
