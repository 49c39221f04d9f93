//! Words for results.

use std::{borrow::Cow, convert::Infallible};

use super::{Error, Exception, Kind};

/// Words that turn the error of a `Result`, or a `None`, into an [`Exception`] with a message, or into an [`Error`].
///
/// `context` and `with_context` mean the same as in `anyhow`. In a scope that imports both traits, `.context` is ambiguous:
/// import one trait only inside the functions that need it.
///
/// ```
/// use tminus::{Exception, ResultExt};
///
/// fn port(text: &str) -> Result<u16, Exception> {
///     let (_, port) = text.split_once(':').context("no port")?;
///     port.parse::<u16>().with_context(|| format!("bad port {port:?}"))
/// }
///
/// assert_eq!(port("localhost:80"), Ok(80));
/// assert_eq!(port("localhost").unwrap_err().to_string(), "RuntimeError: no port");
/// let bad = port("localhost:http").unwrap_err();
/// assert_eq!(format!("{bad:#}"), "RuntimeError: bad port \"http\": invalid digit found in string");
/// ```
pub trait ResultExt<T, E>: sealed::Sealed + Sized {
    /// Raises a `RuntimeError` with this message, and with the error as its cause: Python's `raise RuntimeError(…) from e`.
    ///
    /// A request to stop, such as a cancellation, is not an error and is raised unchanged: see [`Kind::is_exit`].
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if this is an `Err` or `None`.
    /// - The unchanged exception if it is a request to stop.
    #[track_caller]
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T, Exception>;

    /// Like [`context`](ResultExt::context), but calls `message` to create the message if there is an error.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if this is an `Err` or `None`.
    /// - The unchanged exception if it is a request to stop.
    #[track_caller]
    fn with_context<M: Into<Cow<'static, str>>>(
        self,
        message: impl FnOnce() -> M,
    ) -> Result<T, Exception>;

    /// Converts the error to a [`Error`], which other libraries accept as an error.
    ///
    /// ```
    /// use tminus::{Exception, Kind, ResultExt, run};
    ///
    /// async fn app() -> Result<(), Exception> {
    ///     Err(Kind::Timeout)?
    /// }
    ///
    /// fn start() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    ///     run(app()).into_error()?;
    ///     Ok(())
    /// }
    ///
    /// assert_eq!(start().unwrap_err().to_string(), "Timeout");
    /// ```
    ///
    /// # Errors
    ///
    /// - The error of the result.
    #[track_caller]
    fn into_error(self) -> Result<T, Error>
    where
        Self: Into<Result<T, E>>,
        E: Into<Exception>,
    {
        match self.into() {
            Ok(value) => Ok(value),
            Err(error) => Err(Error::from(error.into())),
        }
    }
}

impl<T, E: Into<Exception>> ResultExt<T, E> for Result<T, E> {
    #[track_caller]
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T, Exception> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => match error.into() {
                exit if exit.kind().is_exit() => Err(exit),
                error => Err(Exception::new(Kind::RuntimeError, message).with_cause(error)),
            },
        }
    }

    #[track_caller]
    fn with_context<M: Into<Cow<'static, str>>>(
        self,
        message: impl FnOnce() -> M,
    ) -> Result<T, Exception> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => match error.into() {
                exit if exit.kind().is_exit() => Err(exit),
                error => Err(Exception::new(Kind::RuntimeError, message()).with_cause(error)),
            },
        }
    }
}

impl<T> ResultExt<T, Infallible> for Option<T> {
    #[track_caller]
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T, Exception> {
        match self {
            Some(value) => Ok(value),
            None => Err(Exception::new(Kind::RuntimeError, message)),
        }
    }

    #[track_caller]
    fn with_context<M: Into<Cow<'static, str>>>(
        self,
        message: impl FnOnce() -> M,
    ) -> Result<T, Exception> {
        match self {
            Some(value) => Ok(value),
            None => Err(Exception::new(Kind::RuntimeError, message())),
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl<T, E> Sealed for Result<T, E> {}

    impl<T> Sealed for Option<T> {}
}
