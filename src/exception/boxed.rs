//! Conversions from errors to exceptions, and from exceptions to boxed errors.

use std::{
    any::{Any, type_name},
    borrow::Cow,
    error::Error,
    fmt,
    panic::Location,
    rc::Rc,
    sync::Arc,
};

use super::{Exception, Inner, Kind, What, error::Exit};

/// An error that implements `Error + Send + Sync`, a text (`&'static str` or `String`), a `Box<dyn Error + Send + Sync>`, an
/// `anyhow::Error`: whatever converts to such a box becomes an exception by `?`.
///
/// A text becomes the message of an exception of [`Kind::Error`]. A [`Error`](super::Error), in a box or not, becomes
/// the exception from which it was made, as far as that could be kept.
///
/// # Requests to stop
///
/// An error that holds a request to stop, as a variant with a [`tminus::Error`](super::Error) does, becomes the request itself:
/// the exception of the inner error, of which [`Kind::is_exit`] is true. So a cancellation that goes through an error of yours is
/// still a cancellation afterwards. The request is looked for among the [sources](Error::source) of the error, and only the
/// nearest exception there counts. A `Timeout` inside of an error does not come out, as it is an error like others.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, ResultExt, clock::VirtualClock, raising, sleep, timeout};
///
/// #[derive(Debug, thiserror::Error)]
/// enum JobError {
///     #[error("the server is busy")]
///     Busy,
///     #[error("the job's task failed")]
///     Task(#[from] tminus::Error),
/// }
///
/// async fn work() -> Result<u32, JobError> {
///     sleep(Duration::from_secs(3600)).await.into_error()?;
///     Err(JobError::Busy)
/// }
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let late = event_loop.run_until_complete(async {
///     timeout(Duration::from_secs(1)).run(raising(work())).await
/// });
/// assert!(late.unwrap_err().is_timeout()); // the limit has recognized its own `Cancelled`
/// ```
impl<E: Into<Box<dyn Error + Send + Sync>> + 'static> From<E> for Exception {
    #[track_caller]
    fn from(error: E) -> Self {
        Self::converted(error, Some(Location::caller()))
    }
}

impl From<Kind> for Exception {
    #[track_caller]
    fn from(kind: Kind) -> Self {
        Self::new(kind, "")
    }
}

impl Exception {
    /// Creates an exception from an error that is not `Send`, or whose type is no longer known.
    ///
    /// `?` converts errors that are `Send + Sync`. For others, and for a plain `Box<dyn Error>`, this function is the one
    /// word that is needed: `load().map_err(Exception::from_boxed)?`.
    ///
    /// If the box was made from an exception, the result is that exception. If the error holds a request to stop, the result is
    /// that request, as with [`From`].
    ///
    /// ```
    /// use std::error::Error;
    /// use tminus::{Exception, Kind};
    ///
    /// fn load() -> Result<(), Box<dyn Error>> {
    ///     Err(Exception::new(Kind::Timeout, "3 s"))?
    /// }
    ///
    /// async fn app() -> Result<(), Exception> {
    ///     load().map_err(Exception::from_boxed)
    /// }
    ///
    /// assert!(tminus::run(app()).unwrap_err().is_timeout());
    /// ```
    #[track_caller]
    pub fn from_boxed(error: impl Into<Box<dyn Error>> + 'static) -> Self {
        let place = Some(Location::caller());
        match text_in(&error) {
            Some(text) => Self::text(text, place),
            None => Self::from_local(error, place),
        }
    }

    fn from_local<E: Into<Box<dyn Error>> + 'static>(
        error: E,
        place: Option<&'static Location<'static>>,
    ) -> Self {
        // Wrapping an exception that is already in a box would nest one level deeper with each conversion.
        let error = match error.into().downcast::<Boxed>() {
            Ok(boxed) => return Self(boxed.0),
            Err(error) => error,
        };
        match error.downcast::<super::Error>() {
            Ok(own) => own.into_exception(),
            Err(error) => exit_in(&*error).unwrap_or_else(|| {
                let name = name_of::<E, Box<dyn Error>>();
                Self::from_what(What::Local { error, name }, place)
            }),
        }
    }

    pub(super) fn converted<E: Into<Box<dyn Error + Send + Sync>> + 'static>(
        error: E,
        place: Option<&'static Location<'static>>,
    ) -> Self {
        if let Some(text) = text_in(&error) {
            return Self::text(text, place);
        }
        match error.into().downcast::<super::Error>() {
            Ok(own) => own.into_exception(),
            Err(error) => exit_in(&*error).unwrap_or_else(|| {
                let what = What::User {
                    error: Arc::new(error),
                    name: name_of::<E, Box<dyn Error + Send + Sync>>(),
                };
                Self::from_what(what, place)
            }),
        }
    }

    fn text(message: Cow<'static, str>, place: Option<&'static Location<'static>>) -> Self {
        let kind = Kind::Error;
        Self::from_what(What::Builtin { kind, message }, place)
    }
}

/// Returns the request to stop that a program's error holds, if it holds one.
///
/// A program's error enum often has a variant for whatever the crate raises. If a cancellation in such a variant became an
/// exception of [`Kind::Error`], the task would end as failed, and a timeout would not recognize its own `Cancelled`.
///
/// Only the nearest exception in the chain of sources counts. Its causes do not: a `Timeout` is an error, although its cause is a
/// `Cancelled`.
fn exit_in(error: &(dyn Error + 'static)) -> Option<Exception> {
    let mut next = error.source();
    while let Some(source) = next {
        if let Some(Exit(error)) = source.downcast_ref() {
            return Some(error.clone().into_exception());
        }
        if let Some(error) = source.downcast_ref::<super::Error>() {
            return error.is_exit().then(|| error.clone().into_exception());
        }
        if let Some(Boxed(inner)) = source.downcast_ref() {
            return inner.kind().is_exit().then(|| Exception(inner.clone()));
        }
        if source.is::<Inner>() {
            return None;
        }
        next = source.source();
    }
    None
}

/// Returns the text if `error` is nothing but a text.
fn text_in(error: &dyn Any) -> Option<Cow<'static, str>> {
    if let Some(text) = error.downcast_ref::<&'static str>() {
        return Some(Cow::Borrowed(text));
    }
    let owned = error.downcast_ref::<String>().cloned().map(Cow::Owned);
    owned.or_else(|| error.downcast_ref::<Cow<'static, str>>().cloned())
}

/// The error itself if the exception was made from one, has no cause, and has no other clones; otherwise an error that
/// holds the exception.
impl From<Exception> for Box<dyn Error> {
    fn from(mut exception: Exception) -> Self {
        if exception.cause().is_none()
            && let Some(error) = exception.take_error()
        {
            return error;
        }
        Box::new(Boxed(exception.0))
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

/// Returns the name for an error of type `E`: `ParseIntError` for `core::num::error::ParseIntError`, without type arguments,
/// and `Error` for a box, whose content is unknown.
fn name_of<E: 'static, B: 'static>() -> &'static str {
    if std::any::TypeId::of::<E>() == std::any::TypeId::of::<B>() {
        return Kind::Error.name();
    }
    let path = type_name::<E>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}
