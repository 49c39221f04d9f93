//! Two more uses of the waiters: an event, and a condition.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson18_sync::{Exception, Guard, Lock, Waiters};

/// A flag that tasks can wait for. Clones are handles to the same event.
#[derive(Clone, Default)]
pub struct Event(Rc<EventState>);

#[derive(Default)]
struct EventState {
    set: Cell<bool>,
    waiters: Waiters,
}

impl Event {
    /// Waits until the event is set. If it is set already, the task is not suspended.
    pub async fn wait(&self) -> Result<(), Exception> {
        if !self.0.set.get() {
            self.0.waiters.wait(|| ()).await?;
        }
        Ok(())
    }

    /// Sets the event, and wakes all waiting tasks.
    pub fn set(&self) {
        self.0.set.set(true);
        while self.0.waiters.wake_one() {}
    }

    /// Clears the event.
    pub fn clear(&self) {
        self.0.set.set(false);
    }
}

/// A place in which a task that holds a lock can wait for a change. Clones are handles to the same condition.
#[derive(Clone, Default)]
pub struct Condition {
    lock: Lock,
    waiters: Rc<Waiters>,
}

impl Condition {
    /// Acquires the lock.
    pub async fn acquire(&self) -> Result<Guard, Exception> {
        self.lock.acquire().await
    }

    /// Releases the lock, waits to be notified, and acquires the lock again.
    pub async fn wait(&self, guard: Guard) -> Result<Guard, Exception> {
        drop(guard);
        self.waiters.wait(|| ()).await?;
        self.acquire().await
    }

    /// Wakes all waiting tasks. The caller holds the lock, and they continue when it has released it.
    pub fn notify_all(&self, _guard: &Guard) {
        while self.waiters.wake_one() {}
    }
}
