//! Limits and groups around foreign futures: the block is dropped, and not the task.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use futures::{
    FutureExt, StreamExt, channel::oneshot, future::pending, join, stream::FuturesUnordered,
};
use tminus::{
    EventLoop, Exception, ExceptionGroup, Kind, TaskGroup, event_loop::current_task, sleep, spawn,
    timeout, wait_for, yield_now,
};

use crate::{HOUR, error, kind, ms, run};

/// The shared sleep was polled by the other task, and so it is foreign to the one with the limit.
#[test]
fn a_limit_on_a_shared_future_does_not_end_the_other_task_that_awaits_it() {
    let (ended, time) = run(async {
        let shared = sleep(ms(20)).boxed_local().shared();
        let other = spawn(shared.clone())?;
        yield_now().await?; // the other task polls it first
        let ended = kind(timeout(ms(5)).run(shared).await);
        other.await?;
        Ok(ended)
    });
    assert_eq!((ended.unwrap(), time), (Some(Kind::Timeout), ms(20)));
}

#[test]
fn the_block_is_dropped_and_what_the_task_holds_is_not() {
    let (in_block, in_task) = (Rc::new(()), Rc::new(()));
    let (held, kept) = (in_block.clone(), in_task.clone());
    let (ended, _) = run(async move {
        let block = async move {
            let _held = held;
            pending::<Result<(), Exception>>().await
        };
        let ended = kind(timeout(ms(5)).run(block).await);
        let counts = (Rc::strong_count(&in_block), Rc::strong_count(&in_task));
        drop(kept);
        Ok((ended, counts))
    });
    assert_eq!(ended.unwrap(), (Some(Kind::Timeout), (1, 2)));
}

#[test]
fn a_limit_says_that_it_expired_around_a_foreign_future_too() {
    let (ended, _) = run(async {
        let limit = timeout(ms(5));
        let late = limit
            .run(pending::<Result<(), Exception>>())
            .await
            .unwrap_err();
        Ok((limit.expired(), late.source().map(ToString::to_string)))
    });
    assert_eq!(ended.unwrap(), (true, Some("Cancelled".into())));
}

/// The value arrives in the round in which the time is up. Either may win; the task continues in both cases.
#[test]
fn a_foreign_future_that_is_ready_when_the_time_is_up_does_not_end_the_task() {
    let (ended, _) = run(async {
        let (sender, receiver) = oneshot::channel();
        spawn(async {
            sleep(ms(5)).await?;
            sender.send(7).expect("it is awaited");
            Ok(())
        })?;
        yield_now().await?;
        let ended = timeout(ms(5)).run(async { Ok(receiver.await?) }).await;
        assert!(matches!(&ended, Ok(7)) || kind(ended) == Some(Kind::Timeout));
        sleep(ms(1)).await?;
        Ok(current_task()?.cancelling())
    });
    assert_eq!(ended.unwrap(), 0);
}

/// The ends of the inner and the outer limit around a foreign future, and whether each expired.
fn nested(outer: u64, inner: u64) -> [(Option<Kind>, bool); 2] {
    let (ended, time) = run(async move {
        let (outer, inner) = (timeout(ms(outer)), timeout(ms(inner)));
        let inside = RefCell::new(None);
        let outside = outer.run(async {
            let ended = inner.run(pending::<Result<(), Exception>>()).await;
            inside.replace(ended.as_ref().err().map(Exception::kind));
            ended.or_else(|end| {
                if end.kind() == Kind::Timeout {
                    Ok(())
                } else {
                    Err(end)
                }
            })
        });
        let outside = kind(outside.await);
        sleep(ms(1)).await?;
        Ok([(inside.take(), inner.expired()), (outside, outer.expired())])
    });
    assert_eq!(time, ms(outer.min(inner) + 1));
    ended.unwrap()
}

#[test]
fn of_two_limits_around_a_foreign_future_the_one_that_is_up_raises() {
    let (late, cancelled) = (Some(Kind::Timeout), Some(Kind::Cancelled));
    assert_eq!(nested(10, 5), [(late, true), (None, false)]);
    assert_eq!(nested(5, 10), [(cancelled, false), (late, true)]);
    assert_eq!(nested(5, 5), [(cancelled, true), (late, true)]);
}

type Limited = Pin<Box<dyn Future<Output = Result<u64, Exception>>>>;

/// A block that waits forever, limited to `n` milliseconds.
fn limited(n: u64) -> Limited {
    Box::pin(async move { timeout(ms(n)).run(pending::<u64>()).await })
}

