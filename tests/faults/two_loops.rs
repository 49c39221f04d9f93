//! What belongs to one loop is refused in another. The texts are those of CPython 3.13.

use futures::{StreamExt, join, stream::FuturesUnordered};
use tminus::{
    EventLoop, Exception, LoopFuture, Task, as_completed, event_loop::next, gather, gather_results,
    shield, sleep, wait_for,
};

use crate::{HOUR, ms, new_loop};

const OTHER_LOOP: &str = "ValueError: The future belongs to a different loop than the one specified as the loop argument";

/// Awaits it in a task. (A handle itself would be what the run waits for.)
async fn awaits<T>(future: impl Future<Output = Result<T, Exception>>) -> Result<T, Exception> {
    future.await
}

/// The error of a task of one loop in which `act` awaits a pending future of another one.
fn refused<T: Clone + 'static>(
    act: impl AsyncFnOnce(LoopFuture<()>) -> Result<T, Exception> + 'static,
) -> String {
    let (first, second) = (new_loop(), new_loop());
    let future = first.create_future();
    let task = second
        .create_named_task("waits", act(future.clone()))
        .unwrap();
    let end = second.run_until_complete(task).map(drop).unwrap_err();
    assert!(!future.done());
    end.to_string()
}

fn is_attached_elsewhere(error: &str) {
    let fits =
        error.starts_with("RuntimeError: ") && error.contains("attached to a different loop");
    assert!(fits, "{error}");
}

#[test]
fn a_future_of_another_loop_cannot_be_awaited_and_the_error_names_the_task() {
    let error = refused(async |future| future.await);
    is_attached_elsewhere(&error);
    assert!(error.contains("waits"), "{error}");
}

#[test]
fn a_task_of_another_loop_cannot_be_awaited() {
    let (first, second) = (new_loop(), new_loop());
    let task: Task<()> = first.create_task(sleep(HOUR)).unwrap();
    let waits = task.clone();
    let end = second.run_until_complete(awaits(waits));
    is_attached_elsewhere(&end.unwrap_err().to_string());
    assert!(!task.done());
}

#[test]
fn a_future_of_another_loop_cannot_be_awaited_beside_others_in_one_task() {
    is_attached_elsewhere(&refused(async |future| {
        let (slept, other) = join!(sleep(ms(1)), future);
        slept.and(other)
    }));
    is_attached_elsewhere(&refused(async |future| {
        let mut futures: FuturesUnordered<_> = [future].into_iter().collect();
        futures.next().await.expect("there is one")
    }));
}

#[test]
fn a_future_of_another_loop_cannot_be_waited_for_with_a_limit_or_shielded() {
    is_attached_elsewhere(&refused(async |future| wait_for(future, ms(5)).await));
    is_attached_elsewhere(&refused(async |future| shield(future).await));
}

#[test]
fn what_is_done_can_be_awaited_in_any_loop() {
    let (first, second) = (new_loop(), new_loop());
    let task = first.create_task(async { Ok(7) }).unwrap();
    first.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(second.run_until_complete(awaits(task)).unwrap(), 7);
}

#[test]
fn a_run_until_a_future_of_another_loop_is_done_is_refused() {
    let (first, second) = (new_loop(), new_loop());
    let future = first.create_future::<()>();
    let task = first.create_task(sleep(HOUR)).unwrap();
    let refusals = [
        second.run_until_complete(future.clone()),
        second.run_until_complete(task.clone()),
        second.clone().run(task.clone()),
    ];
    for refusal in refusals {
        assert_eq!(refusal.unwrap_err().to_string(), OTHER_LOOP);
    }
    assert!(!future.done() && !task.done());
}

/// The future is refused even if it is done: the caller has confused the loops.
#[test]
fn a_run_until_a_future_of_another_loop_that_is_done_is_refused() {
    let (first, second) = (new_loop(), new_loop());
    let future = first.create_future();
    future.set_result(7).unwrap();
    assert_eq!(
        second.run_until_complete(future).unwrap_err().to_string(),
        OTHER_LOOP
    );
}

#[test]
fn futures_of_two_loops_cannot_be_gathered() {
    let gathers = async |other: LoopFuture<()>| gather((sleep(ms(1)), other)).await;
    assert_eq!(refused(gathers), OTHER_LOOP);
    let gathers = async |other: LoopFuture<()>| {
        let own = EventLoop::running()?.create_future();
        gather([other, own]).await
    };
    assert_eq!(refused(gathers), OTHER_LOOP);
    let gathers = async |other: LoopFuture<()>| {
        let own = EventLoop::running()?.create_future();
        gather_results([own, other]).await.map(drop)
    };
    assert_eq!(refused(gathers), OTHER_LOOP);
}

/// They are gathered in their loop, and cannot be awaited in this one.
#[test]
fn a_gather_of_another_loops_futures_is_attached_to_that_loop() {
    is_attached_elsewhere(&refused(async |future| gather([future]).await));
}

#[test]
fn futures_of_another_loop_cannot_be_taken_as_completed() {
    let error = refused(async |future| {
        let mut completed = as_completed([future]);
        next(&mut completed)
            .await
            .expect("there is an item")
            .map(drop)
    });
    assert_eq!(error, OTHER_LOOP);
}

/// A refused await registers nothing with the future.
#[test]
fn the_other_loop_works_after_a_refusal() {
    let (first, second) = (new_loop(), new_loop());
    let future = first.create_future();
    let waits = future.clone();
    let end = second.run_until_complete(awaits(waits));
    is_attached_elsewhere(&end.map(drop).unwrap_err().to_string());
    let setter = future.clone();
    first
        .call_later(ms(5), move || setter.set_result(7))
        .unwrap();
    assert_eq!(first.run_until_complete(future).unwrap(), 7);
}
