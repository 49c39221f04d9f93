//! Comparing exceptions with kinds and with each other.

use std::rc::Rc;

use super::{Exception, Kind, What};

impl Exception {
    /// Returns `true` if the exception is a cancellation, of [`Kind::Cancelled`].
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// assert!(Exception::from(Kind::Cancelled).is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        *self == Kind::Cancelled
    }

    /// Returns `true` if the exception is of [`Kind::Timeout`].
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// assert!(Exception::new(Kind::Timeout, "3 s").is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        *self == Kind::Timeout
    }

    /// Returns `true` if both are clones of the same exception: Python's `is`.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// let one = Exception::from(Kind::Timeout);
    /// let other = Exception::from(Kind::Timeout);
    /// assert!(one.ptr_eq(&one.clone()) && !one.ptr_eq(&other));
    /// assert_eq!(one, other); // but they are equal
    /// ```
    pub fn ptr_eq(&self, other: &Exception) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Places and causes are not compared.
impl PartialEq for Exception {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0.what, &other.0.what) {
            (
                What::Builtin { kind, message },
                What::Builtin {
                    kind: other_kind,
                    message: other_message,
                },
            ) => kind == other_kind && message == other_message,
            _ => self.ptr_eq(other),
        }
    }
}

impl Eq for Exception {}

impl PartialEq<Kind> for Exception {
    fn eq(&self, kind: &Kind) -> bool {
        self.kind() == *kind
    }
}

impl PartialEq<Kind> for &Exception {
    fn eq(&self, kind: &Kind) -> bool {
        self.kind() == *kind
    }
}

impl PartialEq<Exception> for Kind {
    fn eq(&self, exception: &Exception) -> bool {
        *self == exception.kind()
    }
}

impl PartialEq<&Exception> for Kind {
    fn eq(&self, exception: &&Exception) -> bool {
        *self == exception.kind()
    }
}
