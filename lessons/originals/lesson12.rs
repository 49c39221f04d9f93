//! Your turn. Both compile, and neither is right yet.

use std::{rc::Rc, time::Duration};

use tminus_lessons::lesson12_event_loop::{EventLoop, Exception};

/// Calls `action` with each item, the first in the next round, and one item a round. An item is taken out of `items` in
/// the round of its call, and not before.
pub fn for_each<T>(
    event_loop: &EventLoop,
    items: impl Iterator<Item = T> + 'static,
    action: impl FnMut(T) + 'static,
) -> Result<(), Exception> {
    // This does all of it in one round.
    event_loop.call_soon(move || {
        items.for_each(action);
        Ok(())
    })?;
    Ok(())
}

/// Calls `action` when `patience` has passed since it was made or last reset. Then it is silent until the next reset.
pub struct Watchdog {
    event_loop: EventLoop,
    patience: Duration,
    action: Rc<dyn Fn()>,
}

impl Watchdog {
    /// It waits from now on.
    pub fn new(
        event_loop: &EventLoop,
        patience: Duration,
        action: impl Fn() + 'static,
    ) -> Result<Self, Exception> {
        // This does not wait for anything.
        Ok(Self {
            event_loop: event_loop.clone(),
            patience,
            action: Rc::new(action),
        })
    }

    /// Waits from the start again.
    pub fn reset(&mut self) -> Result<(), Exception> {
        // This sets one timer more, each time.
        let action = self.action.clone();
        self.event_loop.call_later(self.patience, move || {
            action();
            Ok(())
        })?;
        Ok(())
    }

    /// Waits no more. The loop does not wait for it either.
    pub fn stop(self) {
        // This leaves the timers where they are.
    }
}
