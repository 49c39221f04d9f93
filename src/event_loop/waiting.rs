//! Who waits, and for what: all that crosses between a task and the loop while the task is away.

use std::{
    rc::Rc,
    task::{Context, Waker},
    time::Duration,
};

use super::{any_task::AnyTask, kernel::Kernel};
use crate::{Exception, Kind};

/// What a task can wait for.
pub(super) trait Awaited {
    /// Cancels it because the task that waits is cancelled. False where it is done. Of a task,
    /// [`TaskRef::cancel_with`](super::TaskRef::cancel_with) sees to that.
    fn cancel_awaited(self: Rc<Self>, message: &str) -> bool;

    /// Whether what arrives from it is `Cancelled`.
    fn gives_cancelled(&self) -> bool;

    /// What it is.
    fn reason(&self) -> Reason;

    /// The task, if it is one.
    fn as_task(self: Rc<Self>) -> Option<Rc<dyn AnyTask>> {
        None
    }
}

/// What a task waits for, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Future,
    Task(String),
    Sleep(Duration),
    /// Something that is none of the loop's.
    Foreign,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Future => f.write_str("a future"),
            Reason::Task(name) => write!(f, "task {name:?}"),
            Reason::Sleep(until) => write!(f, "a sleep until {until:?}"),
            Reason::Foreign => f.write_str("something outside the loop"),
        }
    }
}

/// Who polls one of the loop's own futures: the running task itself, or something inside it with a waker of its own.
pub(super) enum Waiter {
    Task(Rc<dyn AnyTask>),
    Waker(Waker),
}

impl Waiter {
    pub(super) fn of(cx: &Context<'_>) -> Self {
        match Kernel::running().and_then(|kernel| kernel.current()) {
            Some(task) if task.core().waker.will_wake(cx.waker()) => Waiter::Task(task),
            _ => Waiter::Waker(cx.waker().clone()),
        }
    }

    /// The exception that is thrown into the task now.
    pub(super) fn take_thrown(&self) -> Option<Exception> {
        let running = Kernel::running().and_then(|kernel| kernel.current());
        running?.core().thrown.take()
    }

    /// Whether it wakes the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Waiter::Task(this), Waiter::Task(other)) => Rc::ptr_eq(this, other),
            (Waiter::Waker(this), Waiter::Waker(other)) => this.will_wake(other),
            (Waiter::Task(_), Waiter::Waker(_)) | (Waiter::Waker(_), Waiter::Task(_)) => false,
        }
    }

    /// Tells the loop what the running task waits for.
    pub(super) fn waits_for(&self, awaited: Rc<dyn Awaited>) {
        if let Some(task) = Kernel::running().and_then(|kernel| kernel.current()) {
            task.core().waits_for.borrow_mut().push(awaited);
        }
    }

    /// A task that awaits itself would wait for ever: it gets a `RuntimeError` in the next turn.
    pub(super) fn waits_for_itself(&self, awaited: &Rc<dyn Awaited>) -> bool {
        let Some(kernel) = Kernel::running() else {
            return false;
        };
        let (Some(task), Some(current)) = (awaited.clone().as_task(), kernel.current()) else {
            return false;
        };
        if task.core().id != current.core().id {
            return false;
        }
        let error = Exception::new(Kind::RuntimeError, "Task cannot await on itself");
        current.core().thrown_next.set(Some(error));
        kernel.schedule_step(current);
        true
    }

    /// Takes back that it waits for this: nobody awaits it any more.
    pub(super) fn waits_no_more(self, awaited: &Rc<dyn Awaited>) {
        let task = match self {
            Waiter::Task(task) => Some(task),
            Waiter::Waker(_) => Kernel::running().and_then(|kernel| kernel.current()),
        };
        if let Some(task) = task {
            let mut waits_for = task.core().waits_for.borrow_mut();
            let place = waits_for.iter().position(|one| Rc::ptr_eq(one, awaited));
            drop(place.map(|place| waits_for.remove(place)));
        }
    }

    /// Puts the one who waits into the next turn of its loop.
    pub(super) fn schedule(self) {
        match self {
            Waiter::Task(task) => {
                let kernel = task.core().kernel.upgrade();
                if let Some(kernel) = kernel {
                    kernel.schedule_step(task);
                }
            }
            Waiter::Waker(waker) => waker.wake(),
        }
    }
}
