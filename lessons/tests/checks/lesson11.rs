use std::{cell::RefCell, fmt::Display, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson11_timers::{self as lesson, Scheduler as GivenScheduler};
use tminus_lessons::lesson11_timers::{Clock, Coroutine, Generator, Turn, Wait, YieldFrom, sleep};

use crate::lesson11::{Scheduler, Timers, every};

/// Compares two traces, and shows both as text.
#[track_caller]
fn assert_same(got: &str, want: &str, what: &str) {
    assert!(got == want, "{what}\nexpected:\n{want}actual:\n{got}");
}

/// What happened at which time. Clones write on the same log.
#[derive(Clone)]
struct Log {
    clock: Clock,
    lines: Rc<RefCell<String>>,
}

impl Log {
    fn new(clock: &Clock) -> Self {
        let (clock, lines) = (clock.clone(), Rc::default());
        Self { clock, lines }
    }

    fn write(&self, what: impl Display) {
        let now = self.clock.now().as_millis();
        *self.lines.borrow_mut() += &format!("at {now} ms: {what}\n");
    }

    fn read(&self) -> String {
        self.lines.borrow().clone()
    }
}

/// A task that sleeps for a while, and writes down when it continues.
fn sleeper(log: &Log, name: &'static str, delay: u64) -> Coroutine {
    let log = log.clone();
    Generator::new(async move |co| {
        co.yield_from(sleep(ms(delay))).await?;
        log.write(format_args!("{name} continues"));
        Ok(())
    })
}

/// What is due at each of these times, in milliseconds.
fn due(timers: &mut Timers<&'static str>, times: &[u64]) -> String {
    let mut lines = String::new();
    for &now in times {
        let due: Vec<&str> = std::iter::from_fn(|| timers.take_due(ms(now))).collect();
        lines += &format!("at {now} ms: {due:?}\n");
    }
    lines
}

#[test]
fn values_come_by_deadline_and_never_early() {
    let mut timers = Timers::new();
    for (deadline, value) in [(30, "c"), (10, "a"), (20, "b")] {
        timers.set(ms(deadline), value);
    }
    let want = r#"at 9 ms: []
at 10 ms: ["a"]
at 19 ms: []
at 35 ms: ["b", "c"]
"#;
    assert_same(&due(&mut timers, &[9, 10, 19, 35]), want, "what is due");
}

#[test]
fn equal_deadlines_keep_the_order_of_setting() {
    let mut timers = Timers::new();
    for value in ["first", "second", "third", "fourth", "fifth"] {
        timers.set(ms(7), value);
    }
    timers.set(ms(3), "earlier");
    let want = r#"at 3 ms: ["earlier"]
at 7 ms: ["first", "second", "third", "fourth", "fifth"]
"#;
    assert_same(&due(&mut timers, &[3, 7]), want, "what is due");
}

#[test]
fn the_first_deadline_is_that_of_the_next_value() {
    let mut timers = Timers::new();
    let mut firsts = vec![timers.first_deadline()];
    for deadline in [30, 10, 20] {
        timers.set(ms(deadline), deadline);
        firsts.push(timers.first_deadline());
    }
    timers.take_due(ms(10));
    firsts.push(timers.first_deadline());
    let want = [None, Some(30), Some(10), Some(10), Some(20)];
    let want = want.map(|deadline| deadline.map(ms));
    assert_eq!(
        firsts, want,
        "before any is set, after 30, 10 and 20 ms, and after the one at 10 ms is taken"
    );
}

/// Runs tasks to their end, at most 100 turns, and returns how many they took.
fn run(mut scheduler: Scheduler) -> usize {
    let turns = std::iter::from_fn(|| scheduler.turn());
    let count = turns.take(100).count();
    assert!(count < 100, "it had 100 turns and does not end");
    count
}

#[test]
fn sleepers_continue_at_their_deadlines_and_the_clock_jumps() {
    let clock = Clock::virtual_time();
    let log = Log::new(&clock);
    let mut scheduler = Scheduler::new(&clock);
    for (name, delay) in [("c", 3_600_000), ("a", 10), ("b", 20), ("a too", 10)] {
        scheduler.add(sleeper(&log, name, delay));
    }
    let turns = run(scheduler);
    let want = "\
at 10 ms: a continues
at 10 ms: a too continues
at 20 ms: b continues
at 3600000 ms: c continues
";
    assert_same(&log.read(), want, "four sleepers");
    assert_eq!(turns, 8, "turns, two for each sleeper");
}

#[test]
fn sleepers_are_woken_while_another_task_is_always_ready() {
    let clock = Clock::virtual_time();
    let log = Log::new(&clock);
    let mut scheduler = Scheduler::new(&clock);
    scheduler.add(sleeper(&log, "one sleeper", 2));
    scheduler.add(sleeper(&log, "the other", 2));
    let its_log = log.clone();
    scheduler.add(Generator::new(async move |co| {
        for _ in 0..4 {
            its_log.write("busy works for a millisecond");
            let now = its_log.clock.now();
            its_log.clock.wait_until(now + ms(1));
            co.yield_(Wait::Turn).await?;
        }
        Ok(())
    }));
    run(scheduler);
    let want = "\
at 0 ms: busy works for a millisecond
at 1 ms: busy works for a millisecond
at 2 ms: busy works for a millisecond
at 3 ms: one sleeper continues
at 3 ms: the other continues
at 3 ms: busy works for a millisecond
";
    let what =
        "two sleepers due at 2 ms. Then busy is at the front of the queue, and they are next";
    assert_same(&log.read(), want, what);
}

#[test]
fn the_ends_are_kept_and_a_turn_of_a_sleeper_is_reported() {
    let clock = Clock::virtual_time();
    let mut scheduler: Scheduler<u32> = Scheduler::new(&clock);
    let id = scheduler.add(Generator::new(async |co| {
        co.yield_from(sleep(ms(5))).await?;
        Ok(42)
    }));
    let turns: Vec<Turn> = std::iter::from_fn(|| scheduler.turn()).take(5).collect();
    assert_eq!(turns, [Turn::Yielded(id), Turn::Returned(id)]);
    assert_eq!(scheduler.results.get(&id), Some(&42), "the result");
    assert_eq!(clock.now(), ms(5), "what the clock shows afterwards");
}

/// A clock that shows 5 ms, and the lesson's scheduler, which waits by it.
fn at_five() -> (Clock, GivenScheduler) {
    let clock = Clock::virtual_time();
    clock.wait_until(ms(5));
    let scheduler = GivenScheduler::new(&clock);
    (clock, scheduler)
}

/// `every` 10 ms, with an action that logs when it starts and then takes the next of these times, in milliseconds.
fn ticks<const N: usize>(clock: &Clock, log: &Log, takes: [u64; N]) -> Coroutine {
    let (now, log) = (clock.clone(), log.clone());
    let mut takes = takes.into_iter();
    let times = u32::try_from(N).unwrap();
    every(clock, ms(10), times, move || {
        let takes = takes.next().expect("the action is called too often");
        log.write(format_args!("tick, which takes {takes} ms"));
        now.wait_until(now.now() + ms(takes));
    })
}

fn run_given(mut scheduler: lesson::Scheduler) {
    let turns = std::iter::from_fn(|| scheduler.turn());
    assert!(
        turns.take(100).count() < 100,
        "it had 100 turns and does not end"
    );
    assert!(scheduler.errors.is_empty(), "{:?}", scheduler.errors);
}

/// Returns when the ticks start if no other task runs, and when the last tick is over.
fn alone<const N: usize>(takes: [u64; N]) -> (String, Duration) {
    let (clock, mut scheduler) = at_five();
    let log = Log::new(&clock);
    scheduler.add(ticks(&clock, &log, takes));
    run_given(scheduler);
    (log.read(), clock.now())
}

#[test]
fn every_keeps_the_beat_however_long_the_action_takes() {
    let want = "\
at 5 ms: tick, which takes 3 ms
at 15 ms: tick, which takes 3 ms
at 25 ms: tick, which takes 9 ms
at 35 ms: tick, which takes 0 ms
at 45 ms: tick, which takes 1 ms
";
    assert_same(&alone([3, 3, 9, 0, 1]).0, want, "every 10 ms from 5 ms on");
}

#[test]
fn every_counts_from_its_first_turn_and_not_from_when_it_was_created() {
    let (clock, mut scheduler) = at_five();
    let log = Log::new(&clock);
    scheduler.add(ticks(&clock, &log, [1, 1]));
    clock.wait_until(ms(8));
    run_given(scheduler);
    let want = "\
at 8 ms: tick, which takes 1 ms
at 18 ms: tick, which takes 1 ms
";
    let what = "every 10 ms, created at 5 ms, with the first turn at 8 ms";
    assert_same(&log.read(), want, what);
}

#[test]
fn every_catches_up_when_it_is_late() {
    let want = "\
at 5 ms: tick, which takes 25 ms
at 30 ms: tick, which takes 0 ms
at 30 ms: tick, which takes 0 ms
at 35 ms: tick, which takes 4 ms
at 45 ms: tick, which takes 1 ms
";
    let what = "every 10 ms from 5 ms on; at 30 ms, those of 15 and 25 ms are late";
    assert_same(&alone([25, 0, 0, 4, 1]).0, want, what);
}

#[test]
fn every_yields_while_it_catches_up() {
    let (clock, mut scheduler) = at_five();
    let log = Log::new(&clock);
    scheduler.add(ticks(&clock, &log, [20, 0, 0, 0]));
    let its_log = log.clone();
    scheduler.add(Generator::new(async move |co| {
        for _ in 0..4 {
            its_log.write("another task");
            co.yield_(Wait::Turn).await?;
        }
        Ok(())
    }));
    run_given(scheduler);
    let want = "\
at 5 ms: tick, which takes 20 ms
at 25 ms: another task
at 25 ms: tick, which takes 0 ms
at 25 ms: another task
at 25 ms: tick, which takes 0 ms
at 25 ms: another task
at 25 ms: another task
at 35 ms: tick, which takes 0 ms
";
    let what = "a turn for each tick that is late, and one for the other task in between";
    assert_same(&log.read(), want, what);
}

#[test]
fn every_is_over_when_its_last_action_is() {
    let ends = [alone([]).1, alone([2]).1, alone([2, 2]).1];
    assert_eq!(ends, [ms(5), ms(7), ms(17)], "after 0, 1 and 2 actions");
}
