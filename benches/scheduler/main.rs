//! The scheduler: what a turn of a task costs, beside a bare queue of the peers' generators.
#![forbid(unsafe_code)]

mod contenders;
mod memory;
mod turns;

use std::process::ExitCode;

use tminus_benches::{Comparison, Suite, cpython};
use turns::Order;

const TASKS: [u64; 4] = [10, 1_000, 100_000, 1_000_000];

fn main() -> ExitCode {
    Suite {
        name: "scheduler",
        timed,
        counted,
        tables: &[
            ("memory", memory::per_task),
            ("memory-curve", memory::curve),
        ],
    }
    .run()
}

fn timed() -> Vec<Comparison> {
    let in_order = TASKS.map(|tasks| {
        let mut comparison = turns::comparison(Order::AsMade, tasks, 1_000_000);
        let cpython = cpython(include_str!("cpython.py"), &[&tasks.to_string()]);
        comparison.contenders.push(cpython);
        comparison
    });
    let scattered = turns::comparison(Order::Scattered, 1_000_000, 1_000_000);
    in_order.into_iter().chain([scattered]).collect()
}

fn counted() -> Vec<Comparison> {
    TASKS
        .map(|tasks| turns::comparison(Order::AsMade, tasks, 100_000))
        .into()
}
