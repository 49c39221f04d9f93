//! What `throw`, `close` and cancellation deliver.
//!
//! A generator body is Rust, so an exception is an `Err` and `?` is how it propagates. All exceptions have one type,
//! [`Exception`]. An exception has a [`Kind`] of the crate or of yours and a message, or it holds any [`std::error::Error`] of
//! yours or an [`ExceptionGroup`]. [The guide](crate::guide::errors) shows all of this on one page.
//!
//! ```
//! use tminus::{Exception, Kind};
//!
//! fn parse(text: &str) -> Result<u32, Exception> {
//!     Ok(text.parse::<u32>()?) // any error becomes an Exception by `?`
//! }
//!
//! let error = parse("ten").unwrap_err();
//! assert_eq!(error.kind(), Kind::Error);
//! assert!(error.is::<std::num::ParseIntError>());
//! assert_eq!(error.to_string(), "invalid digit found in string");
//!
//! let hosed = Exception::new(Kind::RuntimeError, "You're hosed!");
//! assert_eq!(hosed.to_string(), "RuntimeError: You're hosed!");
//! ```
//!
//! Causes and groups can be nested as deeply as memory allows: showing, splitting and dropping them takes linear time, and
//! does not use the machine stack.

mod boxed;
mod causes;
mod compared;
mod contained;
mod error;
mod group;
mod kind;
mod result_ext;
mod shown;

use std::{
    any::Any,
    borrow::Cow,
    cell::{Cell, OnceCell},
    mem,
    panic::Location,
    rc::Rc,
    sync::Arc,
};

use crate::{dropping::drop_in_turn_and_report, panics::caught};

pub use contained::Contained;
pub use error::Error;
pub use group::ExceptionGroup;
pub use kind::{Kind, OwnKind};
pub use result_ext::ResultExt;

/// An exception: one pointer wide, cheap to clone, and made from any error by `?`.
///
/// Clones are the same exception, as two names in Python are: every task that awaits a failed task gets the same one.
/// Like a generator, an exception stays on the thread that created it.
///
/// `Exception` is not itself a [`std::error::Error`] (no type can be one and also be made `From` every error). `?`
/// converts it to a `Box<dyn Error>`, and to a [`Error`], which can go to other threads and into other
/// libraries' errors.
///
/// Two exceptions are equal if they are of the same kind and have the same message. An exception that was made from an error,
/// a group, and a `StopIteration` with a value are equal only to themselves. An exception and a [`Kind`] can be compared,
/// too: `error == Kind::Timeout`.
///
/// An exception remembers the place where it was created. [`location`](Exception::location) returns it, and `{:?}` shows it.
/// `{:#}` shows the causes on one line.
///
/// If the `Drop` of the error or of the value inside panics, the panic is logged through `tracing` and goes no further,
/// as an exception in Python's `__del__` does.
///
/// ```
/// use tminus::{Exception, Kind};
///
/// let exception = Exception::new(Kind::RuntimeError, "cannot load").with_cause(Kind::Timeout);
/// assert_eq!(exception.kind(), Kind::RuntimeError);
/// assert_eq!(exception.message(), "cannot load");
/// assert_eq!(format!("{exception:#}"), "RuntimeError: cannot load: Timeout");
/// ```
#[derive(Clone)]
pub struct Exception(Rc<Inner>);

struct Inner {
    what: What,
    cause: OnceCell<Exception>,
    /// Where the program created the exception; `None` if the crate did.
    place: Option<&'static Location<'static>>,
    /// `true` once the exception has become a cause or a member of a group: until then no chain of causes can lead to it.
    inside: Cell<bool>,
}

enum What {
    Builtin {
        kind: Kind,
        message: Cow<'static, str>,
    },
    StopIteration {
        value: Box<dyn Any>,
    },
    /// Shared with the [`Error`]s that were made from the exception.
    User {
        error: Arc<Box<dyn std::error::Error + Send + Sync>>,
        name: &'static str,
    },
    /// An error that stays on its thread, unless its type is no longer known.
    Local {
        error: Box<dyn std::error::Error>,
        name: &'static str,
    },
    Group(Box<ExceptionGroup>),
}

