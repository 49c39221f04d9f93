//! Keys, tickets and timers of what is gone: they find nothing, and never another task.

use super::*;

#[test]
fn a_key_of_a_task_that_is_gone_finds_nothing() {
    let mut table = Table::new();
    let gone = table.spawn_running();
    table.ends();
    assert_eq!(table.releases(gone), "freed");
    let next = table.spawn(Ok(2));
    assert_eq!(
        (next.index, next.generation),
        (gone.index, gone.generation + 1)
    );

    assert_eq!(table.tasks.number(gone), None);
    assert_eq!(table.tasks.turns(gone), 0);
    assert_eq!(table.tasks.name_if_there(gone), None);
    assert!(table.tasks.ended(gone));
    assert!(!table.tasks.ended_cancelled(gone));
    assert!(!table.does(|tasks| tasks.asked_to_cancel(gone)));
    assert!(!table.does(|tasks| tasks.shared_if_there(gone)));
    table.does(|tasks| tasks.woken(gone));
    assert!(
        table
            .does(|tasks| tasks.forgets_callback(gone, CallbackId(std::num::NonZeroU64::MIN)))
            .is_none()
    );
    assert!(table.tasks.fresh_waits(gone).is_empty());
    assert_eq!(table.tasks.cancel_requests(gone), 0);
    assert_eq!(table.opens(0), ["turn 1"]);
    assert_eq!(table.story(next), ["ready"]);
}

#[test]
fn a_row_whose_generations_are_used_up_is_not_used_again() {
    let mut table = Table::new();
    let first = table.spawn_running();
    table.ends();
    table.releases(first);
    table.tasks.rows[first.index as usize].generation = u32::MAX;
    let last = table.spawn_running();
    assert_eq!((last.index, last.generation), (first.index, u32::MAX));
    table.does(|tasks| tasks.woken(last));
    table.ends();
    assert_eq!(table.releases(last), "freed");
    let next = table.spawn(Ok(0));
    assert_ne!(next.index, last.index);
    assert!(table.tasks.ended(last));
    assert_eq!(table.opens(0), ["turn of nobody", "turn 2"]);
    assert!(matches!(table.has_news(last), News::Gone));
}

/// A future can outlive the task that polled it, and its task's row.
#[test]
fn a_ticket_of_a_task_that_is_gone_finds_nothing_of_the_next_one() {
    let mut table = Table::new();
    let gone = table.spawn_running();
    let mut old = table.does(|tasks| tasks.sleeps(50, None));
    table.ends();
    table.releases(gone);
    let next = table.spawn_running();
    let new = table.does(|tasks| tasks.sleeps(9, None));
    assert_eq!((next.index, new.row), (gone.index, old.row));
    assert_ne!(new, old);
    assert_eq!(table.state(old), State::Lost);
    assert!(!table.does(|tasks| tasks.given(old)));
    assert!(!table.does(|tasks| tasks.cancelled(old, "")));
    assert_eq!(table.does(|tasks| tasks.stops(old)), State::Lost);
    assert_eq!(table.does(|tasks| tasks.asks(&mut old)), State::Lost);
    assert_eq!(table.state(new), State::Pending);
    table.suspends();
    assert_eq!(table.opens(9), ["due 1"]);
}

#[test]
fn a_timer_that_is_late_finds_nothing() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let sleep = table.does(|tasks| tasks.sleeps(5, None));
    table.suspends();
    table.does(|tasks| tasks.woken(key));
    assert_eq!(table.opens(5), ["turn 0", "due 0"]);
    // The sleep is dropped in this very round, before its timer is looked at.
    table.begins(key);
    assert_eq!(table.does(|tasks| tasks.stops(sleep)), State::Pending);
    table.does(|tasks| tasks.waits(LINE, None));
    table.suspends();
    assert!(!table.gives_due());
    assert_eq!(
        table.story(key),
        ["ready", "running", "waiting", "ready", "running", "waiting"]
    );
}

#[test]
fn tickets_that_come_round_pass_over_those_in_use() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let first = table.does(|tasks| tasks.waits(LINE, None));
    let second = table.does(|tasks| tasks.waits(LINE, None));
    assert_eq!((first.ticket.get(), second.ticket.get()), (1, 2));
    table.tasks.rows[key.index as usize].tickets = u32::MAX - 1;
    let tickets: Vec<u32> = (0..3)
        .map(|_| table.does(|tasks| tasks.waits(LINE, None)).ticket.get())
        .collect();
    assert_eq!(tickets, [u32::MAX, 3, 4]);
    assert_eq!(table.does(|tasks| tasks.stops(first)), State::Pending);
    table.tasks.rows[key.index as usize].tickets = u32::MAX;
    let again = table.does(|tasks| tasks.waits(LINE, None));
    assert_eq!(again, first);
}

#[test]
fn tickets_that_have_come_round_pass_over_each_one_in_use() {
    let mut table = Table::new();
    let key = table.spawn_running();
    let mut next = || table.does(|tasks| tasks.waits(LINE, None));
    let [_, second, _] = [next(), next(), next()];
    assert_eq!(table.does(|tasks| tasks.stops(second)), State::Pending);
    table.tasks.rows[key.index as usize].tickets = u32::MAX - 1;
    let tickets: Vec<u32> = (0..3)
        .map(|_| table.does(|tasks| tasks.waits(LINE, None)).ticket.get())
        .collect();
    assert_eq!(tickets, [u32::MAX, 2, 4]);
}
