//! Causes of exceptions. They form no cycle: [`Exception::with_cause`] refuses to close one.

use std::{collections::HashSet, error::Error, iter, ptr, rc::Rc};

use super::{Exception, Inner, What, boxed::Boxed};

impl Exception {
    /// Sets the cause of the exception: Python's `raise self from cause`.
    ///
    /// All clones of the exception have this cause. An exception that has a cause keeps it, and `cause` is dropped.
    ///
    /// A cause that leads back to this exception is dropped, too, because such a cycle would never be freed. It leads back
    /// if this exception is among its causes, or in a group among them. (CPython breaks cycles of `__context__`, and leaves
    /// those of `__cause__` to its garbage collector.) A cycle through an error of your own, which holds an exception, is
    /// not noticed. It is leaked.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// let io = std::io::Error::other("disk on fire");
    /// let error = Exception::new(Kind::RuntimeError, "cannot load").with_cause(io);
    /// assert_eq!(error.source().unwrap().to_string(), "disk on fire");
    ///
    /// let same = error.clone().with_cause(error.clone()); // no cause of itself
    /// assert_eq!(same.sources().count(), 1);
    /// ```
    #[track_caller]
    pub fn with_cause(self, cause: impl Into<Exception>) -> Self {
        let cause = cause.into();
        if self.0.cause.get().is_none() && !self.is_part_of(&cause) {
            cause.set_inside();
            let set = self.0.cause.set(cause);
            set.unwrap_or_else(|_| unreachable!("there was no cause a moment ago"));
        }
        self
    }

    /// Returns the cause that [`with_cause`](Exception::with_cause) has set: Python's `e.__cause__`.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// let late = Exception::new(Kind::RuntimeError, "cannot load").with_cause(Kind::Timeout);
    /// assert_eq!(late.cause().unwrap().kind(), Kind::Timeout);
    /// ```
    pub fn cause(&self) -> Option<&Exception> {
        self.0.cause.get()
    }

    /// Returns the nearest source: the cause, or if there is none, the source of the error from which the exception was
    /// made.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }

    /// Returns an iterator over all sources, nearest first.
    ///
    /// It ends when it comes to an exception for the second time, as errors of your own can form a cycle.
    pub fn sources(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        self.0.sources()
    }

    /// Returns what tells the exception from all others that exist.
    pub(super) fn address(&self) -> *const Inner {
        Rc::as_ptr(&self.0)
    }

    /// Marks the exception as one to which causes can lead: it is a member of a group from now on.
    pub(super) fn set_inside(&self) {
        self.0.inside.set(true);
    }

    /// Returns `true` if the exception is `whole`, one of its causes, or in a group among them.
    ///
    /// A long chain is built from its end by setting it as the cause of a new exception. That one is inside nothing yet, so
    /// building `n` causes does not walk the chain `n` times.
    fn is_part_of(&self, whole: &Exception) -> bool {
        if !self.0.inside.get() {
            return Rc::ptr_eq(&self.0, &whole.0);
        }
        let (mut seen, mut open) = (HashSet::new(), vec![whole]);
        while let Some(next) = open.pop() {
            if Rc::ptr_eq(&self.0, &next.0) {
                return true;
            }
            if seen.insert(next.address()) {
                open.extend(next.cause());
                open.extend(
                    next.0
                        .as_group()
                        .into_iter()
                        .flat_map(|group| group.exceptions()),
                );
            }
        }
        false
    }
}

impl Inner {
    pub(super) fn source(&self) -> Option<&(dyn Error + 'static)> {
        match (self.cause.get(), &self.what) {
            (Some(cause), _) => Some(&*cause.0),
            (None, What::User { error, .. }) => error.source(),
            (None, What::Local { error, .. }) => error.source(),
            (None, What::Builtin { .. } | What::StopIteration { .. } | What::Group(_)) => None,
        }
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let mut seen = HashSet::new();
        iter::successors(self.source(), |&error| error.source()).take_while(move |&error| {
            Inner::behind(error).is_none_or(|inner| seen.insert(ptr::from_ref(inner)))
        })
    }

    /// Returns the exception that an error among sources is, if it is one.
    pub(super) fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Inner> {
        let boxed = || error.downcast_ref::<Boxed>().map(|boxed| &*boxed.0);
        error.downcast_ref::<Inner>().or_else(boxed)
    }
}

impl Error for Inner {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source()
    }
}
