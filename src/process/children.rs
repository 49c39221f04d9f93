//! The processes of one loop, until they have ended.
//!
//! SIGCHLD says that some process has ended, but not which one, and the system merges several of them. So the loop looks at each
//! of its processes. That takes no thread and no file descriptor per process, and works on every Unix.
//!
//! # Invariant
//!
//! - SIGCHLD is watched from before the first process is started, so no end is missed. It is awaited only while a process lives.
//! - A process is in the list until it is reaped, whoever drops its [`Process`](super::Process).
//! - Reading pipes are held here until their end, so that a reader works without the `Process`.

use std::{
    cell::{Cell, OnceCell, RefCell},
    io,
    os::unix::process::ExitStatusExt,
    process::{Child as System, ExitStatus},
    rc::{Rc, Weak},
};

use super::{child::Child, pipes::ReadPipe};
use crate::{
    Exception,
    event_loop::Callable,
    signal::{Arrivals, SIGCHLD},
    sockets::Selector,
    streams::StreamWriter,
};

/// What a loop keeps of its processes.
#[derive(Default)]
pub(super) struct Children {
    ends: OnceCell<Arrivals>,
    living: RefCell<Vec<(System, Rc<Child>)>>,
    is_watched: Cell<bool>,
    pipes: RefCell<Vec<(Rc<ReadPipe>, StreamWriter)>>,
}

/// What CPython reports if the status was lost: somebody else has waited for the process.
const LOST: i32 = 255;

/// Called when SIGCHLD has arrived.
struct Looks(Weak<Children>);

impl Callable for Looks {
    fn call(&self) -> Option<Result<(), Exception>> {
        let children = self.0.upgrade()?;
        if let Some(ends) = children.ends.get() {
            ends.take();
        }
        children.reaps();
        None
    }
}

impl Children {
    /// Starts a process.
    pub(super) fn start(
        self: &Rc<Self>,
        selector: &Rc<Selector>,
        start: impl FnOnce() -> Result<System, Exception>,
    ) -> Result<StartedChild, Exception> {
        let ends = self.ends(selector)?;
        let mut system = start()?;
        let child = Child::new(system.id());
        let started = StartedChild {
            stdin: system.stdin.take(),
            stdout: system.stdout.take(),
            stderr: system.stderr.take(),
            child: child.clone(),
        };
        self.living.borrow_mut().push((system, child));
        if !self.is_watched.replace(true) {
            ends.watch(Rc::new(Looks(Rc::downgrade(self))));
        }
        Ok(started)
    }

    fn ends(&self, selector: &Rc<Selector>) -> io::Result<&Arrivals> {
        if let Some(ends) = self.ends.get() {
            return Ok(ends);
        }
        let ends = Arrivals::new(selector, SIGCHLD)?;
        Ok(self.ends.get_or_init(|| ends))
    }

    /// Looks which processes have ended, in the order in which they were started.
    fn reaps(&self) {
        let mut ended = Vec::new();
        self.living.borrow_mut().retain_mut(|(system, child)| {
            let status = match system.try_wait() {
                Ok(None) => return true,
                Ok(Some(status)) => status,
                Err(_) => ExitStatus::from_raw(LOST << 8),
            };
            ended.push((child.clone(), status));
            false
        });
        if self.living.borrow().is_empty()
            && self.is_watched.replace(false)
            && let Some(ends) = self.ends.get()
        {
            ends.unwatch();
        }
        for (child, status) in ended {
            child.has_ended(status);
        }
        self.forgets_pipes();
    }

    /// Holds a pipe until its end.
    pub(super) fn holds(&self, pipe: Rc<ReadPipe>, transport: StreamWriter) {
        self.forgets_pipes();
        self.pipes.borrow_mut().push((pipe, transport));
    }

    fn forgets_pipes(&self) {
        let mut forgotten = Vec::new();
        self.pipes.borrow_mut().retain(|(pipe, transport)| {
            let is_open = pipe.is_open();
            if !is_open {
                forgotten.push(transport.clone()); // and is dropped when the list is free
            }
            is_open
        });
    }
}

/// A process has no parent that looks after it when the loop is closed. What has ended by then is reaped.
impl Drop for Children {
    fn drop(&mut self) {
        for (system, _) in self.living.get_mut() {
            drop(system.try_wait());
        }
    }
}

/// A process that has just been started, and the ends of its pipes.
pub(super) struct StartedChild {
    pub(super) child: Rc<Child>,
    pub(super) stdin: Option<std::process::ChildStdin>,
    pub(super) stdout: Option<std::process::ChildStdout>,
    pub(super) stderr: Option<std::process::ChildStderr>,
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::{event_loop::running, process::create_subprocess_exec, run};

    /// Of ten processes one after the other, at most the pipe of the last is still held.
    #[test]
    fn a_pipe_is_not_held_beyond_its_end() {
        run(async {
            for _ in 0..10 {
                let echo = create_subprocess_exec(Command::new("echo")).stdout(Stdio::piped());
                assert_eq!(echo.await?.communicate(b"").await?.0, b"\n");
            }
            let selector = Selector::if_any(&*running()?).expect("processes need it");
            let children: Rc<Children> = selector.kept();
            assert!(children.pipes.borrow().len() <= 1);
            Ok(())
        })
        .unwrap();
    }
}
