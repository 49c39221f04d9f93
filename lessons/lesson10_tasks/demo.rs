use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson09_round_robin::{LEGEND, Lanes};
use tminus_lessons::lesson10_tasks::{Scheduler, async_print_matches, async_search, primes};

fn main() {
    two_searches();
    one_fails();
    for _ in async_print_matches(0..20, |n| n % 7 == 3) {}
    println!();
    primes_and_ticks();
}

fn two_searches() {
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

fn one_fails() {
    let (lanes, mut scheduler) = (Lanes::default(), Scheduler::default());
    scheduler.add(lanes.watch("over 9", async_search([1, 2, 3], |&n| n > 9)));
    scheduler.add(lanes.watch("over 1", async_search([1, 2, 3], |&n| n > 1)));
    scheduler.run_to_completion();
    println!("{:?} {:?}", scheduler.results, scheduler.errors);
    print!("{}", lanes.draw());
}

fn primes_and_ticks() {
    let (clock, lanes) = (primes::Clock::default(), Lanes::default());
    primes::run_to_completion(&clock, &lanes, primes::three_routines(&clock));
    println!("{}{LEGEND}", lanes.draw());
}
