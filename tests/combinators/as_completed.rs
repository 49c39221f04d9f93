//! One after the other, as they get done.

use futures::{FutureExt, Stream, StreamExt, stream::FusedStream};
use tminus::{
    EventLoop, Exception, Kind, LoopFuture, as_completed,
    combinators::{AsCompleted, NextCompleted},
    event_loop::{Deadlock, next, spawn_named},
    gather, sleep, spawn, yield_now,
};

use crate::{after, fails_after, ms, new_loop, run};

/// All items, as text.
async fn items(mut completed: AsCompleted<u64>) -> Result<Vec<String>, Exception> {
    let mut items = Vec::new();
    while let Some(item) = next(&mut completed).await {
        let result = item.and_then(|done| done.result());
        items.push(match result {
            Ok(n) => n.to_string(),
            Err(exception) => exception.to_string(),
        });
    }
    Ok(items)
}

#[test]
fn each_comes_when_it_is_done_coroutines_and_tasks_and_failures_alike() {
    let (all, time) = run(async { items(as_completed([after(3), after(1), after(2)])).await });
    assert_eq!(
        (all.unwrap(), time),
        (vec!["1".into(), "2".into(), "3".into()], ms(3))
    );
    let (all, _) = run(async {
        let tasks = [
            spawn(after(3))?,
            spawn(fails_after(1, "no"))?,
            spawn(after(2))?,
        ];
        tasks[2].cancel_with("you");
        items(as_completed(tasks)).await
    });
    assert_eq!(all.unwrap(), ["Cancelled: you", "ValueError: no", "3"]);
}

#[test]
fn an_item_is_the_future_that_was_given() {
    let (same, _) = run(async {
        let tasks = [spawn(after(2))?, spawn(after(1))?];
        let mut completed = as_completed(tasks.clone());
        let first = next(&mut completed).await.expect("there are two")?;
        let second = next(&mut completed).await.expect("there are two")?;
        Ok((
            first == tasks[1].as_future(),
            second == tasks[0].as_future(),
        ))
    });
    assert_eq!(same.unwrap(), (true, true));
}

#[test]
fn what_is_done_already_comes_in_the_order_given_and_of_one_given_twice_there_is_one() {
    let (all, _) = run(async {
        let futures: Vec<LoopFuture<u64>> = (0..3)
            .map(|n| {
                let future = tminus::EventLoop::running().unwrap().create_future();
                future.set_result(n).unwrap();
                future
            })
            .collect();
        let [a, b, c] = &futures[..] else {
            unreachable!("three")
        };
        let completed = as_completed([c, a, c, b, a].map(Clone::clone));
        assert_eq!(completed.size_hint(), (3, Some(3)));
        items(completed).await
    });
    assert_eq!(all.unwrap(), ["2", "0", "1"]);
}

#[test]
fn of_nothing_it_gives_nothing() {
    let (all, time) = run(async { items(as_completed(Vec::<tminus::Task<u64>>::new())).await });
    assert_eq!((all.unwrap().len(), time), (0, ms(0)));
}

#[test]
fn after_the_timeout_each_that_is_not_done_gives_one_and_runs_on() {
    let (all, time) = run(async {
        let slow = spawn(after(9))?;
        let all = [slow.clone(), spawn(after(2))?, spawn(after(8))?];
        let items = items(as_completed(all).timeout(ms(5))).await?;
        assert_eq!(items, ["2", "Timeout", "Timeout"]);
        slow.await
    });
    assert_eq!((all.unwrap(), time), (9, ms(9)));
}

#[test]
fn the_time_counts_from_the_start_and_not_from_item_to_item() {
    let (all, time) = run(async {
        let sleeps = [after(2), after(4), after(6)];
        items(as_completed(sleeps).timeout(ms(5))).await
    });
    assert_eq!(
        (all.unwrap(), time),
        (vec!["2".into(), "4".into(), "Timeout".into()], ms(5))
    );
    let (all, _) = run(async { items(as_completed([after(3)]).timeout(ms(5))).await });
    assert_eq!(all.unwrap(), ["3"]);
    let (all, _) = run(async { items(as_completed([after(3)]).timeout(ms(0))).await });
    assert_eq!(all.unwrap(), ["Timeout"]);
}

#[test]
fn a_timeout_that_is_not_needed_is_taken_back() {
    let event_loop = new_loop();
    let main = async {
        let mut completed = as_completed([after(3)]).timeout(ms(500));
        next(&mut completed).await.expect("there is one")?;
        futures::future::pending::<Result<(), Exception>>().await
    };
    assert!(event_loop.run_until_complete(main).is_err()); // a deadlock, at once
    assert_eq!(event_loop.time(), ms(3));
}

