//! Groups that are cancelled, or dropped in the middle.

use futures::FutureExt;
use tminus::{Exception, Kind, TaskGroup, event_loop::current_task, sleep, spawn, yield_now};

use crate::{
    after, cleans_up, error, fails_after, ms, new_loop, run,
    support::{Log, reported},
    task_groups::{HOUR, errors_in, fails_when_stopped},
};

mod cancelled_from_elsewhere {
    use super::*;

    /// Runs a body, cancels its task after that long, and gives its end and how many cancellations are left.
    fn cancelled_after(
        times: &'static [u64],
        body: impl Future<Output = Result<u64, Exception>> + 'static,
    ) -> (Result<u64, Exception>, usize) {
        let (ended, _) = run(async move {
            let task = spawn(body)?;
            for n in times {
                sleep(ms(*n)).await?;
                task.cancel_with("you");
            }
            let ended = task.clone().await;
            Ok((ended, task.cancelling()))
        });
        ended.unwrap()
    }

    #[test]
    fn in_the_block_or_at_its_end_all_are_cancelled_and_so_is_it() {
        for in_the_block in [true, false] {
            let log = Log::default();
            let logged = log.clone();
            let (ended, left) = cancelled_after(&[5], async move {
                let group = TaskGroup::new();
                let block = group.run(async {
                    group.create_task(cleans_up(logged.clone(), "a", 3))?;
                    group.create_task(cleans_up(logged.clone(), "b", 1))?;
                    if in_the_block {
                        sleep(ms(HOUR)).await?;
                    }
                    Ok(1)
                });
                let ended = block.await;
                logged.add("over");
                ended
            });
            assert_eq!(
                (ended.unwrap_err().to_string(), left),
                ("Cancelled: you".into(), 1)
            );
            let expected = [
                "a: Cancelled",
                "b: Cancelled",
                "b is clean",
                "a is clean",
                "over",
            ];
            assert_eq!(log.take(), expected);
        }
    }

    #[test]
    fn a_failure_in_answer_goes_before_the_cancellation_which_is_not_lost() {
        let (ended, left) = cancelled_after(&[5], async {
            let group = TaskGroup::new();
            let failed = group.run(async {
                group.create_task(fails_when_stopped("in answer"))?;
                sleep(ms(HOUR)).await
            });
            let failed = failed.await.unwrap_err();
            assert_eq!(errors_in(&failed), ["ValueError: in answer"]);
            // Whoever goes on after that is cancelled where it waits next.
            let next = yield_now().await.unwrap_err();
            assert_eq!(next.kind(), Kind::Cancelled);
            Ok(1)
        });
        assert_eq!((ended.unwrap(), left), (1, 1));
    }

    #[test]
    fn a_block_that_raises_something_else_then_fails_with_that() {
        let (ended, _) = cancelled_after(&[5], async {
            TaskGroup::new().run(fails_when_stopped("instead")).await
        });
        assert_eq!(errors_in(&ended.unwrap_err()), ["ValueError: instead"]);
    }

    #[test]
    fn while_it_is_stopping_after_a_failure_both_count() {
        // A member fails while the block cleans up after the cancellation, and the other way round.
        let (ended, left) = cancelled_after(&[1], async {
            let group = TaskGroup::new();
            group
                .run(async {
                    group.create_task(async {
                        drop(sleep(ms(HOUR)).await);
                        fails_after(2, "crash").await
                    })?;
                    let stopped = sleep(ms(HOUR)).await;
                    sleep(ms(5)).await?;
                    stopped.map(|()| 1)
                })
                .await
        });
        assert_eq!(
            (errors_in(&ended.unwrap_err()), left),
            (vec!["ValueError: crash".into()], 1)
        );
        let (ended, left) = cancelled_after(&[5], async {
            let group = TaskGroup::new();
            let block = group.run(async {
                group.create_task(fails_after(2, "crash"))?;
                group.create_task(async {
                    let stopped = sleep(ms(HOUR)).await.unwrap_err();
                    sleep(ms(20)).await?;
                    Err::<(), _>(stopped)
                })?;
                Ok(1)
            });
            let failed = block.await.unwrap_err();
            assert_eq!(errors_in(&failed), ["ValueError: crash"]);
            yield_now().await.map(|()| 1)
        });
        assert_eq!((ended.unwrap_err().kind(), left), (Kind::Cancelled, 1));
    }

