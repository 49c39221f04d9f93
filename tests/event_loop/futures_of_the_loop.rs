//! `LoopFuture`: result, exception, cancellation, done callbacks, and awaiting.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll};

use futures::{FutureExt, poll, select};
use tminus::{Exception, Kind, LoopFuture, sleep, spawn, yield_now};

use crate::{
    error, ms, new_loop,
    support::{Log, reported},
};

#[test]
fn a_future_is_set_once() {
    let future = new_loop().create_future();
    assert_eq!(future.result().unwrap_err().kind(), Kind::InvalidState);
    assert_eq!(future.exception().unwrap_err().kind(), Kind::InvalidState);
    assert!(!future.done());

    future.set_result(7).unwrap();
    assert_eq!(future.result().unwrap(), 7);
    assert!(future.exception().unwrap().is_none());
    assert!(future.done() && !future.cancelled());

    let again = future.set_result(8).unwrap_err();
    assert_eq!(
        again.to_string(),
        "InvalidState: the future is done already"
    );
    let late = future.set_exception(error("late")).unwrap_err();
    assert_eq!(late.kind(), Kind::InvalidState);
    assert!(!future.cancel());
    assert_eq!(future.result().unwrap(), 7);
}

#[test]
fn an_exception_comes_out_of_result_and_of_await() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<u8>();
    future.set_exception(error("no")).unwrap();
    assert_eq!(future.result().unwrap_err().to_string(), "ValueError: no");
    assert_eq!(future.exception().unwrap().unwrap().message(), "no");
    let awaited = event_loop.run_until_complete(future);
    assert_eq!(awaited.unwrap_err().to_string(), "ValueError: no");
}

#[test]
fn a_cancelled_future_gives_cancelled_with_the_message() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<u8>();
    assert!(future.cancel_with("enough"));
    assert!(future.done() && future.cancelled());
    let given = future.exception().unwrap_err();
    assert_eq!(
        (given.kind(), &*given.message()),
        (Kind::Cancelled, "enough")
    );
    assert_eq!(
        future.result().unwrap_err().to_string(),
        "Cancelled: enough"
    );
}

#[test]
fn done_callbacks_run_in_order_through_the_ready_queue() {
    let event_loop = new_loop();
    let log = Log::default();
    let future = event_loop.create_future();
    for name in ["a", "b", "c"] {
        let log = log.clone();
        future.add_done_callback(move |done: &LoopFuture<u8>| {
            log.add(format!("{name} {:?}", done.result()));
        });
    }
    future.set_result(7).unwrap();
    assert_eq!(log.take(), [""; 0]); // not at once
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["a Ok(7)", "b Ok(7)", "c Ok(7)"]);

    let late = log.clone();
    future.add_done_callback(move |_| late.add("late"));
    assert_eq!(log.take(), [""; 0]);
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["late"]);
}

#[test]
fn a_done_callback_can_be_removed_until_it_is_scheduled() {
    let event_loop = new_loop();
    let log = Log::default();
    let future = event_loop.create_future();
    let ids = ["a", "b", "c"].map(|name| {
        let log = log.clone();
        future.add_done_callback(move |_| log.add(name))
    });
    assert!(future.remove_done_callback(ids[1]));
    assert!(!future.remove_done_callback(ids[1]));
    future.set_result(()).unwrap();
    assert!(!future.remove_done_callback(ids[0])); // it is about to run
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["a", "c"]);
}

#[test]
fn an_error_in_a_done_callback_goes_to_the_exception_handler() {
    let event_loop = new_loop();
    let log = Log::default();
    let heard = log.clone();
    event_loop.set_exception_handler(move |context| heard.add(context.exception().to_string()));
    let future = event_loop.create_future::<()>();
    future.add_done_callback(|_| Err(error("in a callback")));
    future.cancel();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["ValueError: in a callback"]);
}

#[test]
fn several_tasks_await_one_future_and_wake_in_the_order_in_which_they_came() {
    let event_loop = new_loop();
    let log = Log::default();
    let future = event_loop.create_future::<u8>();
    for name in ["a", "b", "c"] {
        let (log, future) = (log.clone(), future.clone());
        let body = async move {
            log.add(format!("{name} {}", future.await?));
            Ok(())
        };
        event_loop.create_task(body).unwrap();
    }
    let setter = future.clone();
    let main = async move {
        sleep(ms(1)).await?;
        setter.set_result(7)?;
        yield_now().await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["a 7", "b 7", "c 7"]);
}

