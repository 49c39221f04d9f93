//! A process, as all who know it share it.

use std::{
    cell::{Cell, RefCell},
    io,
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    rc::Rc,
};

use rustix::process::{Pid, Signal, kill_process};

use super::Error;
use crate::{
    Exception, Kind,
    event_loop::{LineWords, Party, running},
    streams::Waits,
};

const EXIT: LineWords = LineWords {
    kind: "exit",
    words: "the exit of",
};

/// A process that was started by a loop, whether it has ended or not.
pub(super) struct Child {
    pub(super) pid: u32,
    party: Rc<Party>,
    /// Set by the loop when it has reaped the process. From then on, another process can have the same number.
    returncode: Cell<Option<i32>>,
    waits: Waits,
    /// What `communicate` has read to the end, and not returned yet: the standard output and the standard error.
    pub(super) outputs: [RefCell<Vec<u8>>; 2],
}

impl Child {
    pub(super) fn new(pid: u32) -> Rc<Self> {
        Rc::new(Self {
            pid,
            party: Rc::new(Party::Words(format!("process {pid}").into())),
            returncode: Cell::new(None),
            waits: Waits::default(),
            outputs: Default::default(),
        })
    }

    pub(super) fn returncode(&self) -> Option<i32> {
        self.returncode.get()
    }

    /// The process has ended, and is reaped.
    pub(super) fn has_ended(&self, status: ExitStatus) {
        let by_signal = status.signal().map(|signal| -signal);
        self.returncode.set(by_signal.or(status.code()));
        self.waits.end(&Ok(()));
    }

    pub(super) async fn wait(&self) -> Result<i32, Exception> {
        loop {
            if let Some(returncode) = self.returncode() {
                return Ok(returncode);
            }
            self.waits.wait(&running()?, &EXIT, &self.party).await?;
        }
    }

    /// # Errors
    ///
    /// - [`Error`] of kind `NotFound` if the process has ended: Python's `ProcessLookupError`.
    /// - `ValueError` if there is no such signal.
    pub(super) fn send_signal(&self, signal: i32) -> Result<(), Exception> {
        let Some(signal) = Signal::from_named_raw(signal) else {
            let text = format!("invalid signal number {signal}");
            return Err(Exception::new(Kind::ValueError, text));
        };
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let sent = match (self.returncode(), pid) {
            (None, Some(pid)) => kill_process(pid, signal).map_err(io::Error::from),
            (Some(_), _) | (_, None) => Err(io::ErrorKind::NotFound.into()),
        };
        let error = |error| Error::of_process("send a signal to", self.party.to_string(), error);
        Ok(sent.map_err(error)?)
    }
}
