//! The invariant at the top of `tasks/mod.rs`, held against every row.

use std::collections::BTreeSet;

use super::super::{end::IN_THE_ROW, *};

/// Panics if the table is not as it is after a transition. `jobs` are those that a round has taken out and not run.
pub(super) fn assert_invariant(tasks: &Tasks, jobs: &[Job]) {
    let all_jobs: Vec<Job> = jobs.iter().chain(&tasks.ready).copied().collect();
    loops_own_row_is_no_task(tasks);
    free_rows_are_in_the_free_list(tasks);
    for (index, row) in tasks.rows.iter().enumerate().skip(1) {
        let key = row.key(u32::try_from(index).unwrap());
        match row.flags {
            flags if flags.has(Flags::FREE) => is_empty(row),
            flags if flags.has(Flags::ENDED) => has_ended(tasks, key, row),
            _ => lives(tasks, key, row, &all_jobs),
        }
        is_watched_by_those_that_wait(tasks, key, row);
    }
    timers_are_those_of_sleeps_and_callbacks(tasks, &all_jobs);
}

fn loops_own_row_is_no_task(tasks: &Tasks) {
    let row = &tasks.rows[0];
    assert!(row.body.is_none() && row.watcher.is_none() && row.handles == 0);
    assert_eq!(row.flags, Flags::NONE, "nothing schedules the loop's row");
    assert_eq!(
        row.waits, None,
        "what waits outside of turns waits with a waker"
    );
    waits_are_where_they_belong(tasks, Key::LOOP, row);
}

fn free_rows_are_in_the_free_list(tasks: &Tasks) {
    let listed: BTreeSet<u32> = tasks.free.iter().copied().collect();
    assert_eq!(listed.len(), tasks.free.len(), "a row is free twice");
    for (index, row) in tasks.rows.iter().enumerate() {
        let is_listed = listed.contains(&u32::try_from(index).unwrap());
        match row.flags.has(Flags::FREE) {
            true => assert!(is_listed || row.generation == u32::MAX, "row {index}"),
            false => assert!(!is_listed, "row {index} is in use"),
        }
    }
}

fn is_empty(row: &Row) {
    assert_eq!(row.flags, Flags::FREE);
    assert!(row.body.is_none() && row.rare.is_none());
    assert!(row.watcher.is_none() && row.waits.is_none());
    assert!(
        matches!(row.wait, WaitKind::Foreign),
        "a free row keeps nothing alive"
    );
}

fn has_ended(tasks: &Tasks, key: Key, row: &Row) {
    assert_ne!(tasks.current, key);
    assert!(
        row.handles > 0,
        "{key:?} has ended, and nobody frees its row"
    );
    assert!(row.waits.is_none() && row.watcher.is_none());
    assert!(!row.flags.has(Flags::MUST_CANCEL));
    if let Some(rare) = &row.rare {
        assert!(rare.others.is_empty() && rare.watchers.is_empty());
    }
}

fn lives(tasks: &Tasks, key: Key, row: &Row, jobs: &[Job]) {
    assert!(!row.flags.has(Flags(
        Flags::CANCELLED.0 | Flags::UNSEEN.0 | Flags::BEING_CANCELLED.0
    )));
    let is_running = tasks.current == key;
    let has_body = !is_running && !tasks.closed;
    assert_eq!(row.body.is_some(), has_body, "the body of {key:?}");
    let turns = jobs
        .iter()
        .filter(|job| matches!(job, Job::Turn(turn) if *turn == key));
    let is_scheduled = row.flags.has(Flags::SCHEDULED) && !tasks.closed;
    assert_eq!(
        turns.count(),
        usize::from(is_scheduled),
        "the turns of {key:?}"
    );
    let thrown = row.rare.as_ref().is_some_and(|rare| rare.thrown.is_some());
    assert!(
        !thrown || is_running || row.flags.has(Flags::THROWN),
        "what was thrown into {key:?} is lost"
    );
    waits_are_where_they_belong(tasks, key, row);
}

