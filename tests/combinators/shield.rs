//! Keeping a cancellation away.

use tminus::{
    EventLoop, Kind, event_loop::current_task, gather, gather_results, shield, sleep, spawn,
    timeout, wait_for, yield_now,
};

use crate::{
    after, error, fails_after, ms, new_loop, run,
    support::{Log, reported},
};

#[test]
fn a_result_and_an_exception_pass_a_turn_later() {
    let (ended, time) = run(async {
        let failed = shield(fails_after(2, "no")).await.unwrap_err();
        Ok((shield(after(1)).await?, failed.to_string()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((1, "ValueError: no".into()), ms(3))
    );
}

#[test]
fn what_is_done_is_its_own_shield() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    future.set_result(3).unwrap();
    assert_eq!(shield(future.clone()), future);
}

#[test]
fn to_cancel_the_shield_leaves_the_inner_one_alone() {
    let (ended, time) = run(async {
        let inner = spawn(after(5))?;
        let outer = shield(inner.clone());
        yield_now().await?;
        assert!(outer.cancel() && outer.cancelled());
        assert_eq!((inner.done(), inner.cancelling()), (false, 0));
        inner.await
    });
    assert_eq!((ended.unwrap(), time), (5, ms(5)));
}

#[test]
fn to_cancel_who_waits_leaves_the_inner_one_alone() {
    let (ended, _) = run(async {
        let inner = spawn(after(5))?;
        let waiting = spawn(shield(inner.clone()))?;
        yield_now().await?;
        waiting.cancel_with("you");
        let caught = waiting.await.unwrap_err().to_string();
        Ok((caught, inner.await?))
    });
    assert_eq!(ended.unwrap(), ("Cancelled: you".into(), 5));
}

#[test]
fn to_cancel_the_inner_one_cancels_the_shield_and_not_who_waits() {
    let (ended, _) = run(async {
        let inner = spawn(after(5))?;
        let outer = shield(inner.clone());
        yield_now().await?;
        inner.cancel();
        let caught = outer.clone().await.unwrap_err();
        Ok((
            caught.kind(),
            outer.cancelled(),
            current_task()?.cancelling(),
        ))
    });
    assert_eq!(ended.unwrap(), (Kind::Cancelled, true, 0));
}

#[test]
fn a_shield_of_a_gather_and_a_gather_of_shields() {
    let (ended, _) = run(async {
        let children = [spawn(after(2))?, spawn(after(3))?];
        let outer = shield(gather(children.clone()));
        yield_now().await?;
        outer.cancel();
        yield_now().await?;
        assert!(!children[0].done() && !children[1].done());
        let all = gather(children.clone().map(shield));
        yield_now().await?;
        all.cancel();
        let caught = all.await.unwrap_err().kind();
        let [a, b] = children;
        Ok((caught, a.await?, b.await?))
    });
    assert_eq!(ended.unwrap(), (Kind::Cancelled, 2, 3));
}

#[test]
fn a_timeout_around_a_shield_lets_the_inner_one_run_on() {
    let (ended, time) = run(async {
        let inner = spawn(after(5))?;
        let late = timeout(ms(1)).run(shield(inner.clone())).await.unwrap_err();
        Ok((late.kind(), inner.await?))
    });
    assert_eq!((ended.unwrap(), time), ((Kind::Timeout, 5), ms(5)));
}

#[test]
fn an_exception_behind_a_shield_that_was_cancelled_is_reported() {
    let errors = reported(|| {
        let main = async {
            let inner = spawn(fails_after(2, "behind"))?;
            let outer = shield(inner.clone());
            yield_now().await?;
            outer.cancel();
            drop((inner, outer));
            sleep(ms(5)).await
        };
        run(main).0.unwrap();
    });
    // The shield took its callback back when it was cancelled, so, as in CPython 3.13, nobody has seen it.
    assert_eq!(
        errors,
        ["exception was never retrieved: ValueError: behind"]
    );
}

/// Unlike in CPython, where what is shielded keeps all its shields until it is done.
#[test]
fn done_callbacks_of_a_shield_are_called_while_somebody_holds_it_and_then_dropped() {
    let log = Log::default();
    let logged = log.clone();
    let (result, _) = run(async move {
        let inner = EventLoop::running()?.create_future::<()>();
        let shields = ["held", "dropped"].map(|name| {
            let (shield, logged) = (shield(inner.clone()), logged.clone());
            shield.add_done_callback(move |outer| logged.add(format!("{name}: {outer:?}")));
            shield
        });
        let [held, dropped] = shields;
        drop(dropped);
        inner.set_exception(error("no"))?;
        for _ in 0..3 {
            yield_now().await?;
        }
        drop(held);
        Ok(())
    });
    result.unwrap();
    assert_eq!(log.take(), ["held: LoopFuture(failed: ValueError: no)"]);
}

/// A gather holds the shields that were passed to it, and a shield the one in it.
#[test]
fn shields_that_only_others_wait_for_are_not_dropped() {
    let (ended, time) = run(async {
        let [a, b] = [3, 5].map(|n| spawn(after(n)).unwrap());
        let nested = shield(shield(shield(b.clone())));
        let gathered = gather((shield(a.clone()), after(4), nested)).await?;
        let only_shields = gather([shield(spawn(after(1))?), shield(a), shield(b)]).await?;
        let failed = gather_results([shield(spawn(fails_after(1, "no"))?)]).await?;
        Ok((gathered, only_shields, failed[0].is_err()))
    });
    let expected = ((3, 4, 5), vec![1, 3, 5], true);
    assert_eq!((ended.unwrap(), time), (expected, ms(7)));
}

#[test]
fn a_gather_of_shields_that_is_cancelled_or_dropped_leaves_the_tasks_alone() {
    let (ended, time) = run(async {
        let [a, b] = [3, 5].map(|n| spawn(after(n)).unwrap());
        let gathered = gather([shield(a.clone()), shield(b.clone())]);
        let late = wait_for(gathered, ms(1)).await.unwrap_err().kind();
        drop(gather([shield(a.clone()), shield(b.clone())]));
        Ok((late, a.await?, b.await?))
    });
    assert_eq!((ended.unwrap(), time), ((Kind::Timeout, 3, 5), ms(5)));
}

/// The exception of what was in the gather is the gather's, even if it comes from a panic in a callback of the loop's own.
#[test]
fn a_result_that_cannot_be_cloned_ends_a_gather_of_what_is_done_already() {
    #[derive(Debug)]
    struct Unclonable;
    impl Clone for Unclonable {
        fn clone(&self) -> Self {
            panic!("it cannot be cloned")
        }
    }
    let (ended, _) = run(async {
        let task = spawn(async { Ok(Unclonable) })?;
        yield_now().await?;
        let gathered = gather([task.clone()]).await.map(drop).unwrap_err();
        let results = gather_results((task.clone(),)).await.map(drop).unwrap_err();
        Ok([gathered, results].map(|end| end.to_string()))
    });
    assert_eq!(ended.unwrap(), ["Panic: it cannot be cloned"; 2]);
}

#[test]
fn outside_a_loop_a_coroutine_is_refused_and_a_future_is_not() {
    let event_loop = new_loop();
    let refused = event_loop.run_until_complete(shield(after(1))).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("RuntimeError: no running event loop")
    );
    let task = event_loop.create_task(after(1)).unwrap();
    assert_eq!(event_loop.run_until_complete(shield(task)).unwrap(), 1);
}

#[test]
fn a_hundred_thousand_shields_one_in_the_other_are_passed_and_dropped_without_recursion() {
    let event_loop = new_loop();
    let shields = |count| {
        let first = event_loop.create_future::<()>();
        let last = (0..count).fold(first.clone(), |last, _| shield(last));
        (first, last)
    };
    drop(shields(100_000));
    let (first, last) = shields(100_000);
    first.cancel();
    assert!(event_loop.run_until_complete(last).is_err());
    let (_first, last) = shields(100_000);
    event_loop.create_task(last).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    drop(event_loop);
}

/// Nobody else will look at the exception: the shield was cancelled in the round in which the inner future failed.
#[test]
fn an_exception_in_the_round_of_the_shields_cancellation_is_not_reported() {
    let errors = reported(|| {
        let main = async {
            let inner = EventLoop::running()?.create_future::<()>();
            let outer = shield(inner.clone());
            inner.set_exception(error("late"))?;
            assert!(outer.cancel());
            drop(inner);
            yield_now().await?;
            drop(outer);
            yield_now().await
        };
        run(main).0.unwrap();
    });
    assert_eq!(errors, [""; 0]);
}
