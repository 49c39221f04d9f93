//! How tasks are cancelled: at which moment of their lives, and what arrives.

use super::*;

/// What a cancellation does to one task, as the walk in `waits::cancelling` does it for waits that are no other tasks.
/// Returns `false` if the task refuses.
fn cancels(table: &mut Table, key: Key, message: &str) -> bool {
    if !table.does(|tasks| tasks.asked_to_cancel(key)) {
        return false;
    }
    passes_on(table, key, message);
    true
}

fn passes_on(table: &mut Table, key: Key, message: &str) {
    // In between the invariant does not hold: a cancellation is on its way through the task.
    let tasks = &mut table.tasks;
    let mut taken = false;
    for wait in tasks.begins_to_cancel(key) {
        taken |= tasks.cancelled(wait, message);
    }
    tasks.has_cancelled(key);
    if !taken {
        tasks.must_cancel(key, message, false);
    }
    table.is_sound();
}

#[test]
fn before_its_first_turn_its_body_never_runs() {
    let mut table = Table::new();
    let key = table.spawn_body(async { unreachable!("it never runs") });
    assert!(cancels(&mut table, key, "no"));
    assert_eq!(table.opens(0), ["turn 0"]);
    let News::Never(cancelled) = table.has_news(key) else {
        panic!("it has not started");
    };
    assert_eq!(cancelled.to_string(), "Cancelled: no");
    assert_eq!(table.tasks.turns(key), 0);
    assert!(table.fails(cancelled));
    assert!(table.tasks.ended_cancelled(key));
    assert_eq!(table.releases(key), "freed");
    assert_eq!(table.story(key), ["ready", "running", "ended", "free"]);
}

#[test]
fn while_it_sleeps_the_sleep_is_what_raises() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut sleep = table.does(|tasks| tasks.sleeps(50, None));
    table.suspends();
    assert!(cancels(&mut table, key, "enough"));
    assert_eq!(table.state(sleep), State::Cancelled);
    assert!(table.tasks.timers.is_empty());
    assert_eq!(table.opens(0), ["turn 0"]);
    table.begins(key); // nothing is thrown into it: the sleep knows
    assert_eq!(table.does(|tasks| tasks.asks(&mut sleep)), State::Cancelled);
    let cancelled = table.does(|tasks| tasks.cancelled_wait(sleep));
    assert_eq!(cancelled.to_string(), "Cancelled: enough");
    assert!(table.fails(cancelled));
    assert_eq!(
        table.story(key),
        ["ready", "running", "waiting", "ready", "running", "ended"]
    );
    // Whoever asks first gets the very exception, the others one with the message.
    table.does(|tasks| tasks.forgets_message(key));
    assert_eq!(
        table.does(|tasks| tasks.cancelled_error(key)).to_string(),
        "Cancelled: enough"
    );
    assert_eq!(
        table.does(|tasks| tasks.cancelled_error(key)).to_string(),
        "Cancelled"
    );
}

/// In CPython the awaited future keeps the message of the request that cancelled it.
#[test]
fn twice_while_it_sleeps_the_first_message_arrives_and_both_requests_count() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut sleep = table.does(|tasks| tasks.sleeps(50, None));
    table.suspends();
    assert!(cancels(&mut table, key, "first"));
    assert!(table.does(|tasks| tasks.asked_to_cancel(key)));
    assert!(!table.does(|tasks| tasks.cancelled(sleep, "second")));
    table.does(|tasks| tasks.must_cancel(key, "second", true));
    table.opens(0);
    assert!(matches!(
        table.has_news(key),
        News::Begins { throws: false, .. }
    )); // and nothing is thrown: what it waited for raises it
    assert_eq!(table.does(|tasks| tasks.asks(&mut sleep)), State::Cancelled);
    let raised = table.does(|tasks| tasks.cancelled_wait(sleep));
    assert_eq!(raised.to_string(), "Cancelled: first");
    assert_eq!(table.tasks.cancel_message(key), "second");
    assert_eq!(table.tasks.cancel_requests(key), 2);
    assert_eq!(table.does(|tasks| tasks.uncancels(key)), 1);
    assert_eq!(table.does(|tasks| tasks.uncancels(key)), 0);
    assert_eq!(table.does(|tasks| tasks.uncancels(key)), 0);
}

