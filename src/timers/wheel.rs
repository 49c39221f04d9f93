//! A hierarchical timing wheel that is exact to the nanosecond.
//!
//! The wheel has eleven levels of 64 buckets. Six bits of a deadline name a bucket of a level: the lowest six at level 0,
//! the next six at level 1, and so on, up to all 64 bits. So a bucket is a nanosecond wide at level 0, 64 at level 1, and
//! a second at level 5. One moment, `elapsed`, decides at which level a timer is:
//!
//! | a timer with this deadline | is in |
//! |---|---|
//! | before `elapsed` | `early`, a map by deadline |
//! | equal to `elapsed` | level 0, in the bucket of its lowest six bits |
//! | after `elapsed` | the level of the highest six bits in which it differs from `elapsed`, in the bucket of these bits |
//!
//! Invariant: this table holds for every timer at any time. Whatever moves `elapsed` moves the timers that it concerns.
//! Three facts follow from it:
//!
//! - All timers of a level are due before those of the levels above, and all timers of a bucket before those of the next
//!   bucket. So the next timer is in `early`, or in the first bucket of the lowest level that has any.
//! - Timers with equal deadlines are in the same list, whenever they were set. A list is in the order of setting. So
//!   equal deadlines need no serial number.
//! - Where a timer is can be computed from its deadline. So it can be cancelled in constant time, and leaves nothing.
//!
//! `elapsed` moves forward in two ways. When the last timer of the first bucket is taken, `elapsed` becomes its deadline,
//! and no other timer is concerned. When the first bucket is due and has more than a few timers, it is *spread*:
//! `elapsed` becomes the start of the bucket, and its timers move to the levels below. A bucket with few timers is
//! searched instead. So most timers move once or never, and none moves more than ten times.

use std::{collections::BTreeMap, mem, num::NonZeroU32};

use super::{Moment, TimerId};
use crate::lists::{List, Lists, RETIRED};

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Eleven times six bits are 66. Of the last level only 16 buckets are used.
const LEVELS: usize = Moment::BITS.div_ceil(BITS) as usize;

/// A bucket with more timers than this is spread rather than searched.
const FEW: usize = 8;

pub(super) struct Wheel<T> {
    timers: Lists<Timer<T>>,
    buckets: Box<[List; SLOTS * LEVELS]>,
    /// One bit for each bucket of a level: is anything in it?
    occupied: [u64; LEVELS],
    /// One bit for each level: is any bucket of it occupied?
    levels: u32,
    /// No later than the latest `now` of [`Wheel::take_due`], unless [`Wheel::next_deadline`] has moved it further.
    elapsed: Moment,
    /// The timers before `elapsed`: deadlines that had passed when they were set, as a rule.
    early: BTreeMap<Moment, List>,
    /// No timer is due before this. A timer that is removed leaves it as it is: it is a bound, and stays one.
    bound: Moment,
    /// The next timer, if it is known. Then `bound` is its deadline.
    next: Option<u32>,
}

/// With its two links it takes 32 bytes for a value of 12. A free node is recognised by the niche of `generation`.
struct Timer<T> {
    deadline: Moment,
    generation: NonZeroU32,
    value: T,
}

/// A bucket of the wheel.
#[derive(Clone, Copy)]
struct Place {
    level: usize,
    slot: usize,
}

/// What a look for the next timer finds.
enum First {
    Timer(u32),
    /// Too many timers to be searched.
    Crowd(Place),
}

