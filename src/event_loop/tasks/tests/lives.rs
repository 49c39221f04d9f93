//! Whole lives of tasks: turns, rounds, sleeps, wake-ups.

use super::*;
use crate::event_loop::{inbox::Inbox, waker::LentWaker};

#[test]
fn a_task_sleeps_ends_and_is_awaited() {
    let mut table = Table::new();
    let sleeper = table.spawn(Ok(7));
    let awaiter = table.spawn(Ok(0));
    assert_eq!(table.opens(0), ["turn 0", "turn 1"]);

    table.begins(sleeper);
    let mut sleep = table.does(|tasks| tasks.sleeps(5, None));
    table.suspends();
    assert_eq!(table.state(sleep), State::Pending);

    table.begins(awaiter);
    let mut end = None;
    assert!(!table.does(|tasks| tasks.awaits(sleeper, &mut end)));
    table.suspends();

    assert_eq!(table.opens(4), [""; 0]);
    assert_eq!(table.opens(5), ["due 0"]);
    assert!(table.gives_due());
    assert_eq!(table.state(sleep), State::Given);

    // As in asyncio, whoever is woken by a timer has its turn in the next round.
    assert_eq!(table.opens(5), ["turn 0"]);
    table.begins(sleeper);
    assert_eq!(table.does(|tasks| tasks.asks(&mut sleep)), State::Given);
    assert_eq!(table.state(sleep), State::Lost); // the answer was the last thing to be known
    assert!(table.ends());

    assert_eq!(table.opens(5), ["turn 1"]);
    table.begins(awaiter);
    assert!(table.does(|tasks| tasks.awaits(sleeper, &mut end)));
    assert_eq!(end, None);
    assert!(table.ends());

    assert_eq!(table.releases(sleeper), "freed");
    assert_eq!(table.releases(awaiter), "freed");
    assert_eq!(
        table.story(sleeper),
        [
            "ready", "running", "waiting", "ready", "running", "ended", "free"
        ]
    );
    assert_eq!(
        table.story(awaiter),
        [
            "ready", "running", "waiting", "ready", "running", "ended", "free"
        ]
    );
    assert!(table.errands().is_empty());
}

#[test]
fn a_task_that_yields_has_its_turn_after_those_that_were_ready() {
    let mut table = Table::new();
    let (first, second) = (table.spawn(Ok(1)), table.spawn(Ok(2)));
    table.opens(0);
    table.begins(first);
    let third = table.spawn(Ok(3));
    table.suspends_and(true);
    table.begins(second);
    table.suspends_and(true);
    // What was made ready in a round is for the next one.
    assert_eq!(table.opens(0), ["turn 2", "turn 0", "turn 1"]);
    assert_eq!(table.tasks.turns(first), 1);
    assert_eq!(table.tasks.turns(third), 0);
    assert_eq!(table.story(first), ["ready", "running", "ready"]);
}

#[test]
fn a_task_that_is_woken_twice_has_one_turn_for_both() {
    let mut table = Table::new();
    let (key, wait) = table.spawn_waiting();
    assert!(table.does(|tasks| tasks.given(wait)));
    table.does(|tasks| tasks.woken(key));
    assert!(!table.does(|tasks| tasks.given(wait)));
    assert_eq!(table.opens(0), ["turn 0"]);
    assert_eq!(table.story(key), ["ready", "running", "waiting", "ready"]);
}

#[test]
fn a_task_that_is_woken_in_its_own_turn_has_another() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.does(|tasks| tasks.woken(key));
    table.suspends();
    assert_eq!(table.opens(0), ["turn 0"]);
    table.begins(key);
    table.does(|tasks| tasks.woken(key));
    table.ends();
    assert!(matches!(table.tasks.ready[..], [Job::Turn(_)]));
    // It has ended: nobody is told, and its row can be free by then.
    assert_eq!(table.releases(key), "freed");
    assert_eq!(table.opens(0), ["turn of nobody"]);
    assert!(matches!(table.has_news(key), News::Gone));
    assert_eq!(
        table.story(key),
        ["ready", "running", "ready", "running", "ended", "free"]
    );
}

