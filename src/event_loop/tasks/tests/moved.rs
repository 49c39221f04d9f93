//! Waits that are not the first of the task, or belong to something inside it: with wakers other than the task's, and moved
//! from one task to another.

use std::sync::{Arc, atomic::Ordering};

use super::*;

/// A task polls with its own waker.
fn asks(table: &mut Table, wait: &mut WaitId) -> State {
    table.does(|tasks| tasks.asks(wait))
}

#[test]
fn several_waits_of_one_turn_are_kept_in_their_order() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let waits: Vec<_> = (0..4)
        .map(|n| table.does(|tasks| tasks.sleeps(10 + n, None)))
        .collect();
    table.suspends();
    assert_eq!(table.tasks.fresh_waits(key), waits);
    assert_eq!(table.opens(12), ["due 0", "due 0", "due 0"]);
    for _ in 0..3 {
        assert!(table.gives_due());
    }
    assert_eq!(table.opens(12), ["turn 0"]);
    table.begins(key);
    for (n, mut wait) in waits.into_iter().enumerate() {
        let expected = if n < 3 { State::Given } else { State::Pending };
        assert_eq!(asks(&mut table, &mut wait), expected);
    }
}

/// The waker is foreign code, so the table does not call it: it leaves an errand.
#[test]
fn a_wait_inside_wakes_its_waker_and_not_the_task() {
    let mut table = Table::new();
    let (counts, waker) = waker();
    let key = table.spawn_running();
    let wait = table.does(|tasks| tasks.waits(LINE, Some(waker)));
    table.suspends();
    assert!(table.does(|tasks| tasks.given(wait)));
    assert!(!table.does(|tasks| tasks.given(wait)));
    assert_eq!(counts.0.load(Ordering::Relaxed), 0);
    let Some(Errand::Wake(waker)) = table.tasks.outbox.pop_front() else {
        panic!("the waker is to be called");
    };
    waker.wake();
    assert_eq!(counts.0.load(Ordering::Relaxed), 1);
    assert_eq!(table.story(key), ["ready", "running", "waiting"]);
}

#[test]
fn a_wait_inside_that_is_dropped_drops_its_waker_later() {
    let mut table = Table::new();
    let (counts, waker) = waker();
    table.spawn_running();
    let wait = table.does(|tasks| tasks.waits(LINE, Some(waker)));
    assert_eq!(table.does(|tasks| tasks.stops(wait)), State::Pending);
    assert_eq!(Arc::strong_count(&counts), 2);
    assert_eq!(table.errands(), ["drop waker"]);
    assert_eq!(Arc::strong_count(&counts), 1);
}

#[test]
fn a_wait_of_the_task_that_is_polled_inside_wakes_the_waker_from_then_on() {
    let mut table = Table::new();
    let (_, waker) = waker();
    let key = table.spawn_running();
    let mut wait = table.does(|tasks| tasks.waits(LINE, None));
    let mut waker = Some(waker);
    let poller = Poller::Inside(&mut waker);
    assert_eq!(
        table.does(|tasks| tasks.asks_another(&mut wait, poller)),
        State::Pending
    );
    assert!(table.errands().is_empty());
    // And back again.
    assert_eq!(asks(&mut table, &mut wait), State::Pending);
    assert_eq!(table.errands(), ["drop waker"]);
    table.suspends();
    assert!(table.does(|tasks| tasks.given(wait)));
    assert_eq!(table.story(key), ["ready", "running", "waiting", "ready"]);
}

#[test]
fn a_sleep_that_another_task_polls_moves_there_with_its_timer() {
    let mut table = Table::new();
    let first = table.spawn_running();
    let mut sleep = table.does(|tasks| tasks.sleeps(9, None));
    table.suspends();
    let second = table.spawn_running();
    let before = sleep;
    assert_eq!(asks(&mut table, &mut sleep), State::Pending);
    assert_eq!((sleep.row, table.tasks.timers.len()), (second.index, 1));
    assert_eq!(table.state(before), State::Lost);
    table.suspends();
    assert_eq!(table.opens(9), ["due 1"]);
    assert!(table.gives_due());
    assert_eq!(table.story(first), ["ready", "running", "waiting"]);
    assert_eq!(
        table.story(second),
        ["ready", "running", "waiting", "ready"]
    );
}

#[test]
fn a_sleep_that_another_task_polls_in_the_round_in_which_it_is_due_is_over() {
    let mut table = Table::new();
    let first = table.spawn_running();
    let mut sleep = table.does(|tasks| tasks.sleeps(5, None));
    table.suspends();
    let second = table.spawn(Ok(0));
    assert_eq!(table.opens(5), ["turn 1", "due 0"]);
    table.begins(second);
    assert_eq!(asks(&mut table, &mut sleep), State::Given);
    assert_eq!(table.state(sleep), State::Lost);
    table.suspends();
    assert!(!table.gives_due());
    assert_eq!(table.story(first), ["ready", "running", "waiting"]);
}

#[test]
fn a_wait_for_a_task_that_another_task_polls_moves_there_with_its_place() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    // The first lies in the row of the awaited task, the second in its list.
    let mut moved = [None, None];
    for wait in &mut moved {
        table.spawn_running();
        assert!(!table.does(|tasks| tasks.awaits(awaited, wait)));
        table.suspends();
    }
    let third = table.spawn_running();
    for wait in &mut moved {
        assert!(!table.does(|tasks| tasks.awaits(awaited, wait)));
        assert_eq!(wait.unwrap().row, third.index);
    }
    table.suspends();
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.opens(0), ["turn 3"]);
}

