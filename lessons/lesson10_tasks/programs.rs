//! Programs that only use the scheduler: searches in Lucas numbers, and a failing search beside a search that succeeds.

use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson09_round_robin::{LEGEND, Lanes};
use tminus_lessons::lesson10_tasks::{Scheduler, async_search};

/// Looks for the first Lucas numbers with six, seven and nine digits, the last two at the same time.
pub fn long_numbers() {
    let mut scheduler = Scheduler::default();
    let six = scheduler.add(async_search(lucas(), |n| n.to_string().len() >= 6));
    scheduler.run_to_completion();
    println!("{}", scheduler.results[&six]);
    let seven = scheduler.add(async_search(lucas(), |n| n.to_string().len() >= 7));
    let nine = scheduler.add(async_search(lucas(), |n| n.to_string().len() >= 9));
    scheduler.run_to_completion();
    println!("{}", scheduler.results[&seven]);
    println!("{}", scheduler.results[&nine]);
}

/// Runs a search that fails and one that does not, and draws their turns.
pub fn one_fails() {
    let (lanes, mut scheduler) = (Lanes::default(), Scheduler::default());
    scheduler.add(lanes.watch("over 9", async_search([1, 2, 3], |&n| n > 9)));
    scheduler.add(lanes.watch("over 1", async_search([1, 2, 3], |&n| n > 1)));
    scheduler.run_to_completion();
    println!("{:?} {:?}", scheduler.results, scheduler.errors);
    println!("{}{LEGEND}", lanes.draw());
}
