//! Ctrl-C, in programs of their own: only the main thread of a program hears it, and tests run on others.
//!
//! So this file has no test harness. Without an argument it runs all tests, and with a name those that have it in theirs. With
//! the environment variable `CTRL_C_PROGRAM`, it is one of the programs.

#[cfg(unix)]
mod programs;
#[cfg(unix)]
#[path = "../programs/mod.rs"]
mod recordings;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod tests;

fn main() {
    #[cfg(unix)]
    tests::main();
}
