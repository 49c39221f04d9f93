//! Events, for which any number of tasks wait at the same time.

use std::{cell::Cell, fmt, rc::Rc};

use super::{
    identity::compares_by_identity,
    in_line::wait_in_line,
    waiters::{HasWaiters, WaitEnd, Waiters},
};
use crate::{
    Exception,
    event_loop::{LineWords, WaitKind},
};

const AN_EVENT: LineWords = LineWords {
    kind: "event",
    words: "an event",
};

/// A flag that tasks can wait for: Python's `asyncio.Event`. Clones are handles to the same event.
///
/// ```
/// use tminus::{Exception, gather, run, spawn, sync::Event, yield_now};
///
/// let burning = run(async {
///     let ignition = Event::new();
///     let engines = [spawn(ignition.wait())?, spawn(ignition.wait())?];
///     yield_now().await?; // both wait
///     ignition.set();
///     Ok(gather(engines).await?.len())
/// })?;
/// assert_eq!(burning, 2);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Default)]
pub struct Event(Rc<Inner>);

compares_by_identity!(Event, "event");

#[derive(Default)]
struct Inner {
    waiters: Waiters,
    set: Cell<bool>,
}

impl Event {
    /// Creates an event that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `true` if the event is set.
    pub fn is_set(&self) -> bool {
        self.0.set.get()
    }

    /// Sets the event and wakes every task waiting for it. While the event is set, [`wait`](Event::wait) does not suspend.
    pub fn set(&self) {
        // Nobody waits for an event that is set already.
        if !self.0.set.replace(true) {
            self.0.waiters.wake_all();
        }
    }

    /// Clears the event. Tasks already woken by [`set`](Event::set) still run.
    pub fn clear(&self) {
        self.0.set.set(false);
    }

    /// Waits until the event is set.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the event is not set, and no event loop is running on this thread or tasks of another loop have
    ///   waited for the event.
    pub fn wait(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        let event = self.0.clone();
        async move {
            // It does not look again once it is woken: as in asyncio, whoever was woken returns, even if the event was cleared
            // before it ran.
            while !event.set.get() {
                if wait_in_line(&*event, WaitKind::Line(&AN_EVENT)).await? == WaitEnd::Woken {
                    break;
                }
            }
            Ok(())
        }
    }
}

impl HasWaiters for Inner {
    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn gave_up(&self, _was_woken: bool) {} // an event is for all: nobody has taken it from another waiter
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("set", &self.is_set())
            .finish()
    }
}
