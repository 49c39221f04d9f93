//! What the loop tells `tracing`, in the words of the [scheduler](crate::scheduler). See the [module](super) for all of them.

use std::time::Duration;

use tracing::{
    Level,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
    span::EnteredSpan,
};

use super::{any_task::Core, kernel::Kernel};
use crate::{Exception, Kind};

/// The target of all that is told to `tracing`.
pub(crate) const TRACE: &str = "tminus::event_loop";

/// A time on the loop's clock, in nanoseconds.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether somebody may listen to each step. Where nobody does, this is all that a step costs.
#[inline]
fn steps_are_heard() -> bool {
    Level::TRACE <= STATIC_MAX_LEVEL && Level::TRACE <= LevelFilter::current()
}

impl Kernel {
    fn at(&self) -> u64 {
        nanoseconds(self.now())
    }

    pub(super) fn trace_spawned(&self, task: &Core) {
        tracing::debug!(
            target: TRACE,
            task = task.id,
            name = &*task.name(),
            at = self.at(),
            by = self.cause(),
            "spawned"
        );
    }

    /// A step begins. It ends when what this gives is dropped.
    #[inline]
    pub(super) fn trace_step(&self, task: &Core) -> Option<EnteredSpan> {
        steps_are_heard().then(|| self.enter_step(task))?
    }

    #[cold]
    #[inline(never)]
    fn enter_step(&self, task: &Core) -> Option<EnteredSpan> {
        let span = tracing::trace_span!(
            target: TRACE,
            "step",
            task = task.id,
            name = &*task.name(),
            step = task.steps.get(),
            at = self.at(),
        );
        (!span.is_disabled()).then(|| span.entered())
    }

    /// A step ended, and the task goes on later.
    #[inline]
    pub(super) fn trace_suspended(&self, task: &Core) {
        if steps_are_heard() {
            self.tell_suspended(task);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_suspended(&self, task: &Core) {
        if !tracing::enabled!(target: TRACE, Level::TRACE) {
            return;
        }
        let (id, name, step, at) = (task.id, &*task.name(), task.steps.get(), self.at());
        let waits_for = task.waits_for.borrow();
        if waits_for.is_empty() && task.scheduled.get() {
            tracing::trace!(target: TRACE, task = id, name, step, at, "yielded");
        }
        for awaited in waits_for.as_slice() {
            let reason = awaited.reason();
            tracing::trace!(
                target: TRACE,
                task = id,
                name,
                step,
                at,
                what = reason.kind(),
                of = %reason,
                until = reason.until().map(nanoseconds),
                on = reason.task().map(|task| task.core().id),
                "waits"
            );
        }
        if waits_for.is_empty() && !task.scheduled.get() {
            tracing::trace!(target: TRACE, task = id, name, step, at, what = "foreign", "waits");
        }
    }

    /// It is put into the ready queue.
    #[inline]
    pub(super) fn trace_woken(&self, task: &Core) {
        if steps_are_heard() {
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
            target: TRACE,
            task = task.id,
            name = &*task.name(),
            at = self.at(),
            by = self.cause(),
            "woken"
        );
    }

    pub(super) fn trace_cancel(&self, task: &Core, message: &str) {
        tracing::debug!(
            target: TRACE,
            task = task.id,
            name = &*task.name(),
            at = self.at(),
            by = self.cause(),
            text = message,
            "cancel"
        );
    }

    pub(super) fn trace_ended<T>(&self, task: &Core, result: &Result<T, Exception>) {
        if !tracing::enabled!(target: TRACE, Level::ERROR) {
            return;
        }
        let (id, name, step, at) = (task.id, &*task.name(), task.steps.get(), self.at());
        match result {
            Ok(_) => {
                tracing::debug!(target: TRACE, task = id, name, step, at, "returned");
            }
            Err(exception) => {
                let (class, text) = (exception.name(), exception.message_or_panic());
                match exception.kind() {
                    Kind::Cancelled => {
                        tracing::debug!(target: TRACE, task = id, name, step, at, %text, "cancelled");
                    }
                    Kind::Panic => {
                        tracing::error!(target: TRACE, task = id, name, step, at, exception = class, %text, "panicked");
                    }
                    _ => {
                        tracing::debug!(target: TRACE, task = id, name, step, at, exception = class, %text, "failed");
                    }
                }
            }
        }
    }
}