impl<T> Wheel<T> {
    pub(super) fn new() -> Self {
        Self {
            timers: Lists::new(),
            buckets: Box::new([List::EMPTY; SLOTS * LEVELS]),
            occupied: [0; LEVELS],
            levels: 0,
            elapsed: 0,
            early: BTreeMap::new(),
            bound: Moment::MAX,
            next: None,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.timers.len()
    }

    #[inline]
    pub(super) fn set(&mut self, deadline: Moment, value: T) -> TimerId {
        let list = if deadline < self.elapsed && !self.begins_again() {
            early_list(&mut self.early, deadline)
        } else {
            let place = self.place(deadline);
            self.occupy(place);
            &mut self.buckets[place.index()]
        };
        let mut generation = NonZeroU32::MIN;
        let index = self.timers.append_with(list, |uses| {
            generation = generation.saturating_add(uses);
            Timer {
                deadline,
                generation,
                value,
            }
        });
        if deadline < self.bound {
            self.bound = deadline; // and all others are due later, so it is the next one
            self.next = Some(index);
        }
        TimerId { index, generation }
    }

    #[inline]
    pub(super) fn cancel(&mut self, id: TimerId) -> Option<T> {
        let deadline = self.deadline(id)?;
        Some(self.remove(id.index, deadline).0)
    }

    #[inline]
    pub(super) fn deadline(&self, id: TimerId) -> Option<Moment> {
        let timer = self.timers.get(id.index)?;
        (timer.generation == id.generation).then_some(timer.deadline)
    }

    /// Returns `false` if it is known that no timer is due.
    #[inline]
    pub(super) fn may_be_due(&self, now: Moment) -> bool {
        self.bound <= now
    }

    #[inline]
    pub(super) fn take_due(&mut self, now: Moment) -> Option<T> {
        if !self.may_be_due(now) {
            return None;
        }
        let next = loop {
            match self.first()? {
                First::Timer(next) => break next,
                First::Crowd(place) if self.start_of(place) <= now => self.spread(place),
                First::Crowd(_) => return None,
            }
        };
        let deadline = self.bound;
        if deadline > now {
            return None;
        }
        let (value, is_last) = self.remove(next, deadline);
        if is_last {
            self.elapsed = deadline; // it was the first bucket, so nothing in the wheel is due earlier
        }
        Some(value)
    }

    /// Returns the deadline of the next timer, or an earlier moment if the bucket of that timer is crowded.
    ///
    /// It moves nothing, so `elapsed` stays before the clock, and a new timer never becomes an early one.
    #[inline]
    pub(super) fn next_or_earlier(&mut self) -> Option<Moment> {
        self.first().map(|_| self.bound)
    }

    /// Returns the deadline of the next timer.
    ///
    /// It spreads buckets that are not due. Searching them would take linear time again after every cancel.
    pub(super) fn next_deadline(&mut self) -> Option<Moment> {
        loop {
            match self.first()? {
                First::Timer(_) => return Some(self.bound),
                First::Crowd(place) => self.spread(place),
            }
        }
    }

    /// Looks for the next timer, and raises `bound` as far as that shows.
    #[inline]
    fn first(&mut self) -> Option<First> {
        match self.next {
            Some(next) => Some(First::Timer(next)),
            None => self.search(),
        }
    }

    #[inline(never)]
    fn search(&mut self) -> Option<First> {
        let mut next = None;
        if let Some((&deadline, list)) = self.early.first_key_value() {
            next = list.first().map(|node| (node, deadline));
        } else if let Some(place) = self.first_place() {
            let mut timers = self.timers.iter(self.buckets[place.index()]);
            // At level 0 all deadlines of a bucket are equal, so the first one is enough.
            let looks = if place.level == 0 { 1 } else { FEW };
            for (node, timer) in timers.by_ref().take(looks) {
                // Not `<=`: of equal deadlines, the one that was set first stays.
                if next.is_none_or(|(_, first)| timer.deadline < first) {
                    next = Some((node, timer.deadline));
                }
            }
            if place.level > 0 && timers.next().is_some() {
                // A removed timer may have left a later bound than this.
                self.bound = self.bound.max(self.start_of(place));
                return Some(First::Crowd(place));
            }
        }
        self.bound = next.map_or(Moment::MAX, |(_, deadline)| deadline);
        self.next = next.map(|(node, _)| node);
        self.next.map(First::Timer)
    }

    /// Moves the timers of the first bucket to the levels below, which are empty. They keep their order.
    fn spread(&mut self, from: Place) {
        self.elapsed = self.start_of(from);
        self.vacate(from);
        let mut list = mem::replace(&mut self.buckets[from.index()], List::EMPTY);
        while let Some(node) = list.first()
            && let Some(timer) = self.timers.get(node)
        {
            let place = self.place(timer.deadline);
            self.occupy(place);
            let to = &mut self.buckets[place.index()];
            self.timers.move_to(&mut list, to, node);
        }
    }

    /// Removes a timer, and returns whether it was the last one of a bucket.
    #[inline]
    fn remove(&mut self, node: u32, deadline: Moment) -> (T, bool) {
        if self.next == Some(node) {
            self.next = None;
        }
        if deadline < self.elapsed {
            return (self.remove_early(node, deadline), false);
        }
        let place = self.place(deadline);
        let bucket = &mut self.buckets[place.index()];
        let removed = self.timers.remove_stamped(bucket, node, Timer::stamp);
        let is_last = bucket.is_empty();
        if is_last {
            self.vacate(place);
        }
        (removed.value, is_last)
    }

    #[cold]
    fn remove_early(&mut self, node: u32, deadline: Moment) -> T {
        let list = early_list(&mut self.early, deadline);
        let removed = self.timers.remove_stamped(list, node, Timer::stamp);
        if list.is_empty() {
            self.early.remove(&deadline);
        }
        removed.value
    }

    /// Sets `elapsed` back, if there is no timer that forbids it.
    ///
    /// `next_deadline` may have moved it far ahead of the clock. Without this, all timers would be early ones for as long.
    #[cold]
    fn begins_again(&mut self) -> bool {
        let begins_again = self.timers.len() == 0;
        if begins_again {
            self.elapsed = 0;
        }
        begins_again
    }

    #[inline]
    fn occupy(&mut self, Place { level, slot }: Place) {
        self.occupied[level] |= 1 << slot;
        self.levels |= 1 << level;
    }

    #[inline]
    fn vacate(&mut self, Place { level, slot }: Place) {
        self.occupied[level] &= !(1 << slot);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }

    #[inline]
    fn first_place(&self) -> Option<Place> {
        let level = self.levels.trailing_zeros() as usize;
        let slots = self.occupied.get(level)?; // there are 32 zeros if no level is occupied
        let slot = slots.trailing_zeros() as usize % SLOTS;
        Some(Place { level, slot })
    }

    /// Returns where a timer belongs whose deadline is not before `elapsed`.
    #[inline]
    fn place(&self, deadline: Moment) -> Place {
        let differs = (deadline ^ self.elapsed) | 1; // level 0 if they are equal
        let level = differs.ilog2() / BITS;
        let slot = (deadline >> (level * BITS)) as usize % SLOTS;
        let level = level as usize;
        Place { level, slot }
    }

    /// Returns the first moment of a bucket.
    fn start_of(&self, Place { level, slot }: Place) -> Moment {
        let shift = level as u32 * BITS;
        // The bits above are those of `elapsed`; above the last level there are none.
        let above = u64::MAX.checked_shl(shift + BITS).unwrap_or(0);
        self.elapsed & above | (slot as u64) << shift
    }
}

impl Place {
    #[inline]
    fn index(self) -> usize {
        self.level * SLOTS + self.slot
    }
}

impl<T> Timer<T> {
    /// The next timer in the same node counts on from this. After the last generation the node is retired, so an old id
    /// never names a new timer.
    #[inline]
    fn stamp(&self) -> u32 {
        const { assert!(u32::MAX == RETIRED) };
        self.generation.get()
    }
}

#[cold]
fn early_list(early: &mut BTreeMap<Moment, List>, deadline: Moment) -> &mut List {
    early.entry(deadline).or_insert(List::EMPTY)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::random;
