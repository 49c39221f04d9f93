//! Timers: values that are due at a deadline.
//!
//! Timers are taken by deadline, exact to the nanosecond, and timers with equal deadlines in the order in which they were
//! set.
//!
//! asyncio keeps deadlines in a heap. A heap of a million does not fit into the CPU caches, and each pop touches entries
//! all over it. A cancelled timer stays in the heap until it is popped or a clean-up removes it. And the heap compares
//! deadlines only, so the order of equal deadlines depends on the other timers.
//!
//! Here the timers are in a *hierarchical timing wheel* instead: eight levels of 256 buckets. A bucket of the lowest level
//! is one nanosecond wide, and a bucket of every other level is as wide as the whole level below. A timer starts at a
//! level as coarse as its deadline is far, and moves to finer levels when its bucket is due. So nothing is sorted. A
//! bucket is a list in the order of setting, and a timer leaves its list as soon as it is cancelled. So any number of
//! timers set and cancelled leaves nothing.

mod places;
mod wheel;

#[cfg(test)]
mod tests;

use std::{fmt, iter, num::NonZeroU32, time::Duration};

use wheel::Wheel;

/// A point in time, in nanoseconds since the clock was created. The last one, [`Moment::MAX`], is never.
///
/// Timers and their callers compare and copy it all the time, and a [`Duration`] takes twice the memory and more
/// instructions. `u64` nanoseconds last for 584 years.
pub(crate) type Moment = u64;

/// A set of values of type `T`, each due at a deadline.
///
/// A deadline is a [`Duration`] since some start, such as that of a [`Clock`](crate::clock::Clock).
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
///
/// # Never
///
/// A deadline of `u64::MAX` nanoseconds or later, which is after 584 years, counts as never: as [`Duration::MAX`]. Such a
/// timer is due only when `now` is [`Duration::MAX`].
///
/// # Cost
///
/// Setting and cancelling a timer takes constant time. Taking one takes constant time on average, whatever the number of
/// timers: each timer is moved at most seven times before it is taken. (Deadlines that have passed when they are set are
/// the exception. They are kept in a sorted map.)
///
/// A timer takes 20 bytes, and its value. New timers use the memory of those that were cancelled or taken. All memory is
/// released when the `Timers` are dropped.
pub struct Timers<T> {
    wheel: Wheel<T>,
}

/// Names a timer, so that it can be cancelled.
///
/// An id names one timer only. After that timer has been taken or cancelled, the id names none.
///
/// ```
/// use std::time::Duration;
/// use tminus::timers::{TimerId, Timers};
///
/// let mut timers = Timers::new();
/// let ignition: TimerId = timers.set(Duration::from_secs(10), "ignition");
/// assert_eq!(timers.cancel(ignition), Some("ignition"));
/// assert_eq!(timers.cancel(ignition), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId {
    index: u32,
    /// How many timers have had this index.
    generation: NonZeroU32,
}

impl<T> Timers<T> {
    /// Creates a set without timers.
    pub fn new() -> Self {
        Self {
            wheel: Wheel::new(),
        }
    }

    /// Returns the number of timers that are set.
    pub fn len(&self) -> usize {
        self.wheel.len()
    }

    /// Returns `true` if no timer is set.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.wheel.len() == 0
    }

    /// Sets a timer, and returns an id with which it can be cancelled.
    ///
    /// The deadline can have passed already. Then the timer is due immediately, after those with earlier deadlines.
    #[inline]
    pub fn set(&mut self, deadline: Duration, value: T) -> TimerId {
        self.wheel.set(moment_of_deadline(deadline), value)
    }

    /// Cancels a timer, and returns its value. Returns `None` if the timer was taken or cancelled before.
    #[inline]
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        self.wheel.cancel(id)
    }

    /// Returns the deadline of the timer that is due next.
    ///
    /// This can take longer if many timers have deadlines far ahead and close together, because it sorts them as far as
    /// needed to find the first.
    pub fn next_deadline(&mut self) -> Option<Duration> {
        self.wheel.next_deadline().map(deadline_of_moment)
    }

    /// Takes the value of the next timer, if it is due at `now`.
    #[inline]
    pub fn take_due(&mut self, now: Duration) -> Option<T> {
        self.wheel.take_due(moment_of_now(now))
    }

    /// Cancels all timers. Their values are dropped by deadline.
    ///
    /// If dropping a value panics, the others are dropped all the same, and no timer is left.
    pub fn clear(&mut self) {
        // First all are taken, then the first is dropped: a panic finds the wheel empty.
        let values: Vec<T> = iter::from_fn(|| self.wheel.take_due(Moment::MAX)).collect();
        drop(values);
    }
}

// What the event loop calls, which has its times as moments.
impl<T> Timers<T> {
    /// Like [`set`](Timers::set), at a [`Moment`].
    #[inline]
    pub(crate) fn set_at(&mut self, deadline: Moment, value: T) -> TimerId {
        self.wheel.set(deadline, value)
    }

    /// Replaces the value of a timer, which keeps its deadline and its place among those of the same deadline.
    pub(crate) fn set_value(&mut self, id: TimerId, value: T) {
        self.wheel.set_value(id, value);
    }

    /// Returns the deadline of a timer, or `None` if the timer was taken or cancelled.
    #[inline]
    pub(crate) fn deadline(&self, id: TimerId) -> Option<Moment> {
        self.wheel.deadline(id)
    }

    /// Returns `false` if it is known that no timer is due at `now`. That takes a comparison.
    #[inline]
    pub(crate) fn may_be_due(&self, now: Moment) -> bool {
        self.wheel.may_be_due(now)
    }

    /// Like [`take_due`](Timers::take_due), at a [`Moment`].
    #[inline]
    pub(crate) fn take_due_at(&mut self, now: Moment) -> Option<T> {
        self.wheel.take_due(now)
    }

    /// Returns a moment until which no timer is due, or `None` if no timer is set.
    ///
    /// The moment is the next deadline, or earlier if many timers have deadlines far ahead and close together. A caller that
    /// waits until the moment, takes what is due and calls this again reaches each deadline after at most seven more steps.
    #[inline]
    pub(crate) fn next_or_earlier(&mut self) -> Option<Moment> {
        self.wheel.next_or_earlier()
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Timers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut timers = f.debug_struct("Timers");
        timers.field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Converts a deadline. What is too late for a [`Moment`] is never, so no timer is early.
#[inline]
pub(crate) fn moment_of_deadline(deadline: Duration) -> Moment {
    Moment::try_from(deadline.as_nanos()).unwrap_or(Moment::MAX)
}

/// Converts the time of a clock. It is [`Moment::MAX`] at the end of time only: until then, never has not come.
#[inline]
pub(crate) fn moment_of_now(now: Duration) -> Moment {
    match Moment::try_from(now.as_nanos()) {
        Ok(now) if now < Moment::MAX => now,
        _ if now == Duration::MAX => Moment::MAX,
        _ => Moment::MAX - 1,
    }
}

/// Converts a [`Moment`] to the deadline that a clock can wait for.
#[inline]
pub(crate) fn deadline_of_moment(moment: Moment) -> Duration {
    match moment {
        Moment::MAX => Duration::MAX,
        moment => Duration::from_nanos(moment),
    }
}
