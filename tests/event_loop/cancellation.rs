//! Cancellation: an exception like others, that arrives where the task waits.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll};

use futures::{FutureExt, channel::oneshot, join, select};
use tminus::{
    EventLoop, Exception, Kind, LoopFuture, Task,
    event_loop::{cancellable, current_task},
    sleep, wait_for, yield_now,
};

use crate::{error, ms, new_loop, support::Log};

/// Runs the loop for a turn, cancels the task, and runs it to its end.
fn cancelled<T: Clone + 'static>(event_loop: &EventLoop, task: &Task<T>) -> Result<T, Exception> {
    event_loop.run_until_complete(yield_now()).unwrap();
    assert!(task.cancel_with("enough"));
    event_loop.run_until_complete(task.clone())
}

#[test]
fn it_arrives_where_the_task_waits_with_its_message_in_the_next_turn() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep(ms(1000))).unwrap();
    let end = cancelled(&event_loop, &task).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    assert!(task.done() && task.cancelled());
    assert!(!task.cancel()); // it has ended
    assert_eq!(event_loop.time(), ms(0));
}

#[test]
fn a_task_that_is_cancelled_before_its_first_step_never_runs() {
    let event_loop = new_loop();
    let log = Log::default();
    let (body, dropped) = (log.clone(), Rc::new(()));
    let held = dropped.clone();
    let task = event_loop.create_task(async move {
        let _held = held;
        body.add("ran");
        Ok(())
    });
    let task = task.unwrap();
    task.cancel();
    assert!(event_loop.run_until_complete(task.clone()).is_err());
    assert!(task.cancelled());
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(Rc::strong_count(&dropped), 1);
}

#[test]
fn it_can_be_caught_and_the_task_goes_on() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async {
        let caught = sleep(ms(1000)).await.unwrap_err();
        sleep(ms(5)).await?;
        Ok(caught.to_string())
    });
    let task = task.unwrap();
    assert_eq!(cancelled(&event_loop, &task).unwrap(), "Cancelled: enough");
    assert!(!task.cancelled());
    assert_eq!(task.cancelling(), 1);
    assert_eq!(event_loop.time(), ms(5));
}

#[test]
fn requests_are_counted_and_taken_back() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async {
        while sleep(ms(1000)).await.is_err() {}
        let me = current_task()?;
        Ok([me.cancelling(), me.uncancel(), me.uncancel(), me.uncancel()])
    });
    let task = task.unwrap();
    for _ in 0..2 {
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
        task.cancel();
    }
    assert_eq!(event_loop.run_until_complete(task).unwrap(), [2, 1, 0, 0]);
}

#[test]
fn a_request_that_is_taken_back_before_it_arrives_never_does() {
    let event_loop = new_loop();
    let main = async {
        let me = current_task()?;
        me.cancel();
        me.uncancel();
        yield_now().await?;
        Ok("went on")
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), "went on");
}

#[test]
fn a_task_that_cancels_itself_is_cancelled_where_it_waits_next() {
    let event_loop = new_loop();
    let log = Log::default();
    let logged = log.clone();
    let main = async move {
        current_task()?.cancel_with("by myself");
        logged.add("still running");
        let arrived = sleep(ms(1000)).await.unwrap_err();
        logged.add(arrived.to_string());
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["still running", "Cancelled: by myself"]);
    assert_eq!(event_loop.time(), ms(0));
}

#[test]
fn a_task_that_cancels_itself_and_ends_is_cancelled() {
    let event_loop = new_loop();
    let main = async {
        current_task()?.cancel();
        Ok(7)
    };
    let end = event_loop.run_until_complete(main).unwrap_err();
    assert_eq!(end.kind(), Kind::Cancelled);
}

#[test]
fn what_the_task_waits_for_is_cancelled_too() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<()>();
    let task = event_loop.create_task(future.clone()).unwrap();
    assert!(cancelled(&event_loop, &task).is_err());
    assert!(future.cancelled());
}

#[test]
fn it_goes_along_a_chain_of_tasks_to_its_end_and_comes_back() {
    let event_loop = new_loop();
    let log = Log::default();
    let mut last = event_loop.create_task(sleep(ms(1000))).unwrap();
    for name in ["c", "b", "a"] {
        let log = log.clone();
        let body = async move {
            let result = last.await;
            log.add(format!("{name} {result:?}"));
            result
        };
        last = event_loop.create_task(body).unwrap();
    }
    let end = cancelled(&event_loop, &last).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    let entries = log.take();
    let names: Vec<&str> = entries.iter().map(|entry| &entry[..1]).collect();
    assert_eq!(names, ["c", "b", "a"]);
    assert_eq!(last.cancelling(), 1);
}

