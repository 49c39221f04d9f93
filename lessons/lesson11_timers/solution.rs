//! One way to solve the exercises.
//!
//! **`every`.** A sleep says how long, and a beat says when. So each deadline is worked out from the one before, and
//! never from the clock: then what an action takes is not added to it. The clock is asked only how much of the time is
//! left. That may be nothing, and then `saturating_sub` gives zero: the task gives way once, and there is no error.
//! `tokio::time::interval` also bursts when it is late, unless it is told to skip.
//!
//! **`Timers`.** A heap finds its top at once, and anything else only by looking through all of it. So `cancel` leaves
//! the entry where it is, and takes the value. An entry without a value is a *tombstone*. It is thrown away when it
//! gets to the top, and `next_deadline` has to do that too. Otherwise a scheduler would wait for a deadline at which
//! nobody is due. One thing remains: a timer of an hour that is cancelled at once stays in the heap for that hour.
//! asyncio and the crate clear the heap when more than half of it is tombstones.

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
        let mut deadline = clock.now();
        for n in 0..times {
            if n > 0 {
                deadline += period;
                co.yield_from(sleep(deadline.saturating_sub(clock.now())))
                    .await?;
            }
            action();
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
    pub fn cancel(&mut self, number: u64) -> Option<T> {
        self.values.remove(&number)
    }

    /// The first deadline at which a timer is due.
    pub fn next_deadline(&mut self) -> Option<Duration> {
        while let Some(&Reverse((deadline, number))) = self.heap.peek() {
            if self.values.contains_key(&number) {
                return Some(deadline);
            }
            self.heap.pop();
        }
        None
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
