//! What can be waited for: the one vocabulary of the table, the trace, the deadlock report and the pictures.

use std::{
    cell::Cell,
    fmt,
    net::SocketAddr,
    rc::{Rc, Weak},
};

use super::super::keys::{CallbackId, Key, TaskNumber};
use crate::timers::{Moment, TimerId};

/// What a task waits for, as its row has it.
///
/// Cloning or dropping a reason runs no code of the program's: a `Future` in a row is never the last reference, because the
/// [`LoopFuture`](crate::LoopFuture) through which the task waits holds another and is dropped after the wait.
#[derive(Clone)]
pub(crate) enum WaitKind {
    Sleep(TimerId),
    /// To be woken, as one of those who wait for the same.
    Line(&'static LineWords),
    /// A line of waiters for a lock: only the holder of the lock can wake this task.
    Lock(Rc<Holder>),
    /// The end of another task, as which of its watchers.
    Task(Key, CallbackId),
    Future(Rc<dyn Awaited>),
    /// Something in the world outside.
    Outside(OutsideWait),
    /// Something that is none of the loop's, within [`cancellable`](super::super::cancellable).
    Foreign,
}

/// A wait for something in the world outside.
#[derive(Clone)]
pub(crate) struct OutsideWait {
    pub(crate) words: &'static LineWords,
    /// What comes after the words.
    pub(crate) party: Rc<Party>,
    /// Whether an exception can be raised at the `.await`. It cannot in the traits of the `futures` crates: there it would
    /// become an ordinary `io::Error`.
    pub(crate) raises: bool,
}

/// The other end of something outside. It is only written out when somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Address(SocketAddr),
    Words(Box<str>),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl WaitKind {
    /// Returns `true` if a cancellation can be raised at this wait.
    pub(in super::super) fn raises(&self) -> bool {
        !matches!(self, Self::Outside(OutsideWait { raises: false, .. }))
    }
}

/// What a line of waiters is for: in one word for the trace, and in a few for reports.
#[derive(Debug)]
pub(crate) struct LineWords {
    pub(crate) kind: &'static str,
    pub(crate) words: &'static str,
}

/// The task that holds a lock, if one does.
#[derive(Default)]
pub(crate) struct Holder(Cell<Option<Key>>);

impl Holder {
    pub(crate) fn set(&self, task: Option<Key>) {
        self.0.set(task);
    }

    pub(in super::super) fn get(&self) -> Option<Key> {
        self.0.get()
    }
}

/// A future of the loop's other than a task, as seen by the task that waits for it.
pub(crate) trait Awaited {
    fn done(&self) -> bool;

    /// Whether what arrives from it is a `Cancelled`.
    fn ended_cancelled(&self) -> bool;

    fn kind(&self) -> &FutureKind;

    /// Ends it as cancelled. Returns `false` if it is done.
    fn end_cancelled(self: Rc<Self>, message: &str) -> bool;

    /// Notes that the parts of the future were cancelled instead. The future ends as cancelled when all parts are done.
    fn note_parts_cancelled(&self);
}

/// What a future stands for.
pub(crate) enum FutureKind {
    /// A value that somebody sets.
    Plain,
    /// The results of all parts. Cancelling it cancels the parts.
    Gather(Parts),
    /// What some of the parts do. To cancel it leaves them alone.
    Watch(WaitMode, Parts),
    /// What another thread does. The words are those of an [`OutsideWait`].
    Outside(&'static LineWords, Rc<Party>),
}

/// Tasks and futures that are awaited together, by weak references. All belong to one loop.
pub(crate) type Parts = Rc<[Part]>;

#[derive(Clone)]
pub(crate) enum Part {
    Task(Key),
    Future(Weak<dyn Awaited>),
}

impl FutureKind {
    pub(in super::super) fn parts(&self) -> &[Part] {
        match self {
            Self::Gather(parts) | Self::Watch(_, parts) => parts,
            Self::Plain | Self::Outside(..) => &[],
        }
    }

    /// Returns `true` if a part was dropped by all who could have given it a result. (A task needs nobody for that.)
    pub(in super::super) fn has_lost_a_part(&self) -> bool {
        let mut parts = self.parts().iter();
        parts.any(|part| matches!(part, Part::Future(future) if future.strong_count() == 0))
    }
}

/// Which of several things are waited for.
#[derive(Clone, Copy)]
pub(crate) enum WaitMode {
    All,
    First,
    FirstException,
    Next,
    /// The end of one thing.
    End,
}

impl WaitMode {
    pub(in super::super) fn words(self) -> &'static str {
        match self {
            Self::All => "all of",
            Self::First => "the first of",
            Self::FirstException => "the first exception of",
            Self::Next => "the next of",
            Self::End => "the end of",
        }
    }
}

/// What a task waits for, as the trace and reports tell it.
pub(in super::super) struct Reason {
    /// In one word.
    pub(in super::super) kind: &'static str,
    /// In a few.
    pub(in super::super) words: String,
    /// When the wait is over, if that is known.
    pub(in super::super) until: Option<Moment>,
    /// The task that is waited for, or has the lock.
    pub(in super::super) on: Option<TaskNumber>,
}
