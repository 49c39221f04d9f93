//! What an exception can be made from, and taken out again.

use std::{error::Error, mem, rc::Rc, sync::Arc};

use super::{Exception, ExceptionGroup, What};

/// What [`Exception::downcast_ref`] finds in an exception: every error, and [`ExceptionGroup`].
///
/// A group is not itself an [`Error`], because it holds exceptions, which stay on their thread.
pub trait Contained: sealed::Sealed + Sized + 'static {}

impl<E: Error + 'static> Contained for E {}

impl Contained for ExceptionGroup {}

mod sealed {
    use super::Exception;

    pub trait Sealed {
        fn find(exception: &Exception) -> Option<&Self>;

        /// Takes the content out. It is in there, unless clones of the exception exist.
        fn take(exception: &mut Exception) -> Option<Self>
        where
            Self: Sized;
    }
}

impl<E: Error + 'static> sealed::Sealed for E {
    fn find(exception: &Exception) -> Option<&Self> {
        match &exception.0.what {
            What::User { error, .. } => error.downcast_ref(),
            What::Local { error, .. } => error.downcast_ref(),
            What::Builtin { .. } | What::StopIteration { .. } | What::Group(_) => None,
        }
    }

    fn take(exception: &mut Exception) -> Option<Self> {
        let error = exception.take_error()?;
        Some(*error.downcast().expect("the type was just checked"))
    }
}

impl sealed::Sealed for ExceptionGroup {
    fn find(exception: &Exception) -> Option<&Self> {
        exception.0.as_group()
    }

    fn take(exception: &mut Exception) -> Option<Self> {
        match exception.take_what() {
            Some(What::Group(group)) => Some(*group),
            _ => None,
        }
    }
}

impl Exception {
    /// Returns `true` if the exception was made from an error of type `E`, or is a group (`is::<ExceptionGroup>()`).
    pub fn is<E: Contained>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Returns a reference to the error from which the exception was made, if that error is an `E`. An [`ExceptionGroup`] is
    /// found, too.
    pub fn downcast_ref<E: Contained>(&self) -> Option<&E> {
        E::find(self)
    }

    /// Extracts the error or the group from which the exception was made.
    ///
    /// ```
    /// use tminus::Exception;
    /// use std::fmt::Error;
    ///
    /// let exception = Exception::from(Error);
    /// assert_eq!(exception.downcast::<Error>().unwrap(), Error);
    /// ```
    ///
    /// # Errors
    ///
    /// - The unchanged exception if it was not made from an `E`.
    /// - The unchanged exception if clones of it still exist, or a [`Error`](super::Error) made from one.
    pub fn downcast<E: Contained>(mut self) -> Result<E, Self> {
        if !self.is::<E>() {
            return Err(self);
        }
        E::take(&mut self).ok_or(self)
    }

    /// Takes the contents out, unless clones of the exception still exist. The cause stays, to be dropped in turn.
    pub(super) fn take_what(&mut self) -> Option<What> {
        let inner = Rc::get_mut(&mut self.0)?;
        Some(mem::replace(&mut inner.what, What::TAKEN))
    }

    /// Takes the error out from which the exception was made, unless clones of either still exist.
    pub(super) fn take_error(&mut self) -> Option<Box<dyn Error>> {
        let is_taken = match &mut Rc::get_mut(&mut self.0)?.what {
            What::User { error, .. } => Arc::get_mut(error).is_some(),
            What::Local { .. } => true,
            What::Builtin { .. } | What::StopIteration { .. } | What::Group(_) => false,
        };
        match is_taken.then(|| self.take_what())?? {
            What::User { error, .. } => Some(Arc::into_inner(error)?),
            What::Local { error, .. } => Some(error),
            What::Builtin { .. } | What::StopIteration { .. } | What::Group(_) => {
                unreachable!("the contents were just checked")
            }
        }
    }
}
