//! Locks, permits, conditions, barriers and events.

use std::{cell::Cell, rc::Rc};

use tminus::{
    Kind, gather_results, sleep,
    sync::{Barrier, Condition, Event, Lock, Semaphore},
    yield_now,
};

use super::{Inside, Program, Spawner, cancel_everywhere, ms};

#[test]
fn a_lock() {
    cancel_everywhere("a lock", |moments| {
        let (spawner, lock, inside) = (Spawner::new(moments), Lock::new(), Inside::at_most(1));
        let (same, empty) = (lock.clone(), inside.clone());
        let user = move |number| {
            let (lock, inside) = (lock.clone(), inside.clone());
            async move {
                for turn in 0..2 {
                    let _guard = match lock.acquire().await {
                        Err(error) if error.kind() == Kind::Cancelled => lock.acquire().await?,
                        acquired => acquired?,
                    };
                    let _inside = inside.enter();
                    match (number + turn) % 3 {
                        0 => {}
                        1 => yield_now().await?,
                        _ => sleep(ms(1)).await?,
                    }
                }
                Ok(())
            }
        };
        let main = async move {
            gather_results(spawner.spawn_each(4, user)).await?;
            Ok(())
        };
        Program::new(main, move || {
            assert!(!same.locked() && empty.is_empty());
            assert!(same.try_acquire().is_some());
        })
    });
}

#[test]
fn permits_one_and_several_at_a_time() {
    cancel_everywhere("permits", |moments| {
        const PERMITS: usize = 3;
        let (spawner, semaphore) = (Spawner::new(moments), Semaphore::new(PERMITS));
        let (same, inside) = (semaphore.clone(), Inside::at_most(PERMITS));
        let user = move |number| {
            let (semaphore, inside) = (semaphore.clone(), inside.clone());
            async move {
                for turn in 0..2 {
                    let many = 1 + (number as usize + turn) % PERMITS;
                    let _permits = semaphore.acquire_many(many).await?;
                    let _inside = inside.enter_as(many);
                    match many {
                        1 => sleep(ms(1)).await?,
                        _ => yield_now().await?,
                    }
                }
                let _one = semaphore.acquire().await?;
                yield_now().await
            }
        };
        let main = async move {
            gather_results(spawner.spawn_each(5, user)).await?;
            Ok(())
        };
        Program::new(main, move || {
            assert_eq!(same.value(), PERMITS);
            assert!(same.try_acquire_many(PERMITS).is_some());
        })
    });
}

/// As many tokens are made as tasks wait for one, and one task is notified of each. A task that was notified and is cancelled
/// passes the notification on, so that nobody is left.
#[test]
fn tokens_under_a_condition() {
    cancel_everywhere("a condition", |moments| {
        const TAKERS: u64 = 4;
        let (spawner, condition) = (Spawner::new(moments), Condition::new());
        let (tokens, taken) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (same, left, got) = (condition.clone(), tokens.clone(), taken.clone());
        let main = async move {
            let takers = spawner.spawn_each(TAKERS, |number| {
                let (condition, tokens) = (condition.clone(), tokens.clone());
                let taken = taken.clone();
                async move {
                    let _guard = condition.acquire().await?;
                    if number == 1 {
                        yield_now().await?;
                    }
                    condition.wait_for(|| tokens.get() > 0).await?;
                    tokens.set(tokens.get() - 1);
                    taken.set(taken.get() + 1);
                    yield_now().await
                }
            });
            for number in 0..TAKERS {
                sleep(ms(number % 2)).await.ok();
                // However often it is cancelled.
                let _guard = loop {
                    if let Ok(guard) = condition.acquire().await {
                        break guard;
                    }
                };
                tokens.set(tokens.get() + 1);
                condition.notify(1)?;
                yield_now().await.ok();
            }
            gather_results(takers).await?;
            Ok(())
        };
        Program::new(main, move || {
            assert_eq!(got.get() + left.get(), TAKERS);
            assert!(!same.locked());
        })
    });
}

/// The main task opens the barrier and sets the event in any case.
#[test]
fn a_barrier_and_an_event() {
    cancel_everywhere("a barrier and an event", |moments| {
        let (spawner, event) = (Spawner::new(moments), Event::new());
        let barrier = Barrier::new(3).unwrap();
        let (same, opens) = (barrier.clone(), barrier.clone());
        let set = event.clone();
        let user = move |number| {
            let (barrier, event) = (barrier.clone(), event.clone());
            async move {
                for turn in 0..2 {
                    sleep(ms((number + turn) % 2)).await?;
                    barrier.wait().await?;
                }
                event.wait().await
            }
        };
        let main = async move {
            let users = spawner.spawn_each(3, user);
            let waited = sleep(ms(5)).await;
            set.set();
            while opens.abort().await.is_err() {}
            gather_results(users).await?;
            waited
        };
        Program::new(main, move || {
            assert_eq!(same.n_waiting(), 0);
        })
    });
}
