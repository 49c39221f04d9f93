//! Programs of every kind, in which one task is cancelled, once at each of its turns.
//!
//! A program first runs undisturbed, and its turns are counted. Then it runs once for each task and each moment (see
//! `moments.rs`), and the task is cancelled there. After each run, what the tasks have acquired, released, put and got is
//! compared with what the locks, semaphores and queues have: nothing is lost, and nothing is there twice. A task that is left
//! waits for something that only the program could bring about. And when the loop is closed, no task is left.
//!
//! ```sh
//! cargo test --release --test cancel_everywhere                                       # a sample, a few seconds
//! TMINUS_CANCEL_ALL=1 cargo test --release --test cancel_everywhere -- --nocapture    # all recorded programs
//! ```
//!
//! | variable | meaning |
//! |---|---|
//! | `TMINUS_CANCEL_ALL` | all programs of `tests/corpus/loop_*.json` and `tests/stream_programs`, instead of every eighth one |
//! | `TMINUS_CANCEL_CORPUS` | a folder with more recordings of the loop family, which are run, too |
//!
//! With `--nocapture`, each test prints how many programs it ran, and how often.
//!
//! `python3.13 loop_vm.py wide SEED COUNT FILE` in `tests/corpus/recording` makes more recordings.

#[path = "../conformance/classes.rs"]
mod classes;
mod counted;
#[path = "../conformance/loops/exceptions.rs"]
mod exceptions;
#[path = "../conformance/loops/interpreter.rs"]
mod interpreter;
mod ledger;
#[cfg(unix)]
#[path = "../stream_programs/list.rs"]
mod list;
#[cfg(unix)]
#[path = "../stream_programs/log.rs"]
mod log;
mod moments;
#[path = "../conformance/parts.rs"]
mod parts;
#[path = "../conformance/loops/shared.rs"]
mod plain;
#[path = "../conformance/loops/program.rs"]
mod program;
mod programs;
mod quiet;
mod recorded;
#[cfg(unix)]
mod recorded_streams;
#[path = "../support/mod.rs"]
mod support;
mod tally;
#[path = "../conformance/loops/target.rs"]
mod target;

/// What the interpreter of the replays calls its objects.
mod shared {
    pub use super::counted::Shared;
}
