//! What `throw`, `close` and cancellation deliver.
//!
//! A generator body is Rust, so an exception is an `Err` and `?` is how it propagates. One type carries them all:
//! [`Exception`]. It is either one of the [`Kind`]s that the crate itself raises, or any [`std::error::Error`] of
//! yours.
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

use std::{
    any::Any,
    borrow::Cow,
    cell::OnceCell,
    error::Error,
    fmt, mem,
    panic::{self, AssertUnwindSafe},
    rc::Rc,
};

/// Which exception it is: what a body matches on.
///
/// The names are Python's, as far as Python has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Thrown in by `close` and by dropping: clean up and finish.
    GeneratorExit,
    /// A task was asked to stop (Python's `CancelledError`).
    Cancelled,
    /// The user pressed Ctrl-C.
    KeyboardInterrupt,
    /// A generator has no more to give; may carry a value.
    StopIteration,
    /// What it took was longer than what it was given (Python's `TimeoutError`).
    Timeout,
    /// A rule of the protocol was broken.
    RuntimeError,
    /// An argument of the right type and an unusable value; also a generator that is already executing.
    ValueError,
    /// An operation on something that is not in the right condition for it, such as a send to a just-started generator.
    TypeError,
    /// A future is asked for what it does not have yet, or given what it has already.
    InvalidState,
    /// A barrier was aborted or reset while it was waited for (Python's `BrokenBarrierError`).
    BrokenBarrier,
    /// A queue has nothing to give now.
    QueueEmpty,
    /// A queue has no room now.
    QueueFull,
    /// A queue takes nothing any more, or has nothing to give any more.
    QueueShutDown,
    /// A delegate does not have the operation that was asked of it.
    AttributeError,
    /// A panic ended it; the message is the panic's. (Python has none.)
    Panic,
    /// An error of the program's own: whatever came in by `From`.
    Error,
}

impl Kind {
    /// Whether Python's `except Exception` lets it pass: a request to stop, and no error.
    ///
    /// A body that handles "every error" leaves these alone.
    ///
    /// ```
    /// use tminus::Kind;
    ///
    /// assert!(Kind::GeneratorExit.is_exit());
    /// assert!(!Kind::RuntimeError.is_exit());
    /// ```
    pub fn is_exit(self) -> bool {
        matches!(
            self,
            Kind::GeneratorExit | Kind::Cancelled | Kind::KeyboardInterrupt
        )
    }
}

/// An exception: one pointer wide, cheap to clone, made from any error by `?`.
///
/// Clones are the same exception, as two names in Python are: several tasks that wait for one result all get it.
/// Like a generator, it stays on the thread where it was made.
///
/// `Exception` is not itself a [`std::error::Error`] (no type can be that and also be made `From` every error). It
/// turns into a `Box<dyn Error>` by `?`.
#[derive(Clone)]
pub struct Exception(Rc<Inner>);

struct Inner {
    what: What,
    cause: OnceCell<Exception>,
}

enum What {
    Builtin {
        kind: Kind,
        message: Cow<'static, str>,
    },
    StopIteration {
        value: Box<dyn Any>,
    },
    User {
        error: Box<dyn Error>,
        type_name: &'static str,
    },
}

