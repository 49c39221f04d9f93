//! Promises, as threads see them.

use std::{sync::mpsc, thread, time::Duration};

use tminus::{
    Exception, Kind, run,
    threads::{Promise, ThreadPoolExecutor},
};

use crate::{Flag, gate, kind, support::reported};

#[test]
fn a_promise_goes_from_pending_over_running_to_done() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (begins, has_begun) = mpsc::channel();
    let (key, gate) = gate();
    let first = pool.submit(move || {
        begins.send(()).unwrap();
        gate.waits();
    })?;
    let second = pool.submit(|| 42)?;
    has_begun.recv().unwrap();
    let states = |promise: &Promise<_>| (promise.running(), promise.done(), promise.cancelled());
    assert_eq!(states(&first), (true, false, false));
    assert_eq!((second.running(), second.done()), (false, false));
    let shown = (format!("{first:?}"), format!("{second:?}"));
    assert_eq!(
        shown,
        ("Promise(running)".into(), "Promise(pending)".into())
    );
    assert!(!first.cancel());
    drop(key);
    first.result()?;
    assert_eq!(states(&first), (false, true, false));
    assert!(first.exception()?.is_none());
    assert_eq!(second.result()?, 42);
    assert_eq!(second.result()?, 42);
    assert_eq!(format!("{second:?}"), "Promise(done)");
    Ok(())
}

#[test]
fn a_job_that_was_cancelled_in_time_never_runs() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    pool.submit(move || gate.waits())?;
    let ran = Flag::default();
    let runs = ran.clone();
    let cancelled = pool.submit(move || runs.raise())?;
    assert!(cancelled.cancel());
    assert!(cancelled.cancel()); // it is
    assert!(cancelled.cancelled() && cancelled.done() && !cancelled.running());
    assert_eq!(kind(cancelled.result()), Kind::Cancelled);
    assert_eq!(kind(cancelled.exception()), Kind::Cancelled);
    drop(key);
    pool.shutdown(true)?;
    assert!(!ran.is_raised());
    Ok(())
}

#[test]
fn many_threads_get_the_result() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let promise = pool.submit(move || {
        gate.waits();
        String::from("lift-off")
    })?;
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let promise = promise.clone();
            thread::spawn(move || promise.result().unwrap())
        })
        .collect();
    drop(key);
    for thread in threads {
        assert_eq!(thread.join().unwrap(), "lift-off");
    }
    Ok(())
}

#[test]
fn a_cancellation_wakes_whoever_blocks() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    pool.submit(move || gate.waits())?;
    let promise = pool.submit(|| 42)?;
    let (waits, is_waited_for) = mpsc::channel();
    let waiting = promise.clone();
    let thread = thread::spawn(move || {
        waits.send(()).unwrap();
        waiting.result().unwrap_err().kind()
    });
    is_waited_for.recv().unwrap();
    assert!(promise.cancel());
    assert_eq!(thread.join().unwrap(), Kind::Cancelled);
    drop(key);
    Ok(())
}

#[test]
fn a_limit_ends_the_wait_and_not_the_job() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let promise = pool.submit(move || {
        gate.waits();
        42
    })?;
    assert_eq!(kind(promise.result_timeout(Duration::ZERO)), Kind::Timeout);
    assert_eq!(
        kind(promise.result_timeout(Duration::from_millis(1))),
        Kind::Timeout
    );
    drop(key);
    assert_eq!(promise.result_timeout(Duration::MAX)?, 42);
    assert_eq!(promise.result_timeout(Duration::ZERO)?, 42); // it does not have to wait
    Ok(())
}

