//! Until all, the first, or the first failure.

use std::time::Duration;

use futures::FutureExt;
use tminus::{
    Exception, Kind,
    ReturnWhen::{self, AllCompleted, FirstCompleted, FirstException},
    Task,
    event_loop::Deadlock,
    sleep, spawn, spawn_named, wait, yield_now,
};

use crate::{
    after, error, fails_after, ms, new_loop, run,
    support::{Log, reported},
};

/// What is done and what is not, by the number that the tasks sleep.
fn places(
    tasks: &[Task<u64>],
    (done, pending): &(Vec<&Task<u64>>, Vec<&Task<u64>>),
) -> [Vec<usize>; 2] {
    let place = |task: &&Task<u64>| tasks.iter().position(|one| one == *task).unwrap();
    [done, pending].map(|list| list.iter().map(place).collect())
}

/// Waits for tasks that sleep so long; one that sleeps zero fails after two. Then lets them end.
fn waited(
    sleeps: &'static [u64],
    when: ReturnWhen,
    timeout: Option<Duration>,
) -> ([Vec<usize>; 2], Duration) {
    let (places, time) = run(async move {
        let body = |n: u64| async move {
            match n {
                0 => fails_after(2, "failed").await,
                n => after(n).await,
            }
        };
        let tasks: Vec<_> = sleeps.iter().map(|n| spawn(body(*n)).unwrap()).collect();
        let mut waits = wait(&tasks).return_when(when);
        if let Some(timeout) = timeout {
            waits = waits.timeout(timeout);
        }
        let places = places(&tasks, &waits.await?);
        for task in &tasks {
            drop(task.clone().await);
        }
        Ok(places)
    });
    (places.unwrap(), time)
}

#[test]
fn all_completed_waits_for_all_and_raises_none_of_their_exceptions() {
    let (places, time) = waited(&[3, 0, 1], AllCompleted, None);
    assert_eq!((places, time), ([vec![0, 1, 2], vec![]], ms(3)));
    let (default, _) = run(async { Ok(wait([spawn(after(1))?, spawn(after(2))?]).await?.0.len()) });
    assert_eq!(default.unwrap(), 2);
}

#[test]
fn first_completed_waits_for_the_first_whether_it_failed_or_not() {
    let first = |sleeps| waited(sleeps, FirstCompleted, None).0;
    assert_eq!(first(&[3, 1, 5]), [vec![1], vec![0, 2]]);
    assert_eq!(first(&[3, 0, 5]), [vec![1], vec![0, 2]]);
    // What gets done in the same turn is among them.
    assert_eq!(first(&[1, 9, 1]), [vec![0, 2], vec![1]]);
}

#[test]
fn first_exception_waits_for_a_failure_or_else_for_all() {
    let first = |sleeps| waited(sleeps, FirstException, None).0;
    assert_eq!(first(&[1, 0, 5]), [vec![0, 1], vec![2]]);
    assert_eq!(first(&[1, 4, 5]), [vec![0, 1, 2], vec![]]);
}

#[test]
fn to_be_cancelled_is_not_to_fail() {
    let (ended, time) = run(async {
        let (cancelled, slow) = (spawn(after(5))?, spawn(after(3))?);
        cancelled.cancel();
        let (done, _) = wait([&cancelled, &slow])
            .return_when(ReturnWhen::FirstException)
            .await?;
        Ok(done.len())
    });
    assert_eq!((ended.unwrap(), time), (2, ms(3)));
}

#[test]
fn after_the_timeout_it_gives_what_there_is_and_cancels_nothing() {
    let limited = |sleeps, timeout| waited(sleeps, AllCompleted, Some(timeout));
    // The clock shows when the slowest ended, undisturbed.
    assert_eq!(limited(&[1, 9], ms(4)), ([vec![0], vec![1]], ms(9)));
    assert_eq!(limited(&[1, 9], ms(0)), ([vec![], vec![0, 1]], ms(9)));
    assert_eq!(limited(&[1, 2], ms(50)), ([vec![0, 1], vec![]], ms(2)));
}

#[test]
fn a_timeout_that_is_not_needed_is_taken_back() {
    let event_loop = new_loop();
    let main = async {
        let task = spawn(after(1))?;
        wait([&task]).timeout(ms(1000)).await.map(drop)
    };
    event_loop.run_until_complete(main).unwrap();
    let stuck = event_loop.run_until_complete(event_loop.create_future::<()>());
    assert!(stuck.unwrap_err().is::<Deadlock>()); // at once: no timer is left
    assert_eq!(event_loop.time(), ms(1));
}

