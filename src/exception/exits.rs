//! Requests to stop that are inside of other errors, and stay requests to stop.
//!
//! A program's error enum often has a variant for whatever the crate raises. If a cancellation went through such an error and
//! became an exception of [`Kind::Error`](super::Kind::Error), the task would end as failed, and a timeout would not recognize
//! its own `Cancelled`.

use std::{error::Error, fmt};

use super::{Exception, Inner, boxed::Boxed};

/// Returns the request to stop that a program's error holds, if it holds one.
///
/// Only the nearest exception in the chain of sources counts. Its causes do not: a `Timeout` is an error, although its cause is a
/// `Cancelled`.
pub(super) fn exit_in(error: &(dyn Error + 'static)) -> Option<Exception> {
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

/// The first source of an [`Error`](super::Error) that is a request to stop, and a copy of that error.
///
/// A wrapper such as `#[error(transparent)]` or `anyhow::Error` shows the text and the sources of the inner error, and never the
/// inner error itself. So the request has to be among these sources.
pub(super) struct Exit(pub(super) super::Error);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request to stop")
    }
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Exit {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
