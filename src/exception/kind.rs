//! The kinds of exceptions.

/// The kind of an [`Exception`](super::Exception): what a body matches on.
///
/// The names are Python's if Python has one.
///
/// ```
/// use tminus::{Exception, Kind};
///
/// fn describe(exception: &Exception) -> &'static str {
///     match exception.kind() {
///         Kind::Timeout => "too slow",
///         Kind::Cancelled => "told to stop",
///         _ => "failed",
///     }
/// }
///
/// assert_eq!(describe(&Exception::from(Kind::Timeout)), "too slow");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// An error of the program's own, converted by `From` or `?`.
    Error,
}

impl Kind {
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
        matches!(
            self,
            Kind::GeneratorExit | Kind::Cancelled | Kind::KeyboardInterrupt
        )
    }

    pub(super) fn name(self) -> &'static str {
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
        }
    }
}
