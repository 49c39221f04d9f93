//! One at a time.

use std::{cell::Cell, rc::Rc};

use futures::FutureExt;
use tminus::{
    Exception, Kind, Task,
    event_loop::{Deadlock, Stuck, spawn_named},
    sleep, spawn,
    sync::{Condition, Lock},
    yield_now,
};

use crate::{at_once, dropped_after, ms, new_loop, run, support::Log, turns};

/// Tasks that take the lock, note their names, and keep it for a turn.
fn takers<const N: usize>(lock: &Lock, log: &Log, names: [&'static str; N]) -> [Task<()>; N] {
    names.map(|name| {
        let (lock, log) = (lock.clone(), log.clone());
        let body = async move {
            let _guard = lock.acquire().await?;
            log.add(name);
            yield_now().await
        };
        spawn(body).unwrap()
    })
}

#[test]
fn one_that_is_free_is_had_at_once_even_outside_a_loop() {
    let lock = Lock::new();
    let guard = at_once(lock.acquire());
    assert!(lock.locked() && lock.clone().locked());
    let waits = lock.acquire().now_or_never().unwrap().unwrap_err();
    assert_eq!(waits.kind(), Kind::RuntimeError); // no loop to wait in
    drop(guard);
    assert!(!lock.locked());
    assert_eq!(format!("{lock:?}"), "Lock { locked: false }");
    let text = lock.release().unwrap_err().to_string();
    assert_eq!(text, "RuntimeError: Lock is not acquired.");
}

#[test]
fn without_waiting_it_is_had_only_if_it_is_free_and_nobody_waits() {
    let lock = Lock::new();
    let guard = lock.try_acquire().expect("it is free");
    assert!(lock.locked() && lock.try_acquire().is_none());
    drop(guard);
    assert!(!lock.locked());
    run(async move {
        let guard = lock.try_acquire().expect("it is free");
        let waits = lock.clone();
        let waits = spawn(async move { waits.acquire().await.map(drop) })?;
        turns(1).await?;
        drop(guard);
        assert!(!lock.locked() && lock.try_acquire().is_none()); // it is handed over
        waits.await?;
        assert!(lock.try_acquire().is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_acquire_that_is_not_awaited_takes_nothing() {
    let lock = Lock::new();
    drop(lock.acquire());
    assert!(!lock.locked());
}

#[test]
fn who_waits_is_served_in_the_order_of_coming_one_a_turn() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let tasks = takers(&lock, &logged, ["a", "b", "c"]);
        turns(2).await?;
        logged.add("release");
        drop(guard);
        tminus::gather(tasks).await
    })
    .unwrap();
    assert_eq!(log.take(), ["release", "a", "b", "c"]);
}

#[test]
fn nobody_who_comes_later_is_served_before() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let tasks = takers(&lock, &logged, ["first"]);
        yield_now().await?;
        drop(guard);
        // It is free, and the first has been woken and not run: it is the first one's.
        assert!(!lock.locked());
        let guard = lock.acquire().await?;
        logged.add("second");
        drop(guard);
        tminus::gather(tasks).await
    })
    .unwrap();
    assert_eq!(log.take(), ["first", "second"]);
}

#[test]
fn a_waiter_that_is_cancelled_leaves_and_the_next_is_served() {
    let log = Log::default();
    let logged = log.clone();
    let ends = run(async move {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let [a, b, c] = takers(&lock, &logged, ["a", "b", "c"]);
        yield_now().await?;
        a.cancel_with("you");
        assert!(lock.locked());
        yield_now().await?;
        drop(guard);
        tminus::gather_results([a, b, c]).await
    });
    assert_eq!(ends.unwrap().iter().filter(|end| end.is_err()).count(), 1);
    assert_eq!(log.take(), ["b", "c"]);
}