#[test]
fn a_result_that_cannot_be_cloned_is_taken() -> Result<(), Exception> {
    struct Engine(u8);
    let pool = ThreadPoolExecutor::new(1)?;
    let promise = pool.submit(|| Engine(3))?;
    let same = promise.clone();
    assert_eq!(promise.into_result()?.0, 3);
    let taken = same.clone().into_result().err().expect("it is gone");
    assert_eq!(taken.kind(), Kind::InvalidState);
    assert!(same.done() && same.exception()?.is_none());
    let again = pool.submit(|| 1)?;
    again.clone().into_result()?;
    assert_eq!(kind(again.result()), Kind::InvalidState);
    let panicked = pool.submit(|| panic!("no") as u8)?;
    assert_eq!(kind(panicked.clone().into_result()), Kind::Panic);
    assert_eq!(kind(panicked.result()), Kind::Panic); // it was not taken
    Ok(())
}

#[test]
fn done_callbacks_are_called_in_order_and_then_at_once() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::with_thread_name_prefix(1, "caller")?;
    let (key, gate) = gate();
    let promise = pool.submit(move || {
        gate.waits();
        42
    })?;
    let (says, said) = mpsc::channel();
    let adds = |n: u32| {
        let says = says.clone();
        promise.add_done_callback(move |promise| {
            let thread = thread::current().name().unwrap_or_default().to_owned();
            says.send((n, promise.result().unwrap(), thread)).unwrap();
        });
    };
    adds(1);
    adds(2);
    drop(key);
    assert_eq!(said.recv(), Ok((1, 42, "caller_0".into())));
    assert_eq!(said.recv(), Ok((2, 42, "caller_0".into())));
    adds(3);
    let (third, _, here) = said.try_recv().expect("it was called by now");
    assert_eq!((third, Some(&*here)), (3, thread::current().name()));
    Ok(())
}

#[test]
fn a_callback_of_a_cancelled_promise_is_called_by_whoever_cancels() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    pool.submit(move || gate.waits())?;
    let promise = pool.submit(|| ())?;
    let (says, said) = mpsc::channel();
    promise.add_done_callback(move |promise| {
        says.send((promise.cancelled(), thread::current().id()))
            .unwrap();
    });
    promise.cancel();
    assert_eq!(said.try_recv(), Ok((true, thread::current().id())));
    drop(key);
    Ok(())
}

#[test]
fn a_panic_in_a_callback_is_logged_and_the_next_one_is_called() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let promise = pool.submit(|| 42)?;
    promise.result()?;
    let called = Flag::default();
    let calls = called.clone();
    let reports = reported(|| {
        promise.add_done_callback(|_| panic!("in a callback"));
        promise.add_done_callback(move |_| calls.raise());
    });
    assert_eq!(reports, ["exception in a callback: Panic: in a callback"]);
    assert!(called.is_raised());
    Ok(())
}

/// It is the last thing that happens before the promise is over, so nothing of it is left on the worker.
#[test]
fn a_promise_outlives_its_pool() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let promise = pool.submit(|| 42)?;
    drop(pool);
    assert_eq!(promise.result()?, 42);
    Ok(())
}

/// Dropping a wait withdraws that wait's own callback.
#[test]
fn a_wait_that_is_dropped_leaves_the_callbacks_of_others() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let promise = pool.submit(move || gate.waits())?;
    let called = Flag::default();
    let calls = called.clone();
    promise.add_done_callback(move |_| calls.raise());
    let waits = promise.clone();
    tminus::run(async move {
        let mut wait = Box::pin(waits.wait());
        assert!(futures::poll!(&mut wait).is_pending());
        drop(wait);
        Ok(())
    })?;
    drop(key);
    pool.shutdown(true)?;
    assert!(called.is_raised());
    Ok(())
}

#[test]
fn what_would_block_a_loop_is_named_in_the_error() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::with_thread_name_prefix(1, "pump")?;
    let (key, gate) = gate();
    let promise = pool.submit(move || gate.waits())?;
    let refused = run(async move { Ok(promise.result().unwrap_err()) })?;
    assert_eq!(
        refused.message(),
        "this would block the thread of an event loop until a job of thread pool pump is done: await the promise instead"
    );
    drop(key);
    Ok(())
}
