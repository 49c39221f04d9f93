//! All of them, as one future.

use tminus::{
    Exception, Kind, LoopFuture, Task, event_loop::current_task, gather, gather_results, sleep,
    spawn, yield_now,
};

use crate::{
    after, cleans_up, fails_after, ms, new_loop, run,
    support::{Log, reported, without_places},
};

const NO_LOOP: &str = "RuntimeError: no running event loop on this thread: call this in a task, and start that by `tminus::run`";

fn shown<T: std::fmt::Debug>(results: &[Result<T, Exception>]) -> Vec<String> {
    let show = |one: &Result<T, Exception>| without_places(one).to_string();
    results.iter().map(show).collect()
}

#[test]
fn results_are_in_the_order_given_whatever_the_order_of_ending() {
    let (results, time) = run(async { gather([after(3), after(1), after(2)]).await });
    assert_eq!((results.unwrap(), time), (vec![3, 1, 2], ms(3)));
}

#[test]
fn a_tuple_has_a_result_of_each_type() {
    let (results, _) = run(async {
        let future = tminus::EventLoop::running()?.create_future();
        future.set_result("three")?;
        let task = spawn(async { Ok(vec![2]) })?;
        let generator = tminus::Generator::new(async |co: tminus::Co<()>| {
            co.yield_(()).await?;
            Ok(4.5)
        });
        gather((after(1), task, future, generator)).await
    });
    assert_eq!(results.unwrap(), (1, vec![2], "three", 4.5));
    let (results, _) = run(async { gather_results((after(1), fails_after(2, "b"))).await });
    let (first, second) = results.unwrap();
    assert_eq!(first.unwrap(), 1);
    assert_eq!(second.unwrap_err().to_string(), "ValueError: b");
}

#[test]
fn gathers_can_be_gathered() {
    let (results, time) = run(async {
        let inner = [gather([after(1), after(2)]), gather([after(4), after(3)])];
        gather(inner).await
    });
    assert_eq!(
        (results.unwrap(), time),
        (vec![vec![1, 2], vec![4, 3]], ms(4))
    );
}

#[test]
fn a_task_is_made_of_each_coroutine_at_once_in_the_order_given() {
    let log = Log::default();
    let logged = log.clone();
    let (names, _) = run(async move {
        let name = |n: u32| {
            let log = logged.clone();
            async move {
                log.add(format!("{n} runs"));
                Ok(current_task()?.name())
            }
        };
        let all = gather([name(1), name(2)]); // not awaited yet
        yield_now().await?;
        logged.add("gave way");
        all.await
    });
    assert_eq!(names.unwrap(), ["Task-2", "Task-3"]);
    assert_eq!(log.take(), ["1 runs", "2 runs", "gave way"]);
}

#[test]
fn what_is_done_already_does_not_suspend() {
    let log = Log::default();
    let logged = log.clone();
    let (results, _) = run(async move {
        let task = spawn(after(0))?;
        task.clone().await?;
        spawn(async move {
            logged.add("another task");
            Ok(())
        })?;
        let all = gather([task.clone(), task]);
        assert!(all.done());
        let results = all.await;
        log.add("gathered");
        yield_now().await?;
        assert_eq!(log.take(), ["gathered", "another task"]);
        results
    });
    assert_eq!(results.unwrap(), [0, 0]);
}

#[test]
fn nothing_gathered_is_done_and_empty() {
    let (results, _) = run(async {
        let all = gather(Vec::<Task<u8>>::new());
        assert!(all.done());
        Ok((
            all.await?,
            gather_results(Vec::<Task<u8>>::new()).await?.len(),
        ))
    });
    assert_eq!(results.unwrap(), (vec![], 0));
}

#[test]
fn one_that_is_given_twice_is_waited_for_once_and_has_two_places() {
    let (results, time) = run(async {
        let (a, b) = (spawn(after(2))?, spawn(after(1))?);
        gather([a.clone(), b, a]).await
    });
    assert_eq!((results.unwrap(), time), (vec![2, 1, 2], ms(2)));
}

