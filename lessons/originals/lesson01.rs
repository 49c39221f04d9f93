//! Your turn. Everything here compiles, and is wrong.

use genawaiter::rc::{Co, Gen};

/// Exercise 1, by hand: counts from `n` to 1, and prints `Count down from …` when the count begins.
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
        // Write the whole method. This one never moves on. Step 1 of the page shows what has to outlast the pause.
        let _ = self.started;
        Some(self.n)
    }
}

/// Exercise 1, by the compiler: the same count, with its place kept by the compiler.
pub fn countdown(n: u32) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        // Write the whole body. This one yields only one value. Step 2 shows how a value leaves an unfinished body.
        co.yield_(n).await;
    })
}

/// Exercise 2: yields the sum so far after each number, so that 1, 2, 3 become 1, 3, 6.
///
/// It takes a number when a sum is asked for, and not earlier: `numbers` can be without end.
pub fn running_total(
    numbers: impl IntoIterator<Item = u32>,
) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        // This waits for the end of the numbers.
        let total = numbers.into_iter().sum();
        co.yield_(total).await;
    })
}