#[test]
fn it_takes_one_turn_even_where_all_are_done() {
    let log = Log::default();
    let logged = log.clone();
    let (result, _) = run(async move {
        let task = spawn(after(0))?;
        task.clone().await?;
        spawn(async move {
            logged.add("another task");
            Ok(())
        })?;
        wait([&task]).await?;
        log.add("waited");
        assert_eq!(log.take(), ["another task", "waited"]);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn one_that_is_given_twice_is_given_back_once() {
    let (ended, _) = run(async {
        let task = spawn(after(1))?;
        let (done, pending) = wait([&task, &task]).await?;
        Ok((done.len(), pending.len()))
    });
    assert_eq!(ended.unwrap(), (1, 0));
}

#[test]
fn tasks_and_futures_of_any_type_go_together_by_any() {
    let (ended, _) = run(async {
        let future = tminus::EventLoop::running()?.create_future::<&str>();
        let (number, text) = (spawn(after(1))?, spawn(async { Ok("text") })?);
        let all = [
            number.any().as_future(),
            text.any().as_future(),
            future.any(),
        ];
        let (done, pending) = wait(all.clone())
            .return_when(ReturnWhen::FirstCompleted)
            .await?;
        assert_eq!(
            (&done[..], &pending[..]),
            (&all[1..2], &[all[0].clone(), all[2].clone()][..])
        );
        let (done, _) = wait([number.any(), text.any()]).await?;
        assert!(pending[1].cancel() && future.cancelled());
        Ok(done.len())
    });
    assert_eq!(ended.unwrap(), 2);
}

#[test]
fn of_nothing_it_is_an_error_inside_a_loop_and_outside() {
    let empty = || wait(Vec::<Task<()>>::new());
    let text = "ValueError: wait: there is nothing to wait for";
    assert_eq!(
        run(async move { empty().await.map(drop) })
            .0
            .unwrap_err()
            .to_string(),
        text
    );
    assert_eq!(
        empty().now_or_never().unwrap().unwrap_err().to_string(),
        text
    );
    let task = new_loop().create_task(after(1)).unwrap();
    let outside = wait([task]).now_or_never().unwrap().unwrap_err();
    assert_eq!(outside.kind(), Kind::RuntimeError);
}

#[test]
fn to_cancel_who_waits_cancels_none_of_them_and_removes_all_callbacks() {
    let event_loop = new_loop();
    let children = [after(5), after(6)].map(|body| event_loop.create_task(body).unwrap());
    let held = std::rc::Rc::new(());
    let waited = (children.clone(), held.clone());
    let waiting = event_loop.create_task(async move {
        let (children, _held) = &waited;
        wait(children).await.map(drop)
    });
    let waiting = waiting.unwrap();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    waiting.cancel_with("enough");
    let caught = event_loop.run_until_complete(waiting).unwrap_err();
    assert_eq!(caught.to_string(), "Cancelled: enough");
    assert_eq!(std::rc::Rc::strong_count(&held), 1);
    assert_eq!(children.each_ref().map(Task::done), [false; 2]);
    let [a, b] = children;
    event_loop
        .run_until_complete(async { Ok((a.await?, b.await?)) })
        .unwrap();
    assert_eq!(event_loop.time(), ms(6));
}

/// The ids of callbacks say whether some are left: they are counted per future.
#[test]
fn many_waits_for_the_same_future_leave_nothing_behind() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<()>();
    let (waited, turns) = (future.clone(), 20_000);
    let main = async move {
        for _ in 0..turns {
            let quick = spawn(async { Ok(()) })?;
            let all = [quick.as_future(), waited.clone()];
            let (done, _) = wait(all).return_when(ReturnWhen::FirstCompleted).await?;
            assert_eq!(done.len(), 1);
        }
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap(); // quadratic if each wait left a callback
    let log = Log::default();
    let logged = log.clone();
    future.add_done_callback(move |_| logged.add("called"));
    future.set_result(()).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["called"]);
}

#[test]
fn an_exception_that_was_not_asked_for_is_still_reported() {
    let errors = |when: ReturnWhen, is_the_last: bool| {
        reported(move || {
            let main = async move {
                let failed = spawn(async { Err::<(), _>(error("unseen")) })?;
                let mut all = vec![failed.any()];
                if !is_the_last {
                    all.push(spawn(after(5))?.any());
                }
                wait(all).return_when(when).await.map(drop)
            };
            run(main).0.unwrap();
        })
    };
    let report = ["exception was never retrieved: ValueError: unseen"];
    for is_the_last in [false, true] {
        assert_eq!(errors(ReturnWhen::AllCompleted, is_the_last), report);
        assert_eq!(errors(ReturnWhen::FirstCompleted, is_the_last), report);
    }
    // As in CPython, this one looks at each, except for the last: that ends the wait in any case.
    assert_eq!(errors(ReturnWhen::FirstException, false), [""; 0]);
    assert_eq!(errors(ReturnWhen::FirstException, true), report);
}

#[test]
fn a_wait_that_is_dropped_half_way_leaves_no_trace() {
    let (ended, time) = run(async {
        let task = spawn(after(5))?;
        futures::select! {
            _ = wait([&task]).timeout(ms(100)).fuse() => unreachable!("it sleeps"),
            slept = Box::pin(sleep(ms(1))).fuse() => slept?,
        }
        task.await
    });
    assert_eq!((ended.unwrap(), time), (5, ms(5)));
}

#[test]
fn a_stuck_wait_says_what_for() {
    let event_loop = new_loop();
    let never = event_loop.create_future::<()>();
    let main = event_loop.create_named_task("main", async move {
        let one = spawn_named("one", never.clone())?;
        let two = spawn_named("two", never)?;
        let both = wait([one, two]).return_when(FirstCompleted);
        both.await.map(drop)
    });
    let stuck = event_loop.run_until_complete(main.unwrap()).unwrap_err();
    let deadlock = stuck.downcast_ref::<Deadlock>().unwrap();
    assert_eq!(
        deadlock.stuck[0].waits_for,
        "the first of (task \"one\", task \"two\")"
    );
    let _: Exception = stuck;
}

#[test]
fn the_first_exception_of_a_future_that_is_no_task_ends_the_wait() {
    let (ended, _) = run(async {
        let event_loop = tminus::EventLoop::running()?;
        let [failing, fine, pending] = [(); 3].map(|()| event_loop.create_future::<u64>());
        let waits =
            wait([failing.clone(), fine.clone(), pending]).return_when(ReturnWhen::FirstException);
        event_loop.call_later(ms(1), move || fine.set_result(1))?;
        event_loop.call_later(ms(2), move || failing.set_exception(error("no")))?;
        let (done, pending) = waits.await?;
        for future in done.iter() {
            drop(future.exception());
        }
        Ok((done.len(), pending.len()))
    });
    assert_eq!(ended.unwrap(), (2, 1));
}
