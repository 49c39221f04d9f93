//! Processes: their pipes, their ends, and what goes wrong. No test measures time: processes are steered through pipes.
#![cfg(all(unix, feature = "io"))]

#[path = "../programs/mod.rs"]
mod programs;
#[path = "../support/mod.rs"]
mod support;

mod communicating;
mod endings;
mod errors;
mod recorded;
mod reports;
mod starting;

use std::process::{Command, Stdio};

use tminus::{
    Exception,
    process::{CreateSubprocess, Process, create_subprocess_exec, create_subprocess_shell},
};

/// A process with three pipes.
fn piped(process: CreateSubprocess) -> CreateSubprocess {
    process
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
}

async fn cat() -> Result<Process, Exception> {
    piped(create_subprocess_exec(Command::new("cat"))).await
}

/// A shell with three pipes. `read line` lets it wait until the test writes a line.
async fn sh(line: &str) -> Result<Process, Exception> {
    piped(create_subprocess_shell(line)).await
}
