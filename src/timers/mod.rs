//! Timers: values that are due at a deadline.
//!
//! They come out by deadline, to the nanosecond, and those of one deadline in the order in which they were set.
//!
//! asyncio has a heap of deadlines. A million of them are larger than the caches, and to take one a heap jumps about
//! in all of them. Here only the few that are due next are in order. The others wait in *stages*, one for each span of
//! time, in no order, so to set a timer is most often to push it. When those in order are used up, the next stage is
//! cut into what is due soon and what is not, and again, until few are left to be sorted. It is a quicksort that is
//! put off until somebody asks: Navarro's and Paredes's *quickheap*. The price is that who asks may have to wait: to
//! look at a million random deadlines for the first time takes some milliseconds.
//!
//! As in asyncio, a cancelled timer leaves its entry behind, as a *tombstone*, because to find it there would take
//! time; tombstones are cleared away once they are the greater part. Only the last one pushed goes at once. So to
//! cancel takes constant time, and any number of timers set and cancelled leaves no trace.
//!
//! (asyncio's own heap compares deadlines only, and so gives timers of one deadline in an order that depends on the
//! others in the heap. Here the order of setting is part of the comparison.)

mod values;

use std::{cmp::Reverse, collections::BTreeMap, mem, time::Duration};

use values::Values;

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
    /// What is due next, the latest first.
    near: Vec<Entry>,
    /// What is due after that, the latest first.
    stages: Vec<Stage>,
    /// What is due after all stages.
    far: Stage,
    /// What is due in centuries, and fits into no entry: the slot by deadline and serial number.
    beyond: BTreeMap<(Duration, u64), u32>,
    values: Values<T>,
    /// How many entries were made since they were last numbered.
    entries: u32,
}

/// Entries of a span of time, in no order: from a moment on, until the stage before it begins.
#[derive(Debug, Default)]
struct Stage {
    from: Moment,
    entries: Vec<Entry>,
}

/// From the top: the deadline in 64 bits, the order of setting in 32, the slot in 32. It is one number, because numbers
/// are compared, and so sorted, without a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u128);

/// A deadline in an entry: 34 bits of seconds, 30 bits of nanoseconds.
type Moment = u64;

/// Names a timer, to cancel it. It stays harmless when the timer is long gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId {
    serial: u64,
    slot: u32,
}

/// So many entries are kept in order, and so many tombstones are not worth a clean-up.
const FEW: usize = 64;

impl<T> Timers<T> {
    /// No timers.
    pub fn new() -> Self {
        Self {
            near: Vec::new(),
            stages: Vec::new(),
            far: Stage::default(),
            beyond: BTreeMap::new(),
            values: Values::new(),
            entries: 0,
        }
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no timer is set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets a timer. A deadline may be past, and may be the end of time, [`Duration::MAX`].
    pub fn set(&mut self, deadline: Duration, value: T) -> TimerId {
        let id = self.values.put(value);
        match moment(deadline) {
            Some(moment) => self.enter(moment, id.slot),
            None => drop(self.beyond.insert((deadline, id.serial), id.slot)),
        }
        id
    }

    /// Takes a timer back, in constant time. `None` where it was due or cancelled before.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        let value = self.values.cancel(id)?;
        let far = &mut self.far.entries;
        if far.pop_if(|last| last.slot() == id.slot).is_some() {
            self.values.bury(id.slot);
        } else if self.values.tombstones() > FEW && self.values.tombstones() > self.len() {
            self.clean_up();
        }
        Some(value)
    }

    /// The deadline of the timer that is due next.
    pub fn next_deadline(&mut self) -> Option<Duration> {
        Some(self.first()?.0)
    }

