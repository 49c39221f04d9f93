//! Tasks that end together.

use std::{cell::RefCell, rc::Rc};

use futures::FutureExt;
use tminus::{
    Exception, ExceptionGroup, Kind, Task, TaskGroup, event_loop::current_task, sleep, yield_now,
};

use crate::{
    after, cleans_up, error, fails_after, ms, new_loop, run,
    support::{Log, without_places},
};

pub const HOUR: u64 = 3_600_000;

/// The texts of the exceptions in a group; of a group in it, theirs in brackets.
pub fn errors_in(exception: &Exception) -> Vec<String> {
    let group = exception.downcast_ref::<ExceptionGroup>();
    let group = group.unwrap_or_else(|| panic!("{exception:?} is no group"));
    let text = |one: &Exception| match one.is::<ExceptionGroup>() {
        true => format!("[{}]", errors_in(one).join(", ")),
        false => one.to_string(),
    };
    group.exceptions().iter().map(text).collect()
}

/// A body that is stopped by a cancellation and fails in answer.
pub async fn fails_when_stopped(message: &'static str) -> Result<u64, Exception> {
    drop(sleep(ms(HOUR)).await);
    Err(error(message))
}

#[test]
fn the_block_ends_when_all_members_have_ended_and_its_result_is_given() {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let tasks = group.run(async {
            let slow = group.create_task(after(5))?;
            let quick = group.create_named_task("quick", async { Ok("quick") })?;
            Ok((slow, quick))
        });
        let (slow, quick) = tasks.await?;
        Ok((slow.result()?, quick.result()?, quick.name()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((5, "quick", "quick".into()), ms(5))
    );
}

#[test]
fn a_group_is_empty_before_its_first_member_and_after_its_last_one() {
    let (seen, _) = run(async {
        let group = TaskGroup::new();
        let mut seen = vec![group.is_empty()];
        let block = group.run(async {
            group.create_task(after(5))?;
            Ok(group.is_empty())
        });
        seen.push(block.await?);
        seen.push(group.is_empty());
        Ok(seen)
    });
    assert_eq!(seen.unwrap(), [true, false, true]);
}

#[test]
fn without_members_it_does_not_suspend() {
    let group = TaskGroup::new();
    let (ended, _) = run(async move {
        let ended = group.run(async { Ok(7) }).now_or_never();
        ended.expect("nothing to wait for")
    });
    assert_eq!(ended.unwrap(), 7);
}

#[test]
fn members_can_make_members_and_are_waited_for_too() {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let made = Rc::new(RefCell::new(Vec::new()));
        let (inner, inside) = (group.clone(), made.clone());
        group
            .run(async {
                group.create_task(async move {
                    sleep(ms(1)).await?;
                    for n in [1, 2] {
                        inside.borrow_mut().push(inner.create_task(after(n))?);
                    }
                    Ok(())
                })
            })
            .await?;
        let all_done = made.borrow().iter().all(Task::done);
        Ok(all_done)
    });
    assert_eq!((ended.unwrap(), time), (true, ms(3)));
}

#[test]
fn a_member_that_fails_stops_the_others_and_the_block() {
    let log = Log::default();
    let logged = log.clone();
    let (ended, time) = run(async move {
        let group = TaskGroup::new();
        let failed = group.run(async {
            group.create_task(cleans_up(logged.clone(), "a", 3))?;
            group.create_task(fails_after(5, "no"))?;
            group.create_task(cleans_up(logged.clone(), "b", 1))?;
            let stopped = sleep(ms(HOUR)).await;
            logged.add(format!("block: {}", without_places(&stopped)));
            stopped
        });
        let failed = failed.await.unwrap_err();
        assert_eq!(
            failed.to_string(),
            "unhandled errors in a TaskGroup (1 sub-exception: ValueError: no)"
        );
        sleep(ms(1)).await?; // its own cancellation was taken back
        Ok((errors_in(&failed), current_task()?.cancelling()))
    });
    assert_eq!(
        (ended.unwrap(), time),
        ((vec!["ValueError: no".into()], 0), ms(9))
    );
    let expected = [
        "a: Cancelled",
        "b: Cancelled",
        "block: Err(Cancelled)",
        "b is clean",
        "a is clean",
    ];
    assert_eq!(log.take(), expected);
}

