//! One, for a time.

use tminus::{
    EventLoop, Exception, Kind, LoopFuture, event_loop::current_task, shield, sleep, spawn,
    wait_for, yield_now,
};

use crate::{
    after, cleans_up, error, fails_after, ms, new_loop, run,
    support::{Log, reported},
};

#[test]
fn what_ends_in_time_gives_its_result_or_its_exception() {
    let (ended, time) = run(async {
        let failed = wait_for(fails_after(1, "no"), ms(5)).await.unwrap_err();
        Ok((wait_for(after(2), ms(5)).await?, failed.to_string()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((2, "ValueError: no".into()), ms(3))
    );
}

#[test]
fn what_is_late_is_cancelled_and_the_timeout_says_why() {
    let (ended, time) = run(async {
        let task = spawn(after(9))?;
        let late = wait_for(task.clone(), ms(2)).await.unwrap_err();
        let cause = late.source().map(ToString::to_string);
        Ok((
            late.to_string(),
            cause,
            task.cancelled(),
            current_task()?.cancelling(),
        ))
    });
    let expected = ("Timeout".into(), Some("Cancelled".into()), true, 0);
    assert_eq!((ended.unwrap(), time), (expected, ms(2)));
}

#[test]
fn it_waits_until_what_is_late_has_cleaned_up() {
    let log = Log::default();
    let logged = log.clone();
    let (late, time) = run(async move { wait_for(cleans_up(logged, "late", 30), ms(2)).await });
    assert_eq!((late.unwrap_err().kind(), time), (Kind::Timeout, ms(32)));
    assert_eq!(log.take(), ["late: Cancelled", "late is clean"]);
}

#[test]
fn what_catches_the_cancellation_has_its_own_result_or_exception() {
    let caught = |then: Result<&'static str, Exception>| {
        let (ended, _) = run(async move {
            let body = async {
                drop(sleep(ms(9)).await);
                then
            };
            wait_for(spawn(body)?, ms(2)).await
        });
        ended.map_err(|exception| exception.to_string())
    };
    assert_eq!(caught(Ok("went on")), Ok("went on"));
    assert_eq!(
        caught(Err(error("cleaning up failed"))),
        Err("ValueError: cleaning up failed".into())
    );
}

mod zero {
    use super::*;

    #[test]
    fn what_is_done_is_given_and_what_failed_is_raised() {
        let (ended, time) = run(async {
            let event_loop = EventLoop::running()?;
            let (done, failed) = (event_loop.create_future(), event_loop.create_future::<()>());
            done.set_result("done")?;
            failed.set_exception(error("no"))?;
            let failed = wait_for(failed, ms(0)).await.unwrap_err().to_string();
            let task = spawn(after(0))?;
            yield_now().await?;
            yield_now().await?;
            Ok((
                wait_for(done, ms(0)).await?,
                failed,
                wait_for(task, ms(0)).await?,
            ))
        });
        assert_eq!(
            (ended.unwrap(), time),
            (("done", "ValueError: no".into(), 0), ms(0))
        );
    }

    #[test]
    fn what_was_cancelled_before_is_cancelled_and_not_late() {
        let (ended, _) = run(async {
            let future = EventLoop::running()?.create_future::<()>();
            future.cancel();
            Ok(wait_for(future, ms(0)).await.unwrap_err().kind())
        });
        assert_eq!(ended.unwrap(), Kind::Cancelled);
    }

    #[test]
    fn a_coroutine_is_never_begun() {
        let log = Log::default();
        let logged = log.clone();
        let body = async move {
            logged.add("begun");
            Ok(())
        };
        let (ended, time) = run(async { wait_for(body, ms(0)).await });
        assert_eq!((ended.unwrap_err().kind(), time), (Kind::Timeout, ms(0)));
        assert_eq!(log.take(), [""; 0]);
    }

    #[test]
    fn a_task_is_cancelled_and_waited_for() {
        let log = Log::default();
        let logged = log.clone();
        let (ended, time) = run(async move {
            let task = spawn(cleans_up(logged, "task", 3))?;
            yield_now().await?;
            let late = wait_for(task.clone(), ms(0)).await.unwrap_err();
            Ok((late.to_string(), task.cancelled()))
        });
        assert_eq!((ended.unwrap(), time), (("Timeout".into(), true), ms(3)));
        assert_eq!(log.take(), ["task: Cancelled", "task is clean"]);
    }

    #[test]
    fn a_task_that_catches_that_has_its_result() {
        let (ended, _) = run(async {
            let task = spawn(async {
                drop(sleep(ms(9)).await);
                Ok("caught")
            })?;
            yield_now().await?;
            wait_for(task, ms(0)).await
        });
        assert_eq!(ended.unwrap(), "caught");
    }

    #[test]
    fn who_waits_for_the_clean_up_can_be_cancelled_meanwhile() {
        let log = Log::default();
        let logged = log.clone();
        let (ended, time) = run(async move {
            let task = spawn(cleans_up(logged, "task", 5))?;
            let inner = task.clone();
            let waiting = spawn(async move { wait_for(inner, ms(0)).await })?;
            sleep(ms(1)).await?;
            assert!(!task.done());
            waiting.cancel_with("you");
            let caught = waiting.await.unwrap_err().to_string();
            drop(task.await);
            Ok(caught)
        });
        assert_eq!(ended.unwrap(), "Cancelled: you");
        assert_eq!(log.take(), ["task: Cancelled", "task is clean"]); // not disturbed
        assert_eq!(time, ms(5));
    }
}

#[test]
fn to_cancel_who_waits_cancels_what_it_waits_for() {
    let (ended, time) = run(async {
        let task = spawn(after(9))?;
        let inner = task.clone();
        let waiting = spawn(async move { wait_for(inner, ms(5)).await })?;
        sleep(ms(1)).await?;
        waiting.cancel_with("you");
        let caught = waiting.clone().await.unwrap_err().to_string();
        Ok((caught, task.cancelled(), waiting.cancelled()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        (("Cancelled: you".into(), true, true), ms(1))
    );
}

#[test]
fn a_cancellation_from_elsewhere_that_the_inner_one_catches_is_not_made_a_timeout() {
    let (ended, _) = run(async {
        let waiting = spawn(async {
            let inner = spawn(async {
                drop(sleep(ms(9)).await);
                Ok("suppressed")
            })?;
            wait_for(inner, ms(5)).await
        })?;
        sleep(ms(1)).await?;
        waiting.cancel();
        waiting.await
    });
    assert_eq!(ended.unwrap(), "suppressed");
}

/// The future gets its result, the time is up, or who waits is cancelled, all in one turn: in this order of timers.
fn all_at_once(order: [&'static str; 2]) -> String {
    let event_loop = new_loop();
    let future: LoopFuture<&str> = event_loop.create_future();
    let waited = future.clone();
    let waiting = event_loop.create_task(async move { wait_for(waited, ms(5)).await });
    let waiting = waiting.unwrap();
    let at_5 = |what| {
        let (future, waiting) = (future.clone(), waiting.clone());
        let callback = move || match what {
            "result" => drop(future.set_result("result")),
            _ => drop(waiting.cancel_with("from elsewhere")),
        };
        event_loop.call_at(ms(5), callback).unwrap();
    };
    let mut after_the_timer = false;
    for what in order {
        if what == "time" {
            event_loop.run_until_complete(yield_now()).unwrap(); // it sets its timer now
            after_the_timer = true;
        } else {
            at_5(what);
        }
    }
    assert!(after_the_timer);
    let ended = event_loop.run_until_complete(waiting);
    assert_eq!(event_loop.time(), ms(5));
    ended.map_or_else(|exception| exception.to_string(), str::to_owned)
}

/// Each as CPython 3.13.0 does it.
#[test]
fn in_one_turn_with_the_time_a_result_before_it_loses_and_a_cancellation_wins() {
    assert_eq!(all_at_once(["result", "time"]), "Timeout");
    assert_eq!(all_at_once(["time", "result"]), "Timeout");
    assert_eq!(all_at_once(["cancel", "time"]), "Cancelled: from elsewhere");
    assert_eq!(all_at_once(["time", "cancel"]), "Cancelled"); // the message of the first
}

#[test]
fn it_can_be_used_again_and_again_and_one_in_the_other() {
    let (ended, time) = run(async {
        let mut lates = 0;
        for n in 1..=6 {
            let inner = async move { wait_for(after(n), ms(4)).await };
            lates += u32::from(wait_for(inner, ms(3)).await.is_err());
        }
        Ok(lates)
    });
    // Three end in time (the third sets its timer after that of the limit, so it is late).
    assert_eq!((ended.unwrap(), time), (4, ms(1 + 2 + 3 * 4)));
}

#[test]
fn what_is_shielded_runs_on() {
    let (ended, time) = run(async {
        let inner = spawn(after(5))?;
        let late = wait_for(shield(inner.clone()), ms(1)).await.unwrap_err();
        let at_once = wait_for(shield(inner.clone()), ms(0)).await.unwrap_err();
        Ok((late.kind(), at_once.kind(), inner.await?))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((Kind::Timeout, Kind::Timeout, 5), ms(5))
    );
}

#[test]
fn dropped_half_way_it_takes_its_timer_back_and_leaves_a_task_alone() {
    use futures::FutureExt;
    let event_loop = new_loop();
    let main = async {
        let task = spawn(after(3))?;
        futures::select! {
            _ = Box::pin(wait_for(task.clone(), ms(500))).fuse() => unreachable!("it sleeps"),
            slept = Box::pin(sleep(ms(1))).fuse() => slept?,
        }
        assert_eq!((task.await?, current_task()?.cancelling()), (3, 0));
        futures::future::pending::<Result<(), Exception>>().await
    };
    assert!(event_loop.run_until_complete(main).is_err()); // a deadlock, and not after 500 ms
    assert_eq!(event_loop.time(), ms(3));
}

#[test]
fn an_exception_in_answer_to_the_timeout_is_not_reported_as_well() {
    let errors = reported(|| {
        let main = async {
            let body = async {
                drop(sleep(ms(9)).await);
                Err::<(), _>(error("instead"))
            };
            let late = wait_for(spawn(body)?, ms(1)).await.unwrap_err();
            assert_eq!(late.to_string(), "ValueError: instead");
            Ok(())
        };
        run(main).0.unwrap();
    });
    assert_eq!(errors, [""; 0]);
}

#[test]
fn outside_a_task_it_is_refused() {
    use futures::FutureExt;
    for timeout in [ms(0), ms(1)] {
        let refused = wait_for(after(1), timeout)
            .now_or_never()
            .unwrap()
            .unwrap_err();
        assert_eq!(refused.kind(), Kind::RuntimeError);
    }
}

#[test]
fn without_any_time_what_answers_the_cancellation_with_an_exception_is_not_made_a_timeout() {
    let (ended, time) = run(async {
        let body = async {
            drop(sleep(ms(9)).await);
            Err::<(), _>(error("instead"))
        };
        let task = spawn(body)?;
        yield_now().await?;
        wait_for(task, ms(0)).await
    });
    assert_eq!(ended.unwrap_err().to_string(), "ValueError: instead");
    assert_eq!(time, ms(0));
}