#[test]
fn to_await_what_is_done_does_not_suspend() {
    let event_loop = new_loop();
    let log = Log::default();
    let (other, future) = (log.clone(), event_loop.create_future());
    future.set_result("done").unwrap();
    let logged = log.clone();
    let main = async move {
        spawn(async move {
            other.add("other");
            Ok(())
        })?;
        logged.add(future.await?);
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["done", "other"]); // the other runs in the turn in which the loop stops
}

#[test]
fn a_future_that_was_polled_in_one_task_can_be_awaited_in_another() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let setter = future.clone();
    let main = async move {
        let mut future = future.fuse();
        select! {
            _ = future => unreachable!("it is not set"),
            gave_way = Box::pin(yield_now()).fuse() => gave_way?,
        }
        let task = spawn(future)?; // the waker that it was polled with is no longer the one to wake
        sleep(ms(1)).await?;
        setter.set_result("set")?;
        task.await
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), "set");
}

#[test]
fn an_exception_that_nobody_fetched_is_reported_when_the_future_is_dropped() {
    let event_loop = new_loop();
    let failed = || {
        let future = event_loop.create_future::<()>();
        future.set_exception(error("unseen")).unwrap();
        future
    };
    assert_eq!(
        reported(|| drop(failed())),
        ["exception was never retrieved: ValueError: unseen"]
    );
    let seen: [fn(LoopFuture<()>); 2] = [|it| drop(it.result()), |it| drop(it.exception())];
    for look in seen {
        assert_eq!(reported(|| look(failed())), [""; 0]);
    }
    let awaited = || drop(event_loop.run_until_complete(failed()));
    assert_eq!(reported(awaited), [""; 0]);
    let cancelled = event_loop.create_future::<()>();
    cancelled.cancel();
    assert_eq!(reported(|| drop(cancelled)), [""; 0]);
}

#[test]
fn a_future_tells_its_state() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<u8>();
    assert_eq!(format!("{future:?}"), "LoopFuture(pending)");
    future.cancel();
    assert_eq!(format!("{future:?}"), "LoopFuture(cancelled)");
    let failed = event_loop.create_future::<u8>();
    failed.set_exception(error("no")).unwrap();
    drop(failed.exception());
    assert_eq!(format!("{failed:?}"), "LoopFuture(failed: ValueError: no)");
}

#[test]
fn a_task_cannot_await_a_future_of_another_loop() {
    let (first, second) = (new_loop(), new_loop());
    let future = first.create_future::<u8>();
    let waits = future.clone();
    let task = second.create_task(waits).unwrap();
    let refused = second.run_until_complete(task);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "RuntimeError: Task \"Task-1\" got a future attached to a different loop"
    );
    future.set_result(7).unwrap();
    // What is done needs no loop.
    assert_eq!(
        second
            .run_until_complete(second.create_task(future).unwrap())
            .unwrap(),
        7
    );
}

#[test]
fn a_hundred_thousand_waiters_come_and_go() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<()>();
    let main = async move {
        let waiters = (0..100_000).map(|_| spawn(future.clone()));
        let waiters = waiters.collect::<Result<Vec<_>, Exception>>()?;
        yield_now().await?;
        for waiter in waiters.iter().rev() {
            waiter.cancel();
        }
        yield_now().await?;
        assert!(future.cancelled()); // the first to be cancelled took the rest along
        yield_now().await?;
        Ok(waiters.iter().all(|waiter| waiter.cancelled()))
    };
    assert!(event_loop.run_until_complete(main).unwrap());
}

#[test]
fn a_future_that_was_polled_in_several_turns_and_let_go_wakes_nobody() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<()>();
    let setter = future.clone();
    let main = async move {
        let polls = Rc::new(Cell::new(0));
        let counted = polls.clone();
        let task = spawn(async move {
            let mut future = future;
            for _ in 0..3 {
                assert!(poll!(&mut future).is_pending());
                yield_now().await?;
            }
            drop(future);
            poll_fn(|_| {
                counted.set(counted.get() + 1);
                Poll::<Result<(), Exception>>::Pending
            })
            .await
        })?;
        for _ in 0..5 {
            yield_now().await?;
        }
        setter.set_result(())?;
        for _ in 0..2 {
            yield_now().await?;
        }
        assert_eq!(polls.get(), 1);
        task.cancel();
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
}

#[test]
fn a_future_that_was_polled_in_a_task_that_has_ended_can_be_awaited_in_another() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let setter = future.clone();
    let main = async move {
        let first = spawn(async move {
            let mut future = future;
            assert!(poll!(&mut future).is_pending());
            Ok(future)
        })?;
        let future = first.await?;
        spawn(async move {
            sleep(ms(1)).await?;
            setter.set_result("set")
        })?;
        future.await
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), "set");
}
