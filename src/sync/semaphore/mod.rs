//! Semaphores, of which a fixed number of tasks hold a permit at a time.
//!
//! - This file: the public semaphores. `permit`: the guard.
//! - `requests`: what all handles to a semaphore share, and the future that acquires permits.

mod permit;
mod requests;

use std::{fmt, ops::Deref, rc::Rc};

pub use permit::Permit;

use super::identity::compares_by_identity;
use crate::Exception;
use requests::{Acquire, Inner};

/// A number of permits that tasks acquire and release: Python's `asyncio.Semaphore`. Clones are handles to the same semaphore.
///
/// Tasks get their permits in the order in which they asked. A task that waits for several permits is not overtaken by tasks
/// that ask for fewer.
///
/// ```
/// use tminus::{Exception, gather, run, sync::Semaphore, yield_now};
///
/// let downloads = Semaphore::new(3);
/// let fetch = move |n: u32| {
///     let downloads = downloads.clone();
///     async move {
///         let _permit = downloads.acquire().await?; // three at a time
///         yield_now().await?;
///         Ok(n)
///     }
/// };
/// let pages = run(async move { gather((0..10).map(fetch).collect::<Vec<_>>()).await })?;
/// assert_eq!(pages.len(), 10);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct Semaphore(Rc<Inner>);

compares_by_identity!(Semaphore, "semaphore");

impl Semaphore {
    /// Creates a semaphore with `value` permits.
    pub fn new(value: usize) -> Self {
        Self::with_bound(value, usize::MAX)
    }

    fn with_bound(value: usize, bound: usize) -> Self {
        Self(Rc::new(Inner::new(value, bound)))
    }

    /// Returns the number of free permits. A permit on its way to a task that is about to run is not free.
    pub fn value(&self) -> usize {
        self.0.value()
    }

    /// Returns `true` if a task that calls [`acquire`](Semaphore::acquire) now has to wait: if no permit is free, or if other
    /// tasks wait already.
    pub fn locked(&self) -> bool {
        self.0.is_locked(1)
    }

    /// Acquires a permit, after all tasks that have waited longer. If a permit is free and nobody waits, the caller does not
    /// suspend.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or tasks of another loop
    ///   have waited for the semaphore.
    pub fn acquire(&self) -> impl Future<Output = Result<Permit, Exception>> + use<> {
        Acquire::new(self.clone(), 1)
    }

    /// Acquires `count` permits at the same time, after all tasks that have waited longer. The [`Permit`] releases all of them.
    ///
    /// While the task waits, it holds no permit. Later tasks wait, too, even if there are enough permits for them. So a large
    /// request is served once enough permits are free, however many small requests there are. If the task is cancelled while it
    /// waits, the tasks after it are served. A `count` of 0 does not wait.
    ///
    /// A task that holds a permit and waits for more can wait forever, if other tasks do the same. Acquire all permits that are
    /// needed in one call.
    ///
    /// ```
    /// use tminus::{Exception, run, sync::Semaphore};
    ///
    /// run(async {
    ///     let tanks = Semaphore::new(4);
    ///     let launch = tanks.acquire_many(3).await?;
    ///     assert_eq!((launch.count(), tanks.value()), (3, 1));
    ///     drop(launch);
    ///     assert_eq!(tanks.value(), 4);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `ValueError` if the semaphore is a [`BoundedSemaphore`] that never has `count` permits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or tasks of another loop
    ///   have waited for the semaphore.
    pub fn acquire_many(
        &self,
        count: usize,
    ) -> impl Future<Output = Result<Permit, Exception>> + use<> {
        Acquire::new(self.clone(), count)
    }

    /// Acquires a permit without waiting. Returns `None` if no permit is free, or if other tasks wait already.
    ///
    /// ```
    /// use tminus::sync::Semaphore;
    ///
    /// let downloads = Semaphore::new(1);
    /// let permit = downloads.try_acquire();
    /// assert!(permit.is_some() && downloads.try_acquire().is_none());
    /// ```
    #[must_use = "the permit is released when it is dropped"]
    pub fn try_acquire(&self) -> Option<Permit> {
        self.try_acquire_many(1)
    }

    /// Acquires `count` permits at the same time, without waiting. Returns `None` if fewer permits are free, or if other tasks wait
    /// already.
    #[must_use = "the permits are released when they are dropped"]
    pub fn try_acquire_many(&self, count: usize) -> Option<Permit> {
        let is_taken = self.0.try_take(count);
        is_taken.then(|| Permit::new(self, count))
    }

    /// Releases a permit, which goes to the task that has waited longest. Dropping a [`Permit`] does this, so the method is only
    /// needed after [`Permit::forget`], or to add a permit.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the semaphore is a [`BoundedSemaphore`] that has all its permits, or if it has `usize::MAX` permits.
    pub fn release(&self) -> Result<(), Exception> {
        self.release_many(1)
    }

    /// Releases `count` permits, as calling [`release`](Semaphore::release) `count` times does. If this fails, it releases none.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the semaphore is a [`BoundedSemaphore`] that would have more permits than at first, or if it would have
    ///   more than `usize::MAX` permits.
    pub fn release_many(&self, count: usize) -> Result<(), Exception> {
        self.0.release(count)
    }
}

/// A semaphore that never has more permits than at first: Python's `asyncio.BoundedSemaphore`. Releasing a permit that nobody
/// has acquired is an error.
///
/// ```
/// use tminus::{Kind, sync::BoundedSemaphore};
///
/// let semaphore = BoundedSemaphore::new(2);
/// assert_eq!(semaphore.release().unwrap_err().kind(), Kind::ValueError);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Creates a semaphore with `value` permits, and never more.
    pub fn new(value: usize) -> Self {
        Self(Semaphore::with_bound(value, value))
    }
}

/// A bounded semaphore has the methods of a semaphore.
impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("value", &self.value())
            .finish()
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoundedSemaphore").field(&self.0).finish()
    }
}
