//! The step that runs on this thread: what its futures ask in each poll, and so at hand without a look at the task.

use std::{cell::Cell, ptr, task::Waker};

thread_local! {
    static STEP: Step = const {
        Step {
            waker: Cell::new(ptr::null()),
            throws: Cell::new(false),
            gives_way: Cell::new(false),
        }
    };
}

struct Step {
    /// What identifies the task's own waker. Null while no step runs.
    waker: Cell<*const ()>,
    /// Whether an exception is to be raised where the task stands.
    throws: Cell<bool>,
    /// Whether the task is to go on in the next turn.
    gives_way: Cell<bool>,
}

/// A step begins.
#[inline]
pub(super) fn begin(waker: &Waker, throws: bool) {
    STEP.with(|step| {
        step.waker.set(waker.data());
        step.throws.set(throws);
        step.gives_way.set(false);
    });
}

/// The step is over. Whether the task gave way.
#[inline]
pub(super) fn end() -> bool {
    STEP.with(|step| {
        step.waker.set(ptr::null());
        step.throws.set(false);
        step.gives_way.take()
    })
}

/// Whether this wakes the task itself, and not something inside it that has a waker of its own.
#[inline]
pub(super) fn is_woken_by(waker: &Waker) -> bool {
    let own = STEP.with(|step| step.waker.get());
    !own.is_null() && own == waker.data()
}

/// Whether an exception is to be raised here. Who asks takes it from the task.
#[inline]
pub(super) fn takes_thrown() -> bool {
    STEP.with(|step| step.throws.take())
}

/// The task goes on in the next turn. False where it is something inside it that is to give way.
#[inline]
pub(super) fn give_way(waker: &Waker) -> bool {
    let is_task = is_woken_by(waker);
    if is_task {
        STEP.with(|step| step.gives_way.set(true));
    }
    is_task
}
