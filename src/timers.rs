//! Timers: values that are due at a deadline.
//!
//! They come out by deadline, to the nanosecond, and those of one deadline in the order in which they were set. The
//! structure is asyncio's: a heap of deadlines. A cancelled timer leaves its entry in the heap, as a *tombstone*, because
//! to find it there would take time; the heap is cleared of them once they are the greater part of it. So to cancel takes
//! constant time, and any number of timers set and cancelled leaves no trace.
//!
//! (asyncio's own heap compares deadlines only, and so gives timers of one deadline in an order that depends on the
//! others in the heap. Here the order of setting is part of the comparison.)

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// Values of type `T`, each due at a deadline.
///
/// ```
/// use std::time::Duration;
/// use tminus::timers::Timers;
///
/// let ms = Duration::from_millis;
/// let mut timers = Timers::new();
/// timers.set(ms(20), "second");
/// timers.set(ms(10), "first");
/// let never = timers.set(ms(15), "never");
/// assert_eq!(timers.cancel(never), Some("never"));
///
/// assert_eq!(timers.next_deadline(), Some(ms(10)));
/// assert_eq!(timers.take_due(ms(9)), None); // never early
/// assert_eq!(timers.take_due(ms(30)), Some("first"));
/// assert_eq!(timers.take_due(ms(30)), Some("second"));
/// ```
#[derive(Debug)]
pub struct Timers<T> {
    heap: BinaryHeap<Reverse<Entry>>,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    /// How many timers were ever set.
    set: u64,
}

/// An entry of the heap. Compared from the top: by deadline, and then by the order of setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    deadline: Duration,
    serial: u64,
    slot: u32,
}

/// Where the value of a timer is, as long as it is set.
#[derive(Debug)]
struct Slot<T> {
    /// The serial number of the timer that has the slot, or had it last.
    serial: u64,
    value: Option<T>,
}

/// Names a timer, to cancel it. It stays harmless when the timer is long gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId {
    serial: u64,
    slot: u32,
}

/// Fewer tombstones than this are not worth a clean-up.
const FEW: usize = 64;

impl<T> Timers<T> {
    /// No timers.
    pub fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            set: 0,
        }
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether no timer is set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets a timer. A deadline may be past, and may be the end of time, [`Duration::MAX`].
    pub fn set(&mut self, deadline: Duration, value: T) -> TimerId {
        let serial = self.set;
        self.set += 1;
        let taken = Slot {
            serial,
            value: Some(value),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = taken;
                slot
            }
            None => {
                self.slots.push(taken);
                u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 timers fit into memory")
            }
        };
        self.heap.push(Reverse(Entry {
            deadline,
            serial,
            slot,
        }));
        TimerId { serial, slot }
    }

    /// Takes a timer back, in constant time. `None` where it was due or cancelled before.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        let value = self.take(id.slot, id.serial)?;
        let tombstones = self.heap.len() - self.len();
        if tombstones > FEW && tombstones > self.heap.len() / 2 {
            let slots = &self.slots;
            self.heap.retain(|Reverse(entry)| is_set(slots, entry));
        }
        Some(value)
    }

    /// The deadline of the timer that is due next.
    pub fn next_deadline(&mut self) -> Option<Duration> {
        while let Some(Reverse(entry)) = self.heap.peek() {
            if is_set(&self.slots, entry) {
                return Some(entry.deadline);
            }
            self.heap.pop();
        }
        None
    }

    /// Takes the next timer, if it is due at `now`.
    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        if self.next_deadline()? > now {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        self.take(entry.slot, entry.serial)
    }

    fn take(&mut self, slot: u32, serial: u64) -> Option<T> {
        let taken = self.slots.get_mut(slot as usize)?;
        if taken.serial != serial {
            return None;
        }
        let value = taken.value.take()?;
        self.free.push(slot);
        Some(value)
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}

fn is_set<T>(slots: &[Slot<T>], entry: &Entry) -> bool {
    let slot = &slots[entry.slot as usize];
    slot.serial == entry.serial && slot.value.is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const fn ns(n: u64) -> Duration {
        Duration::from_nanos(n)
    }

    #[test]
    fn timers_of_one_deadline_come_in_the_order_of_setting() {
        let mut timers = Timers::new();
        for i in 0..100 {
            timers.set(ns(7), i);
        }
        let due: Vec<i32> = std::iter::from_fn(|| timers.take_due(ns(7))).collect();
        assert!(due.into_iter().eq(0..100));
    }

    #[test]
    fn deadlines_may_be_past_and_at_the_end_of_time() {
        let mut timers = Timers::new();
        timers.set(Duration::MAX, "never");
        timers.set(ns(1), "past");
        assert_eq!(timers.take_due(ns(1_000)), Some("past"));
        assert_eq!(timers.take_due(ns(1_000)), None);
        assert_eq!(timers.next_deadline(), Some(Duration::MAX));
        assert_eq!(timers.take_due(Duration::MAX), Some("never"));
        assert_eq!(timers.next_deadline(), None);
    }

    #[test]
    fn an_id_is_good_for_one_timer_only() {
        let mut timers = Timers::new();
        let first = timers.set(ns(1), 'a');
        assert_eq!(timers.take_due(ns(1)), Some('a'));
        let second = timers.set(ns(1), 'b'); // in the same slot
        assert_eq!(timers.cancel(first), None);
        assert_eq!(timers.cancel(second), Some('b'));
        assert_eq!(timers.cancel(second), None);
        assert!(timers.is_empty());
    }

    #[test]
    fn ten_million_cancelled_timers_leave_nothing() {
        let mut timers = Timers::new();
        for i in 0..10_000_000_u64 {
            let id = timers.set(ns(i ^ 0x5555), ());
            timers.cancel(id);
            assert!(timers.heap.len() <= FEW + 1);
        }
        assert_eq!((timers.len(), timers.slots.len()), (0, 1));
    }

    /// A million operations beside a sorted map.
    #[test]
    fn the_order_is_that_of_a_sorted_map() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut timers = Timers::new();
        let mut model = BTreeMap::new();
        let mut ids = Vec::new();
        let mut now = 0;
        for serial in 0..1_200_000_u64 {
            match next(8) {
                0..4 => {
                    let deadline = (now + next(500)).saturating_sub(50); // often equal, sometimes past
                    ids.push((timers.set(ns(deadline), serial), (deadline, serial)));
                    model.insert((deadline, serial), serial);
                }
                4..6 if !ids.is_empty() => {
                    let (id, key) = ids.swap_remove(next(ids.len() as u64) as usize);
                    assert_eq!(timers.cancel(id), model.remove(&key));
                }
                _ => {
                    let expected = model.first_key_value().filter(|((due, _), _)| *due <= now);
                    let expected = expected.map(|(&key, _)| key);
                    assert_eq!(timers.take_due(ns(now)), expected.map(|(_, serial)| serial));
                    match expected {
                        Some(key) => drop(model.remove(&key)),
                        None => now += next(40),
                    }
                }
            }
            assert_eq!(timers.len(), model.len());
            let first = model.first_key_value().map(|((due, _), _)| ns(*due));
            assert_eq!(timers.next_deadline(), first);
        }
    }
}