/// What a foreign channel delivers after `n` milliseconds.
fn delivered(n: u64) -> Result<Limited, Exception> {
    let (sender, receiver) = oneshot::channel();
    spawn(async move {
        sleep(ms(n)).await?;
        sender.send(n).expect("it is awaited");
        Ok(())
    })?;
    Ok(Box::pin(async { Ok(receiver.await?) }))
}

#[test]
fn what_is_joined_with_a_limited_foreign_future_continues() {
    for limited_first in [true, false] {
        let (ended, time) = run(async move {
            let (first, second) = match limited_first {
                true => join!(limited(5), delivered(20)?),
                false => join!(delivered(20)?, limited(5)),
            };
            Ok([first, second].map(kind))
        });
        let mut expected = [Some(Kind::Timeout), None];
        if !limited_first {
            expected.reverse();
        }
        assert_eq!((ended.unwrap(), time), (expected, ms(20)));
    }
}

/// The set polls only the futures that were woken, so the limit has to wake its own future, and not just the task.
#[test]
fn limits_in_futures_unordered_end_one_by_one() {
    let (ended, time) = run(async {
        let mut all: FuturesUnordered<_> = [limited(8), limited(5), delivered(20)?]
            .into_iter()
            .collect();
        let mut ends = Vec::new();
        while let Some(end) = all.next().await {
            ends.push((kind(end), EventLoop::running()?.time()));
        }
        Ok(ends)
    });
    let late = Some(Kind::Timeout);
    let expected = vec![(late, ms(5)), (late, ms(8)), (None, ms(20))];
    assert_eq!((ended.unwrap(), time), (expected, ms(20)));
}

#[test]
fn a_limit_of_zero_around_a_foreign_future_ends_at_its_first_wait() {
    let (ended, time) = run(async {
        let limited = kind(timeout(ms(0)).run(pending::<Result<(), Exception>>()).await);
        let waited = kind(wait_for(pending::<Result<(), Exception>>(), ms(0)).await);
        yield_now().await?;
        Ok([limited, waited])
    });
    assert_eq!((ended.unwrap(), time), ([Some(Kind::Timeout); 2], ms(0)));
}

/// The members clean up before the error leaves the group, even if the block was dropped.
#[test]
fn a_group_that_is_cancelled_at_a_foreign_future_waits_for_its_members() {
    let (ended, time) = run(async {
        let task = spawn(async {
            let group = TaskGroup::new();
            let block = async {
                group.create_task(async {
                    drop(sleep(HOUR).await);
                    sleep(ms(3)).await
                })?;
                pending::<Result<(), Exception>>().await
            };
            let ended = group.run(block).await.map_err(|end| end.to_string());
            Ok((ended, EventLoop::running()?.time()))
        })?;
        sleep(ms(5)).await?;
        task.cancel_with("outside");
        task.await
    });
    let expected = (Err("Cancelled: outside".into()), ms(8));
    assert_eq!((ended.unwrap(), time), (expected, ms(8)));
}

#[test]
fn the_errors_of_all_members_around_a_foreign_future_are_raised() {
    let (ended, _) = run(async {
        let group = TaskGroup::new();
        let failed = group.run(async {
            group.create_task(async { Err::<(), _>(error("first")) })?;
            group.create_task(async {
                drop(sleep(HOUR).await);
                Err::<(), _>(error("in its clean-up"))
            })?;
            pending::<Result<(), Exception>>().await
        });
        Ok(failed.await.unwrap_err().to_string())
    });
    let text = "unhandled errors in a TaskGroup \
        (2 sub-exceptions: ValueError: first; ValueError: in its clean-up)";
    assert_eq!(ended.unwrap(), text);
}

/// As in CPython, a cancellation from elsewhere is not lost in that of the limit.
#[test]
fn a_task_that_is_cancelled_when_the_time_is_up_around_a_foreign_future_is_cancelled() {
    let (ended, _) = run(async {
        let task = spawn(async {
            let ended = kind(timeout(ms(5)).run(pending::<Result<(), Exception>>()).await);
            Ok((ended, current_task()?.cancelling()))
        })?;
        sleep(ms(5)).await?;
        task.cancel();
        task.await
    });
    assert_eq!(ended.unwrap(), (Some(Kind::Cancelled), 1));
}

#[test]
fn a_member_at_a_foreign_future_ends_with_its_group() {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let member = RefCell::new(None);
        let failed = group.run(async {
            let waits = group.create_task(pending::<Result<(), Exception>>())?;
            member.replace(Some(waits));
            sleep(ms(5)).await?;
            Err::<(), _>(error("no"))
        });
        let failed = failed.await.unwrap_err().is::<ExceptionGroup>();
        sleep(ms(1)).await?;
        Ok((failed, member.take().expect("it was created").cancelled()))
    });
    assert_eq!((ended.unwrap(), time), ((true, true), ms(6)));
}
