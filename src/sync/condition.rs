//! A lock, and something that may have become true.

use std::{fmt, rc::Rc};

use super::{
    line::{Line, Waited, wait_in_line},
    lock::{Lock, LockGuard},
};
use crate::{Exception, Kind, event_loop::Reason};

/// A lock that can be given back while one waits for a change of what it guards: Python's `asyncio.Condition`. Clones are the
/// same condition.
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

#[derive(Default)]
struct Inner {
    lock: Lock,
    line: Line,
}

impl Condition {
    /// One with a lock of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with a lock that others have, too.
    pub fn with_lock(lock: Lock) -> Self {
        let line = Line::default();
        Self(Rc::new(Inner { lock, line }))
    }

    /// As [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn acquire(&self) -> impl Future<Output = Result<LockGuard, Exception>> + use<> {
        self.0.lock.acquire()
    }

    /// As [`Lock::release`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn release(&self) -> Result<(), Exception> {
        self.0.lock.release()
    }

    /// As [`Lock::locked`].
    pub fn locked(&self) -> bool {
        self.0.lock.locked()
    }

    /// Gives the lock back, waits until notified, and gets the lock again, in its turn. A guard stays good meanwhile. (Only
    /// where what this gives is dropped half-way, the lock is not had again, and the guard guards nothing.)
    ///
    /// What was waited for may be no longer so when the lock is had again, so look before going on; see
    /// [`wait_for`](Condition::wait_for).
    ///
    /// # Errors
    ///
    /// `Cancelled` where the task is cancelled meanwhile, once the lock is had again; `RuntimeError` where nobody has the lock.
    pub fn wait(&self) -> impl Future<Output = Result<(), Exception>> + use<> {
        self.wait_because(Reason::Sync(&("condition", "a notification")))
    }

    fn wait_because(&self, reason: Reason) -> impl Future<Output = Result<(), Exception>> + use<> {
        let condition = self.0.clone();
        async move {
            let acquisition = condition.locked("wait")?;
            condition.lock.release()?;
            let turn = Turn(&condition);
            let mut waited = wait_in_line(&*condition, reason).await;
            // Cancelled or not, who returns has the lock.
            while let Err(exception) = condition.lock.acquire_again(acquisition).await {
                let cancelled = exception.kind() == Kind::Cancelled;
                waited = Err(exception);
                if !cancelled {
                    break;
                }
            }
            if waited.is_ok() {
                std::mem::forget(turn);
            }
            waited
        }
    }

    /// Waits as often as it takes for `predicate` to be true.
    ///
    /// # Errors
    ///
    /// As [`wait`](Condition::wait).
    pub fn wait_for<P>(&self, predicate: P) -> impl Future<Output = Result<(), Exception>> + use<P>
    where
        P: FnMut() -> bool,
    {
        self.wait_until(predicate, Reason::Sync(&("condition", "a notification")))
    }

    /// The same, and what for.
    pub(super) fn wait_until<P>(
        &self,
        mut predicate: P,
        reason: Reason,
    ) -> impl Future<Output = Result<(), Exception>> + use<P>
    where
        P: FnMut() -> bool,
    {
        let condition = self.clone();
        async move {
            while !predicate() {
                condition.wait_because(reason.clone()).await?;
            }
            Ok(())
        }
    }

    /// Wakes as many of those who wait, the first ones. Each goes on when it has the lock again.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where nobody has the lock.
    pub fn notify(&self, count: usize) -> Result<(), Exception> {
        self.0.locked("notify")?;
        self.0.line.wake(count);
        Ok(())
    }

    /// Wakes all who wait.
    ///
    /// # Errors
    ///
    /// As [`notify`](Condition::notify).
    pub fn notify_all(&self) -> Result<(), Exception> {
        self.notify(usize::MAX)
    }

    /// Wakes all who wait, whoever has the lock.
    pub(super) fn wake_all(&self) {
        self.0.line.wake_all();
    }
}

impl Inner {
    fn locked(&self, to_do: &str) -> Result<u64, Exception> {
        self.lock.acquisition().ok_or_else(|| {
            Exception::new(
                Kind::RuntimeError,
                format!("cannot {to_do} on un-acquired lock"),
            )
        })
    }
}

/// Who waits may have been notified and then not go on: then another one is. It may find that there is nothing to do.
struct Turn<'a>(&'a Inner);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.line.wake(1);
    }
}

impl Waited for Inner {
    fn line(&self) -> &Line {
        &self.line
    }

    fn gave_up(&self, _woken: bool) {} // its turn is passed on when it has the lock again
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("locked", &self.locked())
            .finish()
    }
}
