//! Searches whose test takes many turns, and a task that waits until a time.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson09_round_robin::Lanes;
use tminus_lessons::lesson10_tasks::{Generator, Scheduler, Turn, ValueError};

/// The number of turns so far. Clones are handles to the same clock.
pub type Clock = Rc<Cell<u32>>;

/// A task of this file's scheduler, which returns the number found, or Python's `None`.
pub type Routine = Generator<(), (), Option<u64>>;

/// A test that may take turns to answer.
pub type Test = fn(&Clock, u64) -> Generator<(), (), bool>;

/// Yields at least once, and until the clock has advanced by `interval`.
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

/// Returns `true` if `x` is prime. Yields after each number that does not divide `x`.
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

/// Returns `true` if `x` is above 100 and prime. Only tests numbers above 100.
pub fn async_over_100_prime(clock: &Clock, x: u64) -> Generator<(), (), bool> {
    let clock = clock.clone();
    Generator::new(async move |co| Ok(x > 100 && co.yield_from(async_is_prime(&clock, x)).await?))
}

/// Returns the first number that fits. Yields when the test does.
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

/// Prints each number that fits. Yields when the test does.
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

/// Prints a message and sleeps, `times` times.
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

/// Returns the three tasks of the demo, with their names.
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

/// Runs routines, each in a lane, until all are done. The clock advances by 1 with each turn.
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

    /// The number of turns that a task takes, and its result. The clock advances by 1 with each turn.
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
    fn a_sleep_yields_until_its_time_has_come() {
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
