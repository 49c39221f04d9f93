//! A program with a chance of its own, which no schedule repeats.

use std::collections::HashSet;

use super::{Choices, Executor, Run, yield_now};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Starts tasks in the order of a `HashSet`, which is another one in each run.
pub fn from_a_set(choices: &mut Choices) -> Run {
    let mut executor = Executor::default();
    for name in HashSet::from(NAMES) {
        executor.spawn(name, yield_now());
    }
    let rounds = executor.run(|of| choices.choose(of));
    let failure = None; // it cannot fail
    Run { rounds, failure }
}
