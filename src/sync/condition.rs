//! Conditions: a lock, and tasks that wait until what it protects has changed.
//!
//! A wait has three parts, each of which can be cancelled: the lock is released; a notification is waited for; the lock is
//! acquired again. As in asyncio, a task that returns from a wait holds the lock, whether it was notified or cancelled.

use std::{fmt, rc::Rc};

use super::{
    identity::compares_by_identity,
    in_line::wait_in_line,
    lock::{Lock, LockGuard},
    truthy::Truthy,
    waiters::{HasWaiters, WaitEnd, Waiters},
};
use crate::{
    Exception, Kind,
    event_loop::{LineWords, WaitKind},
};

const A_NOTIFICATION: LineWords = LineWords {
    kind: "condition",
    words: "a notification",
};

/// A lock that a task can release while it waits for a change of what the lock protects: Python's `asyncio.Condition`. Clones
/// are handles to the same condition.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use tminus::{Exception, gather, run, sync::Condition};
///
/// let (condition, fuel) = (Condition::new(), Rc::new(Cell::new(0)));
/// let launch = {
///     let (condition, fuel) = (condition.clone(), fuel.clone());
///     async move {
///         let _guard = condition.acquire().await?;
///         condition.wait_for(|| fuel.get() >= 2).await?;
///         Ok(fuel.get())
///     }
/// };
/// let pump = async move {
///     for _ in 0..3 {
///         let _guard = condition.acquire().await?;
///         fuel.set(fuel.get() + 1);
///         condition.notify(1)?;
///     }
///     Ok(())
/// };
/// let (fuel, ()) = run(async { gather((launch, pump)).await })?;
/// assert_eq!(fuel, 3);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Default)]
pub struct Condition(Rc<Inner>);

compares_by_identity!(Condition, "condition");

#[derive(Default)]
struct Inner {
    lock: Lock,
    waiters: Waiters,
}

impl Condition {
    /// Creates a condition with a lock of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a condition that uses `lock`, which other conditions can use, too.
    pub fn with_lock(lock: Lock) -> Self {
        let waiters = Waiters::default();
        Self(Rc::new(Inner { lock, waiters }))
    }

    /// Acquires the lock. See [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or tasks of another loop
    ///   have waited for the lock.
    pub fn acquire(&self) -> impl Future<Output = Result<LockGuard, Exception>> + use<> {
        self.0.lock.acquire()
    }

    /// Acquires the lock without waiting. Returns `None` if a task holds the lock, or if other tasks wait for it already.
    #[must_use = "the lock is released when the guard is dropped"]
    pub fn try_acquire(&self) -> Option<LockGuard> {
        self.0.lock.try_acquire()
    }

    /// Releases the lock. See [`Lock::release`].
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the lock is not locked.
    pub fn release(&self) -> Result<(), Exception> {
        self.0.lock.release()
    }

    /// Returns `true` if a task holds the lock.
    pub fn locked(&self) -> bool {
        self.0.lock.locked()
    }

    /// Releases the lock, waits for a notification, and reacquires the lock after the tasks already waiting for it. The
    /// caller's guard stays valid. (If the returned future is dropped while it waits, the lock is not reacquired, and the guard
    /// protects nothing.)
    ///
    /// When the task has the lock again, the change that it waited for can have been undone by another task. So check again, or
    /// use [`wait_for`](Condition::wait_for).
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits. It is raised after the lock was reacquired.
    /// - `RuntimeError` if the lock is not locked.
    /// - `RuntimeError` if no event loop is running on this thread, or if tasks of another loop have waited for the condition.
    pub fn wait(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        self.wait_because(&A_NOTIFICATION)
    }

    fn wait_because(
        &self,
        reason: &'static LineWords,
    ) -> impl Future<Output = Result<(), Exception>> + use<> {
        let condition = self.0.clone();
        async move {
            let acquisition = condition.locked("wait")?;
            condition.lock.release()?;
            let notified = Notified(&condition);
            let mut waited = condition.notified(reason).await;
            // Cancelled or not, the task returns with the lock, so it waits for that as often as it is cancelled; the last
            // `Cancelled` is raised, as in CPython. Any other error means that there is no loop to wait in.
            while let Err(exception) = condition.lock.acquire_again(acquisition).await {
                let cancelled = exception.kind() == Kind::Cancelled;
                waited = Err(exception);
                if !cancelled {
                    break;
                }
            }
            if waited.is_ok() {
                std::mem::forget(notified); // its notification was for this task
            }
            waited
        }
    }

