//! The kinds of exceptions.

use std::fmt;

/// The kind of an [`Exception`](super::Exception): what a body matches on.
///
/// The names are Python's if Python has one.
///
/// A program can have kinds of its own. [`Kind::error`] and [`Kind::exit`] create them as constants, which work as patterns:
///
/// ```
/// use tminus::{Exception, Kind};
///
/// const RATE_LIMITED: Kind = Kind::error("RateLimited");
///
/// fn describe(exception: &Exception) -> &'static str {
///     match exception.kind() {
///         Kind::Timeout => "too slow",
///         Kind::Cancelled => "told to stop",
///         RATE_LIMITED => "too many requests",
///         _ => "failed",
///     }
/// }
///
/// assert_eq!(describe(&Exception::from(Kind::Timeout)), "too slow");
/// assert_eq!(describe(&Exception::new(RATE_LIMITED, "wait 3 s")), "too many requests");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A request to clean up and finish, thrown into a generator that is closed or dropped.
    GeneratorExit,
    /// A request to stop, raised in a task that is cancelled (Python's `CancelledError`).
    Cancelled,
    /// The user pressed Ctrl-C.
    KeyboardInterrupt,
    /// A generator has finished. The exception may carry the generator's result.
    StopIteration,
    /// An operation did not finish in time (Python's `TimeoutError`).
    Timeout,
    /// A rule of the protocol was broken.
    RuntimeError,
    /// An argument has the right type but an unusable value, or a generator is already executing.
    ValueError,
    /// An object is not in the right state for an operation, such as a send to a just-started generator.
    TypeError,
    /// A future does not have its result yet, or already has one (Python's `InvalidStateError`).
    InvalidState,
    /// A barrier was aborted or reset while a task waited for it (Python's `BrokenBarrierError`).
    BrokenBarrier,
    /// A queue has no item now.
    QueueEmpty,
    /// A queue has no room now.
    QueueFull,
    /// A queue was shut down: it accepts no more items, or has none left.
    QueueShutDown,
    /// A delegate does not have the requested operation.
    AttributeError,
    /// A panic; the message is the panic's. (Python has no counterpart.)
    Panic,
    /// An error of the program's own, converted by `From` or `?`, or a text.
    Error,
    /// A kind of the program's own: see [`Kind::error`] and [`Kind::exit`].
    Own(OwnKind),
}

/// The content of [`Kind::Own`]. [`Kind::error`] and [`Kind::exit`] create it.
///
/// ```
/// use tminus::Kind;
///
/// const SHUTDOWN: Kind = Kind::exit("Shutdown");
/// let Kind::Own(own) = SHUTDOWN else { unreachable!() };
/// assert_eq!(own.name(), "Shutdown");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnKind {
    name: &'static str,
    exit: bool,
}

impl OwnKind {
    /// Returns the name with which the kind was created.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Kind {
    /// Creates a kind for errors of a program: Python's `class RateLimited(Exception): pass`.
    ///
    /// Two kinds are equal if they were created by the same function with equal names. Such a kind differs from every kind
    /// of the crate, even if the names are equal.
    ///
    /// ```
    /// use tminus::{Exception, Kind};
    ///
    /// const RATE_LIMITED: Kind = Kind::error("RateLimited");
    /// let error = Exception::new(RATE_LIMITED, "wait 3 s");
    /// assert_eq!(error.to_string(), "RateLimited: wait 3 s");
    /// assert!(error == RATE_LIMITED && !RATE_LIMITED.is_exit());
    /// ```
    pub const fn error(name: &'static str) -> Self {
        Kind::Own(OwnKind { name, exit: false })
    }

    /// Creates a kind for requests to stop: Python's `class Shutdown(BaseException): pass`.
    ///
    /// [`is_exit`](Kind::is_exit) returns `true` for it, so a body that handles every error propagates it. The event loop and
    /// task groups treat it as they treat errors: only a `KeyboardInterrupt` ends the run of the loop.
    ///
    /// ```
    /// use tminus::Kind;
    ///
    /// const SHUTDOWN: Kind = Kind::exit("Shutdown");
    /// assert!(SHUTDOWN.is_exit());
    /// ```
    pub const fn exit(name: &'static str) -> Self {
        Kind::Own(OwnKind { name, exit: true })
    }

    /// Returns `true` if Python's `except Exception` does not catch exceptions of this kind: they are requests to stop,
    /// not errors.
    ///
    /// A body that handles "every error" should propagate these.
    ///
    /// ```
    /// use tminus::Kind;
    ///
    /// assert!(Kind::GeneratorExit.is_exit());
    /// assert!(!Kind::RuntimeError.is_exit());
    /// ```
    pub fn is_exit(self) -> bool {
        match self {
            Kind::GeneratorExit | Kind::Cancelled | Kind::KeyboardInterrupt => true,
            Kind::Own(own) => own.exit,
            _ => false,
        }
    }

    /// Returns the name of the kind, as an exception of the kind shows it: Python's `type(e).__name__`.
    ///
    /// ```
    /// use tminus::Kind;
    ///
    /// assert_eq!(Kind::ValueError.name(), "ValueError");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
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
            Kind::Own(own) => own.name,
        }
    }
}
