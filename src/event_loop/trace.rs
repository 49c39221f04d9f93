//! The loop's reports through `tracing`: free functions on plain values, called by the code of the transitions. The names
//! are stable; see [the module](super) for all of them.

use std::{rc::Rc, time::Duration};

use tracing::{
    Level,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
    span::EnteredSpan,
};

use super::{keys::TaskNumber, waits::reason::Reason};
use crate::{Exception, Kind, reports::report, targets::EVENT_LOOP};

#[inline]
fn is_heard_at(level: Level) -> bool {
    level <= STATIC_MAX_LEVEL && level <= LevelFilter::current()
}

/// Returns `true` if somebody listens to each turn. If nobody listens to anything like it, a comparison is all that tracing
/// costs a turn.
#[inline]
pub(super) fn is_heard() -> bool {
    is_heard_at(Level::TRACE) && turns_are_wanted()
}

/// Somebody listens to events of this level, but perhaps to those of other targets only.
#[cold]
#[inline(never)]
fn turns_are_wanted() -> bool {
    tracing::enabled!(target: EVENT_LOOP, Level::TRACE)
}

/// Returns `true` if somebody may listen to anything at all.
#[inline]
pub(super) fn errors_are_heard() -> bool {
    is_heard_at(Level::ERROR)
}

/// Returns `true` if somebody may listen to warnings, and so turns have to be timed.
#[inline]
pub(super) fn slow_turns_are_heard() -> bool {
    is_heard_at(Level::WARN)
}

/// What the events say of a task, and of the moment. (Without a task: of a callback.)
pub(super) struct Told {
    /// The number of the loop.
    pub(super) id: u64,
    pub(super) number: Option<TaskNumber>,
    pub(super) name: Option<Rc<str>>,
    pub(super) turn: u32,
    /// The time on the loop's clock.
    pub(super) at: u64,
    /// The task that caused the event.
    pub(super) by: Option<TaskNumber>,
}

impl Told {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Names the task or callback in a line on stderr.
    fn place(&self) -> String {
        match (self.number, self.name()) {
            (Some(_), Some(name)) => format!(" in task {name:?}"),
            (Some(number), None) => format!(" in task {number}"),
            (None, _) => String::new(),
        }
    }
}

#[cold]
#[inline(never)]
pub(super) fn spawned(told: &Told) {
    let (task, name, at, by) = (told.number, told.name(), told.at, told.by);
    tracing::debug!(target: EVENT_LOOP, { "loop" = told.id, task, name, at, by }, "spawned");
}

/// A turn begins. It ends when what this returns is dropped.
#[cold]
#[inline(never)]
pub(super) fn enters_turn(told: &Told) -> Option<EnteredSpan> {
    let (task, name, turn, at) = (told.number, told.name(), told.turn, told.at);
    let span =
        tracing::trace_span!(target: EVENT_LOOP, "turn", "loop" = told.id, task, name, turn, at);
    (!span.is_disabled()).then(|| span.entered())
}

/// A turn ended, and the task is ready again.
#[cold]
#[inline(never)]
pub(super) fn yielded(told: &Told) {
    let (task, name, turn, at) = (told.number, told.name(), told.turn, told.at);
    tracing::trace!(target: EVENT_LOOP, { "loop" = told.id, task, name, turn, at }, "yielded");
}

/// A turn ended, and the task waits for this, among other things perhaps.
#[cold]
#[inline(never)]
pub(super) fn waits(told: &Told, reason: &Reason) {
    let (task, name, turn, at) = (told.number, told.name(), told.turn, told.at);
    let (what, of, until, on) = (reason.kind, &reason.words, reason.until, reason.on);
    let id = told.id;
    tracing::trace!(target: EVENT_LOOP, { "loop" = id, task, name, turn, at, what, %of, until, on }, "waits");
}

/// A turn ended, and the task waits for something that the loop does not know.
#[cold]
#[inline(never)]
pub(super) fn waits_outside(told: &Told) {
    let (task, name, turn, at) = (told.number, told.name(), told.turn, told.at);
    let (id, what) = (told.id, "foreign");
    tracing::trace!(target: EVENT_LOOP, { "loop" = id, task, name, turn, at, what }, "waits");
}

