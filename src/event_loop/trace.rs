//! What the loop tells `tracing`, in the words of the [scheduler](crate::scheduler). See the [module](super) for all of them.

use std::time::Duration;

use tracing::{
    Level, Span,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
};

use super::{any_task::Core, kernel::Kernel};
use crate::{Exception, Kind};

/// The target of all that is told to `tracing`.
pub(crate) const TRACE: &str = "tminus::event_loop";

/// A time on the loop's clock, in nanoseconds.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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

    /// Runs a step of a task.
    #[inline]
    pub(super) fn in_traced_step<T>(&self, task: &Core, run: impl FnOnce() -> T) -> T {
        // Where nobody can be listening, there need not be a span that nobody has asked for.
        if Level::TRACE <= STATIC_MAX_LEVEL && Level::TRACE <= LevelFilter::current() {
            let span = self.step_span(task);
            if !span.is_disabled() {
                return span.in_scope(run);
            }
        }
        run()
    }

    #[cold]
    fn step_span(&self, task: &Core) -> Span {
        tracing::trace_span!(
            target: TRACE,
            "step",
            task = task.id,
            name = &*task.name(),
            step = task.steps.get(),
            at = self.at(),
        )
    }

    /// A step ended, and the task goes on later.
    pub(super) fn trace_suspended(&self, task: &Core) {
        if !tracing::enabled!(target: TRACE, Level::TRACE) {
            return;
        }
        let (id, name, step, at) = (task.id, &*task.name(), task.steps.get(), self.at());
        let waits_for = task.waits_for.borrow();
        if waits_for.is_empty() && task.scheduled.get() {
            tracing::trace!(target: TRACE, task = id, name, step, at, "yielded");
        }
        for awaited in waits_for.iter() {
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

    /// It has been put into the ready queue.
    pub(super) fn trace_woken(&self, task: &Core) {
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
                let (class, text) = (exception.name(), exception.message());
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
