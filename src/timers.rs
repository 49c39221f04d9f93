//! Timers: values that are due at a deadline.
//!
//! They come out by deadline, to the nanosecond, and those of one deadline in the order in which they were set.
//!
//! asyncio has a heap of deadlines. A million of them are larger than the caches, and a heap jumps about in all of them
//! whenever one is taken. Here only the few that are due next are in order. The others wait in *stages*, a stage for a
//! span of time, in no order at all, so that to set a timer is most often to push it. When the first timers are used up,
//! the next stage is cut into what is due soon and what is not, until what is soon are few, and these are sorted. It is
//! a quicksort that is put off until somebody asks, after the quickheap of Navarro and Paredes.
//!
//! As in asyncio, a cancelled timer leaves its entry behind, as a *tombstone*, because to find it there would take time;
//! they are cleared away once they are the greater part. (Only the one set last goes at once.) So to cancel takes constant
//! time, and any number of timers set and cancelled leaves no trace.
//!
//! (asyncio's own heap compares deadlines only, and so gives timers of one deadline in an order that depends on the
//! others in the heap. Here the order of setting is part of the comparison.)

use std::{cmp::Reverse, collections::BTreeMap, mem, time::Duration};

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
    /// What is due next: the next one is the last.
    near: Vec<Entry>,
    /// What is due after `near`: the next stage is the last.
    stages: Vec<Stage>,
    /// What is due after all stages.
    far: Stage,
    /// What is due in centuries, and fits into no entry: the slot by deadline and serial number.
    beyond: BTreeMap<(Duration, u64), u32>,
    slots: Vec<Slot<T>>,
    /// The slots that have no timer, and of which no entry is left.
    free: Vec<u32>,
    /// How many entries are left of cancelled timers.
    tombstones: usize,
    /// How many timers were ever set.
    set: u64,
    /// How many entries were made since they were numbered anew.
    entries: u32,
}

/// Entries from a moment on, until the stage before it begins. In no order.
#[derive(Debug, Default)]
struct Stage {
    from: Moment,
    entries: Vec<Entry>,
}

/// From the top: 64 bits of deadline, 32 bits of the order of setting, 32 bits of slot. As one number they are compared
/// without a branch, and sorted three times as fast as a struct of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u128);

/// A deadline in an entry: 34 bits of seconds, 30 bits of nanoseconds.
type Moment = u64;

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

/// So many entries are sorted at once, and so many tombstones are not worth a clean-up.
const FEW: usize = 64;

impl<T> Timers<T> {
    /// No timers.
    pub fn new() -> Self {
        Self {
            near: Vec::new(),
            stages: Vec::new(),
            far: Stage::default(),
            beyond: BTreeMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            tombstones: 0,
            set: 0,
            entries: 0,
        }
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len() - self.tombstones
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
        match moment(deadline) {
            Some(moment) => self.enter(moment, slot),
            None => drop(self.beyond.insert((deadline, serial), slot)),
        }
        TimerId { serial, slot }
    }

    /// Takes a timer back, in constant time. `None` where it was due or cancelled before.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        let slot = self.slots.get_mut(id.slot as usize)?;
        if slot.serial != id.serial {
            return None;
        }
        let value = slot.value.take()?;
        let last = &mut self.far.entries;
        if last.pop_if(|last| last.slot() == id.slot).is_some() {
            self.free.push(id.slot);
            return Some(value);
        }
        self.tombstones += 1;
        if self.tombstones > FEW && self.tombstones > self.len() {
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
        self.free.push(slot);
        self.slots[slot as usize].value.take()
    }

    /// The deadline of the next timer, and its slot. It is the last of `near`, or `near` is empty and it is in `beyond`.
    fn first(&mut self) -> Option<(Duration, u32)> {
        while !self.near.is_empty() || self.refill() {
            while let Some(&next) = self.near.last() {
                if is_set(&self.slots, next.slot()) {
                    return Some((next.deadline(), next.slot()));
                }
                self.near.pop();
                self.tombstones -= 1;
                self.free.push(next.slot());
            }
        }
        while let Some(next) = self.beyond.first_entry() {
            if is_set(&self.slots, *next.get()) {
                return Some((next.key().0, *next.get()));
            }
            self.tombstones -= 1;
            self.free.push(next.remove());
        }
        None
    }