/// A task is put into the ready queue by something else.
#[cold]
#[inline(never)]
pub(super) fn woken(told: &Told) {
    let (task, name, at, by) = (told.number, told.name(), told.at, told.by);
    tracing::trace!(target: EVENT_LOOP, { "loop" = told.id, task, name, at, by }, "woken");
}

#[cold]
#[inline(never)]
pub(super) fn asked_to_cancel(told: &Told, text: &str) {
    let (task, name, at, by) = (told.number, told.name(), told.at, told.by);
    tracing::debug!(target: EVENT_LOOP, { "loop" = told.id, task, name, at, by, text }, "cancel");
}

/// A task ends, by an exception or by returning. This is before anybody is woken by that.
#[cold]
#[inline(never)]
pub(super) fn ended(told: &Told, failure: Option<&Exception>) {
    let (id, task, name, turn, at) = (told.id, told.number, told.name(), told.turn, told.at);
    let Some(failure) = failure else {
        tracing::debug!(target: EVENT_LOOP, { "loop" = id, task, name, turn, at }, "returned");
        return;
    };
    let (exception, text) = (failure.name(), failure.message_or_panic());
    match failure.kind() {
        Kind::Cancelled => {
            tracing::debug!(target: EVENT_LOOP, { "loop" = id, task, name, turn, at, %text }, "cancelled");
        }
        Kind::Panic => {
            tracing::error!(target: EVENT_LOOP, { "loop" = id, task, name, turn, at, exception, %text }, "panicked");
        }
        _ => {
            tracing::debug!(target: EVENT_LOOP, { "loop" = id, task, name, turn, at, exception, %text }, "failed");
        }
    }
}

/// A turn, or a callback, took longer than it may.
#[cold]
pub(super) fn slow_turn(told: &Told, took: Duration) {
    let (id, task, name) = (told.id, told.number, told.name());
    let turn = task.map(|_| told.turn);
    report!(warn, target: EVENT_LOOP, { "loop" = id, task, name, turn, ?took }, "slow turn", "{}: it took {took:?}", told.place());
}

#[cold]
pub(super) fn livelock(told: &Told, rounds: u64, tasks: &[String]) {
    let (id, at, tasks) = (told.id, told.at, tasks.join(", "));
    report!(warn, target: EVENT_LOOP, { "loop" = id, at, rounds, tasks }, "livelock", ": the clock stands still for {rounds} rounds, in which these tasks run: {tasks}");
}

/// An exception that nobody awaits, and for which there is no handler.
#[cold]
pub(super) fn unhandled(told: &Told, exception: &Exception) {
    let (id, task, name) = (told.id, told.number, told.name());
    let (kind, text, place) = (
        exception.name(),
        exception.message_or_panic(),
        exception.place(),
    );
    report!(error, target: EVENT_LOOP, { "loop" = id, task, name, exception = kind, %text, place }, "exception in a callback", "{}: {}", told.place(), exception.line());
}

/// An exception that nobody has asked for, of a future that belongs to no loop.
#[cold]
pub(super) fn never_retrieved_without_a_loop(exception: &Exception) {
    let (kind, text, place) = (
        exception.name(),
        exception.message_or_panic(),
        exception.place(),
    );
    report!(error, target: EVENT_LOOP, { exception = kind, %text, place }, "exception was never retrieved", ": {}", exception.line());
}

/// An exception that nobody has asked for, and for which there is no handler.
#[cold]
pub(super) fn never_retrieved(told: &Told, exception: &Exception) {
    let (id, task, name) = (told.id, told.number, told.name());
    let (kind, text, place) = (
        exception.name(),
        exception.message_or_panic(),
        exception.place(),
    );
    report!(error, target: EVENT_LOOP, { "loop" = id, task, name, exception = kind, %text, place }, "exception was never retrieved", "{}: {}", told.place(), exception.line());
}

#[cold]
pub(super) fn handler_panicked(told: &Told, panic: &Exception) {
    let (exception, text) = (panic.name(), panic.message_or_panic());
    report!(error, target: EVENT_LOOP, { "loop" = told.id, exception, %text }, "the exception handler panicked", ": {text}");
}