#[test]
fn to_cancel_who_waits_is_one_item_and_cancels_none() {
    // As in CPython 3.13: the item that was waited for is lost, and the last is never given.
    let (all, time) = run(async {
        let tasks = [spawn(after(2))?, spawn(after(3))?, spawn(after(4))?];
        let waiting = spawn(items(as_completed(tasks.clone())))?;
        sleep(ms(1)).await?;
        waiting.cancel_with("you");
        let items = waiting.await?;
        assert_eq!(tasks.map(|task| task.done()), [true, true, false]);
        Ok(items)
    });
    assert_eq!(all.unwrap(), ["Cancelled: you", "2", "3"]);
    assert_eq!(time, ms(3));
}

#[test]
fn dropped_early_it_leaves_the_others_running() {
    let (ended, time) = run(async {
        let tasks = [spawn(after(1))?, spawn(after(5))?];
        let mut completed = as_completed(tasks.clone()).timeout(ms(500));
        let first = next(&mut completed)
            .await
            .expect("there are two")?
            .result()?;
        drop(completed);
        let [_, slow] = tasks;
        Ok((first, slow.await?))
    });
    assert_eq!((ended.unwrap(), time), ((1, 5), ms(5)));
}

#[test]
fn a_next_that_is_dropped_half_way_loses_no_item() {
    let (ended, _) = run(async {
        let mut completed = as_completed([after(5), after(6)]);
        futures::select! {
            _ = Box::pin(next(&mut completed)).fuse() => unreachable!("they sleep"),
            slept = Box::pin(sleep(ms(1))).fuse() => slept?,
        }
        items(completed).await
    });
    assert_eq!(ended.unwrap(), ["5", "6"]);
}

#[test]
fn it_is_a_stream_like_others() {
    let (ended, _) = run(async {
        let mut one = as_completed([after(1)]);
        assert!(!one.is_terminated());
        assert_eq!(next(&mut one).await.unwrap()?.result()?, 1);
        assert!(one.is_terminated());
        let results = as_completed([after(2), after(1)]).map(|done| done?.result());
        Ok(results
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>())
    });
    assert_eq!(ended.unwrap(), [1, 2]);
}

#[test]
fn outside_a_loop_it_gives_one_clear_error() {
    let mut outside = as_completed([after(1), after(2)]);
    let refused = next(&mut outside)
        .now_or_never()
        .unwrap()
        .unwrap()
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    assert!(next(&mut outside).now_or_never().unwrap().is_none());
}

#[test]
fn tasks_that_are_made_of_coroutines_run_without_being_asked() {
    let event_loop = new_loop();
    let main = async {
        let completed = as_completed([after(1), after(2)]);
        spawn_named("other", after(9))?;
        yield_now().await?;
        drop(completed);
        Ok(tminus::event_loop::all_tasks()?.len())
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 4);
}

#[test]
fn twenty_thousand_come_in_no_time() {
    let (count, _) = run(async {
        let completed = as_completed((1..=20_000).map(after));
        Ok(items(completed).await?.len())
    });
    assert_eq!(count.unwrap(), 20_000);
}

/// The results of the futures of an iteration, as text.
async fn awaited(next: NextCompleted<u64>) -> Result<String, Exception> {
    Ok(match next.await {
        Ok(n) => n.to_string(),
        Err(exception) => exception.to_string(),
    })
}

#[test]
fn as_an_iterator_it_yields_futures_of_the_results_in_their_order() {
    let (all, time) = run(async {
        let mut all = Vec::new();
        let sleeps = [
            spawn(after(3))?,
            spawn(fails_after(10, "no"))?,
            spawn(after(20))?,
        ];
        for next in as_completed(sleeps).timeout(ms(15)) {
            all.push(awaited(next).await?);
        }
        Ok(all)
    });
    assert_eq!(all.unwrap(), ["3", "ValueError: no", "Timeout"]);
    assert_eq!(time, ms(15));
}

#[test]
fn the_futures_of_an_iteration_can_be_awaited_by_different_tasks_the_first_of_which_gets_the_first()
{
    let (all, _) = run(async {
        let next = as_completed([after(30), after(10), after(20)]).into_iter();
        assert_eq!(next.len(), 3);
        let next: Vec<_> = next.collect();
        gather(next.into_iter().rev().map(awaited).collect::<Vec<_>>()).await
    });
    assert_eq!(all.unwrap(), ["10", "20", "30"]);
}

