#![doc = include_str!("README.md")]

use std::{fmt, ops::Range};

pub use tminus_lessons::lesson15_async_await::{LoopFuture, yield_now};

mod choices;
mod executor;
pub mod permits;
pub mod picture;
pub mod pumps;
pub mod sets;

pub use choices::{Choice, Choices, Random, Schedule};
pub use executor::Executor;

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The names of the tasks, in the order of their turns, round by round.
    pub rounds: Vec<Vec<&'static str>>,
    /// What is wrong at the end.
    pub failure: Option<String>,
}

/// Writes the rounds, with `|` between them, and what is wrong.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds: Vec<String> = self.rounds.iter().map(|turns| turns.join(" ")).collect();
        let failure = self.failure.as_deref().unwrap_or("all is well");
        write!(f, "{}: {failure}", rounds.join(" | "))
    }
}

/// Runs a program with each seed, until a run fails. Returns the seed, and what that run chose.
pub fn explore(
    seeds: Range<u64>,
    program: impl Fn(&mut Choices) -> Run,
) -> Option<(u64, Schedule)> {
    for seed in seeds {
        let mut choices = Choices::seeded(seed);
        if program(&mut choices).failure.is_some() {
            return Some((seed, choices.schedule()));
        }
    }
    None
}

/// Makes the schedule of a failing run smaller, step by step, as long as the run fails.
pub fn shrink(mut schedule: Schedule, program: impl Fn(&mut Choices) -> Run) -> Schedule {
    'again: loop {
        for tried in smaller(&schedule) {
            let mut choices = Choices::replaying(&tried);
            if program(&mut choices).failure.is_some() {
                schedule = choices.schedule(); // what was really chosen
                continue 'again;
            }
        }
        return schedule;
    }
}

/// All schedules that are one step smaller: first without one of the entries, then with one of them lower by 1.
fn smaller(schedule: &Schedule) -> Vec<Schedule> {
    let (mut without, mut lower) = (Vec::new(), Vec::new());
    for (number, chosen) in schedule.0.iter().rev() {
        let mut tried = schedule.clone();
        tried.0.remove(number);
        without.push(tried.clone());
        if *chosen > 1 {
            tried.0.insert(*number, chosen - 1);
            lower.push(tried);
        }
    }
    without.extend(lower);
    without
}

/// Returns `true` if two runs with the same schedule are the same.
pub fn repeats(schedule: &Schedule, program: impl Fn(&mut Choices) -> Run) -> bool {
    let run = || program(&mut Choices::replaying(schedule));
    run() == run()
}
