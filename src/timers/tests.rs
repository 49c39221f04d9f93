//! The public functions of [`Timers`]. Those of the wheel are tested in `wheel/tests.rs`.

mod sorted_list;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use super::{wheel::random, *};

const fn ns(n: u64) -> Duration {
    Duration::from_nanos(n)
}

/// All values that are due, in order.
fn due<T>(timers: &mut Timers<T>, now: Duration) -> Vec<T> {
    iter::from_fn(|| timers.take_due(now)).collect()
}

#[test]
fn timers_with_equal_deadlines_are_taken_in_the_order_of_setting() {
    let mut timers = Timers::new();
    for i in 0..100 {
        timers.set(ns(7), i);
    }
    assert_eq!(timers.take_due(ns(6)), None);
    assert!(due(&mut timers, ns(7)).into_iter().eq(0..100));
}

#[test]
fn deadlines_can_have_passed_and_can_be_never() {
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
fn past_deadlines_are_taken_by_deadline_and_before_all_others() {
    let mut timers = Timers::new();
    timers.set(ns(1_000), "on time");
    assert_eq!(timers.take_due(ns(1_000)), Some("on time"));
    timers.set(ns(1_001), "next");
    for (deadline, name) in [(50, "50"), (20, "20"), (50, "50 again"), (21, "21")] {
        timers.set(ns(deadline), name);
    }
    let cancelled = timers.set(ns(21), "cancelled");
    assert_eq!(timers.next_deadline(), Some(ns(20)));
    assert_eq!(timers.cancel(cancelled), Some("cancelled"));
    let expected = ["20", "21", "50", "50 again", "next"];
    assert_eq!(due(&mut timers, ns(1_001)), expected);
}

#[test]
fn after_584_years_every_deadline_is_never_and_none_is_early() {
    let last = ns(u64::MAX - 1);
    let mut timers = Timers::new();
    timers.set(last + ns(2), "beyond");
    timers.set(last + ns(1), "on the border");
    timers.set(last, "the last one");
    assert_eq!(timers.take_due(last - ns(1)), None);
    assert_eq!(timers.next_deadline(), Some(last));
    assert_eq!(due(&mut timers, last), ["the last one"]);
    assert_eq!(timers.next_deadline(), Some(Duration::MAX));
    for early in [last + ns(1), last * 2, Duration::MAX - ns(1)] {
        assert_eq!(timers.take_due(early), None);
    }
    assert_eq!(due(&mut timers, Duration::MAX), ["beyond", "on the border"]);
}

#[test]
fn an_id_names_one_timer_only() {
    let mut timers = Timers::new();
    let first = timers.set(ns(1), 'a');
    assert_eq!(timers.take_due(ns(1)), Some('a'));
    let second = timers.set(ns(1), 'b'); // at the same index
    assert_eq!(timers.cancel(first), None);
    assert_eq!(timers.cancel(second), Some('b'));
    assert_eq!(timers.cancel(second), None);
    assert!(timers.is_empty());
    assert_eq!(size_of::<Option<TimerId>>(), 8);
}

#[test]
fn a_value_can_be_of_any_type() {
    let mut timers: Timers<Box<dyn Fn() -> String>> = Timers::default();
    let text = String::from("owned");
    timers.set(ns(1), Box::new(move || text.clone()));
    let cancelled = timers.set(ns(0), Box::new(String::new));
    assert_eq!(
        timers.cancel(cancelled).map(|call| call()),
        Some(String::new())
    );
    assert_eq!(format!("{timers:?}"), "Timers { len: 1, .. }");
    let calls = due(&mut timers, ns(1));
    assert_eq!(
        calls.iter().map(|call| call()).collect::<Vec<_>>(),
        ["owned"]
    );
}

/// Logs its drop, and then may panic.
struct Logs {
    name: u64,
    log: Rc<RefCell<Vec<u64>>>,
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.log.borrow_mut().push(self.name);
        assert_ne!(self.name, 1, "this one panics");
    }
}

