//! How a cancellation finds its way: from a task to what it waits for, and from there on.
//!
//! As in asyncio, a task that waits is not cancelled itself. The awaited task or future is cancelled, and the `Cancelled`
//! arrives from there. So the walk goes down to the ends of all chains. The task above raises `Cancelled` by itself only if
//! nothing below could take the cancellation.
//!
//! If the task sleeps, [`cancel`] first marks the task ([`asked_to_cancel`](super::super::tasks::Tasks::asked_to_cancel)). Then
//! it looks at the task's fresh waits, and ends the sleep ([`cancelled`](super::super::tasks::Tasks::cancelled)), which takes
//! the timer out and puts the task into the ready queue. In the next round the task has its turn, and the poll of the sleep
//! returns the `Cancelled`.

use std::{collections::BTreeMap, rc::Rc, vec};

use super::{
    super::{
        kernel::Kernel,
        keys::{Key, WaitId},
        tasks::State,
        trace,
    },
    reason::{Awaited, FutureKind, Part, WaitKind},
};

/// Cancels a task. Returns `false` if it has ended, or the loop is closed.
pub(in super::super) fn cancel_task(kernel: &Kernel, key: Key, message: &str) -> bool {
    let mut walk = CancelWalk::new(kernel, message);
    let first = walk.meets_task(key);
    walk.cancels(first)
}

/// Cancels what a task has begun to wait for, after it was cancelled in the same turn.
pub(in super::super) fn cancel_what_waits(kernel: &Kernel, key: Key) {
    let message = kernel.with(|tasks| tasks.takes_cancel(key));
    let mut walk = CancelWalk::new(kernel, &message);
    let first = walk.begins_task(key);
    walk.runs(first);
}

/// Cancels a future that is no task. Returns `false` if it is done, or nobody takes the cancellation.
pub(in super::super) fn cancel_future(
    kernel: &Kernel,
    future: &Rc<dyn Awaited>,
    message: &str,
) -> bool {
    let mut walk = CancelWalk::new(kernel, message);
    let first = walk.meets_future(future);
    walk.cancels(first)
}

/// What came of cancelling something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum CancelOutcome {
    /// Nobody can take the cancellation: the awaited object is foreign to the loop, or waits for itself, directly or through
    /// others.
    Nobody,
    /// It is done, or about to be done without the cancellation: its waiters will be woken.
    TooLate,
    Taken,
}

/// A task or a gather through which the cancellation passes: what it waits for is cancelled first.
struct Passage {
    through: Through,
    /// What is still to be cancelled, in order.
    left: vec::IntoIter<Below>,
    /// The best that came of what was.
    outcome: CancelOutcome,
    /// Whether something below could not take it.
    missed: bool,
}

enum Through {
    Task(Key),
    Gather(Rc<dyn Awaited>),
}

enum Below {
    WaitKind(WaitId),
    Part(Part),
}

enum Met {
    End(CancelOutcome),
    Passage(Passage),
}

impl Passage {
    fn new(through: Through, left: Vec<Below>) -> Self {
        Self {
            through,
            left: left.into_iter(),
            outcome: CancelOutcome::Nobody,
            missed: false,
        }
    }

    fn learns(&mut self, outcome: CancelOutcome) {
        self.outcome = self.outcome.max(outcome);
        self.missed |= outcome == CancelOutcome::Nobody;
    }
}

struct CancelWalk<'a> {
    kernel: &'a Kernel,
    message: &'a str,
    /// How often each gather was passed through.
    gathers: BTreeMap<*const (), usize>,
}

/// A gather that is reached on several paths is passed through on each of them, as in CPython, so that requests are counted
/// as there. But in layers of gathers that share parts, the number of paths doubles with each layer; CPython takes
/// exponential time for them. Here no gather is passed through more often than this.
const PATHS: usize = 64;

impl<'a> CancelWalk<'a> {
    fn new(kernel: &'a Kernel, message: &'a str) -> Self {
        Self {
            kernel,
            message,
            gathers: BTreeMap::new(),
        }
    }

    /// Returns `true` if something takes the cancellation.
    fn cancels(&mut self, first: Met) -> bool {
        let outcome = match first {
            Met::End(outcome) => outcome,
            Met::Passage(first) => self.runs(first),
        };
        outcome == CancelOutcome::Taken
    }

