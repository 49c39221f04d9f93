//! What a scheduler drops.

use std::{cell::Cell, rc::Rc};

use tminus::{Generator, TaskScheduler};

use crate::{
    Value, panic_text,
    support::{Log, reported},
};

#[test]
fn what_a_scheduler_drops_may_panic_and_the_rest_is_dropped() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    for name in ["first", "second", "third"] {
        let result = Value::panics(&log, name);
        scheduler.spawn(Generator::new(async move |_| Ok(result)));
    }
    scheduler.run();
    assert_eq!(scheduler.results().len(), 3);
    let events = reported(|| drop(scheduler));
    assert_eq!(log.take(), ["first", "second", "third"]);
    assert_eq!(events, ["panic in a drop"; 3]);
}

#[test]
fn a_panic_in_the_drop_of_a_task_is_that_tasks_error() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::<()>::new();
    let task = |value: Value| -> Generator<()> {
        Generator::new(async move |co| {
            let _value = value;
            co.yield_(()).await
        })
    };
    let ends = scheduler.spawn(task(Value::panics(&log, "ends")));
    let good = scheduler.spawn(task(Value::quiet(&log, "good")));
    scheduler.run();
    assert_eq!(scheduler.take_error(ends).unwrap().message(), "ends panics");
    assert_eq!(scheduler.take_result(good), Some(()));

    let suspended = scheduler.spawn(task(Value::panics(&log, "suspended")));
    scheduler.step();
    let unstarted = scheduler.spawn(task(Value::panics(&log, "unstarted")));
    scheduler.spawn(task(Value::quiet(&log, "good")));
    scheduler.close_all();
    let errors = scheduler.take_errors();
    assert_eq!(errors[&suspended].message(), "suspended panics");
    assert_eq!(errors[&unstarted].message(), "unstarted panics");
    assert_eq!(errors.len(), 2);
    assert_eq!(
        log.take(),
        ["ends", "good", "suspended", "unstarted", "good"]
    );
}

#[test]
fn tasks_that_were_spawned_too_late_are_dropped_one_by_one() {
    let log = Log::default();
    let scheduler = TaskScheduler::<()>::new();
    let tasks = scheduler.spawner();
    drop(scheduler);
    for name in ["first", "second"] {
        let value = Value::panics(&log, name);
        tasks.spawn(Generator::new(async move |_| {
            drop(value);
            Ok(())
        }));
    }
    let events = reported(|| assert_eq!(panic_text(|| drop(tasks)), "first panics"));
    assert_eq!(log.take(), ["first", "second"]);
    assert_eq!(events, ["panic in a drop"]);
}

#[test]
fn nobody_is_current_after_a_panic() {
    let mut scheduler = TaskScheduler::<()>::new();
    let tasks = scheduler.spawner();
    scheduler.spawn(Generator::new(async |_| panic!("boom")));
    scheduler.run();
    assert_eq!(tasks.current(), None);
    let holder: Rc<Cell<Option<u64>>> = Rc::default();
    let seen = holder.clone();
    let own = tasks.clone();
    scheduler.spawn(Generator::new(async move |_| {
        seen.set(own.current().map(|id| id.get()));
        Ok(())
    }));
    scheduler.run();
    assert_eq!(holder.get(), Some(1));
}