/// As in asyncio, the waiter that was cancelled wakes the next one in its own turn.
#[test]
fn a_lock_that_is_released_to_a_cancelled_waiter_reaches_the_next_a_round_later() {
    let locked = run(async {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let [a, b] = takers(&lock, &Log::default(), ["a", "b"]);
        yield_now().await?;
        a.cancel();
        drop(guard);
        let mut locked = Vec::new();
        for _ in 0..2 {
            yield_now().await?;
            locked.push(lock.locked());
        }
        b.await?;
        Ok(locked)
    });
    assert_eq!(locked.unwrap(), [false, true]);
}

/// The turn of one that was woken and does not come goes to the next.
#[test]
fn a_woken_waiter_that_is_cancelled_or_dropped_hands_its_turn_on() {
    for before in [true, false] {
        let log = Log::default();
        let logged = log.clone();
        run(async move {
            let lock = Lock::new();
            let guard = lock.acquire().await?;
            let [a, b] = takers(&lock, &logged, ["a", "b"]);
            yield_now().await?;
            if before {
                a.cancel();
                drop(guard);
            } else {
                drop(guard);
                a.cancel();
            }
            b.await
        })
        .unwrap();
        assert_eq!(log.take(), ["b"]);
    }
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let mut waits = Box::pin(lock.acquire());
        assert!(futures::poll!(&mut waits).is_pending());
        let tasks = takers(&lock, &logged, ["a"]);
        yield_now().await?;
        drop(guard);
        turns(3).await?;
        logged.add("dropped");
        drop(waits); // it was woken, and not polled
        tminus::gather(tasks).await
    })
    .unwrap();
    assert_eq!(log.take(), ["dropped", "a"]);
}