    /// Goes to the ends of all chains. They can be long, so this does not recurse.
    fn runs(&mut self, first: Passage) -> CancelOutcome {
        let mut path = vec![first];
        loop {
            let last = path.last_mut().expect("it ends with the first");
            match last.left.next() {
                Some(below) => match self.meets(below) {
                    Met::End(outcome) => last.learns(outcome),
                    Met::Passage(passage) => path.push(passage),
                },
                None => {
                    let outcome = self.leaves(path.pop().expect("it has a last"));
                    match path.last_mut() {
                        Some(outer) => outer.learns(outcome),
                        None => return outcome,
                    }
                }
            }
        }
    }

    fn meets(&mut self, below: Below) -> Met {
        match below {
            Below::Part(Part::Task(key)) => self.meets_task(key),
            Below::Part(Part::Future(future)) => match future.upgrade() {
                Some(future) => self.meets_future(&future),
                None => Met::End(CancelOutcome::TooLate), // see `has_lost_a_part`
            },
            Below::WaitKind(id) => {
                let wait = self.kernel.with(|tasks| match tasks.wait(id) {
                    Some((wait, State::Pending)) => Some(wait.clone()),
                    _ => None,
                });
                match wait {
                    None => Met::End(CancelOutcome::TooLate),
                    Some(WaitKind::Task(key, _)) => self.meets_task(key),
                    Some(WaitKind::Future(future)) => self.meets_future(&future),
                    // The task is to raise it by itself, as if it waited for something foreign.
                    Some(wait) if !wait.raises() => Met::End(CancelOutcome::Nobody),
                    Some(
                        WaitKind::Sleep(_)
                        | WaitKind::Line(_)
                        | WaitKind::Lock(_)
                        | WaitKind::Outside(_)
                        | WaitKind::Foreign,
                    ) => {
                        self.kernel.with(|tasks| tasks.cancelled(id, self.message));
                        Met::End(CancelOutcome::Taken)
                    }
                }
            }
        }
    }

    fn meets_task(&mut self, key: Key) -> Met {
        if self.kernel.with(|tasks| tasks.asked_to_cancel(key)) {
            if trace::errors_are_heard() {
                trace::asked_to_cancel(&self.kernel.told(Some(key)), self.message);
            }
            return Met::Passage(self.begins_task(key));
        }
        Met::End(match self.kernel.with(|tasks| tasks.ended(key)) {
            true => CancelOutcome::TooLate,
            false => CancelOutcome::Nobody,
        })
    }

    fn meets_future(&mut self, future: &Rc<dyn Awaited>) -> Met {
        if future.done() {
            return Met::End(CancelOutcome::TooLate);
        }
        let FutureKind::Gather(parts) = future.kind() else {
            return Met::End(match future.clone().end_cancelled(self.message) {
                true => CancelOutcome::Taken,
                false => CancelOutcome::Nobody,
            });
        };
        let passed = self.gathers.entry(Rc::as_ptr(future).cast()).or_default();
        *passed += 1;
        if *passed > PATHS {
            return Met::End(CancelOutcome::Taken);
        }
        let left = parts.iter().cloned().map(Below::Part).collect();
        Met::Passage(Passage::new(Through::Gather(future.clone()), left))
    }

    fn begins_task(&self, key: Key) -> Passage {
        let waits = self.kernel.with(|tasks| tasks.begins_to_cancel(key));
        let left = waits.into_iter().map(Below::WaitKind).collect();
        Passage::new(Through::Task(key), left)
    }

    /// All that a passage led to was cancelled. What came of the thing itself, then?
    fn leaves(&mut self, passage: Passage) -> CancelOutcome {
        let Passage {
            through,
            outcome,
            missed,
            ..
        } = passage;
        match through {
            Through::Task(key) => {
                self.kernel.with(|tasks| {
                    tasks.has_cancelled(key);
                    if outcome != CancelOutcome::Taken {
                        tasks.must_cancel(key, self.message, outcome == CancelOutcome::TooLate);
                    }
                });
                CancelOutcome::Taken
            }
            // A gather that nobody can end any more would never be done.
            Through::Gather(gather) if gather.kind().has_lost_a_part() => {
                gather.end_cancelled(self.message);
                CancelOutcome::Taken
            }
            Through::Gather(gather) => {
                if outcome == CancelOutcome::Taken {
                    gather.note_parts_cancelled();
                    return outcome;
                }
                // A part that nobody can cancel keeps the gather from being done, so it wakes nobody.
                match missed {
                    true => CancelOutcome::Nobody,
                    false => CancelOutcome::TooLate,
                }
            }
        }
    }
}
