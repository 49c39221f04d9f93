//! Your turn. Both compile, and neither is right yet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use tminus_lessons::lesson11_timers::{Clock, Coroutine, Generator, YieldFrom, sleep};

/// Calls `action` so many `times`: at once in its first turn, and then each `period` after that, however long the
/// action takes. When it is late, it gives way once and goes on, until it has caught up. It is over when the last
/// action is.
pub fn every(
    clock: &Clock,
    period: Duration,
    times: u32,
    mut action: impl FnMut() + 'static,
) -> Coroutine {
    let clock = clock.clone();
    Generator::new(async move |co| {
        // This waits from the end of each action, and so it falls behind.
        for _ in 0..times {
            action();
            let deadline = clock.now() + period;
            co.yield_from(sleep(deadline - clock.now())).await?;
        }
        Ok(())
    })
}

/// Values that are due at a deadline. One that is cancelled is due no more.
pub struct Timers<T> {
    next_timer: u64,
    heap: BinaryHeap<Reverse<(Duration, u64)>>,
    values: BTreeMap<u64, T>,
}

impl<T> Timers<T> {
    /// No timers.
    pub fn new() -> Self {
        Self {
            next_timer: 0,
            heap: BinaryHeap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Sets a timer, and gives its number.
    pub fn set(&mut self, deadline: Duration, value: T) -> u64 {
        let number = self.next_timer;
        self.next_timer += 1;
        self.heap.push(Reverse((deadline, number)));
        self.values.insert(number, value);
        number
    }

    /// Cancels a timer, and gives its value. None if that was taken or cancelled before. It does not search the heap.
    pub fn cancel(&mut self, _number: u64) -> Option<T> {
        // This leaves the timer set. Once it does not, look at the two below.
        None
    }

    /// The first deadline at which a timer is due.
    pub fn next_deadline(&mut self) -> Option<Duration> {
        let Reverse((deadline, _)) = self.heap.peek()?;
        Some(*deadline)
    }

    /// Takes the value of the first timer, if that is due at `now`.
    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        if self.next_deadline()? > now {
            return None;
        }
        let Reverse((_, number)) = self.heap.pop()?;
        self.values.remove(&number)
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}
