use std::{cell::Cell, cell::RefCell, fmt::Debug, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::{Clock, EventLoop};

use crate::lesson12::{Watchdog, for_each};

/// What was called, in order. A clone writes on the same log.
struct Log<T>(Rc<RefCell<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone + Debug> Log<T> {
    fn new() -> Self {
        Self(Rc::default())
    }

    fn push(&self, what: T) {
        let mut log = self.0.borrow_mut();
        log.push(what);
        assert!(log.len() <= 1000, "it does not end: {:?} …", &log[..5]);
    }

    fn read(&self) -> Vec<T> {
        self.0.borrow().clone()
    }
}

fn new_loop() -> (EventLoop, Clock) {
    let clock = Clock::virtual_time();
    (EventLoop::new(&clock), clock)
}

/// Runs until nothing is left. The error is the loop's way of saying so.
fn run_all(event_loop: &EventLoop) {
    assert!(event_loop.run_forever().is_err(), "somebody stopped it");
}

/// These items, and a panic if somebody asks for more when there are none: that might go on for ever.
fn items<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    let (mut items, mut over) = (items.into_iter(), false);
    std::iter::from_fn(move || {
        assert!(!over, "it asks for more items after the last one");
        let item = items.next();
        over = item.is_none();
        item
    })
}

fn run_one_round(event_loop: &EventLoop) {
    event_loop.stop();
    event_loop.run_forever().unwrap();
}

#[test]
fn two_for_each_take_turns() {
    let (event_loop, _) = new_loop();
    let log = Log::new();
    for numbers in [vec![1, 2, 3], vec![10, 20]] {
        let log = log.clone();
        for_each(&event_loop, items(numbers), move |n| log.push(n)).unwrap();
    }
    assert_eq!(log.read(), [], "before the loop runs");
    run_all(&event_loop);
    assert_eq!(log.read(), [1, 10, 2, 20, 3], "one item each a round");
}

#[test]
fn for_each_takes_an_item_when_it_is_its_turn() {
    let (event_loop, _) = new_loop();
    let log = Log::new();
    let (taken, called) = (log.clone(), log.clone());
    let items = items(1..=3).inspect(move |item| taken.push(format!("take {item}")));
    let action = move |item| called.push(format!("call {item}"));
    for_each(&event_loop, items, action).unwrap();
    assert_eq!(log.read(), [""; 0], "before the loop runs");
    let mut want = Vec::new();
    for item in 1..=3 {
        run_one_round(&event_loop);
        want.extend([format!("take {item}"), format!("call {item}")]);
        assert_eq!(log.read(), want, "after {item} rounds");
    }
}

#[test]
fn for_each_lets_a_timer_in() {
    let (event_loop, clock) = new_loop();
    let log = Log::new();
    let its_log = log.clone();
    let takes_a_millisecond = move |item| {
        clock.wait_until(clock.now() + ms(1));
        its_log.push(item);
    };
    for_each(&event_loop, items(1..=100), takes_a_millisecond).unwrap();
    let this = event_loop.clone();
    let stop = move || {
        this.stop();
        Ok(())
    };
    event_loop.call_later(ms(3), stop).unwrap();
    event_loop.run_forever().unwrap();
    assert_eq!(log.read(), [1, 2, 3, 4], "until the timer of 3 ms");
    run_all(&event_loop);
    assert_eq!(log.read(), Vec::from_iter(1..=100));
}

#[test]
fn for_each_ends_with_the_loop() {
    let (event_loop, _) = new_loop();
    let calls = Rc::new(Cell::new(0));
    let count = calls.clone();
    let action = move |_| count.set(count.get() + 1);
    for_each(&event_loop, 0..9, action).unwrap();
    run_one_round(&event_loop);
    run_one_round(&event_loop);
    event_loop.close().unwrap();
    assert_eq!(calls.get(), 2, "a call in each of two rounds");
    assert_eq!(Rc::strong_count(&calls), 1, "the action is still there");
    assert!(for_each(&event_loop, 0..9, |_| ()).is_err());
}

/// A watchdog for 50 ms that writes down when it acts.
fn watchdog(event_loop: &EventLoop, log: &Log<Duration>) -> Watchdog {
    let (this, log) = (event_loop.clone(), log.clone());
    Watchdog::new(event_loop, ms(50), move || log.push(this.time())).unwrap()
}

fn reset_at(event_loop: &EventLoop, times: &[u64], watchdog: Watchdog) -> Rc<RefCell<Watchdog>> {
    let watchdog = Rc::new(RefCell::new(watchdog));
    for &time in times {
        let watchdog = watchdog.clone();
        let reset = move || watchdog.borrow_mut().reset();
        event_loop.call_at(ms(time), reset).unwrap();
    }
    watchdog
}

#[test]
fn a_watchdog_is_patient_and_then_acts_once() {
    let (event_loop, _) = new_loop();
    let log = Log::new();
    let watchdog = watchdog(&event_loop, &log);
    assert_eq!(log.read(), [], "before the loop runs");
    run_all(&event_loop);
    assert_eq!(log.read(), [ms(50)]);
    drop(watchdog);
}

#[test]
fn a_reset_gives_it_all_its_patience_again() {
    let (event_loop, _) = new_loop();
    let log = Log::new();
    let _watchdog = reset_at(&event_loop, &[30, 60, 61], watchdog(&event_loop, &log));
    run_all(&event_loop);
    assert_eq!(log.read(), [ms(111)], "50 ms after the last reset");
}

#[test]
fn after_it_has_acted_a_reset_makes_it_wait_again() {
    let (event_loop, _) = new_loop();
    let log = Log::new();
    let _watchdog = reset_at(&event_loop, &[200], watchdog(&event_loop, &log));
    run_all(&event_loop);
    assert_eq!(log.read(), [ms(50), ms(250)], "the reset is at 200");
}

#[test]
fn a_stopped_one_never_acts_and_is_not_waited_for() {
    let (event_loop, clock) = new_loop();
    let log = Log::new();
    let mut stopped = watchdog(&event_loop, &log);
    stopped.reset().unwrap();
    let stop = move || {
        stopped.stop();
        Ok(())
    };
    event_loop.call_later(ms(30), stop).unwrap();
    run_all(&event_loop);
    assert_eq!(log.read(), [], "it was stopped at 30");
    assert_eq!(clock.now(), ms(30), "the loop waited for the watchdog");
}