#[test]
fn a_waiter_that_is_dropped_while_it_waits_leaves_no_place_behind() {
    run(async {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        assert!(dropped_after(5, lock.acquire()).await.is_none());
        drop(guard);
        drop(at_once(lock.acquire()));
        assert!(dropped_after(5, lock.acquire()).await.is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_guard_does_not_release_what_somebody_else_has_meanwhile() {
    let lock = Lock::new();
    let old = at_once(lock.acquire());
    lock.release().unwrap();
    let new = at_once(lock.acquire());
    drop(old);
    assert!(lock.locked());
    drop(new);
    assert!(!lock.locked());
    let guard = at_once(lock.acquire());
    lock.release().unwrap();
    drop(guard); // nor is that an error
}

#[test]
fn a_guard_that_is_forgotten_leaves_it_locked_until_somebody_releases_it() {
    run(async {
        let lock = Lock::new();
        lock.acquire().await?.forget();
        assert!(lock.locked());
        let other = lock.clone();
        let waits = spawn(async move { other.acquire().await.map(drop) })?;
        turns(2).await?;
        assert!(!waits.done());
        lock.release()?;
        waits.await
    })
    .unwrap();
}

#[test]
fn a_guard_may_go_to_another_task_and_is_released_however_that_ends() {
    run(async {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let ends = spawn(async move {
            let _guard = guard;
            sleep(ms(5)).await?;
            panic!("boom");
            #[allow(unreachable_code)]
            Ok(())
        })?;
        drop(lock.acquire().await?);
        assert_eq!(ends.await.unwrap_err().kind(), Kind::Panic);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_value_that_tasks_share_is_changed_by_one_at_a_time() {
    let (lock, balance) = (Lock::new(), Rc::new(Cell::new(0)));
    let shared = balance.clone();
    run(async move {
        let add = |n: u32| {
            let (lock, balance) = (lock.clone(), shared.clone());
            async move {
                let _guard = lock.acquire().await?;
                let before = balance.get();
                turns(n % 3).await?;
                balance.set(before + n);
                Ok(())
            }
        };
        tminus::gather((1..=100).map(add).collect::<Vec<_>>()).await
    })
    .unwrap();
    assert_eq!(balance.get(), 5050);
}

mod deadlocks {
    use super::*;

    fn deadlock_of(main: impl Future<Output = Result<(), Exception>> + 'static) -> Deadlock {
        let event_loop = new_loop();
        let main = event_loop.create_named_task("main", main).unwrap();
        let stuck = event_loop.run_until_complete(main).unwrap_err();
        stuck
            .downcast_ref::<Deadlock>()
            .expect("it is stuck")
            .clone()
    }

    fn stuck(task: &str, waits_for: &str) -> Stuck {
        let (task, waits_for) = (task.into(), waits_for.into());
        Stuck { task, waits_for }
    }

    /// Takes the first, gives way, and takes the second.
    async fn both(first: Lock, second: Lock) -> Result<(), Exception> {
        let _first = first.acquire().await?;
        yield_now().await?;
        second.acquire().await.map(drop)
    }

    #[test]
    fn two_tasks_that_each_have_what_the_other_wants_are_a_circle() {
        let deadlock = deadlock_of(async {
            let (a, b) = (Lock::new(), Lock::new());
            let left = spawn_named("left", both(a.clone(), b.clone()))?;
            let right = spawn_named("right", both(b, a))?;
            tminus::gather([left, right]).await.map(drop)
        });
        assert_eq!(deadlock.cycle, ["left", "right"]);
        let expected = [
            stuck("main", "all of (task \"left\", task \"right\")"),
            stuck("left", "a lock that task \"right\" has"),
            stuck("right", "a lock that task \"left\" has"),
        ];
        assert_eq!(deadlock.stuck, expected);
    }

    #[test]
    fn three_philosophers_are_one_too_and_who_only_waits_is_not_in_it() {
        let deadlock = deadlock_of(async {
            let forks = [(); 3].map(|()| Lock::new());
            for n in 0..3 {
                let body = both(forks[n].clone(), forks[(n + 1) % 3].clone());
                spawn_named(&format!("philosopher {n}"), body)?;
            }
            spawn_named("guest", {
                let fork = forks[0].clone();
                async move { fork.acquire().await.map(drop) }
            })?;
            futures::future::pending().await
        });
        let names = ["philosopher 0", "philosopher 1", "philosopher 2"];
        assert_eq!(deadlock.cycle, names);
        let guest = stuck("guest", "a lock that task \"philosopher 0\" has");
        assert_eq!(deadlock.stuck[4], guest);
    }

    #[test]
    fn who_takes_a_lock_twice_waits_for_itself() {
        let deadlock = deadlock_of(async {
            let lock = Lock::new();
            let _guard = lock.acquire().await?;
            lock.acquire().await.map(drop)
        });
        assert_eq!(deadlock.cycle, ["main"]);
        assert_eq!(
            deadlock.stuck,
            [stuck("main", "a lock that task \"main\" has")]
        );
    }

    #[test]
    fn a_circle_through_a_lock_and_a_task_is_found() {
        let deadlock = deadlock_of(async {
            let lock = Lock::new();
            let _guard = lock.acquire().await?;
            let other = lock.clone();
            let body = async move { other.acquire().await.map(drop) };
            spawn_named("other", body)?.await
        });
        assert_eq!(deadlock.cycle, ["main", "other"]);
    }

    #[test]
    fn a_lock_that_its_task_left_locked_has_no_holder_when_that_is_gone() {
        let deadlock = deadlock_of(async {
            let lock = Lock::new();
            let other = lock.clone();
            spawn(async move {
                other.acquire().await?.forget();
                Ok(())
            })?
            .await?;
            lock.acquire().await.map(drop)
        });
        assert_eq!(deadlock.stuck, [stuck("main", "a lock")]);
    }

    #[test]
    fn who_gave_the_lock_back_to_wait_for_a_notification_does_not_have_it() {
        let deadlock = deadlock_of(async {
            let lock = Lock::new();
            let condition = Condition::with_lock(lock.clone());
            let waits = async move {
                let _guard = condition.acquire().await?;
                condition.wait().await
            };
            spawn_named("waits", waits)?;
            yield_now().await?;
            let _guard = at_once(lock.acquire());
            lock.acquire().await.map(drop)
        });
        let waits = stuck("waits", "a notification");
        assert_eq!(
            (&deadlock.stuck[1], &deadlock.cycle[..]),
            (&waits, &["main".into()][..])
        );
    }
}
