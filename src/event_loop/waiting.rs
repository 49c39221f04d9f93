//! Who waits, and for what: all that crosses between a task and the loop while the task is away.

use std::{
    fmt, ptr,
    rc::{Rc, Weak},
    task::{Context, Waker},
    time::Duration,
};

use super::{any_task::AnyTask, kernel::Kernel, step};
use crate::{Exception, Kind};

/// What a task can wait for.
pub(crate) trait Awaited {
    fn done(&self) -> bool;

    /// Whether what arrives from it is `Cancelled`.
    fn gives_cancelled(&self) -> bool;

    /// What it is.
    fn reason(&self) -> &Reason;

    /// Ends it because somebody cancels it. False where it is done, or nobody can be told.
    fn end_cancelled(self: Rc<Self>, message: &str) -> bool;

    /// What it waits for was cancelled in its place.
    fn cancel_was_passed_on(&self) {}
}

/// Things that are waited for together. Who waits does not keep them.
pub(crate) type Parts = Rc<[Weak<dyn Awaited>]>;

/// What a task waits for.
#[derive(Clone)]
pub(crate) enum Reason {
    Future,
    Task(Weak<dyn AnyTask>),
    Sleep(Duration),
    /// All of them, as one future: who cancels it cancels them.
    Gather(Parts),
    /// Some of them.
    Wait(Which, Parts),
    /// A lock, and who has it.
    Lock(Weak<dyn Held>),
    /// Something else of `sync`, in one word and in a few.
    Sync(&'static (&'static str, &'static str)),
    /// Something that is none of the loop's.
    Foreign,
}

/// Which of several things are waited for.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    All,
    TheFirst,
    TheFirstException,
    TheNext,
    /// Of one thing.
    TheEnd,
}

impl Which {
    fn words(self) -> &'static str {
        match self {
            Which::All => "all of",
            Which::TheFirst => "the first of",
            Which::TheFirstException => "the first exception of",
            Which::TheNext => "the next of",
            Which::TheEnd => "the end of",
        }
    }
}

/// What one task has and others wait for.
pub(crate) trait Held {
    fn holder(&self) -> Option<Rc<dyn AnyTask>>;
}

impl Reason {
    /// In one word, for the trace.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Reason::Future => "future",
            Reason::Task(_) => "task",
            Reason::Sleep(_) => "sleep",
            Reason::Gather(_) | Reason::Wait(..) => "tasks",
            Reason::Lock(_) => "lock",
            Reason::Sync((kind, _)) => kind,
            Reason::Foreign => "foreign",
        }
    }

    /// When the wait is over, where that is known.
    pub(super) fn until(&self) -> Option<Duration> {
        match self {
            Reason::Sleep(until) => Some(*until),
            _ => None,
        }
    }

    /// The task that is waited for, if it is one.
    pub(super) fn task(&self) -> Option<Rc<dyn AnyTask>> {
        match self {
            Reason::Task(task) => task.upgrade(),
            Reason::Lock(held) => held.upgrade()?.holder(),
            _ => None,
        }
    }

    /// Whether something that was gathered is gone, dropped by all who could have given it a result.
    pub(super) fn has_lost_a_part(&self) -> bool {
        matches!(self, Reason::Gather(parts) if parts.iter().any(|part| part.strong_count() == 0))
    }

    /// What is waited for together.
    pub(super) fn parts(&self) -> Vec<Rc<dyn Awaited>> {
        match self {
            Reason::Gather(parts) | Reason::Wait(_, parts) => {
                parts.iter().filter_map(Weak::upgrade).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Future => f.write_str("a future"),
            Reason::Task(task) => match task.upgrade() {
                Some(task) => write!(f, "task {:?}", task.core().name()),
                None => f.write_str("a task that is gone"),
            },
            Reason::Sleep(until) => write!(f, "a sleep until {until:?}"),
            Reason::Gather(_) => write_parts(f, "all of", &self.parts()),
            Reason::Wait(which, _) => write_parts(f, which.words(), &self.parts()),
            Reason::Lock(held) => match held.upgrade().and_then(|held| held.holder()) {
                Some(task) => write!(f, "a lock that task {:?} has", task.core().name()),
                None => f.write_str("a lock"),
            },
            Reason::Sync((_, what)) => f.write_str(what),
            Reason::Foreign => f.write_str("something outside the loop"),
        }
    }
}