#[test]
fn a_chain_may_be_a_hundred_thousand_tasks_long() {
    let event_loop = new_loop();
    let first = event_loop.create_task(sleep(ms(1000))).unwrap();
    let mut last = first.clone();
    for _ in 0..100_000 {
        last = event_loop.create_task(last).unwrap();
    }
    event_loop.run_until_complete(yield_now()).unwrap();
    last.cancel();
    assert!(event_loop.run_until_complete(last.clone()).is_err());
    assert!(first.cancelled() && last.cancelled());
    assert!(event_loop.all_tasks().is_empty());
}

#[test]
fn tasks_that_wait_for_each_other_in_a_circle_can_be_cancelled() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<Task<()>>();
    let second = slot.clone();
    let a = event_loop
        .create_task(async move { second.await?.await })
        .unwrap();
    let b = event_loop.create_task(a.clone()).unwrap();
    slot.set_result(b.clone()).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    a.cancel();
    assert!(event_loop.run_until_complete(a.clone()).is_err());
    assert!(a.cancelled() && b.cancelled());
}

#[test]
fn a_foreign_future_cannot_be_told_and_the_task_is_dropped_where_it_stands() {
    let event_loop = new_loop();
    let log = Log::default();
    let (sender, receiver) = oneshot::channel::<u8>();
    let (body, dropped) = (log.clone(), Rc::new(()));
    let held = dropped.clone();
    let task = event_loop.create_task(async move {
        let _held = held;
        let received = receiver.await;
        body.add(format!("{received:?}"));
        Ok(())
    });
    let task = task.unwrap();
    let end = cancelled(&event_loop, &task).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(Rc::strong_count(&dropped), 1);
    assert!(sender.is_canceled());
}

#[test]
fn through_cancellable_it_can_be_caught_there_too() {
    let event_loop = new_loop();
    let (sender, receiver) = oneshot::channel::<u8>();
    let task = event_loop.create_task(async move {
        let caught = cancellable(receiver).await.unwrap_err();
        sleep(ms(5)).await?;
        Ok(caught.to_string())
    });
    let task = task.unwrap();
    assert_eq!(cancelled(&event_loop, &task).unwrap(), "Cancelled: enough");
    assert!(sender.is_canceled()); // the future is dropped
}

#[test]
fn a_task_that_cancels_itself_and_waits_for_a_foreign_future_is_told_at_once() {
    let event_loop = new_loop();
    let (_sender, receiver) = oneshot::channel::<u8>();
    let caught = async move {
        current_task()?.cancel();
        Ok(cancellable(receiver).await.unwrap_err().to_string())
    };
    assert_eq!(event_loop.run_until_complete(caught).unwrap(), "Cancelled");
    let dropped = async {
        current_task()?.cancel();
        futures::future::pending::<Result<(), Exception>>().await
    };
    let end = event_loop.run_until_complete(dropped).unwrap_err();
    assert_eq!(end.kind(), Kind::Cancelled);
}

#[test]
fn it_is_not_lost_when_the_foreign_future_is_ready_in_the_same_turn() {
    let event_loop = new_loop();
    let (sender, receiver) = oneshot::channel();
    let task = event_loop
        .create_task(async move { Ok(receiver.await.unwrap()) })
        .unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    sender.send(7).unwrap();
    task.cancel();
    let end = event_loop.run_until_complete(task.clone()).unwrap_err();
    assert_eq!(end.kind(), Kind::Cancelled);
    assert!(task.cancelled());
}

#[test]
fn both_of_two_sleeps_joined_in_one_task_are_cancelled() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async {
        let (a, b) = join!(sleep(ms(1000)), sleep(ms(2000)));
        Ok([a.unwrap_err().to_string(), b.unwrap_err().to_string()])
    });
    let ends = cancelled(&event_loop, &task.unwrap()).unwrap();
    assert_eq!(ends, ["Cancelled: enough"; 2]);
    assert_eq!(event_loop.time(), ms(0));
}

#[test]
fn what_the_task_looked_at_and_let_go_is_left_alone() {
    let event_loop = new_loop();
    let bystander = event_loop.create_task(sleep(ms(10))).unwrap();
    let looked_at = bystander.clone();
    let task = event_loop.create_task(async move {
        select! {
            _ = looked_at.fuse() => unreachable!("it sleeps"),
            () = futures::future::ready(()) => {}
        }
        cancellable(futures::future::pending::<()>()).await
    });
    let task = task.unwrap();
    let end = cancelled(&event_loop, &task).unwrap_err(); // and it is not lost on the way
    assert_eq!(end.to_string(), "Cancelled: enough");
    event_loop.run_until_complete(bystander).unwrap();
    assert_eq!(event_loop.time(), ms(10));
}

#[test]
fn a_body_may_raise_something_else_in_its_place() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async {
        drop(sleep(ms(1000)).await);
        Err::<(), _>(error("instead"))
    });
    let task = task.unwrap();
    let end = cancelled(&event_loop, &task).unwrap_err();
    assert_eq!(end.to_string(), "ValueError: instead");
    assert!(!task.cancelled());
}

