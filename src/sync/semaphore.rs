//! Semaphores, of which a fixed number of tasks hold a permit at a time.
//!
//! # Invariant
//!
//! A permit is free and counted in `value`, or held, or on its way to a woken waiter. Waking a waiter subtracts the permit from
//! `value`. A woken waiter that gives up adds the permit again and passes it on.

use std::{cell::Cell, fmt, ops::Deref, rc::Rc};

use super::{
    in_line::wait_in_line,
    waiters::{HasWaiters, WaitEnd, Waiters},
};
use crate::{
    Exception, Kind,
    event_loop::{LineWords, WaitKind},
    reports::report,
    targets::SYNC,
};

const A_PERMIT: LineWords = LineWords {
    kind: "semaphore",
    words: "a permit of a semaphore",
};

/// A number of permits that tasks acquire and release: Python's `asyncio.Semaphore`. Clones are handles to the same semaphore.
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

struct Inner {
    waiters: Waiters,
    value: Cell<usize>,
    /// The most permits that there can be.
    bound: usize,
}

/// Releases a permit of a [`Semaphore`] when it is dropped. [`Semaphore::acquire`] returns it.
///
/// ```
/// use tminus::{Exception, run, sync::Semaphore};
///
/// run(async {
///     let semaphore = Semaphore::new(2);
///     let permit = semaphore.acquire().await?;
///     assert_eq!(semaphore.value(), 1);
///     drop(permit);
///     assert_eq!(semaphore.value(), 2);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "the permit is released when it is dropped"]
pub struct Permit {
    /// `None` once it is forgotten.
    semaphore: Option<Semaphore>,
}

impl Semaphore {
    /// Creates a semaphore with `value` permits.
    pub fn new(value: usize) -> Self {
        Self::with_bound(value, usize::MAX)
    }

    fn with_bound(value: usize, bound: usize) -> Self {
        Self(Rc::new(Inner {
            waiters: Waiters::default(),
            value: Cell::new(value),
            bound,
        }))
    }

    /// Returns the number of free permits. A permit on its way to a task that is about to run is not free.
    pub fn value(&self) -> usize {
        self.0.value.get()
    }

    /// Returns `true` if a task that calls [`acquire`](Semaphore::acquire) now has to wait: if no permit is free, or if other
    /// tasks wait already.
    pub fn locked(&self) -> bool {
        self.0.is_locked()
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
        let semaphore = self.clone();
        async move {
            semaphore.0.take_permit().await?;
            Ok(Permit {
                semaphore: Some(semaphore),
            })
        }
    }

    /// Releases a permit, which goes to the task that has waited longest. A [`Permit`] does this when it is dropped. Call it
    /// after [`Permit::forget`], or to add a permit.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the semaphore is a [`BoundedSemaphore`] that has all its permits, or if it has `usize::MAX` permits.
    pub fn release(&self) -> Result<(), Exception> {
        let value = self.value();
        if value >= self.0.bound {
            let refused = match self.0.bound {
                usize::MAX => "Semaphore released too many times",
                _ => "BoundedSemaphore released too many times",
            };
            return Err(Exception::new(Kind::ValueError, refused));
        }
        self.0.value.set(value + 1);
        self.0.give_one();
        Ok(())
    }
}

impl Inner {
    async fn take_permit(&self) -> Result<(), Exception> {
        while self.is_locked() {
            if wait_in_line(self, WaitKind::Line(&A_PERMIT)).await? == WaitEnd::Woken {
                // Whoever woke it has subtracted its permit from the value. While it was about to run, others had to wait even
                // if permits were free, so it lets them have these now.
                self.give_all();
                return Ok(());
            }
        }
        self.value.set(self.value.get() - 1);
        Ok(())
    }

    fn is_locked(&self) -> bool {
        self.value.get() == 0 || self.waiters.has_any()
    }

    /// Lets the task that has waited longest have a free permit. Returns `false` if nobody waits.
    fn give_one(&self) -> bool {
        let given = self.waiters.wake_next();
        if given {
            self.value.set(self.value.get() - 1);
        }
        given
    }

    fn give_all(&self) {
        while self.value.get() > 0 && self.give_one() {}
    }
}

impl HasWaiters for Inner {
    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn gave_up(&self, was_woken: bool) {
        if was_woken {
            // Not beyond the bound, should somebody have released that many while it waited for its turn.
            let value = self.value.get().saturating_add(1);
            self.value.set(value);
        }
        self.give_all();
    }
}

impl Permit {
    /// Forgets the permit without releasing it. Unless somebody calls [`Semaphore::release`], the semaphore has one permit fewer
    /// from now on.
    pub fn forget(mut self) {
        self.semaphore = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let released = self.semaphore.take().map(|semaphore| semaphore.release());
        // A drop cannot return an error, and a panic in it could abort the process.
        if let Some(Err(exception)) = released {
            let text = exception.message();
            report!(error, target: SYNC, { %text }, "a permit was released twice", ": {text}");
        }
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
#[derive(Clone)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Creates a semaphore with `value` permits, and never more.
    pub fn new(value: usize) -> Self {
        Self(Semaphore::with_bound(value, value))
    }
}

/// It has the methods of a semaphore.
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

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}
