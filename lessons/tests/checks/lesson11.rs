use std::{cell::RefCell, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson11_timers::{Clock, Coroutine, Generator, Scheduler, Wait};

use crate::lesson11::{Timers, every};

type Log = Rc<RefCell<Vec<(u128, &'static str)>>>;

/// A clock that shows 5, and a scheduler that waits by it.
fn at_five() -> (Clock, Scheduler) {
    let clock = Clock::virtual_time();
    clock.wait_until(ms(5));
    let scheduler = Scheduler::new(&clock);
    (clock, scheduler)
}

/// `every` 10 ms, with an action that logs when it starts and then takes so many milliseconds, each time others.
fn ticks<const N: usize>(clock: &Clock, log: &Log, takes: [u64; N]) -> Coroutine {
    let (now, log) = (clock.clone(), log.clone());
    let mut takes = takes.into_iter();
    let times = u32::try_from(N).unwrap();
    every(clock, ms(10), times, move || {
        log.borrow_mut().push((now.now().as_millis(), "tick"));
        let takes = takes.next().expect("the action is called too often");
        now.wait_until(now.now() + ms(takes));
    })
}

fn run(mut scheduler: Scheduler) {
    let turns = std::iter::from_fn(|| scheduler.turn());
    assert!(turns.take(100).count() < 100, "it does not end");
    assert!(scheduler.errors.is_empty(), "{:?}", scheduler.errors);
}

/// When the ticks start if nobody else runs, and when the last one is over.
fn alone<const N: usize>(takes: [u64; N]) -> (Vec<u128>, Duration) {
    let (clock, mut scheduler) = at_five();
    let log = Log::default();
    scheduler.add(ticks(&clock, &log, takes));
    run(scheduler);
    let starts = log.take().into_iter().map(|(now, _)| now).collect();
    (starts, clock.now())
}

#[test]
fn every_keeps_the_beat_whatever_the_action_takes() {
    let (starts, _) = alone([3, 3, 9, 0, 1]);
    assert_eq!(starts, [5, 15, 25, 35, 45]);
}

#[test]
fn every_counts_from_its_first_turn_and_not_from_when_it_was_made() {
    let (clock, mut scheduler) = at_five();
    let log = Log::default();
    scheduler.add(ticks(&clock, &log, [1, 1]));
    clock.wait_until(ms(8));
    run(scheduler);
    let want = [(8, "tick"), (18, "tick")];
    assert_eq!(log.take(), want, "made at 5, its first turn is at 8");
}

#[test]
fn every_catches_up_when_it_is_late() {
    let (starts, _) = alone([25, 0, 0, 4, 1]); // the first action ends at 30, when those of 15 and 25 are late
    assert_eq!(starts, [5, 30, 30, 35, 45]);
}

#[test]
fn every_gives_way_while_it_catches_up() {
    let (clock, mut scheduler) = at_five();
    let log = Log::default();
    scheduler.add(ticks(&clock, &log, [20, 0, 0, 0]));
    scheduler.add(Generator::new({
        let log = log.clone();
        async move |co| {
            for _ in 0..4 {
                log.borrow_mut().push((clock.now().as_millis(), "other"));
                co.yield_(Wait::Turn).await?;
            }
            Ok(())
        }
    }));
    run(scheduler);
    assert_eq!(
        log.take(),
        [
            (5, "tick"), // until 25, where two are due
            (25, "other"),
            (25, "tick"),
            (25, "other"),
            (25, "tick"),
            (25, "other"),
            (25, "other"),
            (35, "tick"),
        ],
        "a turn for each action that is late, and one for the other task in between"
    );
}

#[test]
fn every_is_over_when_its_last_action_is() {
    assert_eq!(alone([]), (vec![], ms(5)), "no action, and no wait");
    assert_eq!(alone([2]), (vec![5], ms(7)), "from 5 to 7");
    assert_eq!(alone([2, 2]), (vec![5, 15], ms(17)), "from 15 to 17");
}

#[test]
fn a_cancelled_timer_is_never_due() {
    let mut timers = Timers::new();
    timers.set(ms(30), "last");
    let never = timers.set(ms(10), "never");
    timers.set(ms(20), "first");
    assert_eq!(timers.cancel(never), Some("never"));
    assert_eq!(timers.take_due(ms(10)), None, "it was cancelled");
    assert_eq!(timers.take_due(ms(40)), Some("first"));
    assert_eq!(timers.take_due(ms(40)), Some("last"));
    assert_eq!(timers.take_due(ms(40)), None);
}

#[test]
fn a_timer_can_be_cancelled_once_and_not_after_its_value_was_taken() {
    let mut timers = Timers::new();
    let due = timers.set(ms(1), 'a');
    let cancelled = timers.set(ms(2), 'b');
    assert_eq!(timers.take_due(ms(1)), Some('a'));
    assert_eq!(timers.cancel(due), None, "its value was taken");
    assert_eq!(timers.cancel(cancelled), Some('b'));
    assert_eq!(timers.cancel(cancelled), None, "it was cancelled before");
    assert_eq!(timers.set(ms(3), 'c'), 2, "a number is never used again");
}

#[test]
fn nobody_waits_for_a_cancelled_timer() {
    let mut timers = Timers::new();
    let numbers = [10, 20, 30].map(|deadline| timers.set(ms(deadline), ()));
    assert_eq!(timers.next_deadline(), Some(ms(10)));
    assert_eq!(timers.cancel(numbers[1]), Some(())); // below the top
    assert_eq!(timers.next_deadline(), Some(ms(10)));
    assert_eq!(timers.cancel(numbers[0]), Some(()));
    let next = timers.next_deadline();
    assert_eq!(next, Some(ms(30)), "those of 10 and 20 were cancelled");
    assert_eq!(timers.cancel(numbers[2]), Some(()));
    assert_eq!(timers.next_deadline(), None, "all were cancelled");
}

#[test]
fn equal_deadlines_keep_their_order_when_one_is_cancelled() {
    let mut timers = Timers::new();
    let numbers = [0, 1, 2, 3, 4, 5].map(|value| timers.set(ms(7), value));
    assert_eq!(timers.cancel(numbers[0]), Some(0));
    assert_eq!(timers.cancel(numbers[3]), Some(3));
    let due: Vec<u32> = std::iter::from_fn(|| timers.take_due(ms(7))).collect();
    assert_eq!(due, [1, 2, 4, 5], "all but 0 and 3 are due");
}
