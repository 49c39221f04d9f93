//! A lock, and something that may have become true.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tminus::{
    Kind, Task, spawn,
    sync::{Condition, Lock},
    timeout, yield_now,
};

use crate::{at_once, dropped_after, ms, run, support::Log, turns};

/// A task that waits once, and notes how that ended and whether it has the lock then.
fn waiter(condition: &Condition, log: &Log, name: &'static str) -> Task<()> {
    let (condition, log) = (condition.clone(), log.clone());
    let body = async move {
        let _guard = condition.acquire().await?;
        let ended = condition.wait().await;
        assert!(condition.locked());
        log.add(match &ended {
            Ok(()) => name.to_owned(),
            Err(exception) => format!("{name}: {exception}"),
        });
        ended
    };
    spawn(body).unwrap()
}

fn shared() -> (Condition, Log) {
    (Condition::new(), Log::default())
}

#[test]
fn so_many_are_woken_in_the_order_of_coming_and_each_has_the_lock() {
    let (condition, log) = shared();
    let logged = log.clone();
    run(async move {
        for name in ["a", "b", "c", "d"] {
            drop(waiter(&condition, &logged, name));
        }
        yield_now().await?;
        for (count, what) in [(2, "two"), (0, "none"), (9, "all")] {
            let guard = condition.acquire().await?;
            condition.notify(count)?;
            logged.add(what);
            turns(3).await?; // nobody goes on before the lock is free
            drop(guard);
            turns(4).await?;
        }
        assert!(!condition.locked());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["two", "a", "b", "none", "all", "c", "d"]);
}

#[test]
fn without_the_lock_nothing_goes() {
    let condition = Condition::new();
    let refused = |end: Result<(), tminus::Exception>| end.unwrap_err().to_string();
    let all = run(async move {
        Ok([
            refused(condition.notify(1)),
            refused(condition.notify_all()),
            refused(condition.wait().await),
            refused(condition.wait_for(|| false).await),
            refused(condition.release()),
        ])
    });
    let expected = [
        "RuntimeError: cannot notify on un-acquired lock",
        "RuntimeError: cannot notify on un-acquired lock",
        "RuntimeError: cannot wait on un-acquired lock",
        "RuntimeError: cannot wait on un-acquired lock",
        "RuntimeError: Lock is not acquired.",
    ];
    assert_eq!(all.unwrap(), expected);
}

#[test]
fn wait_for_looks_before_it_waits_and_each_time_it_is_woken() {
    let looks = run(async {
        let (condition, looks) = (Condition::new(), Rc::new(Cell::new(0)));
        let (other, looked) = (condition.clone(), looks.clone());
        let waits = spawn(async move {
            let _guard = other.acquire().await?;
            other
                .wait_for(|| looked.replace(looked.get() + 1) == 2)
                .await
        })?;
        turns(2).await?;
        assert_eq!(looks.get(), 1);
        for _ in 0..2 {
            let guard = condition.acquire().await?;
            condition.notify_all()?;
            drop(guard);
            turns(3).await?;
        }
        waits.await?;
        let _guard = condition.acquire().await?;
        condition.wait_for(|| true).await?; // does not wait
        Ok(looks.get())
    });
    assert_eq!(looks.unwrap(), 3);
}

#[test]
fn a_guard_stays_good_through_a_wait_and_releases_what_was_had_again() {
    run(async {
        let lock = Lock::new();
        let condition = Condition::with_lock(lock.clone());
        let other = condition.clone();
        let waits = spawn(async move {
            let guard = other.acquire().await?;
            other.wait().await?;
            assert!(other.locked());
            drop(guard);
            assert!(!other.locked());
            Ok(())
        })?;
        yield_now().await?;
        let guard = at_once(lock.acquire()); // it is free meanwhile
        condition.notify(1)?;
        turns(3).await?;
        drop(guard);
        waits.await
    })
    .unwrap();
}

#[test]
fn who_is_cancelled_gets_that_when_it_has_the_lock_again() {
    let (condition, log) = shared();
    let logged = log.clone();
    run(async move {
        let waits = waiter(&condition, &logged, "a");
        yield_now().await?;
        let guard = condition.acquire().await?;
        waits.cancel_with("first");
        turns(3).await?;
        waits.cancel_with("second"); // also while it waits for the lock
        turns(3).await?;
        assert!(!waits.done());
        logged.add("release");
        drop(guard);
        assert_eq!(waits.await.unwrap_err().to_string(), "Cancelled: second");
        assert!(!condition.locked());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["release", "a: Cancelled: second"]);
}

#[test]
fn one_that_was_notified_and_is_cancelled_passes_the_notification_on() {
    for after_turns in 0..3 {
        let (condition, log) = shared();
        let logged = log.clone();
        run(async move {
            let [a, b] = ["a", "b"].map(|name| waiter(&condition, &logged, name));
            yield_now().await?;
            let guard = condition.acquire().await?;
            condition.notify(1)?;
            turns(after_turns).await?;
            a.cancel();
            drop(guard);
            b.await
        })
        .unwrap();
        assert_eq!(
            log.take(),
            ["a: Cancelled", "b"],
            "after {after_turns} turns"
        );
    }
}

#[test]
fn one_that_was_notified_and_is_dropped_passes_the_notification_on_and_has_no_lock() {
    let (condition, log) = shared();
    let logged = log.clone();
    run(async move {
        let guard = condition.acquire().await?;
        let mut waits = Box::pin(condition.wait());
        assert!(futures::poll!(&mut waits).is_pending());
        let next = waiter(&condition, &logged, "next");
        yield_now().await?;
        let other = condition.acquire().await?;
        condition.notify(1)?;
        drop(waits);
        drop(guard); // it is not the one that has the lock now
        assert!(condition.locked());
        drop(other);
        next.await?;
        assert!(!condition.locked());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["next"]);
}

#[test]
fn a_wait_that_is_dropped_leaves_no_place_behind() {
    run(async {
        let condition = Condition::new();
        let guard = condition.acquire().await?;
        assert!(dropped_after(5, condition.wait()).await.is_none());
        assert!(!condition.locked()); // who drops a wait does not have the lock
        drop(guard);
        drop(at_once(condition.acquire()));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_on_a_wait_is_a_timeout_once_the_lock_is_had_again() {
    let kind = run(async {
        let condition = Condition::new();
        let _guard = condition.acquire().await?;
        let late = timeout(ms(5)).run(condition.wait()).await.unwrap_err();
        assert!(condition.locked());
        Ok(late.kind())
    });
    assert_eq!(kind.unwrap(), Kind::Timeout);
}

#[test]
fn two_conditions_may_share_a_lock_and_wake_only_their_own() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let lock = Lock::new();
        let [full, empty] = [(); 2].map(|()| Condition::with_lock(lock.clone()));
        drop(waiter(&full, &logged, "full"));
        drop(waiter(&empty, &logged, "empty"));
        yield_now().await?;
        let guard = lock.acquire().await?;
        empty.notify_all()?;
        drop(guard);
        turns(3).await
    })
    .unwrap();
    assert_eq!(log.take(), ["empty"]);
}

#[test]
fn a_wait_for_a_value_returns_it_and_one_for_a_truth_nothing() {
    let values = run(async {
        let condition = Condition::new();
        let orders = Rc::new(RefCell::new(vec![]));
        let (waits, waited) = (condition.clone(), orders.clone());
        let pilot = spawn(async move {
            let _guard = waits.acquire().await?;
            let () = waits.wait_for(|| !waited.borrow().is_empty()).await?;
            let first = waits.wait_for(|| waited.borrow_mut().pop()).await?;
            let second = waits.wait_for(|| waited.borrow_mut().pop()).await?;
            Ok([first, second])
        })?;
        for order in ["start", "land"] {
            turns(2).await?;
            let _guard = condition.try_acquire().expect("the pilot waits");
            assert!(condition.try_acquire().is_none());
            orders.borrow_mut().push(order);
            condition.notify_all()?;
        }
        pilot.await
    });
    assert_eq!(values.unwrap(), ["start", "land"]);
}
