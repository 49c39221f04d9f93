//! Causes that lead back to where they started.

use std::{
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tminus::{EventLoop, Exception, ExceptionGroup, Kind, clock::VirtualClock, spawn};

use crate::shown;

/// An error that counts how often errors like it are dropped: a cycle never is.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counted")
    }
}

impl Error for Counted {}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_exception_is_no_cause_of_itself() {
    let error = Exception::from(Kind::RuntimeError);
    let error = error.clone().with_cause(error);
    assert_eq!(error.sources().count(), 0);
    assert_eq!(shown(&error), "RuntimeError");
}

#[test]
fn two_exceptions_are_not_the_causes_of_each_other() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let a = Exception::from(Counted(dropped.clone()));
    let b = Exception::from(Counted(dropped.clone())).with_cause(a.clone());
    let a = a.with_cause(b.clone());
    assert!(a.cause().is_none());
    assert_eq!(shown(&b), "Counted: counted\n  caused by: counted");
    drop((a, b));
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
}

#[test]
fn a_cycle_of_three_is_refused_and_another_cause_can_be_set_after_it() {
    let [a, b, c] = [Kind::ValueError, Kind::TypeError, Kind::Timeout].map(Exception::from);
    let b = b.with_cause(a.clone());
    let c = c.with_cause(b);
    let a = a.with_cause(c.clone()).with_cause(Kind::Cancelled);
    assert_eq!(a.cause().unwrap().kind(), Kind::Cancelled);
    let all: Vec<String> = c.sources().map(ToString::to_string).collect();
    assert_eq!(all, ["TypeError", "ValueError", "Cancelled"]);
}

#[test]
fn a_group_is_no_cause_of_its_members() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let member = Exception::from(Counted(dropped.clone()));
    let group = ExceptionGroup::new("inner", [Kind::Timeout.into(), member.clone()]).unwrap();
    let group = ExceptionGroup::new("outer", [group.into()]).unwrap();
    let member = member.with_cause(Exception::from(Kind::RuntimeError).with_cause(group));
    assert!(member.cause().is_none());
    drop(member);
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

#[test]
fn a_member_may_be_the_cause_of_its_group() {
    let member = Exception::from(Kind::Timeout);
    let group = ExceptionGroup::new("one", [member.clone()]).unwrap();
    let group = Exception::from(group).with_cause(member);
    assert_eq!(
        shown(&group),
        "ExceptionGroup: one (1 sub-exception: Timeout)\n  caused by: Timeout\n  Timeout"
    );
}

/// What awaits a failed task gets the task's exception, not a copy. So whoever retries finds the same one twice.
#[test]
fn a_task_awaited_twice_raises_the_same_exception() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let error = event_loop.run_until_complete(async {
        let task = spawn(async { Err::<(), _>(Exception::from(Kind::ValueError)) })?;
        let first = task.clone().await.unwrap_err();
        let second = task.await.unwrap_err();
        Err::<(), _>(second.with_cause(first))
    });
    assert_eq!(shown(&error.unwrap_err()), "ValueError");
}

/// An error that holds an exception and passes on its sources, as errors do that wrap another one.
#[derive(Debug)]
struct Wraps(Exception);

impl fmt::Display for Wraps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wraps")
    }
}

impl Error for Wraps {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[test]
fn a_cycle_through_an_error_of_the_users_is_shown_once() {
    let error = Exception::from(Kind::RuntimeError);
    let error = error
        .clone()
        .with_cause(Exception::from_boxed(Wraps(error)));
    assert_eq!(
        shown(&error),
        "RuntimeError\n  caused by: wraps\n  caused by: wraps (its causes are shown above)"
    );
    assert_eq!(error.sources().count(), 1);
}