impl Exception {
    /// Makes an exception of a kind, with a message (which may be empty).
    ///
    /// Python's counterpart is `RuntimeError("You're hosed!")`. For an error of your own, use [`From`] or `?`.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::from_what(What::Builtin {
            kind,
            message: message.into(),
        })
    }

    /// Makes a `StopIteration` that carries a value: what a generator's `return` is to the one who drives it.
    ///
    /// ```
    /// use tminus::Exception;
    ///
    /// let stop = Exception::stop_iteration(6.5);
    /// assert_eq!(stop.value::<f64>(), Some(&6.5));
    /// ```
    pub fn stop_iteration<T: 'static>(value: T) -> Self {
        Self::from_what(What::StopIteration {
            value: Box::new(value),
        })
    }

    /// Makes an exception from an error whose type is no longer known. (`?` cannot: `Box<dyn Error>` is no `Error`.)
    pub fn from_boxed(error: Box<dyn Error>) -> Self {
        Self::from_what(What::User {
            error,
            type_name: "Error",
        })
    }

    /// Says what this one came from: Python's `raise self from cause`. The first cause given stays.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// let io = std::io::Error::other("disk on fire");
    /// let error = Exception::new(Kind::RuntimeError, "cannot load").with_cause(io);
    /// assert_eq!(error.source().unwrap().to_string(), "disk on fire");
    /// ```
    pub fn with_cause(self, cause: impl Into<Exception>) -> Self {
        // All who hold the exception see its cause; the first one given stays.
        self.0.cause.get_or_init(|| cause.into());
        self
    }

    fn from_what(what: What) -> Self {
        Self(Rc::new(Inner {
            what,
            cause: OnceCell::new(),
        }))
    }

    /// Which exception it is.
    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// The kind's name, or the name of the error's type: Python's `type(e).__name__`.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The text without the name: Python's `str(e)`. Empty where there is none.
    pub fn message(&self) -> Cow<'_, str> {
        match &self.0.what {
            What::Builtin { message, .. } => Cow::Borrowed(message),
            What::StopIteration { .. } => Cow::Borrowed(""),
            What::User { error, .. } => Cow::Owned(error.to_string()),
        }
    }

    /// The value that a `StopIteration` carries, if it is a `T`.
    pub fn value<T: 'static>(&self) -> Option<&T> {
        match &self.0.what {
            What::StopIteration { value } => value.downcast_ref(),
            What::Builtin { .. } | What::User { .. } => None,
        }
    }

    /// Takes the value out of a `StopIteration`; gives the exception back where it has none, the value is no `T`,
    /// or somebody else still holds the exception.
    pub fn into_value<T: 'static>(self) -> Result<T, Self> {
        if self.value::<T>().is_none() {
            return Err(self);
        }
        match Rc::try_unwrap(self.0) {
            Ok(Inner {
                what: What::StopIteration { value },
                ..
            }) => Ok(*value.downcast().expect("the type was just checked")),
            Ok(_) => unreachable!("only a StopIteration has a value"),
            Err(shared) => Err(Self(shared)),
        }
    }

    /// Whether it was made from an error of type `E`.
    pub fn is<E: Error + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// The error it was made from, if that is an `E`.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        match &self.0.what {
            What::User { error, .. } => error.downcast_ref(),
            What::Builtin { .. } | What::StopIteration { .. } => None,
        }
    }

    /// Takes the error out; gives the exception back where that is no `E` or somebody else still holds the exception.
    ///
    /// ```
    /// use tminus::Exception;
    /// use std::fmt::Error;
    ///
    /// let exception = Exception::from(Error);
    /// assert_eq!(exception.downcast::<Error>().unwrap(), Error);
    /// ```
    pub fn downcast<E: Error + 'static>(self) -> Result<E, Self> {
        if !self.is::<E>() {
            return Err(self);
        }
        match Rc::try_unwrap(self.0) {
            Ok(Inner {
                what: What::User { error, .. },
                ..
            }) => Ok(*error.downcast().expect("the type was just checked")),
            Ok(_) => unreachable!("only an error of the program's own is an `E`"),
            Err(shared) => Err(Self(shared)),
        }
    }

    /// What it came from: its own cause, or else the source of the error it was made from.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }

    /// Everything it came from, nearest first.
    pub fn sources(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        std::iter::successors(self.source(), |&error| error.source())
    }
}

impl Inner {
    fn kind(&self) -> Kind {
        match self.what {
            What::Builtin { kind, .. } => kind,
            What::StopIteration { .. } => Kind::StopIteration,
            What::User { .. } => Kind::Error,
        }
    }

    fn name(&self) -> &'static str {
        match self.what {
            What::User { type_name, .. } => type_name,
            What::Builtin { .. } | What::StopIteration { .. } => match self.kind() {
                Kind::GeneratorExit => "GeneratorExit",
                Kind::Cancelled => "Cancelled",
                Kind::KeyboardInterrupt => "KeyboardInterrupt",
                Kind::StopIteration => "StopIteration",
                Kind::Timeout => "Timeout",
                Kind::RuntimeError => "RuntimeError",
                Kind::ValueError => "ValueError",
                Kind::TypeError => "TypeError",
                Kind::InvalidState => "InvalidState",
                Kind::BrokenBarrier => "BrokenBarrier",
                Kind::QueueEmpty => "QueueEmpty",
                Kind::QueueFull => "QueueFull",
                Kind::QueueShutDown => "QueueShutDown",
                Kind::AttributeError => "AttributeError",
                Kind::Panic => "Panic",
                Kind::Error => "Error",
            },
        }
    }

    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match (self.cause.get(), &self.what) {
            (Some(cause), _) => Some(&*cause.0),
            (None, What::User { error, .. }) => error.source(),
            (None, What::Builtin { .. } | What::StopIteration { .. }) => None,
        }
    }
}

