//! Wakers of tasks, for futures that are not the loop's. They can be called from any thread.
//!
//! Few tasks await what needs a waker, and one for each would take time and memory. So the loop lends one and the same
//! [`LentWaker`] to each task for its turn, and only if a future has cloned it, it is the task's own from then on:
//!
//! | the waker is | strong references | leaves that state |
//! |---|---|---|
//! | lent | two, of the loop | a turn in which it is cloned: [`LentWaker::keep`] |
//! | kept | one per clone; the loop has a weak reference | the last clone is dropped: [`TaskWaker::drop`] |
//!
//! Kept wakers are counted in the inbox, so an idle loop knows at once whether anybody can wake it, however many tasks wait.

use std::{
    mem,
    sync::{
        Arc, Weak,
        atomic::{Ordering, fence},
    },
    task::{Wake, Waker},
};

use super::{
    current,
    inbox::{Inbox, Request, TaskWaker},
    keys::Key,
};

impl TaskWaker {
    fn call(self: Arc<Self>) {
        if current::wakes_here(&self.inbox, self.task()) {
            return;
        }
        if self.is_first_call() {
            let inbox = self.inbox.clone();
            inbox.send(Request::Wake(self));
        }
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.call();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.clone().call();
    }
}

/// The waker that the loop lends to each task for its turn.
pub(super) struct LentWaker {
    waker: Waker,
    shared: Arc<TaskWaker>,
}

impl LentWaker {
    pub(super) fn new(inbox: Arc<Inbox>) -> Self {
        let shared = Arc::new(TaskWaker::new(inbox));
        let waker = shared.clone().into();
        Self { waker, shared }
    }

    /// From now on it wakes this task. (Nobody else has it.)
    #[inline]
    pub(super) fn lend_to(&self, task: Key) {
        self.shared.set_task(task);
    }

    #[inline]
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Returns `true` if somebody has cloned it since it was lent.
    #[inline]
    pub(super) fn is_cloned(&self) -> bool {
        let is_cloned = Arc::strong_count(&self.shared) > 2;
        // If it was, and the clone was dropped on another thread, that thread's call came before the drop.
        fence(Ordering::Acquire);
        is_cloned
    }

    /// Leaves the waker to the owners of its clones, and makes another to lend.
    pub(super) fn keep(&mut self) -> Weak<TaskWaker> {
        self.shared.is_counted();
        let new = Self::new(self.shared.inbox.clone());
        let kept = mem::replace(self, new);
        Arc::downgrade(&kept.shared)
    }
}

#[cfg(test)]
mod tests;
