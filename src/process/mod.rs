//! Processes: starting them, talking to them through pipes, and waiting for their ends.
//!
//! ```
//! use std::process::{Command, Stdio};
//! use tminus::{Exception, process::create_subprocess_exec, run};
//!
//! let (output, returncode) = run(async {
//!     let mut sort = Command::new("sort");
//!     sort.arg("-n").stdin(Stdio::piped()).stdout(Stdio::piped());
//!     let process = create_subprocess_exec(sort).await?;
//!     let (output, _) = process.communicate(b"10\n9\n8\n").await?;
//!     Ok((output, process.returncode()))
//! })?;
//! assert_eq!(output, b"8\n9\n10\n");
//! assert_eq!(returncode, Some(0));
//! # Ok::<(), Exception>(())
//! ```
//!
//! What to start is a [`Command`] of the standard library. Of its three streams, those that are [piped](Stdio::piped) are
//! [`streams`](crate::streams) here: a writer, and readers that read before anybody asks.
//!
//! # The end of a process
//!
//! When a process ends, the system sends SIGCHLD, and the loop looks which of its processes have ended. No thread waits. A
//! process that nobody waits for is looked after, too, so that it does not stay as a zombie, as long as the loop exists and runs.
//!
//! - Dropping a [`Process`] does not end the process, as in Python. Its pipes stay open: its output can still be read. Only its
//!   standard input is closed, when all handles to the writer are dropped.
//! - Closing the loop closes the pipes. It does not end processes either.
//! - As long as a process of the loop lives, its end can wake the loop, which therefore waits and reports no deadlock.
//!
//! # Difference from CPython
//!
//! In CPython 3.13.0, [`Process::wait`] also waits until the pipes are closed, which never happens if the process has left a
//! process of its own in the background. Here, it waits for the end of the process, as in later versions.
//!
//! Processes belong to real time, so they are refused on a virtual clock and in a simulation.

mod child;
mod children;
mod communicate;
mod create;
mod error;
mod pipes;
mod running;
#[cfg(test)]
mod tests;

pub use create::CreateSubprocess;
pub use error::Error;
pub use running::Process;

use std::process::Command;
#[cfg(doc)]
use std::process::Stdio;

/// Starts a process: Python's `asyncio.create_subprocess_exec`. Await it, or set options before.
///
/// ```
/// use std::process::Command;
/// use tminus::{Exception, process::create_subprocess_exec, run};
///
/// let returncode = run(async {
///     let process = create_subprocess_exec(Command::new("false")).await?;
///     process.wait().await
/// })?;
/// assert_eq!(returncode, 1);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - [`Error`] if the command does not exist, cannot be run, or has a NUL byte in an argument.
/// - `ValueError` if the limit is 0.
/// - `Cancelled` if the task is cancelled before the pipes are connected, which takes some rounds. The process is killed then.
/// - `RuntimeError` if no event loop is running on this thread, its clock is virtual, or it is simulated.
/// - An [`io::Error`](std::io::Error) if the system has no file descriptors left.
pub fn create_subprocess_exec(command: Command) -> CreateSubprocess {
    CreateSubprocess::new(command)
}

/// Starts a shell that runs a line: Python's `asyncio.create_subprocess_shell`. Await it, or set options before.
///
/// The shell is `/bin/sh`. Whatever is put into the line has to be quoted for it.
///
/// ```
/// use std::process::Stdio;
/// use tminus::{Exception, process::create_subprocess_shell, run};
///
/// let shown = run(async {
///     let process = create_subprocess_shell("echo T-minus $((2 + 1))").stdout(Stdio::piped());
///     let (shown, _) = process.await?.communicate(b"").await?;
///     Ok(shown)
/// })?;
/// assert_eq!(shown, b"T-minus 3\n");
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// Awaiting it fails with
///
/// - [`Error`] if `/bin/sh` cannot be run, or the line has a NUL byte. (A command that the line names and that does not exist is
///   reported by the shell, with the exit status 127.)
/// - `ValueError` if the limit is 0.
/// - `Cancelled` if the task is cancelled before the pipes are connected, which takes some rounds. The process is killed then.
/// - `RuntimeError` if no event loop is running on this thread, its clock is virtual, or it is simulated.
/// - An [`io::Error`](std::io::Error) if the system has no file descriptors left.
pub fn create_subprocess_shell(line: &str) -> CreateSubprocess {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    CreateSubprocess::new(command)
}
