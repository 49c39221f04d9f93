//! Rules of CPython 3.13's asyncio, as its own tests have them.

use std::cell::Cell;

use futures::FutureExt;
use tminus::{
    Exception, Kind, LoopFuture, ReturnWhen, TaskGroup, event_loop::spawn_named, gather, sleep,
    spawn, wait, yield_now,
};

use crate::{
    HOUR, error, ms, new_loop,
    support::{Fields, Log, errors_while, reported},
};

#[test]
fn calls_from_other_threads_and_own_calls_keep_their_order() {
    let event_loop = new_loop();
    let log = Log::default();
    let remote = event_loop.remote();
    thread_local! {
        static LOG: Cell<Option<Log>> = const { Cell::new(None) };
    }
    LOG.set(Some(log.clone()));
    let add = |entry: &'static str| {
        let log = LOG.take().expect("it was put there");
        log.add(entry);
        LOG.set(Some(log));
        Ok::<(), Exception>(())
    };
    remote.call_soon_threadsafe(move || add("a")).unwrap();
    event_loop.call_soon(move || add("b")).unwrap();
    remote.call_soon_threadsafe(move || add("c")).unwrap();
    event_loop.call_soon(move || add("d")).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["a", "b", "c", "d"]);
}

#[test]
fn a_failed_task_or_future_that_is_cancelled_is_seen() {
    let event_loop = new_loop();
    let failed = || {
        let task = event_loop
            .create_task(async { Err::<(), _>(error("no")) })
            .unwrap();
        event_loop.run_until_complete(yield_now()).unwrap();
        task
    };
    assert_eq!(reported(|| drop(failed())).len(), 1);
    assert_eq!(reported(|| assert!(!failed().cancel())), [""; 0]);
    assert_eq!(reported(|| assert!(!failed().any().cancel())), [""; 0]);
    assert_eq!(
        reported(|| assert!(!failed().as_future().cancel())),
        [""; 0]
    );
    assert_eq!(
        reported(|| assert!(!failed().any().as_future().cancel())),
        [""; 0]
    );
    let future = || {
        let future = event_loop.create_future::<()>();
        future.set_exception(error("no")).unwrap();
        future
    };
    assert_eq!(reported(|| assert!(!future().cancel())), [""; 0]);
}

#[test]
fn a_stop_iteration_cannot_be_raised_into_a_future() {
    let future = new_loop().create_future::<()>();
    future.set_exception(Exception::stop_iteration(3)).unwrap();
    let stored = future.exception().unwrap().expect("it failed");
    assert_eq!(
        stored.to_string(),
        "RuntimeError: StopIteration interacts badly with generators and cannot be raised into a Future"
    );
    assert_eq!(
        stored.source().map(ToString::to_string),
        Some("StopIteration".into())
    );
}

#[test]
fn a_group_outside_a_task_cannot_determine_its_parent() {
    let event_loop = new_loop();
    let log = Log::default();
    let tried = log.clone();
    let callback = move || {
        let group = TaskGroup::new();
        let ended = group
            .run(async { Ok(()) })
            .now_or_never()
            .expect("it is refused");
        tried.add(ended.unwrap_err().to_string());
        assert!(group.create_task(async { Ok(()) }).is_err()); // it has not been entered
    };
    event_loop.call_soon(callback).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    let refusal = &log.take()[0];
    let fits = refusal.starts_with("RuntimeError: ")
        && refusal.contains("cannot determine the parent task");
    assert!(fits, "{refusal}");
}

/// The errors that are reported as never retrieved when two tasks fail, one after the other, and are waited for so.
fn unseen(return_when: ReturnWhen, delays: [u64; 2]) -> Vec<String> {
    let main = async move {
        let fails = |name: &'static str, delay| {
            spawn_named(name, async move {
                sleep(ms(delay)).await?;
                Err::<(), _>(error(name))
            })
        };
        let tasks = [fails("first", delays[0])?, fails("second", delays[1])?];
        let sleeper = spawn(sleep(HOUR))?;
        wait([&tasks[0], &tasks[1], &sleeper])
            .timeout(ms(5))
            .return_when(return_when)
            .await?;
        sleep(ms(20)).await
    };
    let event_loop = new_loop();
    reported(|| {
        event_loop.run_until_complete(main).unwrap();
        drop(event_loop);
    })
}

#[test]
fn a_wait_for_the_first_exception_sees_what_it_looked_at_and_no_more() {
    let first_exception = ReturnWhen::FirstException;
    let late = unseen(first_exception, [1, 9]);
    assert_eq!(late.len(), 1);
    assert!(late[0].ends_with("ValueError: second"), "{late:?}");
    // Both callbacks run in the round in which the wait ends.
    assert_eq!(unseen(first_exception, [1, 1]), [""; 0]);
    assert_eq!(unseen(ReturnWhen::AllCompleted, [1, 9]).len(), 2);
    assert_eq!(unseen(ReturnWhen::FirstCompleted, [1, 9]).len(), 2);
}

/// When nothing else is left to wait for, a wait for the first exception does not look at the last one.
#[test]
fn a_wait_for_the_first_exception_does_not_look_at_the_last_to_end() {
    let main = async {
        let fails = spawn(async { Err::<(), _>(error("no")) })?;
        let (done, _) = wait([fails])
            .return_when(ReturnWhen::FirstException)
            .await?;
        drop(done);
        Ok(())
    };
    let reports = reported(|| new_loop().run_until_complete(main).unwrap());
    assert_eq!(reports.len(), 1);
}

/// Without a handler, the exception is logged with the task's number and name.
#[test]
fn an_exception_that_nobody_retrieved_is_reported_with_its_task() {
    let event_loop = new_loop();
    let main = async {
        spawn_named("bomb", async { Err::<(), _>(error("boom")) })?;
        yield_now().await
    };
    let reports: Vec<Fields> = errors_while(|| event_loop.run_until_complete(main).unwrap());
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!(report["message"], "exception was never retrieved");
    assert_eq!(report["name"].trim_matches('"'), "bomb");
    assert_eq!(
        (&*report["task"], report["text"].trim_matches('"')),
        ("1", "boom")
    );
    assert_eq!(report["exception"].trim_matches('"'), "ValueError");
}

#[test]
fn the_errors_of_a_gather_after_the_first_are_seen() {
    let main = async {
        let fails = async |delay| {
            sleep(ms(delay)).await?;
            Err::<(), _>(error("no"))
        };
        let end = gather([fails(1), fails(2), fails(3)]).await.unwrap_err();
        sleep(ms(9)).await?;
        Ok(end.kind())
    };
    let event_loop = new_loop();
    let reports = reported(|| {
        assert_eq!(
            event_loop.run_until_complete(main).unwrap(),
            Kind::ValueError
        );
        drop(event_loop);
    });
    assert_eq!(reports, [""; 0]);
}

#[test]
fn a_shield_that_was_cancelled_does_not_see_the_error_of_what_it_shielded() {
    let main = async {
        let fails = spawn(async {
            sleep(ms(1)).await?;
            Err::<(), _>(error("inner"))
        })?;
        let shielded: LoopFuture<()> = tminus::shield(fails);
        yield_now().await?;
        shielded.cancel();
        sleep(ms(9)).await
    };
    let reports = reported(|| new_loop().run_until_complete(main).unwrap());
    assert_eq!(reports.len(), 1);
}