    /// Takes the next timer, if it is due at `now`.
    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        let (deadline, slot) = self.first()?;
        if deadline > now {
            return None;
        }
        if self.near.pop().is_none() {
            self.beyond.pop_first();
        }
        self.values.take(slot)
    }

    /// The deadline and the slot of the next timer. It is the last of `near`; if that is empty, the first of `beyond`.
    fn first(&mut self) -> Option<(Duration, u32)> {
        while !self.near.is_empty() || self.refill() {
            while let Some(&next) = self.near.last() {
                if self.values.stays(next.slot()) {
                    return Some((next.deadline(), next.slot()));
                }
                self.near.pop();
            }
        }
        while let Some((&(deadline, _), &slot)) = self.beyond.first_key_value() {
            if self.values.stays(slot) {
                return Some((deadline, slot));
            }
            self.beyond.pop_first();
        }
        None
    }

    /// Puts an entry where it belongs: after all others of its deadline, for it is the newest.
    fn enter(&mut self, moment: Moment, slot: u32) {
        if self.entries == u32::MAX {
            self.number_anew();
        }
        let entry = Entry::new(moment, self.entries, slot);
        self.entries += 1;
        if moment >= self.far.from {
            return self.far.entries.push(entry);
        }
        let stage = self.stages.partition_point(|stage| stage.from > moment);
        if let Some(stage) = self.stages.get_mut(stage) {
            return stage.entries.push(entry);
        }
        let place = self.near.partition_point(|other| *other > entry);
        self.near.insert(place, entry);
        if self.near.len() > FEW {
            let from = self.near[FEW / 2 - 1].moment();
            let entries = self.near.drain(..FEW / 2).collect();
            self.stages.push(Stage { from, entries });
        }
    }

    /// Moves what is due next into `near`, which was empty. `false` if there is nothing.
    fn refill(&mut self) -> bool {
        while self.near.is_empty() && !self.is_empty() {
            let stage = self.stages.last_mut().unwrap_or(&mut self.far);
            let count = stage.entries.len();
            if count > FEW {
                let soon = stage.cut((FEW / 2).max(count / 3));
                self.stages.push(soon);
                continue;
            }
            self.near.append(&mut stage.entries);
            // This also brings their slots into the cache, many at a time.
            self.near.retain(|entry| self.values.stays(entry.slot()));
            self.near.sort_unstable_by_key(|&entry| Reverse(entry));
            if self.stages.pop().is_none() {
                let Some(latest) = self.near.first() else {
                    break;
                };
                self.far.from = latest.moment();
            }
        }
        !self.near.is_empty()
    }

    #[cold]
    fn clean_up(&mut self) {
        let stages = self.stages.iter_mut().chain([&mut self.far]);
        for entries in stages.map(|it| &mut it.entries).chain([&mut self.near]) {
            entries.retain(|entry| self.values.stays(entry.slot()));
        }
        self.beyond.retain(|_, slot| self.values.stays(*slot));
    }

    /// Makes room for new numbers, once in 2^32 timers.
    #[cold]
    fn number_anew(&mut self) {
        let mut all = mem::take(&mut self.near);
        for stage in self.stages.drain(..).chain([mem::take(&mut self.far)]) {
            all.extend(stage.entries);
        }
        all.sort_unstable();
        self.entries = 0;
        for entry in &mut all {
            *entry = Entry::new(entry.moment(), self.entries, entry.slot());
            self.entries += 1;
        }
        self.far.entries = all;
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage {
    /// Cuts off the `count` entries that are due first.
    fn cut(&mut self, count: usize) -> Self {
        let rest = self.entries.len() - count;
        let by_time = |&entry: &Entry| Reverse(entry);
        let (_, first, _) = self.entries.select_nth_unstable_by_key(rest - 1, by_time);
        let from = mem::replace(&mut self.from, first.moment());
        let entries = self.entries.split_off(rest);
        Self { from, entries }
    }
}

impl Entry {
    fn new(moment: Moment, number: u32, slot: u32) -> Self {
        Self(u128::from(moment) << 64 | u128::from(number) << 32 | u128::from(slot))
    }

    fn moment(self) -> Moment {
        (self.0 >> 64) as u64
    }

    fn deadline(self) -> Duration {
        let moment = self.moment();
        Duration::new(moment >> 30, moment as u32 & ((1 << 30) - 1))
    }

    fn slot(self) -> u32 {
        self.0 as u32
    }
}

/// `None` from 2^34 seconds on, which are 544 years.
fn moment(deadline: Duration) -> Option<Moment> {
    let seconds = deadline.as_secs();
    (seconds < 1 << 34).then(|| seconds << 30 | u64::from(deadline.subsec_nanos()))
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
            assert!(timers.far.entries.len() <= FEW + 1);
        }
        assert_eq!((timers.len(), timers.values.slots()), (0, 1));
    }

    #[test]
    fn tombstones_are_cleared_away() {
        for deadline in [ns(1), Duration::MAX] {
            let mut timers = Timers::new();
            for _ in 0..1_000 {
                let ids = [0; 2].map(|_| timers.set(deadline, ()));
                assert!(ids.into_iter().all(|id| timers.cancel(id).is_some()));
                assert!(timers.values.tombstones() <= FEW);
            }
            assert!(timers.values.slots() <= FEW + 2);
        }
    }

    /// More than a million operations beside a sorted map, with far deadlines, past ones, and many equal ones.
    #[test]
    fn the_order_is_that_of_a_sorted_map() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        for round in 0..12 {
            let mut timers = Timers::new();
            timers.entries = u32::MAX - 10_000; // numbered anew in each round
            let mut model = BTreeMap::new();
            let mut ids = Vec::new();
            let mut now = Duration::ZERO;
            for serial in 0..100_000_u64 {
                match next(8) {
                    0..4 => {
                        let deadline = match next(32) {
                            0 => now + ns(next(1 << 36)),
                            1 => Duration::from_secs(1 << 34) - ns(1) + ns(next(3)),
                            2 => Duration::MAX - ns(next(3)),
                            _ => (now + ns(next(500 << round))).saturating_sub(ns(50)),
                        };
                        ids.push((timers.set(deadline, serial), (deadline, serial)));
                        model.insert((deadline, serial), serial);
                    }
                    4..6 if !ids.is_empty() => {
                        let (id, key) = ids.swap_remove(next(ids.len() as u64) as usize);
                        assert_eq!(timers.cancel(id), model.remove(&key));
                    }
                    _ => {
                        let first = model.first_entry().filter(|first| first.key().0 <= now);
                        let expected = first.map(|first| first.remove());
                        assert_eq!(timers.take_due(now), expected);
                        if expected.is_none() {
                            now += ns(next(40 << round));
                        }
                    }
                }
                assert_eq!(timers.len(), model.len());
                if next(4) == 0 {
                    let first = model.first_key_value().map(|(key, _)| key.0);
                    assert_eq!(timers.next_deadline(), first);
                }
            }
            let due = std::iter::from_fn(|| timers.take_due(Duration::MAX));
            assert!(due.eq(model.into_values()));
        }
    }
}
