//! Measures the same work done by several contenders, in time, in instructions and in heap memory.
//!
//! A benchmark says what to run as a list of [`Comparison`]s and hands it to [`Suite::run`].
#![forbid(unsafe_code)]

mod comparison;
mod figures;
mod instructions;
mod memory;
mod python;
mod report;
mod stopwatch;
mod suite;
mod table;

pub use comparison::{Comparison, Contender, digest};
pub use memory::{Heap, heap};
pub use python::{cpython, uvloop};
pub use report::{report, take_digest};
pub use stopwatch::{began, only_turns_count, took_turn};
pub use suite::{NamedTable, Suite};
pub use table::Table;