#[test]
fn a_block_that_fails_stops_the_members_whether_they_began_or_not() {
    for begin in [true, false] {
        let (ended, _) = run(async move {
            let group = TaskGroup::new();
            let tasks = RefCell::new(Vec::new());
            let failed = group.run(async {
                for n in [5, 6] {
                    tasks.borrow_mut().push(group.create_task(after(n))?);
                }
                if begin {
                    sleep(ms(1)).await?;
                }
                Err::<(), _>(error("block"))
            });
            let failed = failed.await.unwrap_err();
            let cancelled = tasks.borrow().iter().all(Task::cancelled);
            Ok((errors_in(&failed), cancelled))
        });
        assert_eq!(ended.unwrap(), (vec!["ValueError: block".to_owned()], true));
    }
}

#[test]
fn errors_are_in_the_order_in_which_they_came_and_that_of_the_block_is_the_last() {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let failed = group.run(async {
            group.create_task(fails_when_stopped("first in answer"))?;
            group.create_task(async {
                drop(sleep(ms(HOUR)).await);
                fails_after(2, "later").await
            })?;
            group.create_task(fails_after(5, "the cause"))?;
            group.create_task(fails_when_stopped("second in answer"))?;
            drop(sleep(ms(HOUR)).await);
            Err::<(), _>(error("block"))
        });
        Ok(errors_in(&failed.await.unwrap_err()))
    });
    let expected = [
        "the cause",
        "first in answer",
        "second in answer",
        "later",
        "block",
    ];
    assert_eq!(
        ended.unwrap(),
        expected.map(|text| format!("ValueError: {text}"))
    );
    assert_eq!(time, ms(7));
}

#[test]
fn a_member_that_is_cancelled_is_no_failure() {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let block = group.run(async {
            let member = group.create_task(after(9))?;
            group.create_task(after(4))?;
            sleep(ms(1)).await?;
            member.cancel();
            let caught = member.clone().await.unwrap_err();
            Ok((caught.kind(), member.cancelled()))
        });
        block.await
    });
    assert_eq!((ended.unwrap(), time), ((Kind::Cancelled, true), ms(4)));
}

mod nested {
    use super::*;

    #[test]
    fn a_failure_in_the_inner_group_is_a_group_in_the_group() {
        let (ended, _) = run(async {
            let (outer, inner) = (TaskGroup::new(), TaskGroup::new());
            let failed = outer.run(async {
                outer.create_task(after(HOUR))?;
                inner
                    .run(async {
                        inner.create_task(fails_after(1, "inner"))?;
                        sleep(ms(HOUR)).await
                    })
                    .await
            });
            Ok((
                errors_in(&failed.await.unwrap_err()),
                current_task()?.cancelling(),
            ))
        });
        assert_eq!(ended.unwrap(), (vec!["[ValueError: inner]".into()], 0));
    }

    #[test]
    fn a_failure_in_the_outer_group_stops_the_inner_one_which_adds_nothing() {
        let (ended, time) = run(async {
            let (outer, inner) = (TaskGroup::new(), TaskGroup::new());
            let failed = outer.run(async {
                outer.create_task(fails_after(1, "outer"))?;
                inner
                    .run(async { inner.create_task(after(HOUR)) })
                    .await
                    .map(drop)
            });
            Ok((
                errors_in(&failed.await.unwrap_err()),
                current_task()?.cancelling(),
            ))
        });
        assert_eq!(
            (ended.unwrap(), time),
            ((vec!["ValueError: outer".into()], 0), ms(1))
        );
    }

    #[test]
    fn when_both_fail_in_one_turn_each_takes_its_own_cancellation_back() {
        // CPython's test_nested_groups_both_cancelled.
        let (ended, _) = run(async {
            let (outer, inner) = (TaskGroup::new(), TaskGroup::new());
            let mut inside = None;
            let failed = outer.run(async {
                let failed = inner.run(async {
                    inner.create_task(fails_after(0, "inner"))?;
                    outer.create_task(fails_after(0, "outer"))?;
                    Ok(())
                });
                inside = failed.await.err();
                yield_now().await
            });
            let failed = failed.await.unwrap_err();
            Ok((
                errors_in(&inside.expect("it failed")),
                errors_in(&failed),
                current_task()?.cancelling(),
            ))
        });
        let one = |text: &str| vec![format!("ValueError: {text}")];
        assert_eq!(ended.unwrap(), (one("inner"), one("outer"), 0));
    }
}

/// A group whose first member interrupts, while the block and another member wait, logging what happens to them.
async fn interrupted_by_a_member(log: Log) -> Result<(), Exception> {
    let group = TaskGroup::new();
    let block = group.run(async {
        group.create_task(async { Err::<(), _>(Kind::KeyboardInterrupt.into()) })?;
        group.create_task(cleans_up(log.clone(), "member", 1))?;
        let end = sleep(ms(HOUR)).await;
        log.add(format!("block: {}", without_places(&end)));
        end
    });
    let end = block.await;
    log.add(format!("group: {}", without_places(&end)));
    end
}

