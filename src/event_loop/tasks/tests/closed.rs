//! A loop that is closed while there are tasks, callbacks and timers.

use std::{cell::Cell, rc::Rc};

use super::*;

/// A callback that nobody cancels.
struct Counts(Rc<Cell<u32>>);

impl Callable for Counts {
    fn call(&self) -> Option<Result<(), Exception>> {
        self.0.set(self.0.get() + 1);
        Some(Ok(()))
    }
}

#[test]
fn whatever_lives_is_left_in_the_outbox_and_nothing_runs_any_longer() {
    let mut table = Table::new();
    let called = Rc::new(Cell::new(0));
    let call = || Call::Handle(Rc::new(Counts(called.clone())));
    let ended = table.spawn_running();
    table.ends();
    let sleeps = table.spawn_running();
    let sleep = table.does(|tasks| tasks.sleeps(5, None));
    table.suspends();
    let (awaited, line) = table.spawn_waiting();
    let awaits = table.spawn_running();
    let mut end = None;
    table.does(|tasks| tasks.awaits(awaited, &mut end));
    table.suspends();
    table.does(|tasks| tasks.calls_when_done(awaited, Box::new(|_| Ok(()))));
    let ready = table.spawn(Ok(0));
    table.does(|tasks| tasks.calls_soon(call()));
    table.does(|tasks| tasks.calls_at(9, call()));
    assert_eq!(Rc::strong_count(&called), 3);

    table.does(Tasks::closes);
    // First the callbacks; then the bodies, from the oldest task on, each with its done callbacks.
    assert_eq!(
        table.errands(),
        [
            "drop call",
            "drop call",
            "drop body",
            "drop body",
            "drop call",
            "drop body",
            "drop body"
        ]
    );
    assert_eq!(Rc::strong_count(&called), 1);
    assert_eq!(called.get(), 0);

    // What is dropped with the bodies looks at the table.
    assert_eq!(table.does(|tasks| tasks.stops(sleep)), State::Pending);
    assert_eq!(table.does(|tasks| tasks.stops(line)), State::Pending);
    assert_eq!(
        table.does(|tasks| tasks.stops(end.expect("it has begun"))),
        State::Pending
    );
    for key in [sleeps, awaits, ready] {
        table.does(|tasks| tasks.woken(key));
        assert_eq!(table.releases(key), "nothing");
        assert!(!table.tasks.ended(key));
    }
    assert_eq!(table.releases(ended), "freed");
    assert_eq!(table.opens(u64::MAX), [""; 0]);
}

#[test]
fn a_done_callback_for_a_closed_loop_is_dropped() {
    let mut table = Table::new();
    let ended = table.spawn_running();
    table.ends();
    let (waits, _) = table.spawn_waiting();
    table.does(Tasks::closes);
    table.errands();
    for key in [ended, waits] {
        let id = table.does(|tasks| tasks.calls_when_done(key, Box::new(|_| Ok(()))));
        assert!(
            table
                .does(|tasks| tasks.forgets_callback(key, id))
                .is_none()
        );
        assert_eq!(table.errands(), ["drop call"]);
        assert_eq!(table.releases(key), "nothing"); // which is the callback's handle
    }
}

#[test]
fn a_callback_that_is_cancelled_before_its_time_is_returned() {
    let mut table = Table::new();
    let called = Rc::new(Cell::new(0));
    let call = || Call::Handle(Rc::new(Counts(called.clone())));
    let [first, second] = [5, 5].map(|when| table.does(|tasks| tasks.calls_at(when, call())));
    assert!(table.does(|tasks| tasks.cancels_call(first)).is_some());
    assert!(table.does(|tasks| tasks.cancels_call(first)).is_none());
    assert_eq!(table.opens(5), ["call"]);
    assert!(table.does(|tasks| tasks.cancels_call(second)).is_none());
    table.calls();
    assert_eq!(called.get(), 1);
}

/// The trace names it, and a task that the callback spawns is spawned by it.
#[test]
fn the_task_that_scheduled_a_callback_is_behind_it() {
    let mut table = Table::new();
    let called = Rc::new(Cell::new(0));
    let call = || Call::Handle(Rc::new(Counts(called.clone())));
    table.spawn(Ok(0));
    table.opens(0);
    table.begins(Key {
        index: 1,
        generation: 0,
    });
    assert_eq!(table.tasks.behind(), Some(0));
    table.does(|tasks| tasks.calls_soon(call()));
    table.suspends();
    table.does(|tasks| tasks.calls_at(0, call())); // the clock is behind this one
    assert_eq!(table.tasks.behind(), None);
    assert_eq!(table.opens(0), ["call", "call"]);
    for behind in [Some(0), None] {
        let Job::Call(call) = table.next_job() else {
            panic!("these are callbacks");
        };
        drop(table.does(|tasks| tasks.takes_call(call)));
        assert_eq!(
            (table.tasks.behind(), table.tasks.current()),
            (behind, None)
        );
        table.does(Tasks::called);
        assert_eq!(table.tasks.behind(), None);
    }
}
