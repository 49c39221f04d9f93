//! When the row of a task is free, and that no exception goes unseen before.

use super::*;

#[test]
fn the_last_handle_of_a_task_that_has_ended_frees_its_row() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.does(|tasks| tasks.shared(key));
    assert!(table.does(|tasks| tasks.shared_if_there(key)));
    table.ends();
    let freed: Vec<_> = (0..3).map(|_| table.releases(key)).collect();
    assert_eq!(freed, ["nothing", "nothing", "freed"]);
    assert_eq!(table.story(key), ["ready", "running", "ended", "free"]);
}

#[test]
fn a_task_that_nobody_holds_runs_on_and_is_freed_when_it_ends() {
    let mut table = Table::new();
    let (key, wait) = table.spawn_waiting();
    assert_eq!(table.releases(key), "nothing");
    table.does(|tasks| tasks.given(wait));
    table.opens(0);
    table.begins(key);
    table.ends();
    // The outcome and what few tasks have are dropped when the table is free.
    assert_eq!(table.errands(), ["drop body"]);
    assert_eq!(
        table.story(key),
        ["ready", "running", "waiting", "ready", "running", "free"]
    );
}

#[test]
fn a_task_with_a_name_that_nobody_holds_is_dropped_with_it() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.does(|tasks| tasks.set_name(key, "ignition".into()));
    assert_eq!(&*table.does(|tasks| tasks.name(key)), "ignition");
    table.releases(key);
    table.ends();
    assert_eq!(table.errands(), ["drop body", "drop rare"]);
}

#[test]
fn the_name_of_a_task_is_its_number_unless_it_has_another() {
    let mut table = Table::new();
    let keys = [table.spawn(Ok(0)), table.spawn(Ok(0))];
    let names = keys.map(|key| table.does(|tasks| tasks.name(key)));
    assert_eq!(names.each_ref().map(|name| &**name), ["Task-1", "Task-2"]);
    assert_eq!(table.tasks.living(), keys);
}

#[test]
fn an_exception_that_nobody_saw_keeps_the_row_until_it_is_reported() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.fails(error("unseen"));
    // Whoever only shows it has not seen it.
    let shown = table.does(|tasks| tasks.peeks(key)).expect("it failed");
    assert_eq!(shown.to_string(), "ValueError: unseen");
    assert_eq!(table.releases(key), "unseen");
    assert_eq!(table.releases(key), "unseen"); // the handle is still counted
    let mut outcome = table.tasks.lends(key).expect("it has ended");
    let reported = outcome.as_mut().failure().expect("it failed");
    assert_eq!(reported.to_string(), "ValueError: unseen");
    table.does(|tasks| tasks.gets_back(key, outcome));
    assert_eq!(table.releases(key), "freed");
    assert_eq!(table.story(key), ["ready", "running", "ended", "free"]);
}

#[test]
fn an_exception_of_a_task_that_nobody_holds_is_an_errand() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.releases(key);
    table.fails(error("unseen"));
    assert_eq!(table.errands(), ["unretrieved"]);
    assert_eq!(table.story(key), ["ready", "running", "ended"]);
    assert_eq!(table.releases(key), "unseen"); // which is the errand's handle
}

#[test]
fn a_cancellation_that_nobody_saw_is_not_reported() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.fails(cancelled(""));
    assert_eq!(table.releases(key), "freed");
}

#[test]
fn a_done_callback_is_a_handle_of_a_task_that_nobody_holds() {
    let mut table = Table::new();
    let key = table.spawn_running();
    table.does(|tasks| tasks.calls_when_done(key, Box::new(|_| Ok(()))));
    table.releases(key);
    table.fails(error("for the callback"));
    assert!(table.errands().is_empty());
    assert_eq!(table.opens(0), ["call"]);
    table.calls();
    assert_eq!(table.releases(key), "unseen"); // the callback did not look
}

#[test]
fn a_task_lends_nothing_before_its_end() {
    let mut table = Table::new();
    let key = table.spawn(Ok(0));
    assert!(table.does(|tasks| tasks.lends(key)).is_none());
    table.opens(0);
    table.begins(key);
    assert!(table.does(|tasks| tasks.lends(key)).is_none());
    table.ends();
    let outcome = table.tasks.lends(key).expect("it has ended");
    table.does(|tasks| tasks.gets_back(key, outcome));
}
