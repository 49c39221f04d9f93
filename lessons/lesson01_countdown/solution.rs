//! One way to solve the exercises.
//!
//! **`Countdown` and `countdown`.** Put the two side by side. Each line of `next` is also in the body of `countdown`,
//! but in another order: `next` begins at its top at each call, and the body does not. `next` has to ask each time "did
//! I print already?" and "am I done?". The body never asks, because the line at which it waits is the answer. This is
//! meant by "a generator keeps its place". A body with ten `yield_`s is no harder to write than a body with one.
//!
//! **`running_total`.** The `for` loop is inside the body, so the body decides when a number is taken: one for each
//! resume. `sum` is a loop, too, but it does not pause, and so it takes every number before the first sum leaves. A
//! generator that takes items from a source, and yields one for each, is a stage of a pipeline. Lesson 5 builds `grep`
//! out of such stages.

use genawaiter::rc::{Co, Gen};

/// Exercise 1, by hand.
pub struct Countdown {
    started: bool,
    n: u32,
}

impl Countdown {
    /// Creates a countdown from `n`. Prints nothing yet.
    pub fn new(n: u32) -> Self {
        Self { started: false, n }
    }
}

impl Iterator for Countdown {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if !self.started {
            self.started = true;
            println!("Count down from {}", self.n);
        }
        if self.n == 0 {
            return None;
        }
        let value = self.n;
        self.n -= 1;
        Some(value)
    }
}

/// Exercise 1, by the compiler.
pub fn countdown(mut n: u32) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        println!("Count down from {n}");
        while n > 0 {
            co.yield_(n).await;
            n -= 1;
        }
    })
}

/// Exercise 2: the sum so far after each number.
pub fn running_total(
    numbers: impl IntoIterator<Item = u32>,
) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        let mut total = 0;
        for number in numbers {
            total += number;
            co.yield_(total).await;
        }
    })
}
