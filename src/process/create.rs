//! Starting a process.

use std::{
    io,
    os::fd::OwnedFd,
    pin::Pin,
    process::{Command, Stdio},
    rc::Rc,
};

use mio::unix::pipe::{Receiver, Sender};

use super::{
    Error, Process,
    child::Child,
    children::{Children, StartedChild},
    pipes::{ReadPipe, WritePipe},
};
use crate::{
    Exception,
    event_loop::running,
    signal::SIGKILL,
    sockets::{Remedy, Selector},
    streams::{DEFAULT_LIMIT, Socket, StreamReader, StreamWriter, from_socket},
};

/// A process to be started, with its options. Awaiting it starts the process.
/// [`create_subprocess_exec`](super::create_subprocess_exec) and [`create_subprocess_shell`](super::create_subprocess_shell)
/// return one.
///
/// ```
/// use std::process::{Command, Stdio};
/// use tminus::{Exception, process::create_subprocess_exec, run};
///
/// let output = run(async {
///     let mut echo = Command::new("echo");
///     echo.arg("T-minus 3");
///     let process = create_subprocess_exec(echo).stdout(Stdio::piped()).limit(1024).await?;
///     let (output, _) = process.communicate(b"").await?;
///     Ok(output)
/// })?;
/// assert_eq!(output, b"T-minus 3\n");
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "it does nothing unless it is awaited"]
#[derive(Debug)]
pub struct CreateSubprocess {
    command: Command,
    limit: usize,
    joins_stderr: bool,
}

impl CreateSubprocess {
    pub(super) fn new(command: Command) -> Self {
        Self {
            command,
            limit: DEFAULT_LIMIT,
            joins_stderr: false,
        }
    }

    /// Sets the standard input of the process. It is this program's at first, if the command does not set it.
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self
    }

    /// Sets the standard output of the process. It is this program's at first, if the command does not set it.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Sets the standard error of the process. It is this program's at first, if the command does not set it.
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.command.stderr(stderr);
        self
    }

    /// Sends the standard output and the standard error of the process into one pipe, which is the process's
    /// [`stdout`](Process::stdout): Python's `stdout=PIPE, stderr=STDOUT`.
    ///
    /// ```
    /// use tminus::{Exception, process::create_subprocess_shell, run};
    ///
    /// let both = run(async {
    ///     let process = create_subprocess_shell("echo ignition; echo no fuel >&2").stderr_to_stdout();
    ///     let (both, _) = process.await?.communicate(b"").await?;
    ///     Ok(both)
    /// })?;
    /// assert_eq!(both, b"ignition\nno fuel\n");
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn stderr_to_stdout(mut self) -> Self {
        self.joins_stderr = true;
        self
    }

    /// Sets the limit of the readers. It is [`DEFAULT_LIMIT`] at first.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    async fn starts(mut self) -> Result<Process, Exception> {
        let kernel = running()?;
        let remedy = Remedy {
            what: "processes",
            instead: "run them on a real clock, as `tminus::run` does",
        };
        let selector = Selector::of(&kernel, remedy)?;
        StreamReader::new(self.limit)?; // before anything is started
        let children: Rc<Children> = selector.kept();
        let joined = match self.joins_stderr {
            true => Some(self.join()?),
            false => None,
        };
        let started = children.start(&selector, || {
            let spawned = self.command.spawn();
            Ok(spawned.map_err(|error| Error::of_command(self.command.get_program(), error))?)
        })?;
        drop(self.command); // and this program's handle of the pipe that both streams of the process go to
        let child = started.child.clone();
        let connects = Connects {
            selector,
            children,
            limit: self.limit,
        };
        let connected = connects.process(started, joined).await;
        connected.inspect_err(|_| drop(child.send_signal(SIGKILL))) // nobody would know of it
    }

    /// Lets both streams of the process write into one pipe. Returns the other end.
    fn join(&mut self) -> io::Result<Receiver> {
        let (read, write) = io::pipe()?;
        self.command.stdout(write.try_clone()?);
        self.command.stderr(write);
        Ok(Receiver::from(OwnedFd::from(read)))
    }
}

impl IntoFuture for CreateSubprocess {
    type Output = Result<Process, Exception>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.starts())
    }
}

/// Makes streams of pipes.
struct Connects {
    selector: Rc<Selector>,
    children: Rc<Children>,
    limit: usize,
}

impl Connects {
    /// One pipe after the other, as asyncio does.
    async fn process(
        &self,
        started: StartedChild,
        joined: Option<Receiver>,
    ) -> Result<Process, Exception> {
        let StartedChild {
            child,
            stdin,
            stdout,
            stderr,
        } = started;
        let stdin = match stdin {
            Some(pipe) => Some(self.writer(pipe.into(), &child).await?),
            None => None,
        };
        let stdout = match joined.or_else(|| stdout.map(Receiver::from)) {
            Some(pipe) => Some(self.reader(pipe, "output", &child).await?),
            None => None,
        };
        let stderr = match stderr {
            Some(pipe) => Some(self.reader(pipe.into(), "error", &child).await?),
            None => None,
        };
        Ok(Process {
            stdin,
            stdout,
            stderr,
            child,
        })
    }

    async fn writer(&self, pipe: Sender, child: &Child) -> Result<StreamWriter, Exception> {
        let words = format!("the standard input of process {}", child.pid);
        let pipe = WritePipe::new(&self.selector, pipe, words)?;
        let (_, writer) = from_socket(Socket::new(pipe)).await?;
        Ok(writer)
    }

    async fn reader(
        &self,
        pipe: Receiver,
        which: &str,
        child: &Child,
    ) -> Result<StreamReader, Exception> {
        let words = format!("the standard {which} of process {}", child.pid);
        let pipe = ReadPipe::new(&self.selector, pipe, words)?;
        let socket = Socket::new(pipe.clone());
        let (reader, transport) = from_socket(socket).limit(self.limit).await?;
        self.children.holds(pipe, transport);
        Ok(reader)
    }
}
