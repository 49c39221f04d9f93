//! How a cancellation finds its way: from a task to what it waits for, and from there on.

use std::{cell::Cell, rc::Rc};

use super::{
    any_task::AnyTask,
    waiting::{Awaited, Reason},
};
use crate::{Exception, Kind};

/// What was said when something was cancelled last. (Most who cancel say nothing, and that takes no memory.)
#[derive(Default)]
pub(super) struct Message(Cell<Option<Box<str>>>);

impl Message {
    pub(super) fn keep(&self, text: &str) {
        self.0.set(Some(text.into()));
    }

    pub(super) fn forget(&self) {
        self.0.take();
    }

    pub(super) fn text(&self) -> String {
        let message = self.0.take();
        let text = message.as_deref().unwrap_or_default().to_owned();
        self.0.set(message);
        text
    }

    /// The `Cancelled` that says so.
    pub(super) fn error(&self) -> Exception {
        Exception::new(Kind::Cancelled, self.text())
    }
}

/// Cancels a task. False where it is done.
pub(super) fn cancel_task(task: Rc<dyn AnyTask>, message: &str) -> bool {
    Passing::through_task(task, message)
        .is_some_and(|passing| pass_on(passing, message) == Told::Yes)
}

/// Cancels what a task has begun to wait for, after it was cancelled itself.
pub(super) fn cancel_what_waits(task: Rc<dyn AnyTask>, message: &str) {
    pass_on(Passing::of(task), message);
}

/// Cancels what can be awaited. False where it is done, or nobody can be told.
pub(super) fn cancel(awaited: Rc<dyn Awaited>, message: &str) -> bool {
    let told = match Passing::through(&awaited, message) {
        Through::End(told) => told,
        Through::Others(passing) => pass_on(passing, message),
    };
    told == Told::Yes
}

/// What came of telling somebody that he is cancelled.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Yes,
    /// It is done, or is about to be without that: who waits for it will be woken.
    TooLate,
    /// Nobody can be told: it is none of the loop's, or it waits, at some removes, for itself.
    Nobody,
}

/// A task or a gather that is being cancelled: what it waits for is cancelled first.
struct Passing {
    who: Who,
    /// What it waits for and what is still to be cancelled.
    left: std::vec::IntoIter<Rc<dyn Awaited>>,
    /// What came of those that were.
    told: Vec<Told>,
}

enum Who {
    Task(Rc<dyn AnyTask>),
    Gather(Rc<dyn Awaited>),
}

enum Through {
    End(Told),
    Others(Passing),
}

/// Goes to the ends of all chains: there, `Cancelled` is raised. Chains may be long, so this does not recurse.
fn pass_on(first: Passing, message: &str) -> Told {
    let mut path = vec![first];
    loop {
        let last = path.last_mut().expect("it ends with the first");
        match last.left.next() {
            Some(awaited) => match Passing::through(&awaited, message) {
                Through::End(told) => last.told.push(told),
                Through::Others(passing) => path.push(passing),
            },
            None => {
                let told = path.pop().expect("it has a last").finish(message);
                match path.last_mut() {
                    Some(outer) => outer.told.push(told),
                    None => return told,
                }
            }
        }
    }
}

impl Passing {
    fn through(awaited: &Rc<dyn Awaited>, message: &str) -> Through {
        match awaited.reason() {
            _ if awaited.done() => Through::End(Told::TooLate),
            Reason::Task(task) => match task
                .upgrade()
                .and_then(|task| Self::through_task(task, message))
            {
                Some(passing) => Through::Others(passing),
                None => Through::End(Told::Nobody),
            },
            reason @ Reason::Gather(_) => Through::Others(Self {
                who: Who::Gather(awaited.clone()),
                left: reason.parts().into_iter(),
                told: Vec::new(),
            }),
            _ => Through::End(match awaited.clone().end_cancelled(message) {
                true => Told::Yes,
                false => Told::Nobody,
            }),
        }
    }

    fn through_task(task: Rc<dyn AnyTask>, message: &str) -> Option<Self> {
        // Of a task that waits, at some removes, for itself, the last in the circle is the end.
        if task.done() || task.core().being_cancelled.get() {
            return None;
        }
        task.core().count_cancel();
        if let Some(kernel) = task.core().kernel.upgrade() {
            kernel.trace_cancel(task.core(), message);
        }
        Some(Self::of(task))
    }

    fn of(task: Rc<dyn AnyTask>) -> Self {
        task.core().being_cancelled.set(true);
        let left = task
            .core()
            .waits_for
            .borrow()
            .clone()
            .into_vec()
            .into_iter();
        Self {
            who: Who::Task(task),
            left,
            told: Vec::new(),
        }
    }

    /// What it waits for was asked. What came of this one, then.
    fn finish(self, message: &str) -> Told {
        let told_one = self.told.contains(&Told::Yes);
        match self.who {
            Who::Task(task) => {
                task.core().being_cancelled.set(false);
                if !told_one {
                    let is_woken = self.told.contains(&Told::TooLate);
                    task.must_cancel(message, is_woken);
                }
                Told::Yes
            }
            // One that nobody can end any more would wait for ever.
            Who::Gather(gather) if gather.reason().has_lost_a_part() => {
                gather.end_cancelled(message);
                Told::Yes
            }
            Who::Gather(gather) if told_one => {
                gather.cancel_was_passed_on();
                Told::Yes
            }
            Who::Gather(_) if self.told.contains(&Told::Nobody) => Told::Nobody,
            Who::Gather(_) => Told::TooLate,
        }
    }
}