/// The interrupt ends the run before any other task has its turn. In the next run, the group ends as for any other failure, and
/// raises the interrupt itself, in no group of exceptions. CPython 3.13 has the same log.
#[test]
fn a_keyboard_interrupt_of_a_member_ends_the_run_and_in_the_next_run_the_group() {
    let (event_loop, log) = (new_loop(), Log::default());
    let main = event_loop
        .create_task(interrupted_by_a_member(log.clone()))
        .unwrap();
    let end = event_loop.run_until_complete(main.clone()).unwrap_err();
    assert_eq!(
        (end.kind(), main.done(), log.take()),
        (Kind::KeyboardInterrupt, false, vec![])
    );
    let end = event_loop.run_until_complete(main.clone()).unwrap_err();
    assert_eq!((end.kind(), main.done()), (Kind::KeyboardInterrupt, true));
    let expected = [
        "member: Cancelled",
        "block: Err(Cancelled)",
        "member is clean",
        "group: Err(KeyboardInterrupt)",
    ];
    assert_eq!(log.take(), expected);
}

/// `run`, as CPython's `asyncio.run`, cancels what is left: the member before its first turn, and the block where it waits.
#[test]
fn after_a_keyboard_interrupt_of_a_member_run_lets_the_block_clean_up() {
    let log = Log::default();
    let end = new_loop().run(interrupted_by_a_member(log.clone()));
    assert_eq!(end.unwrap_err().kind(), Kind::KeyboardInterrupt);
    let expected = ["block: Err(Cancelled)", "group: Err(KeyboardInterrupt)"];
    assert_eq!(log.take(), expected);
}

#[test]
fn a_keyboard_interrupt_of_the_block_goes_past_the_errors_of_members() {
    let (ended, _) = run(async {
        let group = TaskGroup::new();
        let block = group.run(async {
            group.create_task(fails_after(1, "cause"))?;
            drop(sleep(ms(HOUR)).await);
            Err::<(), _>(Kind::KeyboardInterrupt.into())
        });
        Ok(block.await.unwrap_err().kind())
    });
    assert_eq!(ended.unwrap(), Kind::KeyboardInterrupt);
}

#[test]
fn a_panic_of_a_member_is_a_failure_like_others() {
    let (ended, _) = run(async {
        let group = TaskGroup::new();
        let failed = group.run(async {
            group.create_task(async {
                if true {
                    panic!("boom")
                }
                Ok(())
            })
        });
        let failed: Result<Task<()>, _> = failed.await;
        Ok(errors_in(&failed.unwrap_err()))
    });
    assert_eq!(ended.unwrap(), ["Panic: boom"]);
}

#[test]
fn a_task_is_refused_before_the_block_after_it_and_while_all_are_stopped() {
    let refuse = |group: &TaskGroup| {
        let body = std::future::pending::<()>(); // it is never begun
        let refused: Result<Task<()>, _> = group.create_task(body);
        refused.unwrap_err().to_string()
    };
    let (ended, _) = run(async move {
        let group = TaskGroup::new();
        let before = refuse(&group);
        group.run(async { Ok(()) }).await?;
        let after_it = refuse(&group);
        let again = group.run(async { Ok(()) }).await.unwrap_err().to_string();

        let stopping = TaskGroup::new();
        let (inner, seen) = (stopping.clone(), Rc::new(RefCell::new(String::new())));
        let see = seen.clone();
        let failed = stopping.run(async {
            stopping.create_task(async move {
                drop(sleep(ms(HOUR)).await);
                see.replace(refuse(&inner));
                Ok(())
            })?;
            stopping.create_task(fails_after(1, "no"))
        });
        assert_eq!(errors_in(&failed.await.unwrap_err()), ["ValueError: no"]);
        Ok([before, after_it, again, seen.take()])
    });
    let expected = [
        "TaskGroup has not been entered",
        "TaskGroup is finished",
        "TaskGroup has already been entered",
        "TaskGroup is shutting down",
    ];
    assert_eq!(
        ended.unwrap(),
        expected.map(|text| format!("RuntimeError: {text}"))
    );
}

#[test]
fn outside_a_task_it_is_refused_and_can_be_used_later() {
    let group = TaskGroup::new();
    let refused = group
        .run(async { Ok(()) })
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    let (ended, _) = run(async move { group.run(async { Ok(1) }).await });
    assert_eq!(ended.unwrap(), 1);
}
