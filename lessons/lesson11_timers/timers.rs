//! Values that wait for their deadlines.

use std::{cmp::Reverse, collections::BTreeMap, collections::BinaryHeap, time::Duration};

/// Values with deadlines. Equal deadlines come in the order in which they were set.
pub struct Timers<T> {
    next_number: u64,
    heap: BinaryHeap<Reverse<(Duration, u64)>>, // deadline and sequence number; the least is on top
    values: BTreeMap<u64, T>,                   // by sequence number
}

impl<T> Timers<T> {
    /// Creates a heap without timers.
    pub fn new() -> Self {
        Self {
            next_number: 0,
            heap: BinaryHeap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Keeps `value` until `deadline`.
    pub fn set(&mut self, deadline: Duration, value: T) {
        let number = self.next_number;
        self.next_number += 1;
        self.heap.push(Reverse((deadline, number)));
        self.values.insert(number, value);
    }

    /// Returns the first deadline.
    pub fn first_deadline(&self) -> Option<Duration> {
        let Reverse((deadline, _)) = self.heap.peek()?;
        Some(*deadline)
    }

    /// Takes the first value whose deadline has come. Returns `None` if there is none.
    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        if self.first_deadline()? > now {
            return None;
        }
        let Reverse((_, number)) = self.heap.pop()?;
        self.values.remove(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_by_deadline_and_then_in_the_order_of_setting() {
        let ms = Duration::from_millis;
        let mut timers = Timers::new();
        for (deadline, value) in [(7, "second"), (3, "first"), (7, "third"), (9, "last")] {
            timers.set(ms(deadline), value);
        }
        assert_eq!(timers.first_deadline(), Some(ms(3)));
        assert_eq!(timers.take_due(ms(2)), None);
        let due: Vec<&str> = std::iter::from_fn(|| timers.take_due(ms(7))).collect();
        assert_eq!(due, ["first", "second", "third"]);
        assert_eq!(timers.first_deadline(), Some(ms(9)));
    }
}