#[test]
fn outside_a_loop_a_coroutine_is_refused_with_a_clear_error() {
    let event_loop = new_loop();
    let error_of = |all: LoopFuture<Vec<u64>>| {
        assert!(all.done());
        event_loop.run_until_complete(all).unwrap_err().to_string()
    };
    assert_eq!(error_of(gather([after(1)])), NO_LOOP);
    assert_eq!(error_of(gather(Vec::<Task<u64>>::new())), NO_LOOP);
    let mixed = gather((event_loop.create_future::<()>(), after(1)));
    let mixed = event_loop.run_until_complete(mixed).unwrap_err();
    assert_eq!(mixed.to_string(), NO_LOOP);
    let results = event_loop.run_until_complete(gather_results([after(1)]));
    assert_eq!(results.unwrap_err().to_string(), NO_LOOP);
}

#[test]
fn outside_a_loop_tasks_and_futures_can_be_gathered() {
    let event_loop = new_loop();
    let tasks = [after(2), after(1)].map(|body| event_loop.create_task(body).unwrap());
    let all = gather(tasks);
    assert_eq!(event_loop.run_until_complete(all).unwrap(), [2, 1]);
}

#[test]
fn the_first_failure_is_the_result_at_once_and_the_others_run_on_unreported() {
    let log = Log::default();
    let logged = log.clone();
    let errors = reported(move || {
        let (result, time) = run(async move {
            let slow = {
                let log = logged.clone();
                async move {
                    sleep(ms(5)).await?;
                    log.add("the slow one ends");
                    Ok(5)
                }
            };
            let slow = spawn(slow)?;
            let all = [
                slow.clone(),
                spawn(fails_after(2, "second"))?,
                spawn(fails_after(1, "first"))?,
            ];
            let first = gather(all).await.unwrap_err();
            logged.add(first.to_string());
            slow.await
        });
        assert_eq!((result.unwrap(), time), (5, ms(5)));
    });
    assert_eq!(log.take(), ["ValueError: first", "the slow one ends"]);
    assert_eq!(errors, [""; 0]); // "second" went nowhere, and that is known
}

#[test]
fn a_failure_that_nobody_fetches_is_reported_once() {
    let errors = reported(|| {
        let main = async {
            drop(gather([
                fails_after(1, "unseen"),
                fails_after(2, "after it"),
            ]));
            sleep(ms(5)).await
        };
        run(main).0.unwrap();
    });
    assert_eq!(
        errors,
        ["exception was never retrieved: ValueError: unseen"]
    );
}

#[test]
fn as_results_failures_and_cancellations_are_among_them() {
    let (results, time) = run(async {
        let cancelled = spawn(after(3))?;
        cancelled.cancel_with("from elsewhere");
        let all = [spawn(after(2))?, cancelled, spawn(fails_after(1, "no"))?];
        gather_results(all).await
    });
    let expected = [
        "Ok(2)",
        "Err(Cancelled)", // as in CPython 3.13, without its message
        "Err(ValueError: no)",
    ];
    assert_eq!(
        (shown(&results.unwrap()), time),
        (expected.map(String::from).to_vec(), ms(2))
    );
}

#[test]
fn one_that_is_cancelled_from_elsewhere_fails_the_gather_and_does_not_cancel_it() {
    let (ended, _) = run(async {
        let (slow, cancelled) = (spawn(after(9))?, spawn(after(9))?);
        let all = gather([slow.clone(), cancelled.clone()]);
        yield_now().await?;
        cancelled.cancel_with("only you");
        let caught = all.clone().await.unwrap_err();
        Ok((
            caught.to_string(),
            all.cancelled(),
            slow.done(),
            current_task()?.cancelling(),
        ))
    });
    assert_eq!(
        ended.unwrap(),
        ("Cancelled: only you".into(), false, false, 0)
    );
}

#[test]
fn to_cancel_the_gather_cancels_each_and_it_ends_with_the_first_that_ends() {
    let log = Log::default();
    let logged = log.clone();
    let (result, time) = run(async move {
        let all = gather([
            spawn(cleans_up(logged.clone(), "a", 5))?,
            spawn(cleans_up(logged.clone(), "b", 3))?,
        ]);
        yield_now().await?;
        assert!(all.cancel_with("enough"));
        assert!(!all.done());
        let caught = all.await.unwrap_err();
        logged.add(format!("gather: {caught}"));
        sleep(ms(9)).await
    });
    result.unwrap();
    let expected = [
        "a: Cancelled: enough",
        "b: Cancelled: enough",
        "b is clean",
        "gather: Cancelled: enough",
        "a is clean",
    ];
    assert_eq!(
        (log.take(), time),
        (expected.map(String::from).to_vec(), ms(12))
    );
}

