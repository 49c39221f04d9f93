//! Time and memory that grow with what is there now, and not with what was.

use std::{cell::Cell, pin::Pin, rc::Rc, thread};

use futures::{
    FutureExt,
    future::{join_all, ready},
    select,
};
use tminus::{Exception, Kind, shield, sleep, spawn, timeout, wait_for, yield_now};

use crate::{HOUR, ms, new_loop};

const MANY: usize = 100_000;

/// A server that shields one long task for each request must not keep the requests.
#[test]
fn a_shield_that_is_dropped_leaves_nothing_at_the_task() {
    let main = async {
        let long = spawn(sleep(HOUR))?;
        let payload = Rc::new(());
        for _ in 0..100 {
            let (shielded, held) = (shield(long.clone()), payload.clone());
            shielded.add_done_callback(move |_| drop(held));
            drop(shielded);
        }
        yield_now().await?;
        Ok(Rc::strong_count(&payload))
    };
    assert_eq!(new_loop().run_until_complete(main).unwrap(), 1);
}

#[test]
fn a_hundred_thousand_shields_of_one_task_come_and_go() {
    let main = async {
        let long = spawn(sleep(ms(5)))?;
        for _ in 0..MANY {
            drop(shield(long.clone()));
        }
        long.await
    };
    new_loop().run_until_complete(main).unwrap();
}

/// The oldest of many callbacks is removed first: a list that closes the gap each time would move five billion entries.
#[test]
fn a_hundred_thousand_shields_of_one_task_are_cancelled_in_order() {
    let main = async {
        let long = spawn(sleep(ms(5)))?;
        let shields: Vec<_> = (0..MANY).map(|_| shield(long.clone())).collect();
        assert!(shields.iter().all(tminus::LoopFuture::cancel));
        yield_now().await?;
        drop(shields);
        long.await
    };
    new_loop().run_until_complete(main).unwrap();
}

#[test]
fn a_hundred_thousand_done_callbacks_are_removed_in_order() {
    let future = new_loop().create_future::<()>();
    let added: Vec<_> = (0..MANY)
        .map(|_| future.add_done_callback(|_| ()))
        .collect();
    assert!(added.into_iter().all(|id| future.remove_done_callback(id)));
}

#[test]
fn sleeps_that_are_joined_and_dropped_in_their_first_turn_go_one_by_one() {
    const SLEEPS: usize = 160_000;
    let main = async {
        let mut sleeps = Box::pin(join_all((0..SLEEPS).map(|_| sleep(HOUR)))).fuse();
        select! {
            _ = sleeps => unreachable!("they sleep"),
            () = ready(()) => {}
        }
        drop(sleeps);
        Ok(())
    };
    let event_loop = new_loop();
    event_loop.run_until_complete(main).unwrap();
    let never = event_loop.create_future::<()>();
    assert!(event_loop.run_until_complete(never).is_err());
    assert_eq!(event_loop.time(), ms(0)); // no timer was left
}

#[test]
fn futures_that_are_joined_and_dropped_in_their_first_turn_go_one_by_one() {
    const FUTURES: usize = 160_000;
    let event_loop = new_loop();
    let future = event_loop.create_future::<()>();
    let main = async move {
        let mut all = Box::pin(join_all((0..FUTURES).map(|_| future.clone()))).fuse();
        select! {
            _ = all => unreachable!("it is not set"),
            () = ready(()) => {}
        }
        drop(all);
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
}

type Nested = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Runs on a thread with a stack for deep futures: each level is a call of `poll` in a call of `poll`.
fn on_a_large_stack(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 << 30);
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn nested_limits_that_expire_at_one_instant_end() {
    const LEVELS: usize = 100_000;
    on_a_large_stack(|| {
        let cancelled = Rc::new(Cell::new(0));
        let count = cancelled.clone();
        let mut nested: Nested = Box::pin(sleep(HOUR));
        for _ in 0..LEVELS {
            let count = count.clone();
            nested = Box::pin(async move {
                let end = timeout(ms(5)).run(nested).await;
                if matches!(&end, Err(end) if end.kind() == Kind::Cancelled) {
                    count.set(count.get() + 1);
                }
                end
            });
        }
        let event_loop = new_loop();
        let end = event_loop.run_until_complete(nested).unwrap_err();
        // As in CPython, only the outermost one finds that nobody else has cancelled.
        assert_eq!((end.kind(), cancelled.get()), (Kind::Timeout, LEVELS - 1));
        assert_eq!(event_loop.time(), ms(5));
    });
}

/// Each cancellation goes through all tasks below, and counts there: as in CPython, and so this is quadratic.
#[test]
fn a_chain_of_limited_tasks_that_expire_at_one_instant_ends() {
    const TASKS: usize = 1_000;
    let event_loop = new_loop();
    let first = event_loop.create_task(sleep(HOUR)).unwrap();
    let mut last = first.clone();
    for _ in 0..TASKS {
        let inner = last;
        last = event_loop
            .create_task(async move { wait_for(inner, ms(5)).await })
            .unwrap();
    }
    let end = event_loop.run_until_complete(last).unwrap_err();
    assert_eq!((end.kind(), first.cancelled()), (Kind::Timeout, true));
    assert_eq!(event_loop.time(), ms(5));
}
