//! One at a time.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use super::line::{Line, Waited, wait_in_line};
use crate::{
    Exception, Kind,
    event_loop::{AnyTask, Held, Reason, current_task},
};

/// What one task has at a time: Python's `asyncio.Lock`. Clones are the same lock.
///
/// It guards what the program says that it guards: a value that tasks share is in a `Cell` or a `RefCell`, and the lock keeps
/// others out while a task awaits between reading and writing. Between two awaits nobody else runs, and no lock is needed.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use tminus::{Exception, gather, run, sync::Lock, yield_now};
///
/// let (lock, balance) = (Lock::new(), Rc::new(Cell::new(100)));
/// let withdraw = |amount| {
///     let (lock, balance) = (lock.clone(), balance.clone());
///     async move {
///         let _guard = lock.acquire().await?;
///         let before = balance.get();
///         yield_now().await?; // a long computation
///         balance.set(before - amount);
///         Ok(())
///     }
/// };
/// let both = [withdraw(10), withdraw(20)];
/// run(async { gather(both).await })?;
/// assert_eq!(balance.get(), 70);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Default)]
pub struct Lock(Rc<Inner>);

#[derive(Default)]
struct Inner {
    line: Line,
    /// Which acquisition has it.
    acquired: Cell<Option<u64>>,
    acquisitions: Cell<u64>,
    /// The task that acquired it.
    holder: RefCell<Option<Weak<dyn AnyTask>>>,
}

/// Releases a [`Lock`] when it is dropped.
#[must_use = "when it is dropped the lock is released"]
pub struct LockGuard {
    lock: Lock,
    acquisition: u64,
}

impl Lock {
    /// One that nobody has.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether somebody has it.
    pub fn locked(&self) -> bool {
        self.0.acquired.get().is_some()
    }

    /// Waits until it is one's turn to have it.
    ///
    /// # Errors
    ///
    /// `Cancelled` where the task is cancelled meanwhile; `RuntimeError` where it is to be waited for, and no loop runs.
    pub fn acquire(&self) -> impl Future<Output = Result<LockGuard, Exception>> + use<> {
        let lock = self.clone();
        async move {
            lock.take_turn().await?;
            let acquisition = lock.0.acquisitions.replace(lock.0.acquisitions.get() + 1);
            lock.is_had_by(acquisition);
            Ok(LockGuard { lock, acquisition })
        }
    }

    /// Waits for its turn.
    async fn take_turn(&self) -> Result<(), Exception> {
        if !self.locked() && !self.0.line.is_waited_in() {
            return Ok(());
        }
        let held: Rc<dyn Held> = self.0.clone();
        wait_in_line(&*self.0, Reason::Lock(Rc::downgrade(&held))).await
    }

    fn is_had_by(&self, acquisition: u64) {
        self.0.acquired.set(Some(acquisition));
        let task = current_task().ok();
        let task = task.map(|task| Rc::downgrade(&task.0));
        self.0.holder.replace(task);
    }

    /// Which acquisition has it, for who gives it back for a time.
    pub(super) fn acquisition(&self) -> Option<u64> {
        self.0.acquired.get()
    }

    /// Gets it back, as the same acquisition.
    pub(super) async fn acquire_again(&self, acquisition: u64) -> Result<(), Exception> {
        self.take_turn().await?;
        self.is_had_by(acquisition);
        Ok(())
    }

    /// Gives it back, whoever has it: the task that waits first gets it. Seldom needed: a guard does that when it is dropped.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where nobody has it.
    pub fn release(&self) -> Result<(), Exception> {
        if self.0.acquired.take().is_none() {
            return Err(Exception::new(Kind::RuntimeError, "Lock is not acquired."));
        }
        self.0.holder.take();
        self.0.line.wake_first();
        Ok(())
    }
}

impl LockGuard {
    /// Leaves the lock locked. Somebody has to [`release`](Lock::release) it.
    pub fn forget(mut self) {
        self.acquisition = u64::MAX; // which is never reached
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // Somebody may have released it, and somebody else may have it now.
        if self.lock.acquisition() == Some(self.acquisition) {
            self.lock.release().expect("it is acquired");
        }
    }
}

impl Waited for Inner {
    fn line(&self) -> &Line {
        &self.line
    }

    fn gave_up(&self, _woken: bool) {
        if self.acquired.get().is_none() {
            self.line.wake_first();
        }
    }
}

impl Held for Inner {
    fn holder(&self) -> Option<Rc<dyn AnyTask>> {
        self.holder.borrow().as_ref()?.upgrade()
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock")
            .field("locked", &self.locked())
            .finish()
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockGuard")
    }
}
