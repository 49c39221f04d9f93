//! Task groups, timeouts, gathers, shields and async generators around what has to be released.

use std::{cell::Cell, rc::Rc};

use futures::future::Either;
use tminus::{
    AsyncGenerator, Exception, Kind, TaskGroup, as_completed,
    event_loop::next,
    gather, gather_results, shield, sleep,
    sync::{Lock, Semaphore},
    timeout, wait_for, yield_now,
};

use super::{Inside, Program, Spawner, cancel_everywhere, ms};

const PERMITS: usize = 2;

/// A semaphore, and how many permits are held.
#[derive(Clone)]
struct Permits {
    semaphore: Semaphore,
    inside: Inside,
}

impl Permits {
    fn new() -> Self {
        Self {
            semaphore: Semaphore::new(PERMITS),
            inside: Inside::at_most(PERMITS),
        }
    }

    /// Holds a permit for some milliseconds.
    async fn hold(self, milliseconds: u64) -> Result<u64, Exception> {
        let _permit = self.semaphore.acquire().await?;
        let _inside = self.inside.enter();
        sleep(ms(milliseconds)).await?;
        Ok(milliseconds)
    }

    fn check(&self) {
        assert_eq!(self.semaphore.value(), PERMITS);
        assert!(self.inside.is_empty());
        assert!(self.semaphore.try_acquire_many(PERMITS).is_some());
    }
}

/// Whichever member is cancelled, none runs after the group has ended.
#[test]
fn task_groups() {
    cancel_everywhere("task groups", |moments| {
        let (moments, permits) = (moments.clone(), Permits::new());
        let (same, running) = (permits.clone(), Inside::at_most(8));
        let main = async move {
            for fails in [false, true] {
                let group = TaskGroup::new();
                let ended = group
                    .run(async {
                        for number in 0..4 {
                            let (permits, running) = (permits.clone(), running.enter());
                            group.create_task(moments.turns_of(async move {
                                let _running = running;
                                permits.hold(number % 2).await?;
                                match fails && number == 1 {
                                    true => Err(Kind::ValueError.into()),
                                    false => Ok(()),
                                }
                            }))?;
                        }
                        sleep(ms(1)).await
                    })
                    .await;
                assert!(running.is_empty(), "a member outlives its group");
                match ended {
                    Err(error) if error.kind() == Kind::Cancelled => return Err(error),
                    ended => assert!(ended.is_err() || !fails || moments.had_effect().is_some()),
                }
            }
            Ok(())
        };
        Program::new(main, move || same.check())
    });
}

/// The limits end in the very milliseconds in which permits are released.
#[test]
fn permits_with_a_limit() {
    cancel_everywhere("permits with a limit", |moments| {
        let (spawner, permits) = (Spawner::new(moments), Permits::new());
        let same = permits.clone();
        let main = async move {
            let users = spawner.spawn_each(6, |number| {
                let permits = permits.clone();
                async move {
                    for _ in 0..2 {
                        let acquire = permits.semaphore.acquire();
                        let acquired = match number % 3 {
                            0 => timeout(ms(1)).run(acquire).await,
                            1 => wait_for(acquire, ms(1)).await,
                            _ => acquire.await,
                        };
                        let _permit = match acquired {
                            Err(error) if error.kind() == Kind::Timeout => continue,
                            acquired => acquired?,
                        };
                        let _inside = permits.inside.enter();
                        sleep(ms(1)).await?;
                    }
                    Ok(())
                }
            });
            gather_results(users).await?;
            Ok(())
        };
        Program::new(main, move || same.check())
    });
}

#[test]
fn gathers_shields_and_the_first_that_completes() {
    cancel_everywhere("gathers, shields, as_completed", |moments| {
        let (spawner, permits) = (Spawner::new(moments), Permits::new());
        let same = permits.clone();
        let main = async move {
            let holds = |milliseconds| spawner.spawn(permits.clone().hold(milliseconds));
            let ended = gather((holds(1), shield(holds(2)), holds(1))).await;
            let mut completed = as_completed([holds(2), holds(1), holds(0)]);
            while let Some(done) = next(&mut completed).await {
                done?.result().ok();
            }
            ended.map(drop)
        };
        Program::new(main, move || same.check())
    });
}

/// A future that waits for the lock is dropped in the turn in which it is woken.
#[test]
fn acquisitions_that_are_dropped() {
    cancel_everywhere("dropped acquisitions", |moments| {
        let (spawner, lock, inside) = (Spawner::new(moments), Lock::new(), Inside::at_most(1));
        let same = lock.clone();
        let main = async move {
            let users = spawner.spawn_each(4, |number| {
                let (lock, inside) = (lock.clone(), inside.clone());
                async move {
                    for _ in 0..3 {
                        let acquire = Box::pin(lock.acquire());
                        let limit = Box::pin(sleep(ms(number)));
                        let _guard = match futures::future::select(acquire, limit).await {
                            Either::Left((acquired, _)) => acquired?,
                            Either::Right((limit, _)) => {
                                limit?;
                                continue;
                            }
                        };
                        let _inside = inside.enter();
                        sleep(ms(1)).await?;
                    }
                    Ok(())
                }
            });
            gather_results(users).await?;
            Ok(())
        };
        Program::new(main, move || assert!(same.try_acquire().is_some()))
    });
}

/// The body of an async generator holds a permit while it is suspended, and cleans up with an `.await`. The loop spawns a task
/// to close a generator that was dropped. If this task is cancelled before its first turn, the body is dropped, as in CPython.
#[test]
fn async_generators() {
    cancel_everywhere("async generators", |moments| {
        let (spawner, permits) = (Spawner::new(moments), Permits::new());
        let moments = moments.clone();
        let (same, cleaned) = (permits.clone(), Rc::new(Cell::new(0)));
        let (begun, ended) = (Rc::new(Cell::new(0)), cleaned.clone());
        let begins = begun.clone();
        let numbers = move || {
            let (permits, begun, cleaned) = (permits.clone(), begins.clone(), cleaned.clone());
            AsyncGenerator::<u64>::new(async move |co| {
                let _permit = permits.semaphore.acquire().await?;
                let _inside = permits.inside.enter();
                begun.set(begun.get() + 1);
                let body = async {
                    for number in 0..3 {
                        sleep(ms(number)).await?;
                        co.yield_(number).await?;
                    }
                    Ok(())
                };
                let body = body.await;
                while yield_now().await.is_err() {}
                cleaned.set(cleaned.get() + 1);
                body
            })
        };
        let main = async move {
            let users = spawner.spawn_each(3, |number| {
                let numbers = numbers();
                async move {
                    while let Some(got) = numbers.anext().await? {
                        if got == number {
                            break; // the generator is dropped, and the loop closes it
                        }
                        yield_now().await?;
                    }
                    Ok(())
                }
            });
            gather_results(users).await?;
            Ok(())
        };
        Program::new(main, move || {
            same.check();
            let of_the_loop = usize::from(moments.name().starts_with("Task-"));
            let left = begun.get() - ended.get();
            assert!(left <= of_the_loop, "a body has not cleaned up");
        })
    });
}
