//! Blocks with a limit.

use futures::FutureExt;
use tminus::{
    EventLoop, Exception, ExceptionGroup, Kind, TaskGroup, Timeout,
    event_loop::{Deadlock, cancellable, current_task},
    sleep, spawn, timeout, timeout_at, yield_now,
};

use crate::{error, ms, new_loop, run, support::Log};

const HOUR: u64 = 3_600_000;

#[test]
fn a_block_that_ends_in_time_gives_its_result_and_the_limit_is_finished() {
    let (ended, time) = run(async {
        let limit = timeout(ms(50));
        let result = limit
            .run(async { sleep(ms(10)).await.map(|()| "done") })
            .await?;
        Ok((result, limit.expired(), limit.when(), format!("{limit:?}")))
    });
    let shown = "Timeout { state: Finished, when: Some(50ms) }".into();
    assert_eq!(
        (ended.unwrap(), time),
        (("done", false, Some(ms(50)), shown), ms(10))
    );
}

#[test]
fn a_block_that_is_late_is_cancelled_and_the_error_is_a_timeout_caused_by_that() {
    for limit in [|| timeout(ms(10)), || timeout_at(ms(10))] {
        let (ended, time) = run(async move {
            let limit = limit();
            let late = limit.run(sleep(ms(HOUR))).await.unwrap_err();
            let cause = late.source().map(ToString::to_string);
            Ok((
                late.to_string(),
                cause,
                limit.expired(),
                current_task()?.cancelling(),
            ))
        });
        let expected = ("Timeout".into(), Some("Cancelled".into()), true, 0);
        assert_eq!((ended.unwrap(), time), (expected, ms(10)));
    }
}

#[test]
fn a_limit_of_zero_and_one_in_the_past_are_up_at_the_first_wait() {
    let (ended, time) = run(async {
        sleep(ms(20)).await?;
        let mut ends = Vec::new();
        for limit in [timeout(ms(0)), timeout_at(ms(5)), timeout_at(ms(0))] {
            ends.push(limit.run(sleep(ms(HOUR))).await.unwrap_err().kind());
        }
        // One that gives way once is woken in the turn in which the time is up: too late.
        ends.push(timeout(ms(0)).run(yield_now()).await.unwrap_err().kind());
        // And one that does not wait is in time.
        timeout(ms(0)).run(async { Ok(()) }).await?;
        yield_now().await?;
        Ok(ends)
    });
    assert_eq!((ended.unwrap(), time), (vec![Kind::Timeout; 4], ms(20)));
}

#[test]
fn without_a_limit_a_block_takes_as_long_as_it_takes() {
    let (ended, time) = run(async {
        let never = timeout(None);
        never.run(sleep(ms(HOUR))).await?;
        Ok((never.when(), never.expired()))
    });
    assert_eq!((ended.unwrap(), time), ((None, false), ms(HOUR)));
}

