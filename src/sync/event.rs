//! Something that happens once for all who wait.

use std::{cell::Cell, fmt, rc::Rc};

use super::line::{Line, Waited, wait_in_line};
use crate::{Exception, event_loop::Reason};

/// A flag that tasks can wait for: Python's `asyncio.Event`. Clones are the same event.
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

#[derive(Default)]
struct Inner {
    line: Line,
    set: Cell<bool>,
}

impl Event {
    /// One that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.set.get()
    }

    /// Sets it, and wakes all who wait. Who waits while it is set does not wait at all.
    pub fn set(&self) {
        if !self.0.set.replace(true) {
            self.0.line.wake_all();
        }
    }

    /// Takes that back. Who was woken stays awake.
    pub fn clear(&self) {
        self.0.set.set(false);
    }

    /// Waits until it is set.
    ///
    /// # Errors
    ///
    /// `Cancelled` where the task is cancelled meanwhile; `RuntimeError` where it is to be waited for, and no loop runs.
    pub fn wait(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        self.wait_for(Reason::Sync(&("event", "an event")))
    }

    /// The same, and what for.
    pub(super) fn wait_for(
        &self,
        reason: Reason,
    ) -> impl Future<Output = Result<(), Exception>> + use<> {
        let event = self.0.clone();
        async move {
            match event.set.get() {
                true => Ok(()),
                false => wait_in_line(&*event, reason).await,
            }
        }
    }
}

impl Waited for Inner {
    fn line(&self) -> &Line {
        &self.line
    }

    fn gave_up(&self, _woken: bool) {} // an event is for all
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("set", &self.is_set())
            .finish()
    }
}
