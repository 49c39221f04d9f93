//! Errors of the user's that panic, when they are shown or dropped.

use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
};

use tminus::{
    EventLoop, Exception, ExceptionGroup, Generator, Kind, TaskScheduler, clock::VirtualClock,
    spawn, yield_now,
};

use crate::{
    shown,
    support::{panic_message, records_while, reported},
};

/// An error whose `Display` panics.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words for it")
    }
}

impl Error for Unspeakable {}

const PANICKED: &str = "(the `Display` of Unspeakable panicked: no words for it)";

/// An error whose `Drop` panics.
#[derive(Debug)]
struct Explosive;

impl fmt::Display for Explosive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("explosive")
    }
}

impl Error for Explosive {}

impl Drop for Explosive {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn debug_shows_the_panic_instead_of_the_text() {
    let error = Exception::from(Kind::RuntimeError).with_cause(Unspeakable);
    assert_eq!(
        shown(&error),
        format!("RuntimeError\n  caused by: {PANICKED}")
    );
    let error = Exception::from(Unspeakable);
    assert_eq!(shown(&error), format!("Unspeakable: {PANICKED}"));
    let group = ExceptionGroup::new("g", [error]).unwrap();
    let text = format!("ExceptionGroup: g (1 sub-exception: {PANICKED})\n  {PANICKED}");
    assert_eq!(crate::shown(&group), text);
    assert_eq!(crate::shown(&Exception::from(group)), text);
}

#[test]
fn display_and_message_let_the_panic_pass() {
    let error = Exception::from(Unspeakable);
    let panic = catch_unwind(AssertUnwindSafe(|| error.to_string())).unwrap_err();
    assert_eq!(panic_message(&*panic), "no words for it");
    let panic = catch_unwind(AssertUnwindSafe(|| error.message().len())).unwrap_err();
    assert_eq!(panic_message(&*panic), "no words for it");
}

#[test]
fn a_task_that_fails_unspeakably_is_traced_and_the_others_run_on() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let mut result = None;
    let records = records_while(|| {
        result = Some(event_loop.run_until_complete(async {
            let failing = spawn(async { Err::<(), _>(Unspeakable.into()) })?;
            yield_now().await?;
            assert!(failing.await.unwrap_err().is::<Unspeakable>());
            Ok("runs on")
        }));
    });
    assert!(!records.is_empty());
    assert_eq!(result.unwrap().unwrap(), "runs on");
}

#[test]
fn what_nobody_retrieves_or_catches_is_reported_with_the_panic() {
    let line = |event: &str| format!("{event}: Unspeakable: {PANICKED}");
    let lines = reported(|| {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        event_loop
            .call_soon(|| Err::<(), Exception>(Unspeakable.into()))
            .unwrap();
        event_loop
            .run_until_complete(async {
                drop(spawn(async { Err::<(), _>(Unspeakable.into()) })?);
                yield_now().await?;
                yield_now().await
            })
            .unwrap();
    });
    let expected = ["exception in a callback", "exception was never retrieved"].map(line);
    assert_eq!(lines, expected);
}

#[test]
fn a_generator_that_fails_while_it_is_dropped_is_reported() {
    let lines = reported(|| {
        let mut generator = Generator::<(), ()>::new(async |co| {
            co.yield_(()).await.map_err(|_| Unspeakable)?;
            Ok(())
        });
        generator.resume().unwrap();
    });
    let event = "exception ignored while a generator was dropped";
    assert_eq!(lines, [format!("{event}: Unspeakable: {PANICKED}")]);
}

#[test]
fn a_scheduler_goes_on_after_a_task_that_fails_unspeakably() {
    let mut scheduler = TaskScheduler::new();
    scheduler.spawn(Generator::new(async |_| Err(Unspeakable.into())));
    let second = scheduler.spawn(Generator::new(async |_| Ok("runs on")));
    let records = records_while(|| scheduler.run());
    assert!(!records.is_empty());
    assert_eq!(scheduler.results().get(&second), Some(&"runs on"));
}

#[test]
fn a_panic_in_the_drop_of_an_error_is_reported_and_ends_there() {
    for nested in [0, 1, 1000] {
        let lines = reported(|| {
            let error = (0..nested).fold(Exception::from(Explosive), |cause, _| {
                Exception::from(Kind::RuntimeError).with_cause(cause)
            });
            drop(error);
        });
        assert_eq!(lines, ["panic in a drop"], "{nested}");
    }
}

#[test]
fn the_rest_is_dropped_after_a_panic() {
    let lines = reported(|| {
        let explosive = || Exception::from(Explosive).with_cause(Explosive);
        let group = ExceptionGroup::new("g", [explosive(), explosive()]).unwrap();
        drop(Exception::stop_iteration(
            Exception::from(group).with_cause(explosive()),
        ));
    });
    assert_eq!(lines, ["panic in a drop"; 6]);
}

/// A second panic that leaves a `Drop` during the first would abort the process.
#[test]
fn an_error_dropped_while_a_panic_unwinds_does_not_abort() {
    let panic = catch_unwind(|| {
        let _explosive = Exception::from(Explosive);
        panic!("the first");
    });
    assert_eq!(panic_message(&*panic.unwrap_err()), "the first");
}

#[test]
fn the_error_itself_panics_in_the_hands_of_whoever_takes_it_out() {
    let explosive = Exception::from(Explosive).downcast::<Explosive>().unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(explosive))).unwrap_err();
    assert_eq!(panic_message(&*panic), "dropped");
}

/// The payload of a panic is the user's own value, and may panic when the crate drops it.
#[test]
fn a_task_may_panic_with_a_payload_that_panics_when_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload is dropped");
        }
    }
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let error = event_loop.run_until_complete(async {
        let task = spawn(async { panic_any(Bomb) as Result<(), Exception> })?;
        Ok::<_, Exception>(task.await.unwrap_err())
    });
    let error = error.unwrap();
    assert_eq!(
        (error.kind(), &*error.message()),
        (Kind::Panic, "a panic without a text")
    );
}