/// The first few are enough to know them.
const SHOWN: usize = 3;

fn write_parts(f: &mut fmt::Formatter<'_>, how: &str, parts: &[Rc<dyn Awaited>]) -> fmt::Result {
    if let [one] = parts
        && !matches!(one.reason(), Reason::Gather(_) | Reason::Wait(..))
    {
        return write!(f, "{}", one.reason());
    }
    write!(f, "{how} (")?;
    let pending: Vec<_> = parts.iter().filter(|part| !part.done()).collect();
    for (index, part) in pending.iter().take(SHOWN).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        match part.reason() {
            Reason::Gather(_) | Reason::Wait(..) => write!(f, "{comma}others")?, // not all of a tree
            reason => write!(f, "{comma}{reason}")?,
        }
    }
    if pending.len() > SHOWN {
        write!(f, " and {} more", pending.len() - SHOWN)?;
    }
    f.write_str(")")
}

/// The exception that is thrown into the running task now.
#[inline]
pub(super) fn take_thrown() -> Option<Exception> {
    match step::takes_thrown() {
        true => Kernel::with_current(|_, task| task.core().thrown.take())?,
        false => None,
    }
}

/// Tells the loop what the running task waits for.
pub(super) fn waits_for(awaited: Rc<dyn Awaited>) {
    Kernel::with_current(|_, task| task.core().waits_for.borrow_mut().push(awaited));
}

/// A task that awaits itself would wait for ever: it gets a `RuntimeError` in the next turn.
pub(super) fn awaits_itself(task: &Rc<impl AnyTask + 'static>) -> bool {
    let awaits_itself = Kernel::with_current(|kernel, current| {
        let is_current = ptr::addr_eq(Rc::as_ptr(task), Rc::as_ptr(current));
        if is_current {
            let error = Exception::new(Kind::RuntimeError, "Task cannot await on itself");
            task.core().thrown_next.set(Some(error));
            kernel.schedule_step(task.clone());
        }
        is_current
    });
    awaits_itself == Some(true)
}

/// Who polls one of the loop's own futures: the running task itself, or something inside it with a waker of its own.
pub(super) enum Waiter {
    Task(Rc<dyn AnyTask>),
    Waker(Waker),
}

impl Waiter {
    /// The one who polls this here. A task is told that it waits for it.
    #[inline]
    pub(super) fn of(awaited: Rc<dyn Awaited>, cx: &Context<'_>) -> Self {
        let task = Kernel::with_current(|_, task| {
            task.core().waits_for.borrow_mut().push(awaited);
            step::is_woken_by(cx.waker()).then(|| task.clone())
        });
        match task.flatten() {
            Some(task) => Waiter::Task(task),
            None => Waiter::Waker(cx.waker().clone()),
        }
    }

    /// Whether it wakes the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Waiter::Task(this), Waiter::Task(other)) => Rc::ptr_eq(this, other),
            (Waiter::Waker(this), Waiter::Waker(other)) => this.will_wake(other),
            (Waiter::Task(_), Waiter::Waker(_)) | (Waiter::Waker(_), Waiter::Task(_)) => false,
        }
    }

    /// Takes back that it waits for this: nobody awaits it any more.
    pub(super) fn waits_no_more(self, awaited: &Rc<dyn Awaited>) {
        let task = match self {
            Waiter::Task(task) => Some(task),
            Waiter::Waker(_) => Kernel::with_current(|_, task| task.clone()),
        };
        if let Some(task) = task {
            let mut waits_for = task.core().waits_for.borrow_mut();
            let mut all = waits_for.as_slice().iter();
            let place = all.position(|one| Rc::ptr_eq(one, awaited));
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