impl What {
    /// Remains in an exception whose contents were taken out.
    const TAKEN: Self = Self::Builtin {
        kind: Kind::Error,
        message: Cow::Borrowed(""),
    };
}

impl Exception {
    /// Creates an exception of a kind, with a message (which may be empty).
    ///
    /// Python's counterpart is `RuntimeError("You're hosed!")`. For an error of your own, use [`From`] or `?`.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// let full = Exception::new(Kind::ValueError, format!("{} stages at most", 3));
    /// assert_eq!(full.to_string(), "ValueError: 3 stages at most");
    /// ```
    #[track_caller]
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self::from_what(What::Builtin { kind, message }, Some(Location::caller()))
    }

    /// Creates an exception of [`Kind::Error`] from a text.
    ///
    /// `Err("text")?` does the same.
    ///
    /// ```
    /// use tminus::Exception;
    ///
    /// let error = Exception::msg(format!("no engine {}", 3));
    /// assert_eq!(error.to_string(), "no engine 3");
    /// ```
    #[track_caller]
    pub fn msg(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Error, message)
    }

    /// Creates a `StopIteration` that carries a value: what a generator's `return` is to its caller.
    ///
    /// ```
    /// use tminus::Exception;
    ///
    /// let stop = Exception::stop_iteration(6.5);
    /// assert_eq!(stop.value::<f64>(), Some(&6.5));
    /// ```
    #[track_caller]
    pub fn stop_iteration<T: 'static>(value: T) -> Self {
        let value = Box::new(value);
        Self::from_what(What::StopIteration { value }, Some(Location::caller()))
    }

    fn from_what(what: What, place: Option<&'static Location<'static>>) -> Self {
        Self(Rc::new(Inner {
            what,
            cause: OnceCell::new(),
            place: place.filter(|place| is_outside(place.file())),
            inside: Cell::new(false),
        }))
    }

    /// Returns the kind of the exception. An error of your own is of [`Kind::Error`].
    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// Returns the name of the kind, or of the error's type: Python's `type(e).__name__`.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Returns the place where the program created the exception, or `None` if the crate raised it.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// let error = Exception::from(Kind::ValueError);
    /// if let Some(place) = error.location() {
    ///     println!("{error} was created in {}, line {}", place.file(), place.line());
    /// }
    /// ```
    pub fn location(&self) -> Option<&'static Location<'static>> {
        self.0.place
    }

    /// Returns the text without the name: Python's `str(e)`. It is empty if there is none.
    ///
    /// # Panics
    ///
    /// - If the exception was made from an error whose `Display` panics.
    pub fn message(&self) -> Cow<'_, str> {
        match &self.0.what {
            What::Builtin { message, .. } => Cow::Borrowed(message),
            What::StopIteration { .. } => Cow::Borrowed(""),
            What::User { error, .. } => Cow::Owned(error.to_string()),
            What::Local { error, .. } => Cow::Owned(error.to_string()),
            What::Group(group) => Cow::Owned(group.to_string()),
        }
    }

    /// Returns a reference to the value that a `StopIteration` carries, if the value is a `T`.
    pub fn value<T: 'static>(&self) -> Option<&T> {
        match &self.0.what {
            What::StopIteration { value } => value.downcast_ref(),
            What::Builtin { .. } | What::User { .. } | What::Local { .. } | What::Group(_) => None,
        }
    }

    /// Extracts the value from a `StopIteration`.
    ///
    /// # Errors
    ///
    /// - The unchanged exception if it carries no value, or the value is not a `T`.
    /// - The unchanged exception if clones of it still exist.
    pub fn into_value<T: 'static>(mut self) -> Result<T, Self> {
        if self.value::<T>().is_none() {
            return Err(self);
        }
        match self.take_what() {
            Some(What::StopIteration { value }) => {
                Ok(*value.downcast().expect("the type was just checked"))
            }
            Some(_) => unreachable!("only a StopIteration has a value"),
            None => Err(self),
        }
    }
}

