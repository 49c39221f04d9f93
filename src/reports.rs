//! What goes wrong and cannot be returned to anybody. It is a `tracing` event, and if the program has no subscriber, a line on
//! stderr.
//!
//! Everything that the crate reports at level `WARN` or `ERROR` goes through [`report`], except a task's panic: the panic hook
//! has shown the panic already, and whatever awaits the task raises it.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::panics::caught;

static STDERR: AtomicBool = AtomicBool::new(true);

/// Sets whether the crate writes a line to stderr when something goes wrong and no `tracing` subscriber exists.
///
/// The switch is on at first, and applies to the whole process. The lines are about an exception that was never
/// retrieved, an exception or panic in a callback or in a drop, a turn that was too slow, and rounds without progress. If a
/// subscriber was ever set, the crate reports to subscribers only.
/// [The guide](crate::guide::tracing#without-a-subscriber) lists all of them. For one loop,
/// [`EventLoop::set_exception_handler`](crate::EventLoop::set_exception_handler) replaces the lines about exceptions.
///
/// ```
/// tminus::report_to_stderr(false); // this program shows its errors in another way
/// ```
pub fn report_to_stderr(on: bool) {
    STDERR.store(on, Ordering::Relaxed);
}

/// Returns `true` if reports go to stderr.
pub(crate) fn go_to_stderr() -> bool {
    STDERR.load(Ordering::Relaxed) && !tracing::dispatcher::has_been_set()
}

/// Reports something through `tracing`, and in a line on stderr if there is no subscriber. The words of the line follow the
/// name of the event, and are formatted only if they are shown.
macro_rules! report {
    ($level:ident, target: $target:expr, { $($fields:tt)* }, $event:literal, $($words:tt)*) => {
        tracing::$level!(target: $target, { $($fields)* }, $event);
        if $crate::reports::go_to_stderr() {
            $crate::reports::writes($event, format_args!($($words)*));
        }
    };
}

pub(crate) use report;

#[cold]
pub(crate) fn writes(event: &str, words: fmt::Arguments<'_>) {
    let words = words.to_string().replace('\n', " ");
    // Reports are made in drops, too, and `eprintln` panics if stderr is closed. (Unlike what writes to stderr itself, tests
    // capture it.)
    let _ = caught(|| eprintln!("tminus: {event}{words}"));
}
