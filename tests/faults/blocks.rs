//! A limit or a group ends its block, whatever the block waits for. The task itself continues.

use std::{future::poll_fn, task::Poll};

use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    future::pending,
    join, select,
    stream::FuturesUnordered,
};
use tminus::{
    EventLoop, Exception, ExceptionGroup, Kind, TaskGroup, as_completed,
    event_loop::{cancellable, current_task, next},
    gather, shield, sleep, spawn,
    sync::{Event, Lock, Queue},
    timeout, wait, wait_for,
};

use crate::{HOUR, error, kind, ms, run};

fn times_out(wait: impl Future<Output = Result<(), Exception>> + 'static) {
    let (ended, time) = run(async {
        let ended = kind(timeout(ms(5)).run(wait).await);
        sleep(ms(1)).await?; // the task continues, and is not cancelled again
        Ok((ended, current_task()?.cancelling()))
    });
    assert_eq!((ended.unwrap(), time), ((Some(Kind::Timeout), 0), ms(6)));
}

fn waits_in_vain(wait: impl Future<Output = Result<(), Exception>> + 'static) {
    let (ended, time) = run(async {
        let ended = kind(wait_for(wait, ms(5)).await);
        sleep(ms(1)).await?;
        Ok((ended, current_task()?.cancelling()))
    });
    assert_eq!((ended.unwrap(), time), ((Some(Kind::Timeout), 0), ms(6)));
}

fn is_ended_by_a_member(wait: impl Future<Output = Result<(), Exception>> + 'static) {
    let (ended, time) = run(async {
        let group = TaskGroup::new();
        let failed = group.run(async {
            group.create_task(async {
                sleep(ms(5)).await?;
                Err::<(), _>(error("no"))
            })?;
            wait.await
        });
        let failed = failed.await.unwrap_err();
        let failed = failed
            .downcast_ref::<ExceptionGroup>()
            .map(ToString::to_string);
        sleep(ms(1)).await?;
        Ok((failed, current_task()?.cancelling()))
    });
    let text = "unhandled errors in a TaskGroup (1 sub-exception: ValueError: no)";
    assert_eq!((ended.unwrap(), time), ((Some(text.into()), 0), ms(6)));
}

fn is_cancelled_from_outside(wait: impl Future<Output = Result<(), Exception>> + 'static) {
    let (ended, time) = run(async {
        let task = spawn(async {
            let ended = timeout(HOUR).run(wait).await.map_err(|end| end.to_string());
            sleep(ms(1)).await?; // the task can clean up
            Ok((ended, current_task()?.cancelling()))
        })?;
        sleep(ms(5)).await?;
        assert!(task.cancel_with("outside"));
        task.await
    });
    let expected = (Err("Cancelled: outside".into()), 1);
    assert_eq!((ended.unwrap(), time), (expected, ms(6)));
}

