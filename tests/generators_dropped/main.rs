//! Dropping generators: long chains, panics on the way, and the end of a thread.

mod chains;
mod panics;
#[path = "../support/mod.rs"]
mod support;
mod tasks;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use support::{Log, panic_message};
use tminus::Generator;

/// Logs its drop, and panics then if it is told to.
struct Value {
    log: Log,
    name: &'static str,
    panics: bool,
}

impl Value {
    fn quiet(log: &Log, name: &'static str) -> Self {
        let (log, panics) = (log.clone(), false);
        Self { log, name, panics }
    }

    fn panics(log: &Log, name: &'static str) -> Self {
        let (log, panics) = (log.clone(), true);
        Self { log, name, panics }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.log.add(self.name);
        assert!(!self.panics, "{} panics", self.name);
    }
}

/// Owns a value, and yields once.
fn owns(value: Value) -> Generator<u32> {
    Generator::new(async move |co| {
        let _value = value;
        co.yield_(1).await
    })
}

fn panic_text<T>(run: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(_) => "no panic".into(),
        Err(panic) => panic_message(&*panic),
    }
}

/// On the stack that a main thread has.
fn on_eight_mebibytes(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(8 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}
