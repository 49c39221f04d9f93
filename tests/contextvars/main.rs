//! Context variables, as PEP 567 has them.

#[path = "../support/mod.rs"]
mod support;

mod ends;
mod recorded;
mod threads;

use std::time::Duration;

use tminus::{EventLoop, clock::VirtualClock, contextvars::ContextVar};

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The value of a variable, or `nothing`.
fn shown(variable: &ContextVar<String>) -> String {
    variable.get().unwrap_or_else(|_| "nothing".into())
}
