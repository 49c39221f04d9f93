//! Searches whose test takes many turns, and a task that waits for a time.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson09_round_robin::Lanes;
use tminus_lessons::lesson10_tasks::{Generator, Scheduler, Turn, ValueError};

/// Tells the turns so far. A clone is the same clock.
pub type Clock = Rc<Cell<u32>>;

/// What one scheduler can hold: some find a number, others return Python's `None`.
pub type Routine = Generator<(), (), Option<u64>>;

/// A test that may take turns to answer.
pub type Test = fn(&Clock, u64) -> Generator<(), (), bool>;

/// Gives way at least once, and until `interval` turns have passed.
pub fn async_sleep(clock: &Clock, interval: u32) -> Generator<()> {
    let clock = clock.clone();
    Generator::new(async move |co| {
        let expiry = clock.get() + interval;
        loop {
            co.yield_(()).await?;
            if clock.get() >= expiry {
                return Ok(());
            }
        }
    })
}

/// Whether `x` is prime. Gives way after each divisor that does not divide it.
pub fn async_is_prime(clock: &Clock, x: u64) -> Generator<(), (), bool> {
    let clock = clock.clone();
    Generator::new(async move |co| {
        if x < 2 {
            return Ok(false);
        }
        for i in 2..=x.isqrt() {
            if x.is_multiple_of(i) {
                return Ok(false);
            }
            co.yield_from(async_sleep(&clock, 0)).await?;
        }
        Ok(true)
    })
}

/// Whether `x` is above 100, and prime. Does not ask the second where the first is not so.
pub fn async_over_100_prime(clock: &Clock, x: u64) -> Generator<(), (), bool> {
    let clock = clock.clone();
    Generator::new(async move |co| Ok(x > 100 && co.yield_from(async_is_prime(&clock, x)).await?))
}

/// Finds the first number that fits. Gives way when the test does.
pub fn async_search(
    clock: &Clock,
    numbers: impl IntoIterator<Item = u64> + 'static,
    async_fits: Test,
) -> Routine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        for n in numbers {
            if co.yield_from(async_fits(&clock, n)).await? {
                return Ok(Some(n));
            }
        }
        Err(ValueError("Not found").into())
    })
}

/// Prints each number that fits. Gives way when the test does.
pub fn async_print_matches(
    clock: &Clock,
    numbers: impl IntoIterator<Item = u64> + 'static,
    async_fits: Test,
) -> Routine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        for n in numbers {
            if co.yield_from(async_fits(&clock, n)).await? {
                println!("Found: {n}");
            }
        }
        Ok(None)
    })
}

/// Prints a message, and sleeps, as many times as it is told.
pub fn repetitive_message(
    clock: &Clock,
    message: &'static str,
    interval: u32,
    times: u32,
) -> Routine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        for _ in 0..times {
            println!("{message}");
            co.yield_from(async_sleep(&clock, interval)).await?;
        }
        Ok(None)
    })
}

/// The three tasks of program 49, with their names.
pub fn three_routines(clock: &Clock) -> [(&'static str, Routine); 3] {
    let twelve = lucas().into_iter().take(12);
    [
        (
            "matches",
            async_print_matches(clock, twelve, async_is_prime),
        ),
        ("message", repetitive_message(clock, "tick", 20, 3)),
        ("search", async_search(clock, lucas(), async_over_100_prime)),
    ]
}

/// Runs routines, each in a lane, until all are over. A turn is a tick of the clock.
pub fn run_to_completion(clock: &Clock, lanes: &Lanes, routines: [(&str, Routine); 3]) {
    let mut scheduler = Scheduler::default();
    for (name, routine) in routines {
        scheduler.add(lanes.watch(name, routine));
    }
    clock.set(clock.get() + 1);
    while let Some(turn) = scheduler.turn() {
        if let Turn::Returned(id) = turn {
            let result = scheduler.results[&id].map_or("None".to_owned(), |n| n.to_string());
            println!("task {id} completed with result: {result}");
        }
        clock.set(clock.get() + 1);
    }
}

#[cfg(test)]
mod tests {
    use tminus_lessons::lesson10_tasks::Step;

    use super::*;

    /// How many turns a task takes, one for each tick of the clock, and its result.
    fn alone<R>(start: impl FnOnce(&Clock) -> Generator<(), (), R>) -> (u32, R) {
        let clock = Clock::default();
        let mut task = start(&clock);
        loop {
            clock.set(clock.get() + 1);
            if let Step::Returned(result) = task.resume().unwrap() {
                return (clock.get(), result);
            }
        }
    }

    #[test]
    fn a_sleep_gives_way_until_its_time_has_come() {
        assert_eq!(alone(|clock| async_sleep(clock, 0)), (2, ()));
        assert_eq!(alone(|clock| async_sleep(clock, 1)), (2, ()));
        assert_eq!(alone(|clock| async_sleep(clock, 20)), (21, ()));
    }

    #[test]
    fn a_prime_takes_a_turn_for_each_divisor() {
        let turns = |x| alone(move |clock| async_is_prime(clock, x));
        assert_eq!(turns(0), (1, false));
        assert_eq!(turns(1), (1, false));
        assert_eq!(turns(2), (1, true));
        assert_eq!(turns(9), (2, false)); // not 2; 3
        assert_eq!(turns(199), (14, true)); // not 2, 3, ... 14
    }

    #[test]
    fn what_is_not_over_100_is_not_tested() {
        assert_eq!(alone(|clock| async_over_100_prime(clock, 97)), (1, false));
        assert_eq!(alone(|clock| async_over_100_prime(clock, 101)), (10, true));
    }
}