#[test]
fn when_its_sleep_is_over_already_it_raises_by_itself() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut sleep = table.does(|tasks| tasks.sleeps(5, None));
    table.suspends();
    table.opens(5);
    table.gives_due();
    assert!(cancels(&mut table, key, ""));
    assert_eq!(table.state(sleep), State::Given);
    assert_eq!(table.opens(5), ["turn 0"]);
    assert!(matches!(
        table.has_news(key),
        News::Begins { throws: true, .. }
    ));
    assert_eq!(
        table.does(Tasks::takes_thrown).unwrap().kind(),
        Kind::Cancelled
    );
    assert_eq!(table.does(|tasks| tasks.asks(&mut sleep)), State::Given);
}

/// The awaited task's `Cancelled` arrives; a second `Cancelled` would be one too many.
#[test]
fn when_what_it_awaits_was_cancelled_it_raises_nothing_by_itself() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    let key = table.spawn_running();
    let mut wait = None;
    table.does(|tasks| tasks.awaits(awaited, &mut wait));
    table.suspends();
    cancels(&mut table, awaited, "");
    assert_eq!(table.state(blocks), State::Cancelled);
    table.opens(0);
    table.begins(awaited);
    table.fails(cancelled(""));
    assert!(table.does(|tasks| tasks.asked_to_cancel(key)));
    table.does(|tasks| tasks.must_cancel(key, "", true));
    assert_eq!(table.opens(0), ["turn 1"]);
    assert!(matches!(
        table.has_news(key),
        News::Begins { throws: false, .. }
    ));
    assert!(table.does(|tasks| tasks.awaits(awaited, &mut wait)));
}

#[test]
fn when_it_waits_for_nothing_of_the_loops_it_is_thrown_in() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.suspends();
    assert!(cancels(&mut table, key, "no"));
    assert_eq!(table.opens(0), ["turn 0"]);
    assert!(matches!(
        table.has_news(key),
        News::Begins { throws: true, .. }
    ));
    let thrown = table.does(Tasks::takes_thrown).expect("it is thrown");
    assert_eq!(thrown.to_string(), "Cancelled: no");
    assert_eq!(
        table.story(key),
        ["ready", "running", "waiting", "ready", "running"]
    );
}

#[test]
fn a_wait_that_was_not_polled_in_the_last_turn_is_left_alone() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let aside = table.does(|tasks| tasks.waits(LINE, None));
    let mut sleep = table.does(|tasks| tasks.sleeps(50, None));
    table.suspends();
    assert_eq!(table.tasks.fresh_waits(key), [aside, sleep]);
    table.does(|tasks| tasks.woken(key));
    table.opens(0);
    table.begins(key);
    table.does(|tasks| tasks.asks(&mut sleep));
    table.suspends();
    assert_eq!(table.tasks.fresh_waits(key), [sleep]);
    cancels(&mut table, key, "");
    assert_eq!(
        (table.state(aside), table.state(sleep)),
        (State::Pending, State::Cancelled)
    );
}

#[test]
fn in_its_own_turn_what_it_waits_for_next_is_cancelled() {
    let mut table = Table::new();
    let key = table.spawn_running();
    assert!(cancels(&mut table, key, "self"));
    assert!(table.tasks.is_to_be_cancelled(key));
    let sleep = table.does(|tasks| tasks.sleeps(50, None));
    assert!(table.suspends()); // it was cancelled in this turn
    assert_eq!(table.does(|tasks| tasks.takes_cancel(key)), "self");
    passes_on(&mut table, key, "");
    assert_eq!(table.state(sleep), State::Cancelled);
    assert_eq!(table.tasks.cancel_requests(key), 1); // it is one request
    assert_eq!(table.opens(0), ["turn 0"]);
}

#[test]
fn in_its_last_turn_it_cannot_return() {
    let mut table = Table::new();
    let key = table.spawn_running();
    cancels(&mut table, key, "too late");
    assert!(!table.ends());
    let error = table.does(|tasks| tasks.takes_cancelled(key));
    assert_eq!(error.to_string(), "Cancelled: too late");
    assert!(table.fails(error));
    assert!(table.tasks.ended_cancelled(key));
    assert_eq!(table.story(key), ["ready", "running", "ended"]);
}