/// The tests above, for each kind of wait.
macro_rules! around {
    ($($name:ident: $wait:expr;)+) => {
        mod a_timeout_ends { use super::*; $(#[test] fn $name() { times_out($wait); })+ }
        mod wait_for_ends { use super::*; $(#[test] fn $name() { waits_in_vain($wait); })+ }
        mod a_failing_member_ends { use super::*; $(#[test] fn $name() { is_ended_by_a_member($wait); })+ }
        mod a_cancellation_ends { use super::*; $(#[test] fn $name() { is_cancelled_from_outside($wait); })+ }
    };
}

around! {
    a_block_at_a_sleep: sleep(HOUR);
    a_block_at_a_future_of_the_loop: async { EventLoop::running()?.create_future::<()>().await };
    a_block_at_a_task: async { spawn(sleep(HOUR))?.await };
    a_block_at_a_lock: async {
        let lock = Lock::new();
        let _guard = lock.acquire().await?;
        lock.acquire().await.map(drop)
    };
    a_block_at_an_event: async { Event::new().wait().await };
    a_block_at_a_queue: async { Queue::<()>::new().get().await };
    a_block_at_a_gather: async { gather([sleep(HOUR), sleep(HOUR)]).await.map(drop) };
    a_block_at_a_shield: async { shield(sleep(HOUR)).await };
    a_block_at_a_wait: async { wait([spawn(sleep(HOUR))?]).await.map(drop) };
    a_block_at_the_next_of_as_completed: async {
        let mut completed = as_completed([sleep(HOUR)]);
        next(&mut completed).await.expect("there is one").map(drop)
    };
    a_block_at_an_inner_group: async {
        let group = TaskGroup::new();
        group.run(async { group.create_task(pending::<Result<(), Exception>>()).map(drop) }).await
    };
    a_block_at_an_inner_limit: timeout_of_an_hour();
    a_block_at_a_foreign_future: pending();
    a_block_at_a_foreign_future_in_cancellable: async { cancellable(pending::<()>()).await };
    a_block_at_a_foreign_future_after_a_sleep: async {
        sleep(ms(1)).await?;
        pending().await
    };
    a_block_at_a_oneshot: async {
        let (_sender, receiver) = oneshot::channel::<()>();
        Ok(receiver.await?)
    };
    a_block_at_a_function_that_is_never_ready: poll_fn(|_| Poll::Pending);
    a_block_at_two_joined_sleeps: async {
        let (first, second) = join!(sleep(HOUR), sleep(HOUR));
        first.and(second)
    };
    a_block_at_two_joined_foreign_futures: async {
        join!(pending::<()>(), pending::<()>());
        Ok(())
    };
    a_block_at_a_join_of_which_one_has_ended: async {
        let (slept, ()) = join!(sleep(ms(1)), pending::<()>());
        slept
    };
    a_block_at_the_first_of_a_sleep_and_a_foreign_future: async {
        select! {
            slept = Box::pin(sleep(HOUR)).fuse() => slept,
            () = pending::<()>().fuse() => Ok(()),
        }
    };
    a_block_at_the_first_of_two_foreign_futures: async {
        select! {
            () = pending::<()>().fuse() => Ok(()),
            () = pending::<()>().fuse() => Ok(()),
        }
    };
    a_block_at_futures_unordered_of_sleeps: async {
        let mut sleeps: FuturesUnordered<_> = [sleep(HOUR), sleep(HOUR)].into_iter().collect();
        sleeps.next().await.expect("there are two")
    };
    // The first sleep wakes the set, which then polls none of the others.
    a_block_at_futures_unordered_of_which_one_has_ended: async {
        let sleeps = [ms(1), HOUR, HOUR].map(sleep);
        let mut sleeps: FuturesUnordered<_> = sleeps.into_iter().collect();
        sleeps.next().await.expect("there are three")?;
        sleeps.next().await.expect("there are two")
    };
    a_block_at_futures_unordered_of_foreign_futures: async {
        let mut never: FuturesUnordered<_> = [pending::<()>(), pending()].into_iter().collect();
        never.next().await;
        Ok(())
    };
    a_block_at_join_all: async {
        let sleeps = futures::future::join_all((0..50).map(|n| sleep(ms(n % 2 * 3_600_000))));
        sleeps.await.into_iter().collect()
    };
    a_block_at_a_shared_sleep: async { sleep(HOUR).boxed_local().shared().await };
    a_block_at_a_foreign_stream: async {
        let (_sender, mut receiver) = mpsc::unbounded::<()>();
        next(&mut receiver).await;
        Ok(())
    };
    a_block_at_a_stream_that_has_had_an_item: async {
        let (sender, mut receiver) = mpsc::unbounded();
        sender.unbounded_send(())?;
        assert_eq!(next(&mut receiver).await, Some(()));
        next(&mut receiver).await;
        Ok(())
    };
}

async fn timeout_of_an_hour() -> Result<(), Exception> {
    timeout(HOUR).run(pending::<()>()).await
}

/// The sleep takes the cancellation, and the join keeps waiting: if the limit did not drop the block, it would wait forever.
#[test]
fn a_timeout_ends_a_join_of_a_sleep_and_a_foreign_future() {
    times_out(async {
        let (slept, ()) = join!(sleep(HOUR), pending::<()>());
        slept
    });
}

#[test]
fn a_failing_member_ends_a_join_of_a_sleep_and_a_foreign_future() {
    is_ended_by_a_member(async {
        let (slept, ()) = join!(sleep(HOUR), pending::<()>());
        slept
    });
}