#[test]
fn an_ended_task_that_is_held_has_no_turn_either() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.does(|tasks| tasks.woken(key));
    table.ends();
    table.does(|tasks| tasks.woken(key));
    assert_eq!(table.opens(0), ["turn 0"]);
    assert!(matches!(table.has_news(key), News::Gone));
    assert!(!table.tasks.is_scheduled(key));
}

#[test]
fn a_round_that_is_interrupted_leaves_its_jobs_first_in_order() {
    let mut table = Table::new();
    let keys: Vec<Key> = (0..3).map(|n| table.spawn(Ok(n))).collect();
    table.opens(0);
    table.begins(keys[0]);
    table.suspends_and(true);
    let left = std::mem::take(&mut table.jobs);
    table.does(|tasks| tasks.reopens(&left));
    assert_eq!(table.opens(0), ["turn 1", "turn 2", "turn 0"]);
}

#[test]
fn a_loop_with_nothing_to_do_and_one_with_timers_say_so() {
    let mut table = Table::new();
    let mut jobs = Vec::new();
    assert!(matches!(
        table.tasks.opens(&mut jobs, true),
        Opening::HasNothing
    ));
    assert!(matches!(
        table.tasks.opens(&mut jobs, false),
        Opening::Opened
    ));
    let key = table.spawn_running();
    table.does(|tasks| tasks.sleeps(9, None));
    table.suspends();
    assert!(matches!(
        table.tasks.opens(&mut jobs, true),
        Opening::HasNothing
    ));
    table.does(|tasks| tasks.woken(key));
    assert!(matches!(
        table.tasks.opens(&mut jobs, true),
        Opening::HasTimers
    ));
}

#[test]
fn what_is_due_comes_after_what_was_ready_by_deadline() {
    let mut table = Table::new();
    let sleepers: Vec<Key> = (0..3).map(|n| table.spawn(Ok(n))).collect();
    table.opens(0);
    for (key, until) in sleepers.into_iter().zip([20, 10, 20]) {
        table.begins(key);
        table.does(|tasks| tasks.sleeps(until, None));
        table.suspends();
    }
    table.spawn(Ok(9));
    assert_eq!(table.opens(30), ["turn 3", "due 1", "due 0", "due 2"]);
}

#[test]
fn a_task_that_keeps_its_waker_has_it_as_long_as_somebody_holds_it() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut lent = LentWaker::new(std::sync::Arc::new(Inbox::default()));
    lent.lend_to(key);
    let clone = lent.waker().clone();
    table.suspends();
    let kept = lent.keep();
    table.does(|tasks| tasks.keeps(key, kept));
    table.does(|tasks| tasks.woken(key));
    table.opens(0);
    let News::Begins {
        own_waker: Some(own),
        ..
    } = table.has_news(key)
    else {
        panic!("somebody holds its waker");
    };
    assert!(own.upgrade().is_some());
    drop(clone);
    assert!(own.upgrade().is_none());
    table.does(|tasks| tasks.loses_waker(key));
    table.suspends_and(true);
    table.opens(0);
    table.begins(key); // a turn like others
}

#[test]
fn the_waker_of_a_task_that_has_ended_is_uncounted() {
    let mut table = Table::new();
    let keys = [table.spawn(Ok(0)), table.spawn(Ok(0))];
    table.opens(0);
    let mut lent = LentWaker::new(std::sync::Arc::new(Inbox::default()));
    let mut clones = Vec::new();
    // One ends after its waker was kept, and one in the very turn in which it was cloned.
    for (key, ends_first) in keys.into_iter().zip([false, true]) {
        table.begins(key);
        lent.lend_to(key);
        clones.push(lent.waker().clone());
        if ends_first {
            table.ends();
        }
        let kept = lent.keep();
        table.does(|tasks| tasks.keeps(key, kept));
        if !ends_first {
            table.ends();
        }
        assert_eq!(table.errands(), ["uncount"]);
    }
}