impl Inner {
    fn kind(&self) -> Kind {
        match self.what {
            What::Builtin { kind, .. } => kind,
            What::StopIteration { .. } => Kind::StopIteration,
            What::User { .. } | What::Local { .. } | What::Group(_) => Kind::Error,
        }
    }

    fn name(&self) -> &'static str {
        match self.what {
            What::User { name, .. } | What::Local { name, .. } => name,
            What::Group(_) => ExceptionGroup::NAME,
            What::Builtin { kind, .. } => kind.name(),
            What::StopIteration { .. } => Kind::StopIteration.name(),
        }
    }

    fn as_group(&self) -> Option<&ExceptionGroup> {
        match &self.what {
            What::Group(group) => Some(group),
            _ => None,
        }
    }
}

impl Drop for Inner {
    /// The contents are dropped in turn because they may own more exceptions: a cause, the members of a group, whatever an
    /// error of the user's holds. Their panics end here because nobody knows who drops the last clone: it may be the event
    /// loop in the middle of a round, or a panic that is unwinding already, and then a second one would abort the process.
    fn drop(&mut self) {
        let cause = self.cause.take();
        if cause.is_none() && matches!(self.what, What::Builtin { .. }) {
            return;
        }
        let what = mem::replace(&mut self.what, What::TAKEN);
        drop_in_turn_and_report((what, cause));
    }
}

/// Returns `false` for a file of the crate itself: if the crate raises an exception, its own line is of no use to the reader.
fn is_outside(file: &str) -> bool {
    let this_file = file!();
    let sources = this_file.len() - "exception/mod.rs".len();
    !file.starts_with(&this_file[..sources])
}

/// Runs code that is not the crate's. A panic in it becomes an exception of [`Kind::Panic`], with the panic's text.
#[inline]
pub(crate) fn catching<T>(run: impl FnOnce() -> T) -> Result<T, Exception> {
    caught(run).map_err(|text| Exception::new(Kind::Panic, text))
}

/// Applies PEP 479: a `StopIteration` that escapes from a body becomes a `RuntimeError`, with the `StopIteration` as its
/// cause. Otherwise a caller would take the mistake for the body's end.
///
/// `what` is the kind of body, `generator` or `coroutine`. Any other exception is returned unchanged.
#[inline]
pub(crate) fn escaped_stop_iteration(exception: Exception, what: &'static str) -> Exception {
    match exception.kind() {
        Kind::StopIteration => escaped(exception, what),
        _ => exception,
    }
}

#[cold]
#[inline(never)]
fn escaped(exception: Exception, what: &'static str) -> Exception {
    let text = format!("{what} raised StopIteration");
    Exception::new(Kind::RuntimeError, text).with_cause(exception)
}

/// Returns `true` for a `StopIteration` that carries no value, not even a `()`: Python's `StopIteration()`.
pub(crate) fn is_bare_stop_iteration(exception: &Exception) -> bool {
    matches!(
        exception.0.what,
        What::Builtin {
            kind: Kind::StopIteration,
            ..
        }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place and the kinds of a program's own have made it two words larger.
    #[test]
    fn the_allocation_of_an_exception_is_nine_words() {
        assert_eq!(size_of::<Inner>(), 9 * size_of::<usize>());
    }

    /// A path that only begins like that of the crate's sources is outside.
    #[test]
    fn only_the_files_of_the_crate_are_inside() {
        let sources = &file!()[..file!().len() - "exception/mod.rs".len()];
        assert!(!is_outside(file!()));
        assert!(!is_outside(&format!("{sources}lib.rs")));
        assert!(is_outside(&format!(
            "{}x/lib.rs",
            &sources[..sources.len() - 1]
        )));
        assert!(is_outside("main.rs"));
    }
}
