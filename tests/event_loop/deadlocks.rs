//! Nothing hangs in silence: what can never go on is reported.

use tminus::{
    EventLoop, Exception, LoopFuture, Task,
    event_loop::{Deadlock, Stuck, cancellable, spawn_named},
    sleep, yield_now,
};

use crate::{ms, new_loop};

fn deadlock_of(
    event_loop: &EventLoop,
    main: impl Future<Output = Result<(), Exception>> + 'static,
) -> Deadlock {
    let main = event_loop.create_named_task("main", main).unwrap();
    let end = event_loop.run_until_complete(main).unwrap_err();
    end.downcast_ref::<Deadlock>().expect("it is stuck").clone()
}

fn stuck(task: &str, waits_for: &str) -> Stuck {
    Stuck {
        task: task.into(),
        waits_for: waits_for.into(),
    }
}

/// Tasks of these names; each waits for the one whose number it has.
fn waiting_for_each_other(event_loop: &EventLoop, tasks: &[(&str, usize)]) {
    let slots: Vec<LoopFuture<Task<()>>> =
        tasks.iter().map(|_| event_loop.create_future()).collect();
    for ((name, next), own) in tasks.iter().zip(&slots) {
        let next = slots[*next].clone();
        let body = async move { next.await?.await };
        own.set_result(event_loop.create_named_task(name, body).unwrap())
            .unwrap();
    }
}

#[test]
fn the_error_names_each_stuck_task_and_what_it_waits_for() {
    let event_loop = new_loop();
    let never = event_loop.create_future::<()>();
    let main = async move {
        let a = spawn_named("a", never)?;
        let b = spawn_named("b", a.clone())?;
        spawn_named("c", cancellable(futures::future::pending::<()>()))?;
        spawn_named("d", async move {
            let (a, b) = futures::join!(a, b);
            a.and(b)
        })?;
        futures::future::pending().await
    };
    let deadlock = deadlock_of(&event_loop, main);
    assert_eq!(
        deadlock.stuck,
        [
            stuck("main", "something outside the loop"),
            stuck("a", "a future"),
            stuck("b", "task \"a\""),
            stuck("c", "something outside the loop"),
            stuck("d", "task \"a\" and task \"b\""),
        ]
    );
    assert_eq!(deadlock.cycle, [""; 0]);
    assert_eq!(
        deadlock.to_string(),
        "deadlock: nothing can run, and nobody is left to change that; \
         task \"main\" waits for something outside the loop; task \"a\" waits for a future; \
         task \"b\" waits for task \"a\"; task \"c\" waits for something outside the loop; \
         task \"d\" waits for task \"a\" and task \"b\""
    );
}

#[test]
fn the_error_names_the_circle_from_its_oldest_task_on() {
    let event_loop = new_loop();
    waiting_for_each_other(&event_loop, &[("tail", 3), ("a", 2), ("b", 3), ("c", 1)]);
    let deadlock = deadlock_of(&event_loop, futures::future::pending());
    assert_eq!(deadlock.cycle, ["a", "b", "c"]);
    assert!(
        deadlock
            .to_string()
            .ends_with("; these wait for each other: \"a\" -> \"b\" -> \"c\" -> \"a\"")
    );
}

#[test]
fn a_circle_through_the_second_of_two_joined_tasks_is_found() {
    let event_loop = new_loop();
    let never = event_loop.create_future::<()>();
    let other = event_loop.create_named_task("other", never).unwrap();
    let slot = event_loop.create_future::<Task<()>>();
    let second = slot.clone();
    let a = event_loop.create_named_task("a", async move {
        let second = second.await?;
        let (first, second) = futures::join!(other, second);
        first.and(second)
    });
    let b = event_loop.create_named_task("b", a.unwrap()).unwrap();
    slot.set_result(b).unwrap();
    let deadlock = deadlock_of(&event_loop, futures::future::pending());
    assert_eq!(deadlock.cycle, ["a", "b"]);
}

#[test]
fn a_long_chain_of_stuck_tasks_is_looked_through_in_no_time() {
    let event_loop = new_loop();
    let tasks: Vec<(&str, usize)> = (0..50_000).map(|i| ("t", (i + 1) % 50_000)).collect();
    waiting_for_each_other(&event_loop, &tasks);
    let deadlock = deadlock_of(&event_loop, futures::future::pending());
    assert_eq!(
        (deadlock.stuck.len(), deadlock.cycle.len()),
        (50_001, 50_000)
    );
}

#[test]
fn run_forever_reports_it_too_and_after_that_the_loop_can_go_on() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<()>();
    let task = event_loop.create_task(future.clone()).unwrap();
    assert!(event_loop.run_forever().unwrap_err().is::<Deadlock>());
    future.set_result(()).unwrap();
    event_loop.run_until_complete(task).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
}

#[test]
fn as_long_as_a_timer_is_set_nothing_is_a_deadlock() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let setter = future.clone();
    event_loop
        .call_later(ms(1000), move || setter.set_result(()))
        .unwrap();
    event_loop.run_until_complete(future).unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    assert_eq!(event_loop.time(), ms(1001));
}

#[test]
fn a_run_whose_main_is_stuck_cancels_it_and_closes() {
    let event_loop = new_loop();
    let never = event_loop.create_future::<()>();
    let main = never.clone();
    let end = event_loop
        .clone()
        .run(async move { main.await.map(|()| "not stuck") })
        .unwrap_err();
    assert!(end.is::<Deadlock>());
    assert!(never.cancelled() && event_loop.is_closed());
}

#[test]
fn the_text_names_fifty_tasks_and_counts_the_others() {
    let text = |count: usize| {
        let event_loop = new_loop();
        let never = event_loop.create_future::<()>();
        let main = async move {
            let wait = |n| spawn_named(&format!("t{n}"), never.clone());
            let tasks = (1..count).map(wait).collect::<Result<Vec<_>, _>>()?;
            never.clone().await?;
            drop(tasks);
            Ok(())
        };
        let deadlock = deadlock_of(&event_loop, main);
        assert_eq!(deadlock.stuck.len(), count);
        deadlock.to_string()
    };
    let (fifty, more) = (text(50), text(52));
    assert!(
        fifty.ends_with("; task \"t49\" waits for a future"),
        "{fifty}"
    );
    assert!(more.ends_with("; and 2 more tasks"), "{more}");
}

#[test]
fn what_was_dropped_while_it_was_gathered_is_counted() {
    let event_loop = new_loop();
    let [lost, also_lost, kept] = [(); 3].map(|()| event_loop.create_future::<()>());
    let same = kept.clone();
    let main = async move { tminus::gather([lost, same, also_lost]).await.map(drop) };
    assert_eq!(
        deadlock_of(&event_loop, main).stuck,
        [stuck(
            "main",
            "all of (a future, 2 that were dropped and can never be done)"
        )]
    );
    drop(kept);
}
