//! Locks, which one task holds at a time.
//!
//! | a lock is | `acquired` | its waiters | leaves that state |
//! |---|---|---|---|
//! | free | `None` | none | it is acquired |
//! | held | the acquisition | any | it is released |
//! | handed over | `None` | the first one was woken | the woken task runs and acquires it, or leaves and the next one is woken |
//!
//! While it is handed over, a lock counts as not locked, as in asyncio. It cannot be acquired by a task that comes later, because
//! that one looks at the waiters, too. So no task overtakes another.

use std::{cell::Cell, fmt, rc::Rc};

use super::{
    identity::compares_by_identity,
    in_line::wait_in_line,
    waiters::{HasWaiters, WaitEnd, Waiters},
};
use crate::{
    Exception, Kind,
    event_loop::{Holder, WaitKind, running_task},
};

/// A lock that one task holds at a time: Python's `asyncio.Lock`. Clones are handles to the same lock.
///
/// The lock holds no value. A value that tasks share lies in a `Cell` or a `RefCell`, and the lock keeps other tasks out while
/// a task awaits something between reading the value and writing it. Between two awaits no other task runs, and no lock is
/// needed.
///
/// A task that acquires a lock which it holds already waits forever. The loop reports that as a
/// [`Deadlock`](crate::event_loop::Deadlock).
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

compares_by_identity!(Lock, "lock");

#[derive(Default)]
struct Inner {
    waiters: Waiters,
    /// The acquisition that holds the lock.
    acquired: Cell<Option<u64>>,
    /// How many acquisitions there were. A guard holds its number, so it does not release what somebody else has acquired.
    acquisitions: Cell<u64>,
    /// The task that acquired the lock, for reports: the waiting tasks wait for that one.
    holder: Rc<Holder>,
}

/// A guard that releases a [`Lock`] when it is dropped. [`Lock::acquire`] and [`Lock::try_acquire`] return it.
///
/// ```
/// use tminus::{Exception, run, sync::Lock};
///
/// run(async {
///     let lock = Lock::new();
///     let guard = lock.acquire().await?;
///     assert!(lock.locked());
///     drop(guard);
///     assert!(!lock.locked());
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "the lock is released when the guard is dropped"]
pub struct LockGuard {
    lock: Lock,
    acquisition: u64,
}

impl Lock {
    /// Creates a lock that is not locked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `true` if a task holds the lock.
    pub fn locked(&self) -> bool {
        self.0.acquired.get().is_some()
    }

    /// Acquires the lock, after all tasks that have waited longer. If the lock is free and no task waits, the caller does not
    /// suspend. Python's `asyncio.Lock.acquire`.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or tasks of another loop
    ///   have waited for the lock.
    pub fn acquire(&self) -> impl Future<Output = Result<LockGuard, Exception>> + use<> {
        let lock = self.clone();
        async move {
            lock.take_turn().await?;
            Ok(lock.acquired_now())
        }
    }

    /// Acquires the lock without waiting. Returns `None` if a task holds the lock, or if other tasks wait for it already.
    ///
    /// ```
    /// use tminus::sync::Lock;
    ///
    /// let lock = Lock::new();
    /// let guard = lock.try_acquire();
    /// assert!(guard.is_some() && lock.try_acquire().is_none());
    /// ```
    #[must_use = "the lock is released when the guard is dropped"]
    pub fn try_acquire(&self) -> Option<LockGuard> {
        let is_free = !self.locked() && !self.0.waiters.has_any();
        is_free.then(|| self.clone().acquired_now())
    }

    /// Hands the lock to the running task, whose turn it is.
    fn acquired_now(self) -> LockGuard {
        let acquisition = self.0.acquisitions.replace(self.0.acquisitions.get() + 1);
        self.is_held_by(acquisition);
        LockGuard {
            lock: self,
            acquisition,
        }
    }

    /// Waits until the lock is free, and all that have waited longer have had it.
    async fn take_turn(&self) -> Result<(), Exception> {
        while self.locked() || self.0.waiters.has_any() {
            let wait = WaitKind::Lock(self.0.holder.clone());
            if wait_in_line(&*self.0, wait).await? == WaitEnd::Woken {
                break;
            }
        }
        Ok(())
    }

    fn is_held_by(&self, acquisition: u64) {
        self.0.acquired.set(Some(acquisition));
        self.0.holder.set(running_task());
    }

    /// The acquisition that holds the lock. A condition remembers it while it waits.
    pub(super) fn acquisition(&self) -> Option<u64> {
        self.0.acquired.get()
    }

    /// Acquires the lock again, as the same acquisition, so that the guard of it is valid again.
    pub(super) async fn acquire_again(&self, acquisition: u64) -> Result<(), Exception> {
        self.take_turn().await?;
        self.is_held_by(acquisition);
        Ok(())
    }

    /// Releases the lock, whichever task holds it, and hands it over to the task that has waited longest. A [`LockGuard`] does
    /// this when it is dropped, so this method is only needed after [`LockGuard::forget`].
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the lock is not locked.
    pub fn release(&self) -> Result<(), Exception> {
        if self.0.acquired.take().is_none() {
            return Err(Exception::new(Kind::RuntimeError, "Lock is not acquired."));
        }
        self.0.holder.set(None);
        self.0.waiters.wake_first();
        Ok(())
    }
}

impl LockGuard {
    /// Forgets the guard, and leaves the lock locked until somebody calls [`Lock::release`].
    pub fn forget(mut self) {
        self.acquisition = u64::MAX; // which is never reached
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // Somebody may have called `release`, and somebody else may hold the lock now.
        if self.lock.acquisition() == Some(self.acquisition) {
            self.lock.release().expect("this acquisition holds it");
        }
    }
}

impl HasWaiters for Inner {
    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn gave_up(&self, _was_woken: bool) {
        // Whether or not it was woken: a cancelled waiter that was the first one has kept `wake_first` from waking the next.
        if self.acquired.get().is_none() {
            self.waiters.wake_first();
        }
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