    /// Puts an entry where it belongs: after all entries of its deadline, for it is the newest.
    #[inline]
    fn enter(&mut self, moment: Moment, slot: u32) {
        if self.entries == u32::MAX {
            self.number_anew();
        }
        let entry = Entry::new(moment, self.entries, slot);
        self.entries += 1;
        if moment >= self.far.from {
            self.far.entries.push(entry);
        } else {
            self.enter_before_far(entry);
        }
    }

    fn enter_before_far(&mut self, entry: Entry) {
        let later = |stage: &Stage| stage.from > entry.moment();
        let stage = self.stages.partition_point(later);
        if let Some(stage) = self.stages.get_mut(stage) {
            stage.entries.push(entry);
            return;
        }
        let place = self.near.partition_point(|other| *other > entry);
        self.near.insert(place, entry);
        if self.near.len() > FEW {
            let from = self.near[FEW / 2 - 1].moment();
            let entries = self.near.drain(..FEW / 2).collect();
            self.stages.push(Stage { from, entries });
        }
    }

    /// Moves what is due next into `near`, which was empty. Gives `false` if there is nothing.
    fn refill(&mut self) -> bool {
        while self.near.is_empty() {
            let stage = self.stages.last_mut().unwrap_or(&mut self.far);
            let count = stage.entries.len();
            if count > FEW {
                let rest = count - (FEW / 2).max(count / 3);
                let by_time = |&entry: &Entry| Reverse(entry);
                stage.entries.select_nth_unstable_by_key(rest - 1, by_time);
                let soon = Stage {
                    entries: stage.entries.split_off(rest),
                    from: mem::replace(&mut stage.from, stage.entries[rest - 1].moment()),
                };
                self.stages.push(soon);
                continue;
            }
            if count > 0 {
                self.near.append(&mut stage.entries);
                // It also brings their slots into the cache, all at a time.
                self.tombstones -= clear(&mut self.near, &self.slots, &mut self.free);
                self.near.sort_unstable_by_key(|&entry| Reverse(entry));
            }
            if self.stages.pop().is_some() {
                continue;
            }
            if count == 0 {
                return false;
            }
            if let Some(latest) = self.near.first() {
                self.far.from = latest.moment();
            }
        }
        true
    }

    fn clean_up(&mut self) {
        let stages = self.stages.iter_mut().chain([&mut self.far]);
        for entries in stages.map(|it| &mut it.entries).chain([&mut self.near]) {
            clear(entries, &self.slots, &mut self.free);
        }
        self.beyond.retain(|_, slot| {
            let keep = is_set(&self.slots, *slot);
            if !keep {
                self.free.push(*slot);
            }
            keep
        });
        self.tombstones = 0;
    }

    /// Makes room for new numbers. It takes time once in 2^32 timers.
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

/// `None` for 544 years and more.
fn moment(deadline: Duration) -> Option<Moment> {
    let seconds = deadline.as_secs();
    (seconds < 1 << 34).then(|| seconds << 30 | u64::from(deadline.subsec_nanos()))
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}

fn is_set<T>(slots: &[Slot<T>], slot: u32) -> bool {
    slots[slot as usize].value.is_some()
}

/// Clears the tombstones away, and says how many there were.
fn clear<T>(entries: &mut Vec<Entry>, slots: &[Slot<T>], free: &mut Vec<u32>) -> usize {
    let before = entries.len();
    entries.retain(|entry| {
        let keep = is_set(slots, entry.slot());
        if !keep {
            free.push(entry.slot());
        }
        keep
    });
    before - entries.len()
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
        assert_eq!((timers.len(), timers.slots.len()), (0, 1));
    }

    #[test]
    fn centuries_are_in_order() {
        let era = Duration::from_secs(1 << 34);
        let last = Duration::MAX;
        let deadlines = [last, era, last - ns(1), era - ns(1), era + ns(1), era, last];
        let mut timers = Timers::new();
        for (i, deadline) in deadlines.into_iter().enumerate() {
            timers.set(deadline, i);
        }
        let due: Vec<usize> = std::iter::from_fn(|| timers.take_due(last)).collect();
        assert_eq!(due, [3, 1, 5, 4, 2, 0, 6]);
        for _ in 0..1_000 {
            let id = timers.set(last, 7);
            timers.cancel(id);
        }
        assert!(timers.beyond.len() <= FEW + 1);
        assert_eq!(timers.take_due(last), None);
        assert_eq!(timers.free.len(), timers.slots.len());
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
                            1 => Duration::MAX - ns(next(3)),
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
            assert_eq!(timers.free.len(), timers.slots.len());
        }
    }
}
