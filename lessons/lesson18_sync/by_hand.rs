//! What is under a lock: a flag, and a line of those who wait.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tminus::{EventLoop, LoopFuture};
use tminus_lessons::lesson18_sync::Exception;

/// What one task has at a time. A clone is the same lock.
#[derive(Clone, Default)]
pub struct LockByHand(Rc<Inner>);

#[derive(Default)]
struct Inner {
    taken: Cell<bool>,
    line: RefCell<VecDeque<LoopFuture<()>>>, // who has waited longest is at the front
}

/// Releases the lock when it is dropped.
pub struct Guard(LockByHand);

impl LockByHand {
    /// Takes the lock if it is free, and waits for it at the end of the line if not. (If the task is cancelled in the
    /// round in which it is handed the lock, the lock is lost. The crate's hands it on.)
    pub async fn acquire(&self) -> Result<Guard, Exception> {
        if self.0.taken.replace(true) {
            let handed_over = EventLoop::running()?.create_future();
            self.0.line.borrow_mut().push_back(handed_over.clone());
            handed_over.await?;
        }
        Ok(Guard(self.clone()))
    }

    /// Hands it to the first in the line, and then it stays taken.
    fn release(&self) {
        let next = || self.0.line.borrow_mut().pop_front();
        while let Some(handed_over) = next() {
            if handed_over.set_result(()).is_ok() {
                return;
            } // else who waited for it was cancelled
        }
        self.0.taken.set(false);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.release();
    }
}
