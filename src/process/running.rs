//! A process, as its user sees it.

use std::{fmt, rc::Rc};

use super::{child::Child, communicate};
use crate::{
    Exception,
    signal::{SIGKILL, SIGTERM},
    streams::{StreamReader, StreamWriter},
};

/// A process that was started: Python's `asyncio.subprocess.Process`.
///
/// Dropping it does not end the process. See the [module](super) for what happens to its pipes.
///
/// ```
/// use std::process::{Command, Stdio};
/// use tminus::{Exception, process::create_subprocess_exec, run};
///
/// let returncode = run(async {
///     let mut cat = Command::new("cat");
///     cat.stdin(Stdio::piped()).stdout(Stdio::piped());
///     let process = create_subprocess_exec(cat).await?;
///     let (Some(stdin), Some(stdout)) = (&process.stdin, &process.stdout) else {
///         unreachable!("both are pipes");
///     };
///     stdin.write("T-minus 2\n")?;
///     assert_eq!(stdout.readline().await?, b"T-minus 2\n");
///     process.terminate()?;
///     process.wait().await
/// })?;
/// assert_eq!(returncode, -15); // minus the number of SIGTERM
/// # Ok::<(), Exception>(())
/// ```
pub struct Process {
    /// The standard input of the process, if it is a pipe.
    pub stdin: Option<StreamWriter>,
    /// The standard output of the process, if it is a pipe.
    pub stdout: Option<StreamReader>,
    /// The standard error of the process, if it is a pipe of its own.
    pub stderr: Option<StreamReader>,
    pub(super) child: Rc<Child>,
}

impl Process {
    /// Returns the number by which the system knows the process.
    pub fn pid(&self) -> u32 {
        self.child.pid
    }

    /// Returns the exit status of the process, or minus the number of the signal that has ended it. `None` until the loop knows
    /// that the process has ended.
    pub fn returncode(&self) -> Option<i32> {
        self.child.returncode()
    }

    /// Waits until the process has ended, and returns its [`returncode`](Process::returncode).
    ///
    /// A process that writes more into a pipe than anybody reads never ends. [`communicate`](Process::communicate) reads.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread.
    pub fn wait(&self) -> impl Future<Output = Result<i32, Exception>> + use<> {
        let child = self.child.clone();
        async move { child.wait().await }
    }

    /// Writes `input` to the standard input and closes it, reads the standard output and the standard error to their ends, and
    /// waits until the process has ended. Returns what was read; nothing of what is no pipe.
    ///
    /// If the standard input is no pipe, `input` is ignored. So is a process that does not read all of it.
    ///
    /// A task that is cancelled while it waits, by a timeout for instance, loses nothing: a second call also returns what the
    /// first had read. (In CPython this output is lost.) Input that was not written yet is still written.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if another task waits for data of the process, or no event loop is running on this thread.
    /// - `RuntimeError` if there is input and the standard input was closed with `write_eof`.
    pub fn communicate(
        &self,
        input: &[u8],
    ) -> impl Future<Output = Result<(Vec<u8>, Vec<u8>), Exception>> + use<> {
        communicate::communicate(
            self.child.clone(),
            self.stdin.clone().map(|stdin| (stdin, input.to_vec())),
            [self.stdout.clone(), self.stderr.clone()],
        )
    }

    /// Sends a signal to the process. The numbers are in [`signal`](crate::signal).
    ///
    /// # Errors
    ///
    /// - [`Error`](super::Error) of kind `NotFound` if the loop knows that the process has ended: Python's `ProcessLookupError`.
    /// - [`Error`](super::Error) of kind `PermissionDenied` if the process has other rights.
    /// - `ValueError` if there is no such signal.
    pub fn send_signal(&self, signal: i32) -> Result<(), Exception> {
        self.child.send_signal(signal)
    }

    /// Asks the process to end, with SIGTERM.
    ///
    /// # Errors
    ///
    /// - [`Error`](super::Error) of kind `NotFound` if the loop knows that the process has ended: Python's `ProcessLookupError`.
    /// - [`Error`](super::Error) of kind `PermissionDenied` if the process has other rights.
    pub fn terminate(&self) -> Result<(), Exception> {
        self.send_signal(SIGTERM)
    }

    /// Ends the process, with SIGKILL.
    ///
    /// # Errors
    ///
    /// - [`Error`](super::Error) of kind `NotFound` if the loop knows that the process has ended: Python's `ProcessLookupError`.
    /// - [`Error`](super::Error) of kind `PermissionDenied` if the process has other rights.
    pub fn kill(&self) -> Result<(), Exception> {
        self.send_signal(SIGKILL)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("pid", &self.pid())
            .field("returncode", &self.returncode())
            .finish_non_exhaustive()
    }
}
