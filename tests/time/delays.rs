//! `delay`, a sleep without a result.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tminus::{
    Exception, Kind, delay, event_loop::cancellable, sleep, spawn, timeout, wait_for, yield_now,
};

use crate::{ms, new_loop};

#[test]
fn it_takes_its_time_and_no_longer() -> Result<(), Exception> {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.run_until_complete(async move {
        let later = delay(ms(20)); // counts from now
        sleep(ms(15)).await?;
        let () = later.await;
        assert_eq!(clock.time(), ms(20));
        let over = delay(ms(1));
        sleep(ms(10)).await?;
        let rounds = clock.rounds();
        over.await; // lets the other tasks run, as its time has passed
        assert_eq!(clock.time(), ms(30));
        assert!(clock.rounds() > rounds);
        let before = clock.rounds();
        delay(Duration::ZERO).await;
        assert!(clock.rounds() > before);
        Ok(())
    })
}

#[test]
fn it_counts_from_its_first_poll_if_its_loop_did_not_run_at_the_call() -> Result<(), Exception> {
    let outside = delay(ms(20));
    let (first, second) = (new_loop(), new_loop());
    let of_first = first.run_until_complete(async move {
        sleep(ms(1000)).await?;
        outside.await;
        Ok(Box::new(delay(ms(20))))
    })?;
    assert_eq!(first.time(), ms(1020));
    second.run_until_complete(async {
        sleep(ms(5)).await?;
        of_first.await;
        Ok(())
    })?;
    assert_eq!(second.time(), ms(25));
    Ok(())
}

#[test]
fn it_is_in_order_with_sleeps() -> Result<(), Exception> {
    let order = new_loop().run_until_complete(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let mut tasks = Vec::new();
        for n in 0..6 {
            let order = order.clone();
            tasks.push(spawn(async move {
                match n % 2 {
                    0 => delay(ms(7)).await,
                    _ => sleep(ms(7)).await?,
                }
                order.borrow_mut().push(n);
                Ok(())
            })?);
        }
        for task in tasks {
            task.await?;
        }
        Ok(order.take())
    })?;
    assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    Ok(())
}

#[test]
fn a_task_that_is_cancelled_there_is_dropped_where_it_stands() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let note = Rc::new(RefCell::new(Vec::new()));
        let notes = note.clone();
        let task = spawn(async move {
            delay(ms(1000)).await;
            notes.borrow_mut().push("goes on");
            Ok(())
        })?;
        yield_now().await?;
        task.cancel();
        assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(Rc::strong_count(&note), 1);
        assert!(note.borrow().is_empty());
        Ok(())
    })
}

#[test]
fn inside_cancellable_the_task_can_catch_it() -> Result<(), Exception> {
    let event_loop = new_loop();
    let kind = event_loop.run_until_complete(async {
        let task = spawn(async {
            let cancelled = cancellable(delay(ms(1000))).await.unwrap_err();
            sleep(ms(1)).await?; // to clean up
            Ok(cancelled.kind())
        })?;
        yield_now().await?;
        task.cancel();
        task.await
    })?;
    assert_eq!(kind, Kind::Cancelled);
    assert_eq!(event_loop.time(), ms(1)); // and its timer is gone
    Ok(())
}

#[test]
fn limits_drop_the_delay_and_not_the_task() -> Result<(), Exception> {
    let event_loop = new_loop();
    event_loop.run_until_complete(async {
        let long = async {
            delay(ms(1000)).await;
            Ok(())
        };
        let late = timeout(ms(1)).run(long).await.unwrap_err();
        assert_eq!(late.kind(), Kind::Timeout);
        let long = async {
            delay(ms(1000)).await;
            Ok(())
        };
        let late = wait_for(long, ms(1)).await.unwrap_err();
        assert_eq!(late.kind(), Kind::Timeout);
        Ok(())
    })?;
    assert_eq!(event_loop.time(), ms(2));
    Ok(())
}

/// Something inside the task polls, with wakers of its own; and then another task goes on with it.
#[test]
fn it_wakes_whoever_polled_it_last() -> Result<(), Exception> {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.run_until_complete(async move {
        let mut many: FuturesUnordered<_> = (1..=3)
            .rev()
            .map(|n| delay(ms(n)).map(move |()| n))
            .collect();
        assert_eq!(
            (many.next().await, many.next().await, many.next().await),
            (Some(1), Some(2), Some(3))
        );
        let mut moved = delay(ms(5));
        assert!((&mut moved).now_or_never().is_none());
        spawn(async {
            moved.await;
            Ok(())
        })?
        .await?;
        assert_eq!(clock.time(), ms(8));
        Ok(())
    })
}

#[test]
#[should_panic = "no running event loop on this thread"]
fn without_a_loop_it_panics() {
    delay(ms(1)).now_or_never();
}
