use tminus_lessons::lesson09_round_robin::Lanes;
use tminus_lessons::lesson10_tasks::programs::{long_numbers, one_fails};
use tminus_lessons::lesson10_tasks::{Scheduler, async_print_matches, async_search, primes};

fn main() {
    println!("== four searches");
    four_searches();
    println!("== long numbers");
    long_numbers();
    println!("== one fails");
    one_fails();
    println!("== matches");
    async_print_matches(0..20, |n| n % 7 == 3).for_each(drop);
    println!("\n== primes and ticks");
    let (clock, lanes) = (primes::Clock::default(), Lanes::default());
    primes::run_to_completion(&clock, &lanes, primes::three_routines(&clock));
}

fn four_searches() {
    let mut scheduler = Scheduler::default();
    scheduler.add(async_search([1, 2, 3], |&n| n == 3));
    scheduler.add(async_search([1, 2, 3], |&n| n == 9));
    scheduler.add(async_search([1, 2, 3], |&n| n == 1));
    while scheduler.turn().is_some() {}
    scheduler.add(async_search([1, 2, 3], |&n| n == 2));
    while scheduler.turn().is_some() {}
    println!("results: {:?}", scheduler.results);
    println!("errors: {:?}", scheduler.errors);
}