/// The waits of a row: each by one ticket, with whatever is to end it.
fn waits_are_where_they_belong(tasks: &Tasks, key: Key, row: &Row) {
    let others = row.rare.iter().flat_map(|rare| &rare.others);
    let others: Vec<_> = others
        .map(|(&ticket, other)| (ticket, &other.wait, other.state))
        .collect();
    let own = row.waits.map(|ticket| (ticket, &row.wait, row.state));
    let mut tickets = BTreeSet::new();
    for (ticket, wait, state) in own.into_iter().chain(others) {
        assert!(tickets.insert(ticket), "{ticket} of {key:?} is used twice");
        let is_used = ticket.get() <= row.tickets || row.flags.has(Flags::TICKETS_WRAPPED);
        assert!(is_used, "{ticket} of {key:?} is still to come");
        let id = WaitId {
            row: key.index,
            ticket,
        };
        can_be_ended(tasks, id, wait, state);
    }
}

fn can_be_ended(tasks: &Tasks, id: WaitId, wait: &WaitKind, state: State) {
    assert_ne!(state, State::Lost, "what is lost is not there");
    match wait {
        WaitKind::Sleep(timer) if state != State::Pending => {
            assert_eq!(tasks.timers.deadline(*timer), None, "{id:?} is over");
        }
        WaitKind::Task(awaited, watch) if state == State::Pending => {
            let awaited = tasks
                .look_up(*awaited)
                .expect("a handle keeps what is awaited");
            assert!(!awaited.flags.has(Flags::ENDED), "nobody has woken {id:?}");
            assert!(
                watchers(awaited).contains(&(*watch, id)),
                "nobody will wake {id:?}"
            );
        }
        WaitKind::Task(..)
        | WaitKind::Sleep(_)
        | WaitKind::Line(_)
        | WaitKind::Lock(_)
        | WaitKind::Future(_)
        | WaitKind::Outside(_)
        | WaitKind::Foreign => {}
    }
}

fn is_watched_by_those_that_wait(tasks: &Tasks, key: Key, row: &Row) {
    if tasks.closed {
        return; // the bodies are being dropped, and with them what waits
    }
    for (watch, wait) in watchers(row) {
        let known = tasks.wait(wait);
        let is_right = matches!(known, Some((WaitKind::Task(to, by), State::Pending)) if (*to, *by) == (key, watch));
        assert!(is_right, "{wait:?} does not wait for {key:?}");
    }
}

fn watchers(row: &Row) -> Vec<(CallbackId, WaitId)> {
    let others = row.rare.iter().flat_map(|rare| rare.watchers.waits());
    let own = row.watcher.map(|wait| (IN_THE_ROW, wait));
    own.into_iter().chain(others).collect()
}

/// A pending sleep has its timer, or is due in this round. A callback is named once: by a job or by a timer.
fn timers_are_those_of_sleeps_and_callbacks(tasks: &Tasks, jobs: &[Job]) {
    if tasks.closed {
        assert!(tasks.timers.is_empty() && tasks.ready.is_empty());
        return;
    }
    let is_due = |id: WaitId| {
        jobs.iter()
            .any(|job| matches!(job, Job::Due(due) if *due == id))
    };
    let mut sleeps = 0;
    for (index, row) in tasks.rows.iter().enumerate() {
        let row_index = u32::try_from(index).unwrap();
        let others = row.rare.iter().flat_map(|rare| &rare.others);
        let others = others.map(|(&ticket, other)| (ticket, &other.wait, other.state));
        let own = row.waits.map(|ticket| (ticket, &row.wait, row.state));
        for (ticket, wait, state) in own.into_iter().chain(others) {
            if let (WaitKind::Sleep(timer), State::Pending) = (wait, state) {
                let row = row_index;
                match tasks.timers.deadline(*timer) {
                    Some(_) => sleeps += 1,
                    None => assert!(is_due(WaitId { row, ticket }), "nothing wakes a sleep"),
                }
            }
        }
    }
    let called = jobs
        .iter()
        .filter(|job| matches!(job, Job::Call(_)))
        .count();
    let timed = tasks.timers.len() - sleeps;
    assert_eq!(tasks.calls.len(), called + timed, "callbacks");
}
