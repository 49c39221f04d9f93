//! Conversions from errors to exceptions, and from exceptions to boxed errors.

use std::{error::Error, fmt, rc::Rc};

use super::{Exception, Inner, Kind, What};

impl<E: Error + 'static> From<E> for Exception {
    fn from(error: E) -> Self {
        Self::from_what(What::User {
            error: Box::new(error),
            type_name: short_name(std::any::type_name::<E>()),
        })
    }
}

impl From<Kind> for Exception {
    fn from(kind: Kind) -> Self {
        Self::new(kind, "")
    }
}

impl Exception {
    /// Creates an exception from an error whose type is no longer known. (`?` cannot, because `Box<dyn Error>` is not an
    /// `Error`.)
    ///
    /// If the box was made from an exception, the result is that exception.
    ///
    /// ```
    /// use std::error::Error;
    /// use tminus::{Exception, Kind};
    ///
    /// let late: Box<dyn Error> = Exception::new(Kind::Timeout, "3 s").into();
    /// assert_eq!(Exception::from_boxed(late).kind(), Kind::Timeout);
    /// assert_eq!(Exception::from_boxed("no such engine".into()).kind(), Kind::Error);
    /// ```
    pub fn from_boxed(error: Box<dyn Error>) -> Self {
        // Wrapping an exception that is already in a box would nest one level deeper with each conversion.
        match error.downcast::<Boxed>() {
            Ok(boxed) => Self(boxed.0),
            Err(error) => Self::from_what(What::User {
                error,
                type_name: "Error",
            }),
        }
    }
}

/// The error itself if the exception was made from one, has no cause, and has no other clones; otherwise an error that
/// holds the exception.
impl From<Exception> for Box<dyn Error> {
    fn from(mut exception: Exception) -> Self {
        let bare = exception.cause().is_none() && matches!(exception.0.what, What::User { .. });
        match bare.then(|| exception.take_what()).flatten() {
            Some(What::User { error, .. }) => error,
            Some(What::Builtin { .. } | What::StopIteration { .. }) => {
                unreachable!("the contents were just checked")
            }
            None => Box::new(Boxed(exception.0)),
        }
    }
}

/// An exception as an error among others.
pub(super) struct Boxed(pub(super) Rc<Inner>);

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Error for Boxed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Returns `ParseIntError` for `core::num::error::ParseIntError`, without type arguments.
fn short_name(path: &'static str) -> &'static str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}