/// In CPython the exception is set before the flag is looked at.
#[test]
fn in_its_last_turn_it_can_fail() {
    let mut table = Table::new();
    let key = table.spawn_running();
    cancels(&mut table, key, "");
    assert!(table.fails(error("mine")));
    assert!(!table.tasks.ended_cancelled(key));
    assert_eq!(table.releases(key), "unseen");
}

#[test]
fn in_its_own_turn_and_withdrawn_it_goes_on() {
    let mut table = Table::new();
    let key = table.spawn_running();
    cancels(&mut table, key, "");
    assert_eq!(table.does(|tasks| tasks.uncancels(key)), 0);
    assert!(!table.tasks.is_to_be_cancelled(key));
    assert!(table.ends());
    assert!(!table.tasks.ended_cancelled(key));
}

#[test]
fn withdrawn_before_its_next_turn_it_goes_on_with_news_of_nothing() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.suspends();
    cancels(&mut table, key, "");
    assert_eq!(table.does(|tasks| tasks.uncancels(key)), 0);
    assert_eq!(table.opens(0), ["turn 0"]);
    table.begins(key);
    assert!(table.does(Tasks::takes_thrown).is_none());
}

#[test]
fn after_its_end_it_refuses_and_its_exception_counts_as_seen() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.fails(error("no"));
    assert!(!cancels(&mut table, key, ""));
    assert_eq!(table.tasks.cancel_requests(key), 0);
    assert_eq!(table.releases(key), "freed");
}

#[test]
fn withdrawn_in_the_turn_in_which_it_is_to_be_raised_it_is_discarded() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.suspends();
    cancels(&mut table, key, "");
    table.opens(0);
    assert!(matches!(
        table.has_news(key),
        News::Begins { throws: true, .. }
    ));
    assert_eq!(table.does(|tasks| tasks.uncancels(key)), 0);
    assert!(table.does(Tasks::takes_thrown).is_none());
}

/// In a cycle of tasks that await each other, the walk returns to its start.
#[test]
fn a_task_through_which_a_cancellation_passes_takes_no_other() {
    let mut table = Table::new();
    let (key, _) = table.spawn_waiting();
    let tasks = &mut table.tasks;
    assert!(tasks.asked_to_cancel(key));
    assert_eq!(tasks.begins_to_cancel(key).len(), 1);
    assert!(!tasks.asked_to_cancel(key));
    tasks.has_cancelled(key);
    assert!(tasks.asked_to_cancel(key));
    assert_eq!(tasks.cancel_requests(key), 2);
}

#[test]
fn what_waits_inside_is_cancelled_by_its_waker_and_others_are_not() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let (_, waker) = waker();
    let inside = table.does(|tasks| tasks.waits(LINE, Some(waker.clone())));
    let own = table.does(|tasks| tasks.sleeps(9, None));
    assert!(table.does(|tasks| tasks.cancels_inside(key, &waker)));
    assert_eq!(
        (table.state(inside), table.state(own)),
        (State::Cancelled, State::Pending)
    );
    assert_eq!(table.errands(), ["wake"]);
    assert!(!table.does(|tasks| tasks.cancels_inside(key, &waker)));
}

/// A cancelled wait leaves the watchers. When its future is dropped, the next wait already has the place.
#[test]
fn a_wait_for_a_task_that_is_cancelled_inside_leaves_once() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    let key = table.spawn_running();
    let (_, waker) = waker();
    let (mut first, mut cloned) = (None, Some(waker.clone()));
    table.does(|tasks| tasks.awaits_inside(awaited, &mut first, &mut cloned));
    assert!(table.does(|tasks| tasks.cancels_inside(key, &waker)));
    table.suspends();
    let next = table.spawn_running();
    table.does(|tasks| tasks.awaits(awaited, &mut None));
    table.suspends();
    let state = table.does(|tasks| tasks.stops(first.expect("it has begun")));
    assert_eq!(state, State::Cancelled);
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.opens(0), ["turn 2"]);
    assert_eq!(table.story(next), ["ready", "running", "waiting", "ready"]);
}
