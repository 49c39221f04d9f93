//! Exceptions, their causes, and groups of them.

#[path = "../programs/mod.rs"]
mod programs;
#[path = "../support/mod.rs"]
mod support;

mod cycles;
mod deep;
mod exceptions;
mod groups;
mod panics;
