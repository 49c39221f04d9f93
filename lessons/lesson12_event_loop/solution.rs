//! One way to solve the exercises.
//!
//! **`for_each`.** To call all items in one round is to block: a timer that is due meanwhile waits for all of them. To
//! schedule a callback for each item at once is no better, for then all of them are in the same round. Only what a
//! callback schedules is for the next one. So each call schedules its successor. Look at what became of the loop
//! `for item in items { action(item) }`. Its state is handed from callback to callback, and what is to follow the last
//! item would be one more argument. The code is inside out again, as in lesson 1, step 1. A task keeps its place by
//! itself, and says `for item in items { action(item); co.yield_(Wait::Turn).await?; }`.
//!
//! **`Watchdog`.** A timer cannot be moved. It is cancelled, and another one is set. Forget the `cancel`, and it acts
//! once for each reset. A reset puts a new entry into the heap, and leaves the old one there until its deadline. If there
//! are many resets, say one for each packet of a connection, it is better to keep the timer, and only write down the time
//! of the reset. When the timer is due, its callback looks at that time, and sets a timer for what is left.

use std::{rc::Rc, time::Duration};

use tminus_lessons::lesson12_event_loop::{EventLoop, Exception, Handle};

/// Calls `action` with each item, the first in the next round, and one item a round. An item is taken out of `items` in
/// the round of its call, and not before.
pub fn for_each<T>(
    event_loop: &EventLoop,
    mut items: impl Iterator<Item = T> + 'static,
    mut action: impl FnMut(T) + 'static,
) -> Result<(), Exception> {
    let this = event_loop.clone();
    event_loop.call_soon(move || {
        let Some(item) = items.next() else {
            return Ok(());
        };
        action(item);
        for_each(&this, items, action)
    })?;
    Ok(())
}

/// Calls `action` when `patience` has passed since it was made or last reset. Then it is silent until the next reset.
pub struct Watchdog {
    event_loop: EventLoop,
    patience: Duration,
    action: Rc<dyn Fn()>,
    timer: Handle,
}

impl Watchdog {
    /// It waits from now on.
    pub fn new(
        event_loop: &EventLoop,
        patience: Duration,
        action: impl Fn() + 'static,
    ) -> Result<Self, Exception> {
        let action: Rc<dyn Fn()> = Rc::new(action);
        Ok(Self {
            timer: set_timer(event_loop, patience, action.clone())?,
            event_loop: event_loop.clone(),
            patience,
            action,
        })
    }

    /// Waits from the start again.
    pub fn reset(&mut self) -> Result<(), Exception> {
        self.timer.cancel();
        self.timer = set_timer(&self.event_loop, self.patience, self.action.clone())?;
        Ok(())
    }

    /// Waits no more. The loop does not wait for it either.
    pub fn stop(self) {
        self.timer.cancel();
    }
}

fn set_timer(
    event_loop: &EventLoop,
    patience: Duration,
    action: Rc<dyn Fn()>,
) -> Result<Handle, Exception> {
    event_loop.call_later(patience, move || {
        action();
        Ok(())
    })
}
