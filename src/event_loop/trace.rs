//! What the loop reports through `tracing`, in the words of the [scheduler](crate::scheduler). The guide's page on `tracing` lists
//! every span and event.

use std::time::Duration;

use tracing::{
    Level,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
    span::EnteredSpan,
};

use super::{any_task::Core, kernel::Kernel};
use crate::{Exception, Kind, targets::EVENT_LOOP};

/// A time on the loop's clock, in nanoseconds.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns `true` if somebody may listen to each turn. If nobody does, this is all that a turn pays for its trace.
#[inline]
fn turns_are_heard() -> bool {
    Level::TRACE <= STATIC_MAX_LEVEL && Level::TRACE <= LevelFilter::current()
}

impl Kernel {
    fn at(&self) -> u64 {
        nanoseconds(self.now())
    }

    pub(super) fn trace_spawned(&self, task: &Core) {
        tracing::debug!(
            target: EVENT_LOOP,
            { "loop" = self.number, task = task.id, name = &*task.name(), at = self.at(), by = self.cause() },
            "spawned"
        );
    }

    /// Reports that a turn begins. It ends when the returned span is dropped.
    #[inline]
    pub(super) fn trace_turn(&self, task: &Core) -> Option<EnteredSpan> {
        turns_are_heard().then(|| self.enter_turn(task))?
    }

    #[cold]
    #[inline(never)]
    fn enter_turn(&self, task: &Core) -> Option<EnteredSpan> {
        let span = tracing::trace_span!(
            target: EVENT_LOOP,
            "turn",
            "loop" = self.number,
            task = task.id,
            name = &*task.name(),
            turn = task.steps.get(),
            at = self.at(),
        );
        (!span.is_disabled()).then(|| span.entered())
    }

    /// Reports that a turn ended, and why the task is suspended.
    #[inline]
    pub(super) fn trace_suspended(&self, task: &Core) {
        if turns_are_heard() {
            self.tell_suspended(task);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_suspended(&self, task: &Core) {
        if !tracing::enabled!(target: EVENT_LOOP, Level::TRACE) {
            return;
        }
        let (id, name, turn, at) = (task.id, &*task.name(), task.steps.get(), self.at());
        let waits_for = task.waits_for.borrow();
        if waits_for.is_empty() && task.scheduled.get() {
            tracing::trace!(target: EVENT_LOOP, { "loop" = self.number, task = id, name, turn, at }, "yielded");
        }
        for awaited in waits_for.as_slice() {
            let reason = awaited.reason();
            tracing::trace!(
                target: EVENT_LOOP,
                {
                    "loop" = self.number,
                    task = id,
                    name,
                    turn,
                    at,
                    what = reason.kind(),
                    of = %reason,
                    until = reason.until().map(nanoseconds),
                    on = reason.task().map(|task| task.core().id),
                },
                "waits"
            );
        }
        if waits_for.is_empty() && !task.scheduled.get() {
            tracing::trace!(target: EVENT_LOOP, { "loop" = self.number, task = id, name, turn, at, what = "foreign" }, "waits");
        }
    }

    /// It is put into the ready queue.
    #[inline]
    pub(super) fn trace_woken(&self, task: &Core) {
        if turns_are_heard() {
            self.tell_woken(task);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_woken(&self, task: &Core) {
        if task.steps.get() == 0 || self.is_current(task.id) {
            return; // a new task is spawned
        }
        tracing::trace!(
            target: EVENT_LOOP,
            { "loop" = self.number, task = task.id, name = &*task.name(), at = self.at(), by = self.cause() },
            "woken"
        );
    }

    pub(super) fn trace_cancel(&self, task: &Core, message: &str) {
        tracing::debug!(
            target: EVENT_LOOP,
            { "loop" = self.number, task = task.id, name = &*task.name(), at = self.at(), by = self.cause(), text = message },
            "cancel"
        );
    }

    pub(super) fn trace_ended<T>(&self, task: &Core, result: &Result<T, Exception>) {
        if !tracing::enabled!(target: EVENT_LOOP, Level::ERROR) {
            return;
        }
        let (id, name, turn, at) = (task.id, &*task.name(), task.steps.get(), self.at());
        match result {
            Ok(_) => {
                tracing::debug!(target: EVENT_LOOP, { "loop" = self.number, task = id, name, turn, at }, "returned");
            }
            Err(exception) => {
                let (class, text) = (exception.name(), exception.message_or_panic());
                match exception.kind() {
                    Kind::Cancelled => {
                        tracing::debug!(target: EVENT_LOOP, { "loop" = self.number, task = id, name, turn, at, %text }, "cancelled");
                    }
                    Kind::Panic => {
                        tracing::error!(target: EVENT_LOOP, { "loop" = self.number, task = id, name, turn, at, exception = class, %text }, "panicked");
                    }
                    _ => {
                        tracing::debug!(target: EVENT_LOOP, { "loop" = self.number, task = id, name, turn, at, exception = class, %text }, "failed");
                    }
                }
            }
        }
    }
}