#[test]
fn the_inner_of_two_limits_is_up_first_and_the_outer_one_is_none_the_wiser() {
    let (ended, time) = run(async {
        let (outer, inner) = (timeout(ms(20)), timeout(ms(10)));
        let caught = outer
            .run(async { Ok(inner.run(sleep(ms(HOUR))).await.unwrap_err().kind()) })
            .await?;
        Ok((caught, outer.expired(), inner.expired()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((Kind::Timeout, false, true), ms(10))
    );
}

#[test]
fn when_the_outer_one_is_up_the_inner_one_passes_the_cancellation() {
    let (ended, time) = run(async {
        let (outer, inner) = (timeout(ms(10)), timeout(ms(20)));
        let mut inside = None;
        let late = outer.run(async {
            let passed = inner.run(sleep(ms(HOUR))).await;
            inside = passed.as_ref().err().map(Exception::kind);
            passed
        });
        let late = late.await.unwrap_err().kind();
        Ok((inside, late, inner.expired(), current_task()?.cancelling()))
    });
    let expected = (Some(Kind::Cancelled), Kind::Timeout, false, 0);
    assert_eq!((ended.unwrap(), time), (expected, ms(10)));
}

#[test]
fn when_both_are_up_in_one_turn_only_the_outer_one_makes_a_timeout() {
    // The inner one finds that somebody else cancelled, too.
    let (ended, _) = run(async {
        let (outer, inner) = (timeout(ms(10)), timeout(ms(10)));
        let mut inside = None;
        let late = outer.run(async {
            let passed = inner.run(sleep(ms(HOUR))).await;
            inside = passed.as_ref().err().map(Exception::kind);
            passed
        });
        let late = late.await.unwrap_err().kind();
        Ok((inside, late, inner.expired(), current_task()?.cancelling()))
    });
    assert_eq!(
        ended.unwrap(),
        (Some(Kind::Cancelled), Kind::Timeout, true, 0)
    );
}

#[test]
fn a_block_may_catch_the_cancellation_and_have_its_own_end() {
    let (ended, _) = run(async {
        let (caught, raised) = (timeout(ms(1)), timeout(ms(1)));
        let result = caught.run(async {
            drop(sleep(ms(HOUR)).await);
            Ok("went on")
        });
        assert_eq!(result.await?, "went on");
        let result = raised.run(async {
            drop(sleep(ms(HOUR)).await);
            Err::<(), _>(error("instead"))
        });
        assert_eq!(result.await.unwrap_err().to_string(), "ValueError: instead");
        Ok((
            caught.expired(),
            raised.expired(),
            current_task()?.cancelling(),
        ))
    });
    assert_eq!(ended.unwrap(), (true, true, 0));
}

#[test]
fn an_exception_or_a_cancelled_of_the_blocks_own_passes_as_it_is() {
    let (ended, _) = run(async {
        let foreign = timeout(ms(1))
            .run(async { Err::<(), _>(error("no")) })
            .await
            .unwrap_err();
        let own = async { Err::<(), _>(Exception::new(Kind::Cancelled, "own")) };
        let own = timeout(ms(1)).run(own).await.unwrap_err();
        Ok((foreign.to_string(), own.to_string()))
    });
    assert_eq!(
        ended.unwrap(),
        ("ValueError: no".into(), "Cancelled: own".into())
    );
}

#[test]
fn a_cancellation_from_elsewhere_stays_one_and_stays_counted() {
    let (ended, time) = run(async {
        let limited = spawn(async {
            let limit = timeout(ms(50));
            let caught = limit.run(sleep(ms(HOUR))).await.unwrap_err();
            Ok((
                caught.to_string(),
                limit.expired(),
                current_task()?.cancelling(),
            ))
        })?;
        sleep(ms(1)).await?;
        limited.cancel_with("you");
        limited.await
    });
    assert_eq!(
        (ended.unwrap(), time),
        (("Cancelled: you".into(), false, 1), ms(1))
    );
}

#[test]
fn cancelled_before_and_after_the_time_is_up_it_is_a_cancellation() {
    // The block cleans up when it is cancelled from elsewhere, and then the time is up; and the other way round.
    for (cancel_at, expected) in [
        (5, Kind::Cancelled),
        (15, Kind::Cancelled),
        (35, Kind::Timeout),
    ] {
        let (ended, _) = run(async move {
            let limited = spawn(async {
                let limit = timeout(ms(10));
                let limited = limit.run(async {
                    let first = sleep(ms(HOUR)).await.unwrap_err();
                    match sleep(ms(20)).await {
                        Ok(()) => Err::<(), _>(first),
                        second => second,
                    }
                });
                Ok((
                    limited.await.unwrap_err().kind(),
                    current_task()?.cancelling(),
                ))
            })?;
            sleep(ms(cancel_at)).await?;
            limited.cancel();
            limited.await
        });
        let (kind, left) = ended.unwrap();
        assert_eq!(kind, expected, "cancelled at {cancel_at}");
        assert_eq!(left, usize::from(cancel_at < 35));
    }
}

#[test]
fn in_a_task_that_was_cancelled_before_and_went_on_a_limit_works_as_ever() {
    let (ended, _) = run(async {
        let task = spawn(async {
            drop(sleep(ms(HOUR)).await);
            let me = current_task()?;
            assert_eq!(me.cancelling(), 1);
            let late = timeout(ms(5)).run(sleep(ms(HOUR))).await.unwrap_err();
            Ok((late.kind(), me.cancelling()))
        })?;
        yield_now().await?;
        task.cancel();
        task.await
    });
    assert_eq!(ended.unwrap(), (Kind::Timeout, 1));
}

mod reschedule {
    use super::*;

    #[test]
    fn a_later_time_gives_more_and_none_takes_the_limit_away() {
        let (ended, time) = run(async {
            let limit = timeout(ms(10));
            let block = limit.run(async {
                sleep(ms(9)).await?;
                limit.reschedule(Some(ms(25)))?;
                sleep(ms(9)).await?;
                limit.reschedule(None)?;
                assert_eq!(limit.when(), None);
                sleep(ms(100)).await
            });
            block.await?;
            Ok(limit.expired())
        });
        assert_eq!((ended.unwrap(), time), (false, ms(118)));
    }

    #[test]
    fn an_earlier_time_and_one_that_is_past_count_too() {
        let late_at = |when| {
            let (ended, time) = run(async move {
                let limit = timeout(ms(100));
                let block = limit.run(async {
                    sleep(ms(10)).await?;
                    limit.reschedule(Some(when))?;
                    assert!(!limit.expired());
                    sleep(ms(HOUR)).await
                });
                Ok((block.await.unwrap_err().kind(), limit.when()))
            });
            assert_eq!(ended.unwrap(), (Kind::Timeout, Some(when)));
            time
        };
        assert_eq!([late_at(ms(20)), late_at(ms(5))], [ms(20), ms(10)]);
    }

    #[test]
    fn who_had_no_limit_can_get_one_also_from_another_task() {
        let (ended, time) = run(async {
            let limit = timeout(None);
            let limited = {
                let limit = limit.clone();
                spawn(async move { limit.run(sleep(ms(HOUR))).await })?
            };
            sleep(ms(3)).await?;
            limit.reschedule(Some(ms(7)))?;
            Ok(limited.await.unwrap_err().kind())
        });
        assert_eq!((ended.unwrap(), time), (Kind::Timeout, ms(7)));
    }

    #[test]
    fn it_is_refused_before_the_block_after_it_and_once_the_time_is_up() {
        let (ended, _) = run(async {
            let mut refused = Vec::new();
            let mut refuse = |limit: &Timeout| {
                refused.push(limit.reschedule(None).unwrap_err().to_string());
            };
            let limit = timeout(ms(1));
            refuse(&limit);
            let block = limit.run(async {
                drop(sleep(ms(HOUR)).await);
                refuse(&limit);
                assert!(limit.expired()); // it is up already
                Ok(())
            });
            block.await?;
            refuse(&limit);
            let finished = timeout(ms(1));
            finished.run(async { Ok(()) }).await?;
            refuse(&finished);
            Ok(refused)
        });
        let expected = [
            "RuntimeError: Timeout has not been entered",
            "RuntimeError: Cannot change state of expiring Timeout",
            "RuntimeError: Cannot change state of expired Timeout",
            "RuntimeError: Cannot change state of finished Timeout",
        ];
        assert_eq!(ended.unwrap(), expected);
    }
}

#[test]
fn a_limit_is_for_one_block() {
    let (ended, _) = run(async {
        let limit = timeout(ms(50));
        let twice = limit.run(async {
            let nested = limit.run(async { Ok(()) }).await.unwrap_err().to_string();
            Ok(nested)
        });
        let nested = twice.await?;
        let again = limit.run(async { Ok(()) }).await.unwrap_err().to_string();
        Ok([nested, again])
    });
    assert_eq!(
        ended.unwrap(),
        ["RuntimeError: Timeout has already been entered"; 2]
    );
}

#[test]
fn outside_a_task_it_is_refused_when_it_is_used() {
    let run_of = |limit: Timeout| {
        let ended = limit.run(async { Ok(()) }).now_or_never().unwrap();
        ended.unwrap_err().kind()
    };
    let limits = [timeout(ms(1)), timeout_at(ms(1)), timeout(None)];
    assert_eq!(limits.map(run_of), [Kind::RuntimeError; 3]);
    // One that was made outside for a time of the loop's clock can be used inside.
    let outside = timeout_at(ms(3));
    let (ended, time) = run(async move { outside.run(sleep(ms(HOUR))).await });
    assert_eq!((ended.unwrap_err().kind(), time), (Kind::Timeout, ms(3)));
}

#[test]
fn dropped_in_the_middle_it_takes_its_timer_back() {
    let event_loop = new_loop();
    let main = async {
        let limit = timeout(ms(500));
        futures::select! {
            _ = Box::pin(limit.run(sleep(ms(HOUR)))).fuse() => unreachable!("it sleeps"),
            slept = Box::pin(sleep(ms(1))).fuse() => slept?,
        }
        assert_eq!(
            format!("{limit:?}"),
            "Timeout { state: Finished, when: Some(500ms) }"
        );
        futures::future::pending::<Result<(), Exception>>().await
    };
    let stuck = event_loop.run_until_complete(main).unwrap_err();
    assert!(stuck.is::<Deadlock>());
    assert_eq!(event_loop.time(), ms(1)); // no timer was left to wait for
}

/// It cancels the task, as in CPython, and a task is all that is polled in it.
#[test]
fn what_is_joined_with_a_block_in_one_task_is_cancelled_with_it() {
    let (ended, time) = run(async {
        let limit = timeout(ms(5));
        let (limited, other) = futures::join!(limit.run(sleep(ms(HOUR))), sleep(ms(20)));
        let ends = [limited, other].map(|end| end.unwrap_err().kind());
        Ok((ends, current_task()?.cancelling()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        (([Kind::Timeout, Kind::Cancelled], 0), ms(5))
    );
}

/// Nothing can be raised in a foreign future. So the block is dropped where it waits for one, and the task continues.
#[test]
fn a_block_that_waits_for_a_foreign_future_is_dropped_and_the_task_continues() {
    let foreign = futures::future::pending::<Result<(), Exception>>;
    for in_cancellable in [false, true] {
        let log = Log::default();
        let (in_block, after) = (log.clone(), log.clone());
        let (ended, time) = run(async move {
            let limit = timeout(ms(5));
            let end = limit.run(async {
                let end = match in_cancellable {
                    true => cancellable(foreign()).await?,
                    false => foreign().await,
                };
                in_block.add("unreachable: the block has no more turns");
                end
            });
            let end = end.await.unwrap_err();
            after.add(format!(
                "{end}, caused by {}",
                end.source().expect("a cause")
            ));
            sleep(ms(1)).await?;
            Ok((limit.expired(), current_task()?.cancelling()))
        });
        assert_eq!((ended.unwrap(), time), ((true, 0), ms(6)));
        assert_eq!(log.take(), ["Timeout, caused by Cancelled"]);
    }
}

#[test]
fn a_group_in_a_limit_is_cancelled_as_a_whole() {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let members = std::cell::RefCell::new(Vec::new());
        let limit = timeout(ms(5));
        let late = limit.run(group.run(async {
            members
                .borrow_mut()
                .push(group.create_task(sleep(ms(HOUR)))?);
            members
                .borrow_mut()
                .push(group.create_task(sleep(ms(HOUR)))?);
            Ok(())
        }));
        let late = late.await.unwrap_err().kind();
        let cancelled: Vec<bool> = members
            .borrow()
            .iter()
            .map(|task| task.cancelled())
            .collect();
        Ok((late, cancelled, current_task()?.cancelling()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((Kind::Timeout, vec![true; 2], 0), ms(5))
    );
}

#[test]
fn a_limit_in_a_group_makes_a_member_fail_by_a_timeout() {
    let (ended, _) = run(async {
        let group = TaskGroup::new();
        let failed = group.run(async {
            group.create_task(async { timeout(ms(5)).run(sleep(ms(HOUR))).await })?;
            sleep(ms(HOUR)).await
        });
        let failed = failed.await.unwrap_err();
        let group = failed
            .downcast_ref::<ExceptionGroup>()
            .expect("a group")
            .clone();
        Ok((group.to_string(), EventLoop::running()?.time()))
    });
    let text = "unhandled errors in a TaskGroup (1 sub-exception: Timeout)";
    assert_eq!(ended.unwrap(), (text.into(), ms(5)));
}
