use std::iter;

use super::{super::places::LEVELS, *};

/// Random numbers below a limit, the same in every run.
pub(in crate::timers) fn random() -> impl FnMut(u64) -> u64 {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    move |below| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    }
}

impl<T> Wheel<T> {
    /// What remains of timers, if anything does: nodes in use or not, and early deadlines.
    pub(in crate::timers) fn footprint(&self) -> (usize, usize) {
        (self.timers.nodes(), self.early.len())
    }

    /// The table and the invariant at the top of the file, and what the fields say.
    pub(in crate::timers) fn assert_invariant(&self) {
        let (mut count, mut first) = (0, None);
        let mut see = |deadline: Moment| {
            count += 1;
            first = Some(first.map_or(deadline, |first: Moment| first.min(deadline)));
        };
        for (&deadline, &list) in &self.early {
            assert!(deadline < self.elapsed && !list.is_empty());
            for (_, timer) in self.timers.iter(list) {
                assert_eq!(timer.deadline, deadline);
                see(deadline);
            }
        }
        for (index, &bucket) in self.buckets.iter().enumerate() {
            assert_eq!(self.occupied.contains(Place(index)), !bucket.is_empty());
            for (_, timer) in self.timers.iter(bucket) {
                assert!(timer.deadline >= self.elapsed);
                assert_eq!(self.place(timer.deadline).0, index);
                see(timer.deadline);
            }
        }
        assert_eq!(count, self.len());
        assert!(first.is_none_or(|first| self.bound <= first));
        if let Some(next) = self.next {
            let next = self.timers.get(next).map(|timer| timer.deadline);
            assert_eq!((next, next), (first, Some(self.bound)));
        }
    }
}

#[test]
fn a_timer_with_a_value_of_twelve_bytes_takes_thirty_two() {
    assert_eq!(Lists::<Timer<[u32; 3]>>::BYTES_PER_NODE, 32);
    assert_eq!(Lists::<Timer<()>>::BYTES_PER_NODE, 24);
}

/// Half a million operations of the event loop's kind beside a sorted map.
#[test]
fn the_order_is_that_of_a_sorted_map() {
    let mut next = random();
    for round in 0..12 {
        let (mut timers, mut model) = (Wheel::new(), BTreeMap::new());
        // Every third round ends at the end of time.
        let start = if round % 3 == 2 {
            Moment::MAX - (10_000 << round)
        } else {
            0
        };
        let (mut ids, mut now) = (Vec::new(), start);
        for serial in 0..50_000_u64 {
            match next(8) {
                0..4 => {
                    let deadline = match next(32) {
                        0 => now.saturating_add(next(1 << 36)),
                        1 => Moment::MAX - next(3),
                        2 => next(now | 1),
                        _ => now.saturating_add(next(500 << round)).saturating_sub(50),
                    };
                    let id = timers.set(deadline, serial);
                    assert_eq!(timers.deadline(id), Some(deadline));
                    ids.push((id, (deadline, serial)));
                    model.insert((deadline, serial), serial);
                }
                4..6 if !ids.is_empty() => {
                    let (id, key) = ids.swap_remove(next(ids.len() as u64) as usize);
                    let is_set = model.contains_key(&key);
                    assert_eq!(timers.deadline(id), is_set.then_some(key.0));
                    assert_eq!(timers.cancel(id), model.remove(&key));
                    assert_eq!(timers.deadline(id), None);
                }
                _ => {
                    let first = model.first_entry().filter(|first| first.key().0 <= now);
                    let expected = first.map(|first| first.remove());
                    assert!(timers.may_be_due(now) || expected.is_none());
                    assert_eq!(timers.take_due(now), expected);
                    if expected.is_none() {
                        assert!(timers.next_or_earlier().is_none_or(|next| next > now));
                        now = now.saturating_add(next(40 << round));
                    }
                }
            }
            let first = model.first_key_value().map(|(key, _)| key.0);
            let early = timers.next_or_earlier();
            assert!(early <= first && early.is_some() == first.is_some());
            assert!(timers.elapsed <= now);
            if serial % 1_000 == 0 {
                timers.assert_invariant();
            }
        }
        assert!(iter::from_fn(|| timers.take_due(Moment::MAX)).eq(model.into_values()));
        timers.assert_invariant();
    }
}

#[test]
fn each_level_has_the_deadlines_from_its_first_to_its_last() {
    for level in 0..LEVELS as u32 {
        let width = 1_u64 << (level * 8); // of a bucket
        let last = width.checked_mul(256).map_or(Moment::MAX, |end| end - 1);
        let mut timers = Wheel::new();
        for deadline in [last, width] {
            timers.set(deadline, deadline);
            assert_eq!(timers.place(deadline).level(), level);
        }
        assert_eq!(timers.next_or_earlier(), Some(width));
        assert_eq!(timers.take_due(width - 1), None);
        assert_eq!(timers.take_due(width), Some(width));
        assert_eq!(timers.next_or_earlier(), Some(last));
        assert_eq!(timers.take_due(last), Some(last));
        timers.assert_invariant();
    }
}