#[test]
fn as_results_a_cancelled_gather_gives_cancelled_once_all_have_ended() {
    let log = Log::default();
    let logged = log.clone();
    let (result, time) = run(async move {
        let stubborn = async {
            drop(sleep(ms(3_600_000)).await);
            after(7).await
        };
        let all = gather_results([spawn(cleans_up(logged.clone(), "a", 5))?, spawn(stubborn)?]);
        yield_now().await?;
        assert!(all.cancel());
        let caught = all.clone().await.unwrap_err();
        Ok((caught.kind(), all.cancelled()))
    });
    // As in CPython, it has the Cancelled as its exception.
    assert_eq!((result.unwrap(), time), ((Kind::Cancelled, false), ms(7)));
}

#[test]
fn a_task_that_waits_for_a_gather_passes_its_cancellation_on() {
    let (ended, time) = run(async {
        let children = [spawn(after(5))?, spawn(after(6))?];
        let inner = gather(children.clone());
        let waiting = spawn(async move { gather([gather([inner])]).await.map(drop) })?;
        sleep(ms(1)).await?;
        waiting.cancel_with("stop");
        let caught = waiting.await.unwrap_err();
        Ok((caught.to_string(), children.map(|child| child.cancelled())))
    });
    assert_eq!(ended.unwrap(), ("Cancelled: stop".into(), [true, true]));
    assert_eq!(time, ms(1));
}

#[test]
fn one_that_catches_the_cancellation_gives_its_result_and_who_cancelled_gets_cancelled() {
    let (ended, _) = run(async {
        let caught = async {
            drop(sleep(ms(9)).await);
            Ok("went on")
        };
        let child = spawn(caught)?;
        let all = gather([child.clone()]);
        yield_now().await?;
        all.cancel();
        let kind = all.await.unwrap_err().kind();
        Ok((kind, child.result()?))
    });
    assert_eq!(ended.unwrap(), (Kind::Cancelled, "went on"));
}

/// A gather hears of its parts in the turn after their end. CPython 3.13.0 gives the same turns.
#[test]
fn a_cancellation_between_the_last_result_and_the_gather_comes_when_that_is_done() {
    let log = Log::default();
    let logged = log.clone();
    let (result, _) = run(async move {
        let future = tminus::EventLoop::running()?.create_future();
        let all = gather([gather([future.clone()])]);
        let task = {
            let log = logged.clone();
            spawn(async move {
                let ended = all.await.map(drop);
                log.add(format!("task: {}", without_places(&ended)));
                ended
            })?
        };
        yield_now().await?;
        future.set_result(())?;
        assert!(task.cancel());
        for turn in 0..4 {
            logged.add(format!("turn {turn}"));
            yield_now().await?;
        }
        Ok(task.cancelled())
    });
    assert!(result.unwrap());
    let expected = [
        "turn 0",
        "turn 1",
        "turn 2",
        "task: Err(Cancelled)",
        "turn 3",
    ];
    assert_eq!(log.take(), expected);
}

#[test]
fn what_is_done_is_not_cancelled() {
    let (ended, _) = run(async {
        let all = gather([after(1)]);
        let results = all.clone().await?;
        Ok((all.cancel(), results))
    });
    assert_eq!(ended.unwrap(), (false, vec![1]));
}

#[test]
fn a_future_that_everybody_dropped_does_not_keep_a_gather_from_being_cancelled() {
    let event_loop = new_loop();
    let lost = || event_loop.create_future::<()>();
    let slept = event_loop.create_task(sleep(ms(9))).unwrap();
    let alls = [
        gather_results([lost()]),
        gather_results([lost(), slept.as_future()]),
    ];
    for all in alls {
        assert!(all.cancel());
        let caught = event_loop.run_until_complete(all).unwrap_err();
        assert_eq!(caught.kind(), Kind::Cancelled);
    }
    let waiting = event_loop.create_task(gather([lost()])).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert!(waiting.cancel() && slept.cancelled());
    assert!(event_loop.run_until_complete(waiting.clone()).is_err() && waiting.cancelled());
}

#[test]
fn a_panic_is_a_failure_like_others() {
    let (ended, _) = run(async {
        let panics = async {
            after(1).await?;
            panic!("boom");
            #[allow(unreachable_code)]
            Ok(())
        };
        gather((after(1), panics)).await
    });
    assert_eq!(ended.unwrap_err().to_string(), "Panic: boom");
}