#[test]
fn a_place_in_a_line_that_another_task_polls_has_another_name() {
    let mut table = Table::new();
    let (_, mut wait) = table.spawn_waiting();
    let before = wait;
    let second = table.spawn_running();
    assert_eq!(asks(&mut table, &mut wait), State::Pending);
    assert!(!table.does(|tasks| tasks.given(before)));
    assert!(table.does(|tasks| tasks.given(wait)));
    table.suspends();
    assert_eq!(table.story(second), ["ready", "running", "ready"]);
}

#[test]
fn a_wait_that_is_over_is_not_moved_but_told() {
    let mut table = Table::new();
    let (first, mut wait) = table.spawn_waiting();
    table.does(|tasks| tasks.given(wait));
    let before = wait;
    table.spawn(Ok(0));
    assert_eq!(table.opens(0), ["turn 0", "turn 1"]);
    table.begins(first);
    table.suspends();
    table.begins(Key { index: 2, ..first });
    assert_eq!(asks(&mut table, &mut wait), State::Given);
    assert_eq!((wait, table.state(wait)), (before, State::Lost));
}

/// A wait that several tasks poll by a waker of its own, as futures' `Shared` does, is not one of theirs to be cancelled.
#[test]
fn a_wait_that_moves_with_a_waker_is_shared_and_not_cancelled_with_the_task() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut wait = table.does(|tasks| tasks.waits(LINE, Some(waker().1)));
    table.suspends();
    assert_eq!(table.tasks.fresh_waits(key), [wait]);
    let second = table.spawn_running();
    assert_eq!(
        table.does(|tasks| tasks.asks_another(&mut wait, Poller::Inside(&mut None))),
        State::Pending
    );
    assert!(table.tasks.fresh_waits(second).is_empty());
    assert!(table.does(|tasks| tasks.given(wait)));
    assert_eq!(table.errands(), ["wake"]);
}

#[test]
fn a_callback_can_poll_with_a_waker_and_a_task_can_go_on_with_that() {
    let mut table = Table::new();
    let mut wait = table.does(|tasks| tasks.sleeps(5, Some(waker().1)));
    assert_eq!(wait.row, Key::LOOP.index);
    let key = table.spawn_running();
    assert_eq!(asks(&mut table, &mut wait), State::Pending);
    assert_eq!(table.errands(), ["drop waker"]);
    table.suspends();
    assert_eq!(table.opens(5), ["due 0"]);
    table.gives_due();
    assert_eq!(table.story(key), ["ready", "running", "waiting", "ready"]);
}

/// A task of another loop polls with its own waker, and no task of this loop has its turn.
#[test]
fn a_wait_that_a_task_of_another_loop_polls_is_lost() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut own = table.does(|tasks| tasks.sleeps(5, None));
    let mut other = table.does(|tasks| tasks.sleeps(5, None));
    table.suspends();
    let mut of_a_callback = table.does(|tasks| tasks.sleeps(5, Some(waker().1)));
    for wait in [&mut own, &mut other, &mut of_a_callback] {
        assert_eq!(asks(&mut table, wait), State::Lost);
        assert_eq!(table.state(*wait), State::Lost);
    }
    assert!(table.tasks.timers.is_empty());
    assert_eq!(table.errands(), ["drop waker"]);
    assert_eq!(table.story(key), ["ready", "running", "waiting"]);
}

/// Waiting for the end of a task begins again inside another task, with the waker used there.
#[test]
fn a_wait_for_a_task_that_is_lost_begins_again_with_the_waker_that_asks() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    table.spawn_running();
    let mut wait = None;
    table.does(|tasks| tasks.awaits(awaited, &mut wait));
    table.ends();
    let key = table.spawn_running();
    let (lost, mut waker) = (wait, Some(waker().1));
    assert!(!table.does(|tasks| tasks.awaits_inside(awaited, &mut wait, &mut waker)));
    assert_ne!(wait, lost);
    assert!(waker.is_none());
    table.suspends();
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.errands(), ["wake"]);
    assert_eq!(table.story(key), ["ready", "running", "waiting"]);
}

/// A waker that nothing keeps is left to the caller. Like all foreign values, it is dropped when the table is free.
#[test]
fn a_waker_that_asks_for_what_is_over_stays_with_the_caller() {
    let mut table = Table::new();
    let (key, mut given) = table.spawn_waiting();
    let (_, mut given_elsewhere) = table.spawn_waiting();
    table.does(|tasks| tasks.given(given));
    table.does(|tasks| tasks.given(given_elsewhere));
    assert_eq!(table.opens(0), ["turn 0", "turn 1"]);
    table.begins(key);
    let (_, waker) = waker();
    let (mut lost, mut lost_elsewhere) = (given, given_elsewhere);
    let states = [
        (&mut given, State::Given),
        (&mut given_elsewhere, State::Given),
        (&mut lost, State::Lost),
        (&mut lost_elsewhere, State::Lost),
    ];
    for (wait, state) in states {
        let mut cloned = Some(waker.clone());
        let poller = Poller::Inside(&mut cloned);
        assert_eq!(table.does(|tasks| tasks.asks_another(wait, poller)), state);
        assert!(cloned.is_some());
        assert!(table.errands().is_empty());
    }
}

#[test]
fn the_waits_of_a_task_that_ends_are_lost_wherever_they_are() {
    let mut table = Table::new();
    table.spawn_running();
    let mut waits = [
        table.does(|tasks| tasks.sleeps(5, None)),
        table.does(|tasks| tasks.sleeps(6, None)),
        table.does(|tasks| tasks.waits(LINE, Some(waker().1))),
    ];
    table.ends();
    assert_eq!(table.errands(), ["drop waker"]);
    assert!(table.tasks.timers.is_empty());
    table.spawn_running();
    for wait in &mut waits {
        assert_eq!(asks(&mut table, wait), State::Lost);
    }
}