#[test]
fn a_future_of_an_iteration_that_is_cancelled_leaves_the_result_to_the_next() {
    let (all, time) = run(async {
        let next = as_completed([after(10), after(20)]).into_iter();
        let tasks = next.map(|next| spawn(awaited(next)));
        let tasks: Vec<_> = tasks.collect::<Result<_, _>>()?;
        sleep(ms(5)).await?;
        tasks[0].cancel_with("you");
        gather(tasks).await
    });
    assert_eq!(all.unwrap(), ["Cancelled: you", "10"]);
    assert_eq!(time, ms(10));
}

#[test]
fn an_iteration_outside_a_loop_yields_one_future_that_fails() {
    let mut next = as_completed([after(1), after(2)]).into_iter();
    let refused = next.next().unwrap().now_or_never().unwrap().unwrap_err();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    assert!(next.next().is_none());
}

#[test]
fn no_limit_is_a_limit_of_none() {
    let (all, time) = run(async {
        let limited = as_completed([after(3)]).timeout(ms(1)).timeout(None);
        items(limited).await
    });
    assert_eq!((all.unwrap(), time), (vec!["3".to_owned()], ms(3)));
}

#[test]
fn a_future_of_an_iteration_that_was_woken_and_is_cancelled_passes_its_result_on() {
    let (all, _) = run(async {
        let event_loop = tminus::EventLoop::running()?;
        let futures = [event_loop.create_future(), event_loop.create_future()];
        let next = as_completed(futures.clone()).into_iter();
        let tasks: Vec<_> = next
            .map(|next| spawn(awaited(next)))
            .collect::<Result<_, _>>()?;
        yield_now().await?;
        yield_now().await?;
        futures[0].set_result(7)?;
        yield_now().await?;
        tasks[0].cancel();
        for _ in 0..3 {
            yield_now().await?;
        }
        assert_eq!(tasks[0].result()?, "Cancelled");
        tasks[1].result()
    });
    assert_eq!(all.unwrap(), "7");
}

#[test]
fn a_future_of_the_iterator_shows_whether_it_waits() {
    let (shown, _) = run(async {
        let mut first = as_completed([after(1)]).into_iter().next().unwrap();
        let before = format!("{first:?}");
        assert!(futures::poll!(&mut first).is_pending());
        let waits = format!("{first:?}");
        first.await?;
        Ok([before, waits])
    });
    let expected = [
        "NextCompleted { waits: false, .. }",
        "NextCompleted { waits: true, .. }",
    ];
    assert_eq!(shown.unwrap(), expected);
}

/// Otherwise the time would have to pass before the deadlock is seen.
#[test]
fn a_limit_on_nothing_sets_no_timer() {
    let (stuck, time) = run(async {
        let none: [LoopFuture<u64>; 0] = [];
        let limited = as_completed(none).timeout(ms(5));
        EventLoop::running()?.create_future::<()>().await?;
        drop(limited);
        Ok(())
    });
    assert!(stuck.unwrap_err().is::<Deadlock>());
    assert_eq!(time, ms(0));
}

/// Awaits the results in tasks, which wait in this order.
async fn awaited_by_tasks<const N: usize>(
    futures: &[LoopFuture<u64>; N],
) -> Result<[tminus::Task<u64>; N], Exception> {
    let mut each = as_completed(futures.clone()).into_iter();
    let tasks = [(); N].map(|()| spawn(each.next().expect("one for each")).unwrap());
    yield_now().await?;
    Ok(tasks)
}

#[test]
fn one_that_is_cancelled_before_anything_arrives_leaves_the_order_of_the_others() {
    let (results, _) = run(async {
        let event_loop = tminus::EventLoop::running()?;
        let futures = [(); 3].map(|()| event_loop.create_future());
        let [first, second, third] = awaited_by_tasks(&futures).await?;
        first.cancel();
        sleep(ms(1)).await?;
        for (future, n) in futures.iter().zip(0..2) {
            future.set_result(n)?;
            sleep(ms(1)).await?;
        }
        gather([second, third]).await
    });
    assert_eq!(results.unwrap(), [0, 1]);
}

#[test]
fn one_that_is_dropped_when_its_result_has_arrived_leaves_it_to_the_next() {
    let (result, _) = run(async {
        let futures = [(); 2].map(|()| tminus::EventLoop::running().unwrap().create_future());
        let mut each = as_completed(futures.clone()).into_iter();
        let (first, second) = (each.next().unwrap(), each.next().unwrap());
        let mut first = Box::pin(first);
        assert!(futures::poll!(&mut first).is_pending());
        let second = spawn(second)?;
        yield_now().await?;
        futures[0].set_result(7)?;
        // In the next round its callback is called. The result is then on its way to the first.
        spawn(async move {
            drop(first);
            Ok(())
        })?;
        second.await
    });
    assert_eq!(result.unwrap(), 7);
}
