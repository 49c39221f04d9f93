#![doc = include_str!("README.md")]

use genawaiter::rc::{Co, Gen};

/// A countdown that keeps its place by hand.
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

/// A countdown whose place is kept by the compiler.
pub fn countdown(mut n: u32) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        println!("Count down from {n}");
        while n > 0 {
            co.yield_(n).await;
            n -= 1;
        }
    })
}

/// Yields the Lucas numbers: 2, 1, and from there on the sum of the last two, without end.
pub fn lucas() -> Gen<u64, (), impl Future<Output = ()>> {
    Gen::new(async |co: Co<u64>| {
        co.yield_(2).await;
        let (mut a, mut b) = (2, 1);
        loop {
            co.yield_(b).await;
            (a, b) = (b, a + b);
        }
    })
}

/// Searches for the first item that fits, pauses after each other item, and returns the item found.
pub fn async_search<T>(
    items: impl IntoIterator<Item = T>,
    fits: impl Fn(&T) -> bool,
) -> Gen<Option<T>, (), impl Future<Output = Option<T>>> {
    Gen::new(async move |co: Co<Option<T>>| {
        for item in items {
            if fits(&item) {
                return Some(item);
            }
            co.yield_(None).await;
        }
        None
    })
}

/// Yields the numbers below 10,000 whose square is `(x - 3) * (x + 4)`: a generator expression.
pub fn roots() -> impl Iterator<Item = i64> {
    (0..10_000).filter(|x| x * x == (x - 3) * (x + 4))
}

#[cfg(test)]
mod tests {
    use genawaiter::GeneratorState::{Complete, Yielded};

    use super::*;

    #[test]
    fn both_countdowns_yield_the_same() {
        assert!(Countdown::new(3).eq([3, 2, 1]));
        assert!(countdown(3).into_iter().eq([3, 2, 1]));
    }

    #[test]
    fn a_resume_runs_the_body_to_its_next_yield() {
        let mut c = countdown(2);
        assert_eq!(c.resume(), Yielded(2));
        assert_eq!(c.resume(), Yielded(1));
        assert_eq!(c.resume(), Complete(()));
    }

    #[test]
    fn a_search_that_pauses_can_be_left_and_continued() {
        let mut search = async_search(lucas(), |&n| n > 3);
        for _ in [2, 1, 3] {
            assert_eq!(search.resume(), Yielded(None));
        }
        assert_eq!(search.resume(), Complete(Some(4)));
    }
}
