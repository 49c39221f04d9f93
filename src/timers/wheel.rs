//! A hierarchical timing wheel that is exact to the nanosecond.
//!
//! The wheel has eight levels of 256 buckets. Each level has one byte of the deadlines: the lowest byte at level 0, the next
//! at level 1, and so on. The byte is the number of the bucket. So a bucket of level 0 is one nanosecond wide, and a bucket
//! of every other level is as wide as the whole level below: 256 ns, 66 µs, 17 ms, 4.3 s, 18 min, 78 h, 2.3 years. One
//! moment, `elapsed`, decides at which level a timer is:
//!
//! | a timer with this deadline | is in |
//! |---|---|
//! | before `elapsed` | `early`, a map of lists by deadline |
//! | equal to `elapsed` | level 0, in the bucket that is its lowest byte |
//! | after `elapsed` | the level of the highest byte in which it differs from `elapsed`, in the bucket that is this byte |
//!
//! Invariant: the table holds for every timer at any time. Whatever changes `elapsed` moves the timers concerned.
//! Three facts follow:
//!
//! - All timers of a level are due before those of the levels above, and all timers of a bucket before those of the next
//!   bucket. So the next timer is in `early`, or otherwise in the first bucket of the lowest level that has any.
//! - Timers with equal deadlines are in the same list, no matter when they were set. A list is in the order of setting, and
//!   keeps it when it moves. So equal deadlines need no serial number.
//! - The place of a timer can be computed from its deadline. So cancelling it takes constant time and leaves nothing.
//!
//! `elapsed` advances in two ways. If the last timer of the first bucket is taken, `elapsed` becomes its deadline, and no
//! other timer is concerned. If the first bucket is due and is a *crowd*, with more than a few timers, it is *spread*:
//! `elapsed` becomes the start of the bucket, and its timers move to the levels below, which are empty. A bucket with few
//! timers is searched instead. So most timers move once or never, and none moves more than seven times.

use std::{collections::BTreeMap, mem, num::NonZeroU32};

use super::{
    Moment, TimerId,
    places::{BUCKETS, Occupied, Place},
};
use crate::lists::{List, Lists, RETIRED};

/// A bucket with more timers than this is spread rather than searched.
const FEW: usize = 8;

pub(super) struct Wheel<T> {
    timers: Lists<Timer<T>>,
    buckets: Box<[List; BUCKETS]>,
    occupied: Occupied,
    /// No later than the latest `now` of [`Wheel::take_due`], unless [`Wheel::next_deadline`] has moved it further.
    elapsed: Moment,
    /// The timers before `elapsed`. As a rule, their deadlines had passed when they were set.
    early: BTreeMap<Moment, List>,
    /// No timer is due before this. It need not change when a timer is removed: a lower bound stays one.
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
            buckets: Box::new([List::EMPTY; BUCKETS]),
            occupied: Occupied::default(),
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
            self.occupied.insert(place);
            &mut self.buckets[place.0]
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

    /// Replaces the value of a timer, which keeps its place. Does nothing if the timer is gone.
    pub(super) fn set_value(&mut self, id: TimerId, value: T) {
        if let Some(timer) = self.timers.get_mut(id.index)
            && timer.generation == id.generation
        {
            timer.value = value;
        }
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
                First::Crowd(place) if place.start(self.elapsed) <= now => self.spread(place),
                First::Crowd(_) => return None,
            }
        };
        let deadline = self.bound;
        if deadline > now {
            return None;
        }
        let (value, is_last) = self.take(next, deadline);
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
        } else if let Some(place) = self.occupied.first() {
            let mut timers = self.timers.iter(self.buckets[place.0]);
            // At level 0 all deadlines of a bucket are equal, so the first one is enough.
            let looks = if place.level() == 0 { 1 } else { FEW };
            for (node, timer) in timers.by_ref().take(looks) {
                // Not `<=`: of equal deadlines, the one that was set first stays.
                if next.is_none_or(|(_, first)| timer.deadline < first) {
                    next = Some((node, timer.deadline));
                }
            }
            if place.level() > 0 && timers.next().is_some() {
                // A removed timer may have left a later bound than this.
                self.bound = self.bound.max(place.start(self.elapsed));
                return Some(First::Crowd(place));
            }
        }
        self.bound = next.map_or(Moment::MAX, |(_, deadline)| deadline);
        self.next = next.map(|(node, _)| node);
        self.next.map(First::Timer)
    }

    /// Moves the timers of the first bucket to the levels below, which are empty. They keep their order.
    fn spread(&mut self, from: Place) {
        self.elapsed = from.start(self.elapsed);
        self.occupied.remove(from);
        let list = mem::replace(&mut self.buckets[from.0], List::EMPTY);
        let elapsed = self.elapsed;
        self.timers
            .distribute(list, &mut self.buckets[..], |timer| {
                let place = Place::of(timer.deadline, elapsed);
                self.occupied.insert(place);
                place.0
            });
    }

    /// Like `remove`, but out of line: inlined, it takes 30 instructions more here, and 20 fewer in `cancel`.
    #[inline(never)]
    fn take(&mut self, node: u32, deadline: Moment) -> (T, bool) {
        self.remove(node, deadline)
    }

    /// Removes a timer, and returns whether it was the last one of a bucket.
    #[inline(always)]
    fn remove(&mut self, node: u32, deadline: Moment) -> (T, bool) {
        if self.next == Some(node) {
            self.next = None;
        }
        if deadline < self.elapsed {
            return (self.remove_early(node, deadline), false);
        }
        let place = self.place(deadline);
        let bucket = &mut self.buckets[place.0];
        let removed = self.timers.remove_stamped(bucket, node, Timer::stamp);
        let is_last = bucket.is_empty();
        if is_last {
            self.occupied.remove(place);
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
    fn place(&self, deadline: Moment) -> Place {
        Place::of(deadline, self.elapsed)
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
