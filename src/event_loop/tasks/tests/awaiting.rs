//! Tasks that await tasks, and done callbacks.

use super::*;

/// A callback that does nothing but end its handle's count.
fn callback() -> DoneCallback {
    Box::new(|_| Ok(()))
}

/// Spawns a task that awaits another one.
fn spawn_awaiting(table: &mut Table, awaited: Key) -> (Key, WaitId) {
    let key = table.spawn_running();
    let mut wait = None;
    assert!(!table.does(|tasks| tasks.awaits(awaited, &mut wait)));
    table.suspends();
    (key, wait.expect("it has begun"))
}

#[test]
fn those_that_await_a_task_and_its_callbacks_are_notified_in_the_order_of_their_beginning() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    spawn_awaiting(&mut table, awaited);
    table.does(|tasks| tasks.calls_when_done(awaited, callback()));
    spawn_awaiting(&mut table, awaited);
    spawn_awaiting(&mut table, awaited);
    table.does(|tasks| tasks.calls_when_done(awaited, callback()));

    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(
        table.opens(0),
        ["turn 1", "call", "turn 2", "turn 3", "call"]
    );
}

#[test]
fn a_callback_that_was_added_first_is_called_before_the_first_awaiter_has_its_turn() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    table.does(|tasks| tasks.calls_when_done(awaited, callback()));
    spawn_awaiting(&mut table, awaited);
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.opens(0), ["call", "turn 1"]);
}

#[test]
fn a_callback_holds_the_task_until_it_was_called() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.does(|tasks| tasks.calls_when_done(key, callback()));
    table.ends();
    assert_eq!(table.releases(key), "nothing");
    assert_eq!(table.story(key), ["ready", "running", "ended"]);
    assert_eq!(table.opens(0), ["call"]);
    table.calls();
    assert_eq!(table.releases(key), "freed"); // as the callback's handle does
}

#[test]
fn a_callback_for_a_task_that_has_ended_is_called_in_the_next_round() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.ends();
    let id = table.does(|tasks| tasks.calls_when_done(key, callback()));
    assert!(
        table
            .does(|tasks| tasks.forgets_callback(key, id))
            .is_none()
    );
    assert_eq!(table.opens(0), ["call"]);
    table.calls();
}

#[test]
fn a_callback_that_was_removed_is_returned_once_and_never_called() {
    let mut table = Table::new();
    let (key, blocks) = table.spawn_waiting();
    let id = table.does(|tasks| tasks.calls_when_done(key, callback()));
    let other = table.does(|tasks| tasks.calls_when_done(key, callback()));
    assert_ne!(id, other);
    assert!(
        table
            .does(|tasks| tasks.forgets_callback(key, id))
            .is_some()
    );
    assert!(
        table
            .does(|tasks| tasks.forgets_callback(key, id))
            .is_none()
    );
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(key);
    table.ends();
    assert_eq!(table.opens(0), ["call"]);
}

#[test]
fn an_awaiter_that_leaves_is_not_woken() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    let waits: Vec<_> = (0..3)
        .map(|_| spawn_awaiting(&mut table, awaited).1)
        .collect();
    for left in [waits[0], waits[2]] {
        assert_eq!(table.does(|tasks| tasks.stops(left)), State::Pending);
        assert_eq!(table.does(|tasks| tasks.stops(left)), State::Lost);
    }
    // The place in the row is taken only by one that begins when nobody watches: the order would be another.
    spawn_awaiting(&mut table, awaited);
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.opens(0), ["turn 2", "turn 4"]);
}

#[test]
fn an_awaiter_that_ends_is_not_woken() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    let key = table.spawn_running();
    let mut wait = None;
    table.does(|tasks| tasks.awaits(awaited, &mut wait));
    table.ends();
    table.releases(key);
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.opens(0), [""; 0]);
}

#[test]
fn to_await_a_task_again_is_to_wait_once() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    let (awaiter, wait) = spawn_awaiting(&mut table, awaited);
    table.does(|tasks| tasks.woken(awaiter));
    table.opens(0);
    table.begins(awaiter);
    let mut again = Some(wait);
    assert!(!table.does(|tasks| tasks.awaits(awaited, &mut again)));
    assert_eq!(again, Some(wait));
    table.suspends();
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.opens(0), ["turn 1"]);
}

#[test]
fn a_task_that_has_ended_is_not_waited_for() {
    let mut table = Table::new();
    let ended = table.spawn_running();
    table.ends();
    let awaiter = table.spawn_running();
    let mut wait = None;
    assert!(table.does(|tasks| tasks.awaits(ended, &mut wait)));
    assert_eq!(wait, None);
    assert!(table.tasks.fresh_waits(awaiter).is_empty());
}

/// CPython 3.13: `RuntimeError: Task cannot await on itself`, thrown in the next round.
#[test]
fn a_task_that_awaits_itself_is_told_in_its_next_turn() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut wait = None;
    assert!(!table.does(|tasks| tasks.awaits(key, &mut wait)));
    assert_eq!(wait, None);
    table.suspends();
    assert_eq!(table.opens(0), ["turn 0"]);
    assert!(matches!(
        table.has_news(key),
        News::Begins { throws: true, .. }
    ));
    let thrown = table.does(Tasks::takes_thrown).expect("it is thrown");
    assert_eq!(
        thrown.to_string(),
        "RuntimeError: Task cannot await on itself"
    );
    assert!(table.does(Tasks::takes_thrown).is_none());
    assert!(table.fails(thrown));
    assert_eq!(table.releases(key), "unseen");
}

#[test]
fn the_wait_of_a_future_that_is_awaited_inside_the_task_wakes_its_waker() {
    let mut table = Table::new();
    let (awaited, blocks) = table.spawn_waiting();
    let key = table.spawn_running();
    let (counts, first) = waker();
    let (mut wait, mut given) = (None, Some(first.clone()));
    assert!(!table.does(|tasks| tasks.awaits_inside(awaited, &mut wait, &mut given)));
    assert!(given.is_none());
    let id = wait.expect("it has begun");
    assert!(table.tasks.knows_waker(id, &first));
    assert!(!table.tasks.knows_waker(id, &waker().1));
    // Polled again, with the same waker and with another one.
    assert!(!table.does(|tasks| tasks.awaits_inside(awaited, &mut wait, &mut None)));
    assert!(table.errands().is_empty());
    let another = &mut Some(waker().1);
    assert!(!table.does(|tasks| tasks.awaits_inside(awaited, &mut wait, another)));
    assert_eq!(table.errands(), ["drop waker"]);
    drop(first);
    assert_eq!(Arc::strong_count(&counts), 1);
    table.suspends();
    table.does(|tasks| tasks.given(blocks));
    table.opens(0);
    table.begins(awaited);
    table.ends();
    assert_eq!(table.errands(), ["wake"]);
    assert_eq!(table.state(id), State::Given);
    assert_eq!(table.story(key), ["ready", "running", "waiting"]);
    table.does(|tasks| tasks.woken(key));
    table.opens(0);
    table.begins(key);
    assert!(table.does(|tasks| tasks.awaits_inside(awaited, &mut wait, &mut None)));
    assert_eq!((wait, table.state(id)), (None, State::Lost));
}
