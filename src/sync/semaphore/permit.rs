//! Permits, as guards.

use std::fmt;

use super::Semaphore;
use crate::{reports::report, targets::SYNC};

/// A guard that releases one or several permits of a [`Semaphore`] when it is dropped. [`Semaphore::acquire`] and
/// [`Semaphore::acquire_many`] return it.
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
    semaphore: Semaphore,
    /// 0 once they are forgotten.
    count: usize,
}

impl Permit {
    /// The caller has taken the permits.
    pub(super) fn new(semaphore: &Semaphore, count: usize) -> Self {
        let semaphore = semaphore.clone();
        Self { semaphore, count }
    }

    /// Returns the number of permits that the guard holds: 1, or the `count` of [`Semaphore::acquire_many`].
    pub fn count(&self) -> usize {
        self.count
    }

    /// Forgets the permits without releasing them. Unless somebody calls [`Semaphore::release_many`], the semaphore has
    /// [`count`](Permit::count) permits fewer from now on.
    pub fn forget(mut self) {
        self.count = 0;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // A drop cannot return an error, and a panic in it could abort the process.
        if let Err(exception) = self.semaphore.0.give_back(self.count) {
            let text = exception.message();
            report!(error, target: SYNC, { %text }, "a permit was released twice", ": {text}");
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("count", &self.count)
            .finish()
    }
}