    #[test]
    fn more_than_once_it_still_waits_for_all() {
        let log = Log::default();
        let logged = log.clone();
        let (ended, left) = cancelled_after(&[1, 1, 1], async move {
            let group = TaskGroup::new();
            let ended = group
                .run(async {
                    group
                        .create_task(cleans_up(logged.clone(), "a", 9))
                        .map(|_| 1)
                })
                .await;
            logged.add("over");
            ended
        });
        assert_eq!((ended.unwrap_err().kind(), left), (Kind::Cancelled, 3));
        assert_eq!(
            log.take(),
            ["a: Cancelled: ", "a is clean", "over"].map(|s| s.trim_end_matches(": "))
        );
    }
}

mod dropped_in_the_middle {
    use super::*;

    /// Runs a group beside a sleep of 5 ms, and drops it when that is over.
    async fn dropped(group: &TaskGroup, block: impl Future<Output = Result<(), Exception>>) {
        futures::select! {
            _ = Box::pin(group.run(block)).fuse() => unreachable!("it sleeps"),
            slept = Box::pin(sleep(ms(5))).fuse() => slept.unwrap(),
        }
    }

    #[test]
    fn the_members_are_cancelled_and_the_task_is_not() {
        for in_the_block in [true, false] {
            let log = Log::default();
            let logged = log.clone();
            let (ended, time) = run(async move {
                let group = TaskGroup::new();
                let block = async {
                    group.create_task(cleans_up(logged, "a", 3))?;
                    match in_the_block {
                        true => sleep(ms(HOUR)).await,
                        false => Ok(()),
                    }
                };
                dropped(&group, block).await;
                let refused = group.create_task(after(1)).unwrap_err().to_string();
                sleep(ms(10)).await?;
                Ok((refused, current_task()?.cancelling()))
            });
            let refused = "RuntimeError: TaskGroup is shutting down".into();
            assert_eq!((ended.unwrap(), time), ((refused, 0), ms(15)));
            assert_eq!(log.take(), ["a: Cancelled", "a is clean"]);
        }
    }

    #[test]
    fn a_member_that_fails_after_that_is_told_to_the_loop() {
        let log = Log::default();
        let event_loop = new_loop();
        let logged = log.clone();
        event_loop
            .set_exception_handler(move |context| logged.add(context.exception().to_string()));
        let main = async {
            let group = TaskGroup::new();
            let block = async {
                group
                    .create_task(fails_when_stopped("nobody is left"))
                    .map(drop)
            };
            dropped(&group, block).await;
            sleep(ms(1)).await
        };
        let errors = reported(|| event_loop.run_until_complete(main).unwrap());
        assert_eq!(
            (log.take(), errors),
            (vec!["ValueError: nobody is left".to_owned()], vec![])
        );
    }
}

/// As in CPython, only a failure that aborts the group cancels the parent.
#[test]
fn a_member_that_fails_while_the_group_is_aborted_does_not_cancel_the_parent() {
    let log = Log::default();
    let logged = log.clone();
    let (ended, _) = run(async move {
        let parent = current_task()?;
        let group = TaskGroup::new();
        let members = group.clone();
        let block = async move {
            members.create_task(async {
                sleep(ms(9)).await.unwrap_err();
                Err::<(), _>(error("at the clean-up"))
            })?;
            members.create_task(async move {
                let cancelled = sleep(ms(9)).await.unwrap_err();
                sleep(ms(1)).await?;
                logged.add(format!("requests: {}", parent.cancelling()));
                Err::<(), _>(cancelled)
            })?;
            yield_now().await?;
            Err::<(), _>(error("in the block"))
        };
        Ok(group.run(block).await.unwrap_err().to_string())
    });
    assert_eq!(log.take(), ["requests: 0"]);
    assert_eq!(
        ended.unwrap(),
        "unhandled errors in a TaskGroup (2 sub-exceptions: ValueError: at the clean-up; ValueError: in the block)"
    );
}
