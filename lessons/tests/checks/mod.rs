//! The checks of the exercises, one module a lesson. `exercises.rs` puts the reader's answers to them, `solutions.rs`
//! ours. Each check fails until its exercise is solved.

use std::io;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

mod lesson01;
mod lesson02;
mod lesson03;
mod lesson04;
mod lesson05;
mod lesson06;
mod lesson07;
mod lesson08;
mod lesson09;
mod lesson10;
mod lesson11;
mod lesson12;
mod lesson13;
mod lesson14;
mod lesson15;
mod lesson16;
mod lesson17;
mod lesson18;
mod lesson19;
mod lesson20;
mod lesson21;
#[cfg(unix)]
mod lesson22;
mod lesson23;
mod lesson24;

/// Keeps the checks on other threads from starting a process.
///
/// Until a new process runs a program of its own, it holds copies of the ends of all pipes of this process. A pipe that
/// was closed here is still open there, and its other end learns too late that it was closed. This cannot happen while
/// a check holds the guard, because all checks start processes by [`start`].
pub fn no_process_starts() -> MutexGuard<'static, ()> {
    static STARTS: Mutex<()> = Mutex::new(());
    STARTS.lock().unwrap_or_else(PoisonError::into_inner) // a check that fails does not spoil the others
}

/// Starts a process, in a way of its own, while no other check needs its pipes to itself.
pub fn start<T>(how: impl FnOnce() -> io::Result<T>) -> T {
    let _guard = no_process_starts();
    how().unwrap() // the process runs its program by now
}

/// Runs a program to its end.
pub fn output(command: &mut Command) -> Output {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = start(|| command.spawn());
    child.wait_with_output().unwrap()
}
