//! Processes, their pipes, and their end.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::{io, rc::Rc};

use mio::unix::pipe::{Receiver, Sender};
use signal_hook::consts::SIGCHLD;

use tminus_lessons::lesson22_processes::{Loop, Signal, Source};

/// A process with its pipes.
pub struct Process {
    /// What the system knows of it.
    pub child: Child,
    /// Where its input is written to.
    pub stdin: Source<Sender>,
    /// Where its output is read from.
    pub stdout: Source<Receiver>,
}

/// Starts a process.
pub fn start(on: &Rc<Loop>, command: &mut Command) -> io::Result<Process> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdin = Sender::from(child.stdin.take().expect("it is piped"));
    let stdout = Receiver::from(child.stdout.take().expect("it is piped"));
    stdin.set_nonblocking(true)?;
    stdout.set_nonblocking(true)?;
    let (stdin, stdout) = (Source::new(on, stdin)?, Source::new(on, stdout)?);
    Ok(Process {
        child,
        stdin,
        stdout,
    })
}

/// Waits until a process has ended.
pub async fn wait(on: &Rc<Loop>, child: &mut Child) -> io::Result<ExitStatus> {
    let ends = Signal::new(on, SIGCHLD)?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        ends.arrived().await?; // some process has ended
    }
}
