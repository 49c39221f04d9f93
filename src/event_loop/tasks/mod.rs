//! The table of tasks: all that a loop knows of what it runs.
//!
//! A task is a row. All other code holds the [`Key`] of a task, or the [`WaitId`] of one of its waits. Whatever happens to a
//! task is a method of [`Tasks`], a *transition*:
//!
//! | state    | flags       | `body`         | ready queue | left by                                              |
//! |----------|-------------|----------------|-------------|------------------------------------------------------|
//! | free     | `FREE`      | none           | no          | `spawned`                                            |
//! | ready    | `SCHEDULED` | the body       | once        | `begins`                                             |
//! | running  |             | with the round | perhaps     | `suspends`, `ends`                                   |
//! | waiting  |             | the body       | no          | `given`, `cancelled`, `woken`, `throws`, `must_cancel` |
//! | ended    | `ENDED`     | the outcome    | perhaps     | `released`, by the last handle                       |
//!
//! # Invariant
//!
//! - At most one row is running. `current` names the row, and the round that polls the body holds the body.
//! - A live task has `SCHEDULED` exactly if it has a turn among the jobs, and it never has two. The jobs are the ready queue
//!   and those jobs that a round has taken from the queue and not run yet. So a task woken twice has one turn for both. (A turn
//!   of a task that has ended may still be in the queue. It is skipped.)
//! - `waits` names the wait that lies in the row. Further waits are in `rare.others`, by ticket, and so in the order in
//!   which they began. A wait that was `Given` or `Cancelled` stays until its future asks or is dropped.
//! - Each pending wait is known to what ends it. A sleep has its timer, or is due among the jobs. A wait for a task is among
//!   the watchers of that task, and no watcher is without its wait; the one in the row began first.
//! - A wait for a task or a future is not `Cancelled` with the task that waits: that task or future is, in its place. Only a
//!   limit inside a task cancels such a wait (`cancels_inside`).
//! - A wait of the loop's own row has a waker, because that row has no turns.
//! - The body of a main task lies on the stack of its run, and a stand-in in the row. The task ends at the latest with that run.
//! - A task that has ended waits for nothing, and nobody watches it.
//! - A callback is named once: by a job, or by a timer.
//! - A row with handles is not freed, and neither is a task that has not ended. One that has ended and has none is.
//! - An exception that nobody has seen has `UNSEEN`, and is reported before its row is freed.
//!
//! After [`closes`](Tasks::closes), tasks that have not ended have no body, and there are no jobs, timers or callbacks.
//!
//! # Three rules that the compiler does not keep
//!
//! 1. *One place borrows the table*, [`Kernel::with`](super::kernel::Kernel::with), and nothing foreign runs under that
//!    borrow. A transition runs nobody else's code and drops nobody else's values: it returns them, or puts an [`Errand`]
//!    into the outbox, which the kernel empties when the table is free. Otherwise a `Drop` that wakes a task would find the
//!    table borrowed.
//! 2. *A reference that is not counted carries a generation or a ticket.* Ready queue, timers, lines of waiters and futures
//!    hold such references and are never cleaned of stale ones: what is stale finds nothing. Tickets count on when a row
//!    has its next task, because a future can outlive the task that polled it.
//! 3. *Whoever awaits a task holds a handle to it*, so the row of what is awaited is there, ended or not.
//!
//! The transitions are in five files: [`turns`] (spawning, and a turn from begin to end), [`waits`], [`end`] (and handles),
//! [`cancelling`] and [`asked`] (questions that change nothing). `tests` runs whole lives of tasks without a loop, and random
//! transitions against the invariant and a simple model.

mod asked;
mod calls;
mod cancelling;
mod end;
mod turns;
mod waits;
mod watchers;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    sync::Weak,
    task::Waker,
};

use super::{
    body::{BoxBody, Ending},
    inbox::TaskWaker,
    keys::{CallId, CallbackId, Key, TaskNumber, Ticket, WaitId},
    waits::reason::WaitKind,
};
use crate::{
    Exception,
    contextvars::Context,
    timers::{Moment, Timers},
};

pub(crate) use calls::Callable;
pub(super) use calls::{Call, DoneCallback};
pub(super) use end::Released;
pub(super) use turns::{News, Opening};
pub(super) use watchers::{Watcher, Watchers};

/// What is ready: to be run once, in this order.
#[derive(Clone, Copy)]
pub(super) enum Job {
    Turn(Key),
    /// A sleep is over. As in asyncio, whoever sleeps is woken in this round and has its turn in the next.
    Due(WaitId),
    Call(CallId),
}

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    Wait(WaitId),
    Call(CallId),
}

/// What became of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    /// What was waited for has come.
    Given,
    /// The waiting task was cancelled, and the cancellation surfaces in this wait.
    Cancelled,
    /// There is no such wait: its task has ended, or another loop polls. A future that outlives its task begins a new wait.
    Lost,
}

/// The poller of one of the loop's futures.
pub(super) enum Poller<'a> {
    /// The task itself.
    Task,
    /// Something inside the task, with this waker. `None` if the wait already has the same waker. (A waker that is not taken
    /// out is left to the caller to drop, when the table is free.)
    Inside(&'a mut Option<Waker>),
}

/// What is to be done when the table is free, because it runs or drops what is not the loop's.
pub(super) enum Errand {
    Wake(Waker),
    DropWaker(Waker),
    DropBody(BoxBody),
    DropRare(Box<Rare>),
    DropCall(Call),
    DropContext(Context),
    /// Report the exception of a task that ended without anybody to see it. The key is counted as a handle.
    Unretrieved(Key),
    /// Nobody can wake a task that has ended: its kept waker does not count any longer.
    Uncount(std::sync::Arc<TaskWaker>),
    /// Tell the trace that a task was woken, and by which one.
    Woken(Key, Option<TaskNumber>),
}

