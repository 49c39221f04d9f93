//! What goes wrong with processes.

use std::{error, ffi::OsStr, fmt, io};

use crate::net::in_words;

/// An error of a process: what was tried, with which command or process, and what the system said. Python's `OSError`.
///
/// The error arrives in an [`Exception`](crate::Exception), where [`downcast_ref`](crate::Exception::downcast_ref) finds it:
///
/// ```
/// use std::{io::ErrorKind, process::Command};
/// use tminus::{Exception, process, process::create_subprocess_exec, run};
///
/// run(async {
///     let missing = create_subprocess_exec(Command::new("ignite")).await.unwrap_err();
///     assert_eq!(missing.to_string(), "cannot run ignite: entity not found");
///     let missing = missing.downcast_ref::<process::Error>().unwrap();
///     assert_eq!(missing.kind(), ErrorKind::NotFound);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Debug)]
pub struct Error {
    action: &'static str,
    with: String,
    error: io::Error,
}

impl Error {
    pub(super) fn of_command(program: &OsStr, error: io::Error) -> Self {
        Self {
            action: "run",
            with: program.to_string_lossy().into_owned(),
            error,
        }
    }

    pub(super) fn of_process(action: &'static str, process: String, error: io::Error) -> Self {
        Self {
            action,
            with: process,
            error,
        }
    }

    /// Returns what kind of error it is.
    pub fn kind(&self) -> io::ErrorKind {
        self.error.kind()
    }

    /// Returns the command, or the process in words: `process 123`.
    pub fn process(&self) -> &str {
        &self.with
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: ", self.action, self.with)?;
        in_words(&self.error, f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}