/// The last line of Python's traceback, `RuntimeError: You're hosed!`; an error of your own prints as it always does.
impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

/// The text, and under it the causes: what `fn main() -> Result<(), Exception>` shows.
impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::User { error, .. } => error.fmt(f),
            What::Builtin { message, .. } if !message.is_empty() => {
                write!(f, "{}: {message}", self.name())
            }
            What::Builtin { .. } | What::StopIteration { .. } => f.write_str(self.name()),
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::User { type_name, error } => write!(f, "{type_name}: {error}")?,
            What::Builtin { .. } | What::StopIteration { .. } => write!(f, "{self}")?,
        }
        let mut source = self.source();
        while let Some(error) = source {
            write!(f, "\n  caused by: {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for Inner {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source()
    }
}

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

impl From<Exception> for Box<dyn Error> {
    fn from(exception: Exception) -> Self {
        match Rc::try_unwrap(exception.0) {
            Ok(Inner {
                what: What::User { error, .. },
                cause,
            }) if cause.get().is_none() => error,
            Ok(inner) => Box::new(inner),
            Err(shared) => Box::new(Shared(shared)),
        }
    }
}

/// An exception that somebody else holds too, as an error among others.
struct Shared(Rc<Inner>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// `ParseIntError` of `core::num::error::ParseIntError`; type arguments go.
fn short_name(path: &'static str) -> &'static str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

/// Runs code that is not ours. A panic in it becomes an exception of [`Kind::Panic`], with the panic's text.
#[inline]
pub(crate) fn catching<T>(run: impl FnOnce() -> T) -> Result<T, Exception> {
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    ran.map_err(|panic| {
        let literal = panic.downcast_ref::<&str>().copied();
        let text = literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("a panic without a text").to_owned();
        // The payload is the panicking code's own value, so even its drop may panic.
        if let Err(worse) = panic::catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            mem::forget(worse);
        }
        Exception::new(Kind::Panic, text)
    })
}

/// Turns a `StopIteration` that leaves a body into the `RuntimeError` that PEP 479 asks for, with the `StopIteration` as
/// its cause. `what` is what the body belongs to: "generator" or "coroutine". Other exceptions are returned as they are.
#[inline]
pub(crate) fn escaped_stop_iteration(exception: Exception, what: &'static str) -> Exception {
    if exception.kind() != Kind::StopIteration {
        return exception;
    }
    Exception::new(Kind::RuntimeError, format!("{what} raised StopIteration")).with_cause(exception)
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

    #[test]
    fn is_one_pointer_wide() {
        assert_eq!(size_of::<Exception>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Exception>>(), size_of::<usize>());
    }

    #[test]
    fn debug_lists_the_causes() {
        let root = std::io::Error::other("disk on fire");
        let middle = Exception::new(Kind::ValueError, "bad page").with_cause(root);
        let error = Exception::new(Kind::RuntimeError, "cannot load").with_cause(middle);
        assert_eq!(
            format!("{error:?}"),
            "RuntimeError: cannot load\n  caused by: ValueError: bad page\n  caused by: disk on fire"
        );
        assert_eq!(error.sources().count(), 2);
    }

    #[test]
    fn an_error_keeps_its_type_and_its_sources() {
        let parse = "x".parse::<u8>().unwrap_err();
        let mut error = Exception::from(parse.clone());
        assert_eq!(error.name(), "ParseIntError");
        assert_eq!(
            error.downcast_ref::<std::num::ParseIntError>(),
            Some(&parse)
        );
        error = error.downcast::<std::fmt::Error>().unwrap_err();
        let second = error.clone();
        error = error
            .downcast::<std::num::ParseIntError>()
            .expect_err("still shared");
        drop(second);
        assert_eq!(error.downcast::<std::num::ParseIntError>().unwrap(), parse);
    }

    #[test]
    fn turns_into_a_boxed_error_and_back() {
        let boxed: Box<dyn Error> = Exception::new(Kind::Timeout, "3 s").into();
        assert_eq!(boxed.to_string(), "Timeout: 3 s");
        assert_eq!(Exception::from_boxed(boxed).to_string(), "Timeout: 3 s");
    }

    #[test]
    fn the_value_of_stop_iteration_can_be_taken_once_nobody_else_holds_it() {
        let stop = Exception::stop_iteration(String::from("Result"));
        let other = stop.clone();
        let stop = stop.into_value::<String>().expect_err("shared");
        drop(other);
        let stop = stop.into_value::<u8>().expect_err("a String");
        assert_eq!(stop.into_value::<String>().unwrap(), "Result");
    }
}