/// Without this the wheel would be as exact, but all timers would be in buckets as wide as the time since its start.
#[test]
fn taking_the_last_timer_of_a_bucket_advances_the_wheel_to_its_deadline() {
    let mut timers = Wheel::new();
    let start = 1 << 40;
    timers.set(start + 5, 'b');
    timers.set(start, 'a');
    assert_eq!(timers.take_due(start), Some('a'));
    assert_eq!(timers.elapsed, 0); // the other one is in the same bucket
    assert_eq!(timers.take_due(start + 9), Some('b'));
    assert_eq!(timers.elapsed, start + 5);
    assert_eq!(timers.place(start + 7).level(), 0);
}

/// A clock that waits until `next_or_earlier` arrives at each deadline after a few steps.
#[test]
fn many_deadlines_far_ahead_are_reached_in_few_steps() {
    let (mut timers, mut next) = (Wheel::new(), random());
    for i in 0..10_000 {
        timers.set((1 << 40) + next(1 << 30), i);
    }
    let (mut now, mut steps, mut taken) = (0, 0, 0);
    while let Some(until) = timers.next_or_earlier() {
        assert!(until > now || steps == 0, "no step is in vain");
        now = until;
        steps += 1;
        taken += iter::from_fn(|| timers.take_due(now)).count();
        assert!(timers.elapsed <= now);
    }
    assert_eq!(taken, 10_000);
    assert!(steps < 13_000, "{steps}");
}

#[test]
fn a_crowd_far_ahead_is_neither_due_nor_moved_until_its_bucket_is() {
    let mut timers = Wheel::new();
    let start = 7 << 30;
    let ids: Vec<_> = (0..100).map(|i| timers.set(start + 500 + i, i)).collect();
    assert_eq!(timers.cancel(ids[0]), Some(0)); // so it is not known which is next
    let early = timers.next_or_earlier().unwrap();
    assert!((start..=start + 501).contains(&early));
    assert!(!timers.may_be_due(start - 1));
    assert_eq!(timers.take_due(start + 500), None);
    assert_eq!(timers.next_deadline(), Some(start + 501));
    assert!(iter::from_fn(|| timers.take_due(start + 599)).eq(1..100));
}

/// Looking ahead moves `elapsed` before the clock. What is set then is early, until the wheel is empty.
#[test]
fn after_a_look_at_a_crowd_far_ahead_the_wheel_begins_again() {
    let mut timers = Wheel::new();
    let far = 1 << 50;
    let ids: Vec<_> = (0..100).map(|i| timers.set(far + i * i, i)).collect();
    assert_eq!(timers.next_deadline(), Some(far));
    assert_eq!(timers.cancel(ids[0]), Some(0));
    assert_eq!(timers.next_deadline(), Some(far + 1));
    timers.set(20, 1_020);
    timers.set(10, 1_010);
    assert_eq!(timers.early.len(), 2);
    timers.assert_invariant();
    assert_eq!(timers.next_deadline(), Some(10));
    assert!(iter::from_fn(|| timers.take_due(30)).eq([1_010, 1_020]));
    for id in ids {
        timers.cancel(id);
    }
    timers.set(40, 1_040);
    assert_eq!((timers.early.len(), timers.elapsed), (0, 0));
    assert_eq!(timers.take_due(40), Some(1_040));
}

/// Past deadlines in falling order are the worst case for a sorted list. In a map they are not.
#[test]
fn many_past_deadlines_in_falling_order_are_taken_in_rising_order() {
    let mut timers = Wheel::new();
    timers.set(1_000_000, 0);
    assert_eq!(timers.take_due(1_000_000), Some(0));
    timers.set(2_000_000, 0);
    for deadline in (0..100_000).rev() {
        timers.set(deadline, deadline);
    }
    timers.assert_invariant();
    assert!(iter::from_fn(|| timers.take_due(1_000_000)).eq(0..100_000));
}

#[test]
fn after_its_last_generation_an_index_is_not_used_again() {
    let mut timers = Wheel::new();
    let mut bucket = List::EMPTY;
    let node = timers.timers.append_with(&mut bucket, |_| Timer {
        deadline: 0,
        generation: NonZeroU32::MIN,
        value: 'a',
    });
    timers
        .timers
        .remove_stamped(&mut bucket, node, |_| u32::MAX - 1);

    let last = timers.set(5, 'b');
    assert_eq!(last.index, node);
    assert_eq!(last.generation, NonZeroU32::MAX);
    assert_eq!(timers.take_due(5), Some('b'));
    let new = timers.set(5, 'c');
    assert_ne!(new.index, node);
    assert_eq!((timers.cancel(last), timers.len()), (None, 1));
    assert_eq!(timers.cancel(new), Some('c'));
}
