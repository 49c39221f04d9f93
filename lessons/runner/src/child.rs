//! Programs that are run: cargo, and the checks. Each can be ended from another thread, or when it takes too long.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// Ends whatever program runs under it, and keeps others from starting.
#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    stopped: bool,
    child: Option<Child>,
}

pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// The program was ended because it took too long.
    pub is_late: bool,
}

#[derive(Debug)]
pub enum Failure {
    /// [`Stop::stop`] was called.
    Stopped,
    Other(String),
}

impl Stop {
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        if let Some(child) = &mut state.child {
            let _ = child.kill(); // it has ended by itself
        }
    }

    /// Runs a program to its end. Calls `on_line` with each line of the program's standard error.
    pub fn run(
        &self,
        command: &mut Command,
        patience: Option<Duration>,
        mut on_line: impl FnMut(&str) + Send + 'static,
    ) -> Result<Output, Failure> {
        command.stdin(Stdio::null()); // the keys are for the runner
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let (stdout, stderr) = {
            let mut state = self.lock();
            if state.stopped {
                return Err(Failure::Stopped);
            }
            let mut child = command.spawn().map_err(|error| {
                let program = command.get_program().display();
                Failure::Other(format!("cannot run {program}: {error}"))
            })?;
            let pipes = (child.stdout.take(), child.stderr.take());
            state.child = Some(child);
            pipes
        };
        let stdout = stdout.expect("it was asked for");
        let stderr = stderr.expect("it was asked for");
        let complaints = thread::spawn(move || {
            let mut all = String::new();
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                on_line(&line);
                all += &line;
                all += "\n";
            }
            all
        });
        let (done, end) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut stdout = stdout;
            let _ = stdout.read_to_end(&mut bytes);
            let _ = done.send(String::from_utf8_lossy(&bytes).into_owned());
        });
        let in_time = match patience {
            Some(patience) => end.recv_timeout(patience).ok(),
            None => end.recv().ok(),
        };
        let is_late = in_time.is_none();
        let mut child = {
            let mut state = self.lock();
            let mut child = state.child.take().expect("only this puts it there");
            if is_late || state.stopped {
                let _ = child.kill();
            }
            child
        };
        let status = child
            .wait()
            .map_err(|error| Failure::Other(format!("cannot wait for a program: {error}")))?;
        if self.lock().stopped {
            return Err(Failure::Stopped);
        }
        Ok(Output {
            status,
            stdout: in_time.or_else(|| end.recv().ok()).unwrap_or_default(),
            stderr: complaints.join().unwrap_or_default(),
            is_late,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}
