//! Results of tasks: how a value of a type leaves a box of no type.

use super::task_ref::{Lent, TaskRef};
use crate::{Exception, Kind};

#[cold]
fn not_ended() -> Exception {
    Exception::new(Kind::InvalidState, "the task has not ended")
}

/// A clone of the result, if the task has ended. Its outcome is out of the table: to clone it is foreign code.
#[inline]
pub(super) fn result_in<T: Clone + 'static>(mut lent: Lent<'_>) -> Result<T, Exception> {
    let Some(body) = &mut lent.body else {
        return Err(not_ended()); // or it is out already: somebody clones it, and asks for it in doing so
    };
    // The one place where a result of a type leaves a box of no type.
    let outcome = body.as_mut().outcome();
    let outcome: &mut Option<Result<T, Exception>> = outcome
        .downcast_mut()
        .expect("a handle has the type of its task");
    match outcome {
        Some(Ok(result)) => Ok(result.clone()),
        // Only the first who asks gets the very `Cancelled` that ended it, as in CPython.
        Some(Err(exception)) if exception.kind() != Kind::Cancelled => Err(exception.clone()),
        Some(Err(_)) => outcome.take().expect("it is there"),
        None => {
            let task = lent.of;
            drop(lent);
            Err(task.cancelled_error())
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