#[test]
fn a_future_whose_waiter_was_cancelled_wakes_the_others() {
    let event_loop = new_loop();
    let woken = Rc::new(Cell::new(0));
    let future: LoopFuture<()> = event_loop.create_future();
    let tasks = [(); 3].map(|()| {
        let (future, woken) = (future.clone(), woken.clone());
        event_loop
            .create_task(async move {
                let end = future.await;
                woken.set(woken.get() + 1);
                end
            })
            .unwrap()
    });
    assert!(cancelled(&event_loop, &tasks[1]).is_err());
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(woken.get(), 3); // it is theirs, too, and it is cancelled
}

/// What waits inside `cancellable` raises the `Cancelled` itself, and can clean up.
async fn cleans_up(log: Log) -> Result<(), Exception> {
    let end = sleep(ms(1000)).await;
    yield_now().await?;
    log.add("is clean");
    end
}

#[test]
fn inside_cancellable_the_loops_own_futures_clean_up_however_often_they_are_polled() {
    let (event_loop, log) = (new_loop(), Log::default());
    let logged = log.clone();
    let task = event_loop.create_task(async move {
        let block = cancellable(cleans_up(logged));
        let (end, yielded) = join!(block, yield_now()); // which polls both again in the next turn
        yielded?;
        end?
    });
    let task = task.unwrap();
    for _ in 0..2 {
        event_loop.run_until_complete(yield_now()).unwrap();
    }
    let end = cancelled(&event_loop, &task).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    assert_eq!(log.take(), ["is clean"]);
}

#[test]
fn inside_cancellable_the_loops_own_futures_clean_up_beside_others() {
    let (event_loop, log) = (new_loop(), Log::default());
    let logged = log.clone();
    let task = event_loop.create_task(async move {
        let (slept, end) = join!(sleep(ms(1000)), cancellable(cleans_up(logged)));
        assert_eq!(slept.unwrap_err().kind(), Kind::Cancelled);
        end?
    });
    let end = cancelled(&event_loop, &task.unwrap()).unwrap_err();
    assert_eq!(end.to_string(), "Cancelled: enough");
    assert_eq!(log.take(), ["is clean"]);
}

#[test]
fn a_task_that_awaits_itself_inside_cancellable_gets_the_error_there() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<Task<String>>();
    let me = slot.clone();
    let task = event_loop.create_task(async move {
        let end = cancellable(me.await?).await.unwrap_err();
        Ok(end.to_string())
    });
    let task = task.unwrap();
    slot.set_result(task.clone()).unwrap();
    assert_eq!(
        event_loop.run_until_complete(task).unwrap(),
        "RuntimeError: Task cannot await on itself"
    );
}

/// The error arrives in the next round. Until then, the block waits for it, and is not dropped as one that waits for nothing.
#[test]
fn a_task_that_awaits_itself_after_its_time_is_up_gets_the_error() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<Task<String>>();
    let me = slot.clone();
    let task = event_loop.create_task(async move {
        let me = me.await?;
        let block = async move {
            assert!(sleep(ms(1000)).await.is_err());
            me.await
        };
        Ok(wait_for(block, ms(1)).await.unwrap_err().to_string())
    });
    let task = task.unwrap();
    slot.set_result(task.clone()).unwrap();
    assert_eq!(
        event_loop.run_until_complete(task).unwrap(),
        "RuntimeError: Task cannot await on itself"
    );
}

/// Withdraws a request in the task's next turn, before what is polled after it.
async fn withdraws_in_the_next_turn() -> Result<(), Exception> {
    let mut is_next = false;
    poll_fn(|_| match std::mem::replace(&mut is_next, true) {
        true => Poll::Ready(current_task().map(|me| assert_eq!(me.uncancel(), 0))),
        false => Poll::Pending,
    })
    .await
}

#[test]
fn a_request_that_is_withdrawn_in_the_turn_in_which_it_would_arrive_never_does() {
    let event_loop = new_loop();
    let (sender, receiver) = oneshot::channel();
    let task = event_loop.create_task(async {
        let (withdrawn, received) = join!(withdraws_in_the_next_turn(), receiver);
        withdrawn?;
        sleep(ms(1)).await?;
        Ok(received.unwrap())
    });
    let task = task.unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert!(task.cancel());
    event_loop.run_until_complete(yield_now()).unwrap();
    sender.send("went on").unwrap();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "went on");
}

#[test]
fn an_error_that_is_no_cancellation_is_raised_whatever_is_withdrawn() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<Task<String>>();
    let me = slot.clone();
    let task = event_loop.create_task(async move {
        let me = me.await?;
        let (withdrawn, end) = join!(withdraws_in_the_next_turn(), me);
        withdrawn?;
        Ok(end.unwrap_err().to_string())
    });
    let task = task.unwrap();
    slot.set_result(task.clone()).unwrap();
    assert_eq!(
        event_loop.run_until_complete(task).unwrap(),
        "RuntimeError: Task cannot await on itself"
    );
}
