//! The event loop: what a turn, a task, a message, a future and a timer cost beside the limit and the peers, and what it
//! costs to record.
#![forbid(unsafe_code)]

mod contenders;
mod memory;
mod recording;
mod timers;
mod work;

use std::process::ExitCode;

use tminus_benches::{Comparison, NamedTable, Suite, cpython, uvloop};

const ON_PYTHON: &str = include_str!("on_python.py");

const TABLES: [NamedTable; 2] = [
    ("memory", memory::per_task),
    ("memory-recording", recording::memory),
];

fn main() -> ExitCode {
    Suite {
        name: "event_loop",
        timed,
        counted,
        tables: match cfg!(feature = "silent") {
            true => &TABLES[..1], // nothing is recorded
            false => &TABLES,
        },
    }
    .run()
}

fn timed() -> Vec<Comparison> {
    let turns = [(10, 20_000), (1_000, 200), (100_000, 5)]
        .map(|(tasks, turns)| with_python(work::turns(tasks, turns), "turns", tasks));
    let others = [
        work::turns(1_000_000, 3),
        with_python(work::spawns(100_000), "spawn", 0),
        with_python(work::ping_pong(50_000), "ping_pong", 0),
        with_python(work::futures(100_000), "future", 0),
        with_cpython(timers::sleepers(1_000, 100), "timers", 1_000),
        timers::sleepers(1_000_000, 1),
        with_python(timers::real_sleepers(10_000, 3), "real_timers", 10_000),
        with_python(timers::cancels(100_000), "cancel", 0),
    ];
    let recording = recording::comparisons(100_000);
    turns.into_iter().chain(others).chain(recording).collect()
}

fn counted() -> Vec<Comparison> {
    let mut counted = vec![
        work::turns(10, 1_000),
        work::turns(1_000, 10),
        work::turns(100_000, 2),
        work::spawns(5_000),
        work::ping_pong(5_000),
        work::futures(5_000),
        timers::sleepers(1_000, 2),
        timers::sleepers(10_000, 1),
        timers::cancels(5_000),
    ];
    counted.extend(recording::comparisons(5_000));
    counted
}

/// (The clock of uvloop cannot jump.)
fn with_cpython(mut comparison: Comparison, what: &str, tasks: u64) -> Comparison {
    let contender = cpython(ON_PYTHON, &["asyncio", what, &tasks.to_string()]);
    comparison.contenders.push(contender);
    comparison
}

fn with_python(comparison: Comparison, what: &str, tasks: u64) -> Comparison {
    let mut comparison = with_cpython(comparison, what, tasks);
    let contender = uvloop(ON_PYTHON, &["uvloop", what, &tasks.to_string()]);
    comparison.contenders.push(contender);
    comparison
}
