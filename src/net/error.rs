//! What goes wrong on a network.

use std::{error, fmt, io};

#[cfg(feature = "io")]
use crate::Exception;

/// An error of a socket: what was tried, with whom, and what the system said. Python's `OSError`.
///
/// A task receives the error as an [`Exception`], and finds it there with [`downcast_ref`](Exception::downcast_ref):
///
/// ```
/// use std::io::ErrorKind;
/// use tminus::{Exception, net, net::TcpStream, simulation::Simulation};
///
/// let program = async {
///     let refused = TcpStream::connect(([127, 0, 0, 1], 80)).await.unwrap_err();
///     assert_eq!(refused.to_string(), "cannot connect to 127.0.0.1:80: connection refused");
///     let refused = refused.downcast_ref::<net::Error>().unwrap();
///     assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Debug)]
pub struct Error {
    action: &'static str,
    with: String,
    error: io::Error,
}

impl Error {
    pub(crate) fn new(action: &'static str, with: impl fmt::Display, error: io::Error) -> Self {
        let with = with.to_string();
        Self {
            action,
            with,
            error,
        }
    }

    /// Returns what kind of error it is.
    pub fn kind(&self) -> io::ErrorKind {
        self.error.kind()
    }

    /// Returns the address, path or name in question, as text.
    pub fn address(&self) -> &str {
        &self.with
    }
}

/// On the simulated network the text is the same as on the real one.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action,
            with,
            error,
        } = self;
        write!(f, "cannot {action} {with}: ")?;
        in_words(error, f)
    }
}

/// Writes what went wrong. The system's own errors have a number and a text that differs from system to system, so they are
/// written by their kind.
pub(crate) fn in_words(error: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let has_a_name = error.raw_os_error().is_some() && is_named(error.kind());
    match has_a_name {
        true => fmt::Display::fmt(&error.kind(), f),
        false => fmt::Display::fmt(error, f),
    }
}

/// Returns `false` for what the standard library has no kind for.
fn is_named(kind: io::ErrorKind) -> bool {
    kind != io::ErrorKind::Other && kind.to_string() != "uncategorized error"
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

/// For the traits of the `futures` crates.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), error)
    }
}

#[cfg(feature = "io")]
/// In those traits nothing can be raised, so this is what a loop refuses, and never a cancellation.
pub(super) fn as_io_error(exception: &Exception) -> io::Error {
    io::Error::other(exception.to_string())
}

#[cfg(all(test, unix, feature = "io"))]
mod tests {
    use super::*;

    /// The kind alone would be "uncategorized error".
    #[test]
    fn what_has_no_kind_is_written_in_the_systems_words() {
        let error = || io::Error::from_raw_os_error(rustix::io::Errno::PROTO.raw_os_error());
        let shown = Error::new("reach", "a peer", error()).to_string();
        assert_eq!(shown, format!("cannot reach a peer: {}", error()));
    }
}