#[derive(Default)]
pub(super) struct Tasks {
    rows: Vec<Row>,
    free: Vec<u32>,
    pub(super) ready: Vec<Job>,
    pub(super) timers: Timers<Alarm>,
    calls: calls::Calls,
    pub(super) outbox: VecDeque<Errand>,
    /// The task that has its turn. [`Key::LOOP`] if none has.
    current: Key,
    /// The task that scheduled the running callback, if there is one.
    cause: Option<TaskNumber>,
    spawned: TaskNumber,
    pub(super) closed: bool,
}

struct Row {
    /// And after the end, the outcome.
    body: Option<BoxBody>,
    rare: Option<Box<Rare>>,
    /// The wait that `waits` names. `Foreign` without one, so that nothing is kept alive.
    wait: WaitKind,
    waits: Option<Ticket>,
    state: State,
    flags: Flags,
    /// The wait of whoever awaits this task, if nobody watched it before. Most tasks are awaited once.
    watcher: Option<WaitId>,
    number: TaskNumber,
    generation: u32,
    handles: u32,
    /// How many turns it has had, this one included.
    turns: u32,
    /// The last ticket that was used, by this task or by an earlier task in the row.
    tickets: u32,
}

/// What few tasks have.
#[derive(Default)]
pub(super) struct Rare {
    name: Option<Rc<str>>,
    /// The waker that others hold, if they still do.
    own_waker: Weak<TaskWaker>,
    /// To be raised in this turn.
    thrown: Option<Exception>,
    /// To be raised in the next turn.
    thrown_next: Option<Exception>,
    /// The message of the last request to cancel. Most say nothing, and that takes no memory.
    message: Box<str>,
    /// The message of the request that cancelled one of the waits. A later request changes `message` only. In CPython, too, the
    /// awaited future keeps the first message.
    wait_message: Box<str>,
    cancel_requests: usize,
    others: BTreeMap<Ticket, Other>,
    watchers: Watchers<DoneCallback>,
    /// Where context variables have their values. `None` until there are values.
    context: Option<Context>,
}

/// A wait that is not the first of its turn, or that belongs to something inside the task.
struct Other {
    wait: WaitKind,
    state: State,
    /// Wakes what is inside the task. `None` if the task itself waits.
    waker: Option<Waker>,
    /// Whether several tasks poll what waits, by a waker of its own, as futures' `Shared` does. Cancelling one of the tasks
    /// must not end it for the others.
    is_shared: bool,
    /// The turn in which it was polled last. What was not polled in the last turn is not awaited at the moment.
    turn: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Flags(u16);

impl Flags {
    const NONE: Self = Self(0);
    const FREE: Self = Self(1);
    const SCHEDULED: Self = Self(1 << 1);
    const ENDED: Self = Self(1 << 2);
    /// It ended by a cancellation.
    const CANCELLED: Self = Self(1 << 3);
    /// It ended by an exception that nobody has seen.
    const UNSEEN: Self = Self(1 << 4);
    /// The wait in the row was polled in the last turn.
    const FRESH: Self = Self(1 << 5);
    /// `Cancelled` is to be raised in the task's next turn, unless the awaited future or task raises it.
    const MUST_CANCEL: Self = Self(1 << 6);
    /// `rare.thrown` is to be raised in its next turn.
    const THROWN: Self = Self(1 << 7);
    const OWN_WAKER: Self = Self(1 << 8);
    /// A cancellation is on its way through what it waits for.
    const BEING_CANCELLED: Self = Self(1 << 9);
    /// Its tickets have come round once, so a new one may still be in use.
    const TICKETS_WRAPPED: Self = Self(1 << 10);

    const FRESH_OR_SCHEDULED: Self = Self(Self::FRESH.0 | Self::SCHEDULED.0);
    /// The turn that begins is not like others: see [`News`].
    const NEWS: Self = Self(
        Self::ENDED.0 | Self::FREE.0 | Self::MUST_CANCEL.0 | Self::THROWN.0 | Self::OWN_WAKER.0,
    );
    const ENDED_OR_FREE: Self = Self(Self::ENDED.0 | Self::FREE.0);

    /// Returns `true` if at least one of these is set.
    #[inline]
    fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    #[inline]
    fn add(&mut self, these: Self) {
        self.0 |= these.0;
    }

    #[inline]
    fn remove(&mut self, these: Self) {
        self.0 &= !these.0;
    }

    fn take(&mut self, flag: Self) -> bool {
        let had = self.has(flag);
        self.remove(flag);
        had
    }
}

impl Tasks {
    pub(super) fn new() -> Self {
        let mut table = Self::default();
        let loops_own = table.grow();
        table.rows[loops_own as usize].flags = Flags::NONE;
        table
    }

    #[inline]
    fn row(&mut self, key: Key) -> &mut Row {
        &mut self.rows[key.index as usize]
    }

    /// The row, unless the task's row was freed and perhaps is another task's now.
    #[inline]
    fn find(&mut self, key: Key) -> Option<&mut Row> {
        let row = self.rows.get_mut(key.index as usize)?;
        (row.generation == key.generation && !row.flags.has(Flags::FREE)).then_some(row)
    }

    fn look_up(&self, key: Key) -> Option<&Row> {
        let row = self.rows.get(key.index as usize)?;
        (row.generation == key.generation && !row.flags.has(Flags::FREE)).then_some(row)
    }
}

impl Row {
    #[inline]
    fn key(&self, index: u32) -> Key {
        let generation = self.generation;
        Key { index, generation }
    }

    #[inline]
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}