#[test]
fn clearing_drops_by_deadline_and_survives_a_panic_in_a_drop() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let value = |name| Logs {
        name,
        log: log.clone(),
    };
    let mut timers = Timers::new();
    let ids = [2, 0, 1].map(|name| timers.set(ns(name * 1_000_000), value(name)));
    assert!(catch_unwind(AssertUnwindSafe(|| timers.clear())).is_err());
    assert_eq!(log.take(), [0, 1, 2]);
    assert_eq!((timers.len(), timers.next_deadline()), (0, None));
    assert!(ids.into_iter().all(|id| timers.cancel(id).is_none()));

    // And it works as before.
    timers.set(ns(7), value(7));
    timers.set(ns(5), value(5));
    assert_eq!(timers.take_due(ns(6)).map(|value| value.name), Some(5));
    drop(timers);
    assert_eq!(log.take(), [5, 7]);
}

#[test]
fn ten_million_cancelled_timers_leave_nothing() {
    let mut timers = Timers::new();
    let other = timers.set(ns(1 << 40), ());
    for i in 0..10_000_000_u64 {
        let id = timers.set(ns(i ^ 0x5555), ());
        timers.cancel(id);
    }
    // A second node, used again and again.
    assert_eq!((timers.len(), timers.wheel.footprint()), (1, (2, 0)));
    assert_eq!(timers.next_deadline(), Some(ns(1 << 40)));
    assert_eq!(timers.cancel(other), Some(()));
}

/// Storms of timers, cancelled in another order than they were set in, take the memory of the largest storm.
#[test]
fn storms_of_cancelled_timers_use_the_same_memory() {
    let (mut timers, mut next) = (Timers::new(), random());
    let mut largest = None;
    for storm in 0..50 {
        let now = storm * 1_000_000;
        let mut ids: Vec<_> = (0..1_000)
            .map(|i| timers.set(ns(now + next(1 << 36)), i))
            .collect();
        while !ids.is_empty() {
            let place = next(ids.len() as u64) as usize;
            assert!(timers.cancel(ids.swap_remove(place)).is_some());
        }
        assert_eq!(
            (timers.next_deadline(), timers.take_due(ns(now))),
            (None, None)
        );
        let footprint = timers.wheel.footprint();
        assert_eq!(*largest.get_or_insert(footprint), footprint);
    }
}

/// More than half a million operations beside a sorted map, with far deadlines, past ones, and many equal ones.
#[test]
fn the_order_is_that_of_a_sorted_map() {
    let mut next = random();
    for round in 0..12 {
        let (mut timers, mut model) = (Timers::new(), BTreeMap::new());
        let mut ids = Vec::new();
        let mut now = Duration::ZERO;
        for serial in 0..50_000_u64 {
            match next(8) {
                0..4 => {
                    let deadline = match next(32) {
                        0 => now + ns(next(1 << 36)),
                        1 => ns(u64::MAX) + ns(1) - ns(next(4)),
                        2 => Duration::MAX - ns(next(3)),
                        _ => (now + ns(next(500 << round))).saturating_sub(ns(50)),
                    };
                    let id = timers.set(deadline, serial);
                    let counts_as = if deadline < ns(u64::MAX) {
                        deadline
                    } else {
                        Duration::MAX
                    };
                    ids.push((id, (counts_as, serial)));
                    model.insert((counts_as, serial), serial);
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
            // In some rounds it looks ahead so seldom that only taking spreads buckets.
            if next(if round % 2 == 0 { 4 } else { 5_000 }) == 0 {
                let first = model.first_key_value().map(|(key, _)| key.0);
                assert_eq!(timers.next_deadline(), first);
            }
            if serial % 1_000 == 0 {
                timers.wheel.assert_invariant();
            }
        }
        assert!(
            due(&mut timers, Duration::MAX)
                .into_iter()
                .eq(model.into_values())
        );
    }
}
