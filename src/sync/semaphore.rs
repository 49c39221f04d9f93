//! So many at a time.

use std::{cell::Cell, fmt, ops::Deref, rc::Rc};

use super::line::{Line, Waited, wait_in_line};
use crate::{Exception, Kind, event_loop::Reason, targets::SYNC};

/// What so many tasks have at a time: Python's `asyncio.Semaphore`. Clones are the same semaphore.
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
    line: Line,
    value: Cell<usize>,
    bound: Option<usize>,
}

/// Gives a permit of a [`Semaphore`] back when it is dropped.
#[must_use = "when it is dropped the permit is given back"]
pub struct Permit {
    /// `None` once it is forgotten.
    semaphore: Option<Semaphore>,
}

impl Semaphore {
    /// One with so many permits.
    pub fn new(value: usize) -> Self {
        Self::with_bound(value, None)
    }

    fn with_bound(value: usize, bound: Option<usize>) -> Self {
        Self(Rc::new(Inner {
            line: Line::default(),
            value: Cell::new(value),
            bound,
        }))
    }

    /// How many permits are free. (One that has been given to a task that is about to run is not.)
    pub fn value(&self) -> usize {
        self.0.value.get()
    }

    /// Whether who asks now has to wait.
    pub fn locked(&self) -> bool {
        self.value() == 0 || self.0.line.is_waited_in()
    }

    /// Waits until it is one's turn to have a permit.
    ///
    /// # Errors
    ///
    /// `Cancelled` where the task is cancelled meanwhile; `RuntimeError` where it is to be waited for, and no loop runs.
    pub fn acquire(&self) -> impl Future<Output = Result<Permit, Exception>> + use<> {
        let semaphore = self.clone();
        async move {
            let inner = &semaphore.0;
            if semaphore.locked() {
                // Whoever wakes it has taken the permit from the value.
                wait_in_line(
                    &**inner,
                    Reason::Sync(&("semaphore", "a permit of a semaphore")),
                )
                .await?;
                inner.give_all();
            } else {
                inner.value.set(inner.value.get() - 1);
            }
            Ok(Permit {
                semaphore: Some(semaphore),
            })
        }
    }

    /// Gives a permit back: the task that waits first gets it. Seldom needed: a [`Permit`] does that when it is dropped.
    ///
    /// # Errors
    ///
    /// `ValueError` where it is a [`BoundedSemaphore`] and has all its permits.
    pub fn release(&self) -> Result<(), Exception> {
        let value = self.value();
        if self.0.bound.is_some_and(|bound| value >= bound) {
            return Err(Exception::new(
                Kind::ValueError,
                "BoundedSemaphore released too many times",
            ));
        }
        self.0.value.set(value + 1);
        self.0.give_one();
        Ok(())
    }
}

impl Inner {
    /// Gives a free permit to who waits first. False where nobody does.
    fn give_one(&self) -> bool {
        let given = self.line.wake_next();
        if given {
            self.value.set(self.value.get() - 1);
        }
        given
    }

    fn give_all(&self) {
        while self.value.get() > 0 && self.give_one() {}
    }
}

impl Waited for Inner {
    fn line(&self) -> &Line {
        &self.line
    }

    fn gave_up(&self, woken: bool) {
        if woken {
            self.value.set(self.value.get() + 1);
        }
        self.give_all();
    }
}

impl Permit {
    /// Keeps the permit from being given back. Somebody has to [`release`](Semaphore::release) it, or there is one less.
    pub fn forget(mut self) {
        self.semaphore = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let given_back = self.semaphore.take().map(|semaphore| semaphore.release());
        if let Some(Err(exception)) = given_back {
            tracing::error!(target: SYNC, text = %exception.message(), "a permit was released twice");
        }
    }
}

/// A semaphore that never has more permits than at first: Python's `asyncio.BoundedSemaphore`. To release one too many is an
/// error.
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
    /// One with so many permits.
    pub fn new(value: usize) -> Self {
        Self(Semaphore::with_bound(value, Some(value)))
    }
}

/// It is a semaphore.
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