/// Tasks, each of which gathers the one before.
fn deep(event_loop: &tminus::EventLoop, levels: u32) -> (Task<()>, Task<()>) {
    let first = event_loop.create_task(sleep(ms(1000))).unwrap();
    let mut last = first.clone();
    for _ in 0..levels {
        let body = async move { gather([last]).await.map(drop) };
        last = event_loop.create_task(body).unwrap();
    }
    event_loop.run_until_complete(yield_now()).unwrap();
    (first, last)
}

#[test]
fn a_tree_a_hundred_thousand_deep_is_run_cancelled_and_dropped_without_recursion() {
    let event_loop = new_loop();
    let (_, last) = deep(&event_loop, 10_000);
    event_loop.run_until_complete(last).unwrap();
    let (first, last) = deep(&event_loop, 100_000);
    last.cancel();
    assert!(event_loop.run_until_complete(last.clone()).is_err());
    assert!(first.cancelled() && last.cancelled());
    assert!(event_loop.all_tasks().is_empty());
    let (_, last) = deep(&event_loop, 100_000);
    drop(event_loop);
    assert!(!last.done());
}

#[test]
fn a_hundred_thousand_at_once_are_gathered_cancelled_and_dropped() {
    let event_loop = new_loop();
    let flat = |count| {
        let tasks = (1..=count).map(|n| event_loop.create_task(after(n)).unwrap());
        let all = gather(tasks.collect::<Vec<_>>());
        event_loop.run_until_complete(yield_now()).unwrap();
        all
    };
    let results = event_loop.run_until_complete(flat(10_000)).unwrap();
    assert_eq!((results.len(), results[9_999]), (10_000, 10_000));
    let all = flat(100_000);
    all.cancel();
    assert!(event_loop.run_until_complete(all).is_err());
    let all = flat(100_000);
    event_loop.close().unwrap();
    assert!(!all.done());
}

#[test]
fn a_part_that_is_a_cancelled_future_passes_its_message_on() {
    let (error, _) = run(async {
        let future = tminus::EventLoop::running()?.create_future::<()>();
        future.cancel_with("no launch today");
        Ok(gather([future]).await.unwrap_err())
    });
    let error = error.unwrap();
    assert_eq!(
        (error.kind(), error.message().to_string()),
        (Kind::Cancelled, "no launch today".to_owned())
    );
}

/// The gather is never done, so it wakes nobody, and the task has to raise the `Cancelled` by itself.
#[test]
fn a_task_that_awaits_a_gather_of_itself_can_be_cancelled() {
    for has_other in [false, true] {
        let event_loop = new_loop();
        let slot = event_loop.create_future::<Task<()>>();
        let me = slot.clone();
        let done = event_loop.create_future();
        done.set_result(()).unwrap();
        let task = event_loop.create_task(async move {
            let me = me.await?.as_future();
            let parts = match has_other {
                true => vec![done.clone(), me],
                false => vec![me],
            };
            gather(parts).await.map(drop)
        });
        let task = task.unwrap();
        slot.set_result(task.clone()).unwrap();
        let canceller = task.clone();
        event_loop
            .run_until_complete(async move {
                yield_now().await?;
                assert!(canceller.cancel());
                Ok(())
            })
            .unwrap();
        let end = event_loop.run_until_complete(task).unwrap_err();
        assert_eq!(end.kind(), Kind::Cancelled, "{end}");
    }
}

#[test]
fn a_gather_that_failed_outside_a_loop_and_was_dropped_is_reported() {
    let unseen = || drop(gather([after(1)]));
    let report = format!("exception was never retrieved: {NO_LOOP}");
    assert_eq!(reported(unseen), [report]);
    let seen = || drop(gather([after(1)]).exception());
    assert_eq!(reported(seen), [""; 0]);
}

#[test]
fn the_message_of_a_cancelled_future_is_in_the_results_and_in_what_the_gather_raises() {
    let (messages, _) = run(async {
        let future = tminus::EventLoop::running()?.create_future::<u64>();
        let (all, results) = (gather([future.clone()]), gather_results([future.clone()]));
        future.cancel_with("enough");
        let of_it = results.await?.remove(0);
        let raised = [all.await, of_it.map(|one| vec![one])];
        Ok(raised.map(|one| one.unwrap_err().message().into_owned()))
    });
    assert_eq!(messages.unwrap(), ["enough", "enough"]);
}
