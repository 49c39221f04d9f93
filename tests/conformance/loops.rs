//! The loop family: an interpreter of its programs, on the crate's public API and the virtual clock.
//!
//! A program has futures, tasks and a main task, each a list of steps. What it traces, how it ends and when, and what
//! became of every task and future, is compared.

#[path = "loops/exceptions.rs"]
mod exceptions;
#[path = "loops/interpreter.rs"]
mod interpreter;
#[path = "loops/program.rs"]
mod program;
#[path = "loops/shared.rs"]
mod shared;
#[path = "loops/target.rs"]
mod target;

use serde_json::Value;

use crate::corpus::difference;
use program::Program;
use shared::Shared;

/// Runs one scenario and compares what it did.
pub fn replay(scenario: &Value) -> Result<(), String> {
    let program = Program::parse(scenario)?;
    let shared = Shared::new(&program.objects);
    let (got, ()) = interpreter::run(&program, shared, |_, _| ());
    // The first part that differs says most.
    for (part, expected) in program.expect.as_object().into_iter().flatten() {
        if got[part] != *expected {
            return Err(difference(
                &Value::String(part.clone()),
                expected,
                &got[part],
            ));
        }
    }
    Ok(())
}
