use std::env;

use tminus_lessons::lesson11_timers::programs::{primes_and_ticks, timer, two_countdowns};
use tminus_lessons::lesson11_timers::{Clock, LEGEND, Lanes, Scheduler};

fn main() {
    let real = env::args().any(|argument| argument == "--real");
    let new_clock = if real {
        Clock::real_time
    } else {
        Clock::virtual_time
    };

    println!("== two countdowns");
    let clock = new_clock();
    let lanes = Lanes::new(&clock);
    two_countdowns(&clock, &lanes);
    println!("{}{LEGEND}", lanes.draw());

    println!("== a timer");
    let mut scheduler = Scheduler::new(&new_clock());
    scheduler.add(timer(30, || println!(">>> Done")));
    scheduler.run();

    println!("== primes and ticks");
    let clock = new_clock();
    let lanes = Lanes::new(&clock);
    let turns = primes_and_ticks(&clock, &lanes);
    println!("{turns} turns\n{}{LEGEND}", lanes.draw());
}
