//! How a cancellation finds its way: from a task to what it waits for, and from there on.

use std::rc::Rc;

use super::{
    any_task::AnyTask,
    waiting::{Awaited, Reason},
};

/// Cancels a task. False where it is done.
pub(super) fn cancel_task(task: Rc<dyn AnyTask>, message: &str) -> bool {
    Passing::through_task(task).is_some_and(|passing| pass_on(passing, message))
}

/// Cancels what a task has begun to wait for, after it was cancelled itself.
pub(super) fn cancel_what_waits(task: Rc<dyn AnyTask>, message: &str) {
    pass_on(Passing::of(task), message);
}

/// Cancels what can be awaited. False where it is done, or nobody can be told.
pub(super) fn cancel(awaited: Rc<dyn Awaited>, message: &str) -> bool {
    match Passing::through(&awaited) {
        Through::Nothing => awaited.end_cancelled(message),
        Through::Done => false,
        Through::Others(passing) => pass_on(passing, message),
    }
}

/// A task or a gather that is being cancelled: what it waits for is cancelled first.
struct Passing {
    who: Who,
    /// What it waits for and what is still to be cancelled.
    left: std::vec::IntoIter<Rc<dyn Awaited>>,
    /// Whether something that it waits for was cancelled.
    told: bool,
}

enum Who {
    Task(Rc<dyn AnyTask>),
    Gather(Rc<dyn Awaited>),
}

enum Through {
    /// It stands for itself.
    Nothing,
    Done,
    Others(Passing),
}

/// Goes to the ends of all chains: there, `Cancelled` is raised. Chains may be long, so this does not recurse.
fn pass_on(first: Passing, message: &str) -> bool {
    let mut path = vec![first];
    loop {
        let last = path.last_mut().expect("it ends with the first");
        match last.left.next() {
            Some(awaited) => match Passing::through(&awaited) {
                Through::Nothing => last.told |= awaited.end_cancelled(message),
                Through::Done => {}
                Through::Others(passing) => path.push(passing),
            },
            None => {
                let told = path.pop().expect("it has a last").finish(message);
                match path.last_mut() {
                    Some(outer) => outer.told |= told,
                    None => return told,
                }
            }
        }
    }
}

impl Passing {
    fn through(awaited: &Rc<dyn Awaited>) -> Through {
        match awaited.reason() {
            _ if awaited.done() => Through::Done,
            Reason::Task(task) => {
                let passing = task.upgrade().and_then(Self::through_task);
                passing.map_or(Through::Done, Through::Others)
            }
            reason @ Reason::Gather(_) => Through::Others(Self {
                who: Who::Gather(awaited.clone()),
                left: reason.parts().into_iter(),
                told: false,
            }),
            _ => Through::Nothing,
        }
    }

    fn through_task(task: Rc<dyn AnyTask>) -> Option<Self> {
        // Of a task that waits, at some removes, for itself, the last in the circle is the end.
        if task.done() || task.core().being_cancelled.get() {
            return None;
        }
        task.core().count_cancel();
        Some(Self::of(task))
    }

    fn of(task: Rc<dyn AnyTask>) -> Self {
        task.core().being_cancelled.set(true);
        let left = task.core().waits_for.borrow().clone().into_iter();
        Self {
            who: Who::Task(task),
            left,
            told: false,
        }
    }

    /// What it waits for was asked. Whether this one is told, then.
    fn finish(self, message: &str) -> bool {
        match self.who {
            Who::Task(task) => {
                task.core().being_cancelled.set(false);
                if !self.told {
                    let waits_for = task.core().waits_for.borrow().clone();
                    let woken_anyway = waits_for.iter().any(is_about_to_end);
                    task.must_cancel(message, woken_anyway);
                }
                true
            }
            Who::Gather(gather) => {
                if gather.reason().has_lost_a_part() {
                    return gather.end_cancelled(message);
                }
                if self.told {
                    gather.cancel_was_passed_on();
                }
                self.told
            }
        }
    }
}

/// Whether it ends soon whatever is done: a gather hears of its last part in the turn after that is done.
fn is_about_to_end(awaited: &Rc<dyn Awaited>) -> bool {
    match awaited.reason() {
        _ if awaited.done() => true,
        Reason::Gather(parts) => parts.iter().all(|part| {
            let part = part.upgrade();
            part.is_some_and(|part| is_about_to_end(&part)) // what is gone was never done
        }),
        _ => false,
    }
}
