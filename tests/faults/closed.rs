//! After the close of a loop no call is lost in silence. As in CPython 3.13, a future that is set after the close is done; the
//! error says that its callbacks cannot be called.

use std::rc::Rc;

use tminus::{Exception, LoopFuture, sleep, yield_now};

use crate::{
    HOUR, error, new_loop,
    support::{Log, reported},
};

const CLOSED: &str = "RuntimeError: Event loop is closed";

type Sets = fn(&LoopFuture<u8>) -> Result<(), Exception>;

/// A future of a loop that was closed afterwards; with a done callback, or without.
fn future_of_a_closed_loop(called: Option<&Log>) -> LoopFuture<u8> {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    if let Some(log) = called.cloned() {
        future.add_done_callback(move |_| log.add("called"));
    }
    event_loop.close().unwrap();
    future
}

/// `act` cannot return an error, so that must be logged through `tracing`.
fn says_that_it_is_closed(act: impl FnOnce()) {
    let reports = reported(act);
    let fits = matches!(&reports[..], [one] if one.contains("Event loop is closed"));
    assert!(fits, "{reports:?}");
}

#[test]
fn a_future_with_a_callback_that_is_set_too_late_says_so_and_is_done() {
    let log = Log::default();
    let sets: [Sets; 2] = [
        |future| future.set_result(7),
        |future| future.set_exception(error("late")),
    ];
    for set in sets {
        let future = future_of_a_closed_loop(Some(&log));
        assert_eq!(set(&future).unwrap_err().to_string(), CLOSED);
        assert!(future.done());
        drop(future.exception());
    }
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_future_that_nobody_waits_for_can_be_set_and_cancelled_after_the_close() {
    let future = future_of_a_closed_loop(None);
    future.set_result(7).unwrap();
    assert_eq!(future.result().unwrap(), 7);
    let future = future_of_a_closed_loop(None);
    assert!(future.cancel());
    assert!(future.cancelled());
}

#[test]
fn a_future_with_a_callback_that_is_cancelled_too_late_says_so() {
    let log = Log::default();
    let future = future_of_a_closed_loop(Some(&log));
    says_that_it_is_closed(|| {
        future.cancel();
    });
    assert!(future.cancelled());
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_done_callback_that_is_added_too_late_says_so() {
    let future = future_of_a_closed_loop(None);
    future.set_result(7).unwrap();
    let log = Log::default();
    let late = log.clone();
    says_that_it_is_closed(|| {
        future.add_done_callback(move |_| late.add("called"));
    });
    assert_eq!(log.take(), [""; 0]);
}

/// Adding it is no error, because it does not have to be called yet.
#[test]
fn a_done_callback_that_is_added_to_a_pending_future_after_the_close_is_dropped_with_it() {
    let future = future_of_a_closed_loop(None);
    let payload = Rc::new(());
    let held = payload.clone();
    let reports = reported(|| {
        future.add_done_callback(move |_| drop(held));
    });
    assert_eq!(reports, [""; 0]);
    drop(future);
    assert_eq!(Rc::strong_count(&payload), 1);
}

#[test]
fn a_task_that_is_cancelled_after_its_loop_was_closed_says_so() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep(HOUR)).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    event_loop.close().unwrap();
    says_that_it_is_closed(|| {
        task.cancel();
    });
    assert!(!task.done());
}

/// The loop has dropped the task that awaited the future.
#[test]
fn a_future_that_a_task_awaited_can_be_set_after_the_close() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let task = event_loop.create_task(future.clone()).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    event_loop.close().unwrap();
    drop(future.set_result(7)); // CPython raises here; no task is left to be woken
    assert_eq!((future.result().unwrap(), task.done()), (7, false));
}

#[test]
fn a_future_whose_loop_was_dropped_says_that_it_is_closed() {
    let future = new_loop().create_future();
    future.add_done_callback(|_| ());
    assert_eq!(future.set_result(7).unwrap_err().to_string(), CLOSED);
}

/// A callback holds its task's handle, and so the loop's memory: if that kept the callback, neither would ever be dropped.
#[test]
fn a_done_callback_that_is_added_too_late_is_dropped() {
    let payload = Rc::new(());
    let event_loop = new_loop();
    let ended = event_loop.create_task(yield_now()).unwrap();
    event_loop.run_until_complete(ended.clone()).unwrap();
    let pending = event_loop.create_task(sleep(HOUR)).unwrap();
    event_loop.close().unwrap();
    says_that_it_is_closed(|| {
        for task in [ended, pending] {
            let held = payload.clone();
            task.add_done_callback(move |_| drop(held));
            assert_eq!(Rc::strong_count(&payload), 1);
        }
    });
}
