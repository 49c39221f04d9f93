//! Programs that only use the scheduler: countdowns, a timer, and the primes and ticks of lesson 10.

use std::time::Duration;

use tminus_lessons::lesson01_countdown::lucas;
use tminus_lessons::lesson10_tasks::ValueError;
use tminus_lessons::lesson11_timers::{
    Clock, Coroutine, Generator, Lanes, Scheduler, Step, Turn, Wait, YieldFrom, sleep,
};

/// Returns a duration of `n` milliseconds.
pub const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Prints the numbers from `n` down to 1, with a pause after each, and then `Blast off!`.
pub fn countdown(name: &'static str, n: u32, pause: Duration) -> Coroutine {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            println!("{name}: T-minus {i}");
            co.yield_from(sleep(pause)).await?;
        }
        println!("{name}: Blast off!");
        Ok(())
    })
}

/// Runs two countdowns with different pauses.
pub fn two_countdowns(clock: &Clock, lanes: &Lanes) {
    let mut scheduler = Scheduler::new(clock);
    scheduler.add(lanes.watch("five", countdown("five", 5, ms(200))));
    scheduler.add(lanes.watch("three", countdown("three", 3, ms(300))));
    scheduler.run();
}

/// Calls back after a while.
pub fn timer(milliseconds: u64, callback: impl FnOnce() + 'static) -> Coroutine {
    Generator::new(async move |co| {
        println!("Waiting {milliseconds}s ..."); // it prints seconds, as the Python program does
        co.yield_from(sleep(ms(milliseconds))).await?;
        callback();
        Ok(())
    })
}

/// A task of the primes' scheduler: it returns the number that it found, or Python's `None`.
pub type Routine = Coroutine<Option<u64>>;

/// Returns `true` if `x` is prime. Yields after each number that does not divide `x`.
pub fn async_is_prime(x: u64) -> Coroutine<bool> {
    Generator::new(async move |co| {
        if x < 2 {
            return Ok(false);
        }
        for i in 2..=x.isqrt() {
            if x.is_multiple_of(i) {
                return Ok(false);
            }
            co.yield_(Wait::Turn).await?;
        }
        Ok(true)
    })
}

/// Returns the first number above 100 that is prime.
pub fn async_search(numbers: impl IntoIterator<Item = u64> + 'static) -> Routine {
    Generator::new(async move |co| {
        for n in numbers {
            if n > 100 && co.yield_from(async_is_prime(n)).await? {
                return Ok(Some(n));
            }
        }
        Err(ValueError("Not found").into())
    })
}

/// Prints each number that is prime.
pub fn async_print_matches(numbers: impl IntoIterator<Item = u64> + 'static) -> Routine {
    Generator::new(async move |co| {
        for n in numbers {
            if co.yield_from(async_is_prime(n)).await? {
                println!("Found: {n}");
            }
        }
        Ok(None)
    })
}

/// Prints a message and sleeps, `times` times.
pub fn repetitive_message(message: &'static str, interval: Duration, times: u32) -> Routine {
    Generator::new(async move |co| {
        for _ in 0..times {
            println!("{message}");
            co.yield_from(sleep(interval)).await?;
        }
        Ok(None)
    })
}

/// Does what `task` does, and makes each of its turns take a millisecond.
pub fn laborious<R: 'static>(clock: &Clock, mut task: Coroutine<R>) -> Coroutine<R> {
    let clock = clock.clone();
    Generator::new(async move |co| {
        loop {
            clock.wait_until(clock.now() + ms(1));
            match task.resume()? {
                Step::Yielded(wait) => co.yield_(wait).await?,
                Step::Returned(result) => return Ok(result),
            }
        }
    })
}

/// Runs the primes and ticks of lesson 10 with a real sleep. A turn takes a millisecond. Returns the number of turns.
pub fn primes_and_ticks(clock: &Clock, lanes: &Lanes) -> usize {
    let mut scheduler = Scheduler::new(clock);
    let twelve = lucas().into_iter().take(12);
    for (name, routine) in [
        ("matches", async_print_matches(twelve)),
        ("message", repetitive_message("tick", ms(20), 3)),
        ("search", async_search(lucas())),
    ] {
        scheduler.add(lanes.watch(name, laborious(clock, routine)));
    }
    let mut turns = 0;
    while let Some(turn) = scheduler.turn() {
        turns += 1;
        if let Turn::Returned(id) = turn {
            let result = scheduler.results[&id].map_or("None".to_owned(), |n| n.to_string());
            println!("task {id} completed with result: {result}");
        }
    }
    turns
}