    /// Waits until `predicate` returns `true` or `Some(value)`, and returns `()` or the value. The predicate is called with the
    /// lock held: now, and after each notification. Python's `asyncio.Condition.wait_for`.
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use tminus::{Exception, gather, run, sync::Condition};
    ///
    /// let (condition, orders) = (Condition::new(), Rc::new(RefCell::new(Vec::new())));
    /// let pilot = {
    ///     let (condition, orders) = (condition.clone(), orders.clone());
    ///     async move {
    ///         let _guard = condition.acquire().await?;
    ///         condition.wait_for(|| orders.borrow_mut().pop()).await
    ///     }
    /// };
    /// let tower = async move {
    ///     let _guard = condition.acquire().await?;
    ///     orders.borrow_mut().push("land");
    ///     condition.notify(1)
    /// };
    /// let (order, ()) = run(async { gather((pilot, tower)).await })?;
    /// assert_eq!(order, "land");
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits. It is raised after the lock was reacquired.
    /// - `RuntimeError` if the task has to wait, and the lock is not locked.
    /// - `RuntimeError` if the task has to wait, and no event loop is running on this thread or tasks of another loop have waited
    ///   for the condition.
    pub fn wait_for<P, R>(
        &self,
        predicate: P,
    ) -> impl Future<Output = Result<R::Value, Exception>> + use<P, R>
    where
        P: FnMut() -> R,
        R: Truthy,
    {
        self.wait_until(predicate, &A_NOTIFICATION)
    }

    /// Like [`wait_for`](Condition::wait_for), with the words for reports.
    pub(super) fn wait_until<P, R>(
        &self,
        mut predicate: P,
        reason: &'static LineWords,
    ) -> impl Future<Output = Result<R::Value, Exception>> + use<P, R>
    where
        P: FnMut() -> R,
        R: Truthy,
    {
        let condition = self.clone();
        async move {
            loop {
                if let Some(value) = predicate().value() {
                    return Ok(value);
                }
                condition.wait_because(reason).await?;
            }
        }
    }

    /// Wakes up to `count` waiters, the longest-waiting first. Each continues once it has reacquired the lock.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the lock is not locked.
    pub fn notify(&self, count: usize) -> Result<(), Exception> {
        self.0.locked("notify")?;
        self.0.waiters.wake(count);
        Ok(())
    }

    /// Wakes all waiters. Each continues once it has reacquired the lock.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the lock is not locked.
    pub fn notify_all(&self) -> Result<(), Exception> {
        self.notify(usize::MAX)
    }

    /// Wakes all waiters, whether or not the lock is locked.
    pub(super) fn wake_all(&self) {
        self.0.waiters.wake_all();
    }
}

impl Inner {
    async fn notified(&self, reason: &'static LineWords) -> Result<(), Exception> {
        // A notification that could not wake it has woken the next waiter.
        while wait_in_line(self, WaitKind::Line(reason)).await? == WaitEnd::Missed {}
        Ok(())
    }

    fn locked(&self, to_do: &str) -> Result<u64, Exception> {
        self.lock.acquisition().ok_or_else(|| {
            Exception::new(
                Kind::RuntimeError,
                format!("cannot {to_do} on un-acquired lock"),
            )
        })
    }
}

/// Notifies another waiter when it is dropped, because this one was notified, perhaps, and does not continue. As in CPython 3.13,
/// the other one can find that there is nothing to do.
struct Notified<'a>(&'a Inner);

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        self.0.waiters.wake(1);
    }
}

impl HasWaiters for Inner {
    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn gave_up(&self, _was_woken: bool) {} // `Notified` does that, after the lock was reacquired
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("locked", &self.locked())
            .finish()
    }
}
