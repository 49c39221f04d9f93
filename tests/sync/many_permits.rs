//! Several permits at the same time, and permits without waiting.

use std::{cell::RefCell, rc::Rc};

use tminus::{
    Exception, Kind, Task,
    event_loop::Deadlock,
    gather, spawn, spawn_named,
    sync::{BoundedSemaphore, Permit, Semaphore},
};

use crate::{at_once, dropped_after, ms, new_loop, run, turns};

type Served = Rc<RefCell<Vec<usize>>>;

/// Asks for permits, and notes how many it got.
fn asks(semaphore: &Semaphore, count: usize, served: &Served) -> Result<Task<()>, Exception> {
    let (semaphore, served) = (semaphore.clone(), served.clone());
    spawn(async move {
        let permit = semaphore.acquire_many(count).await?;
        assert_eq!(permit.count(), count);
        served.borrow_mut().push(count);
        turns(2).await
    })
}

#[test]
fn a_large_request_is_not_overtaken_and_goes_after_those_before_it() {
    let served = Served::default();
    let noted = served.clone();
    run(async move {
        let semaphore = Semaphore::new(3);
        let held = at_once(semaphore.acquire_many(2));
        let asked = [1, 3, 1, 2, 1].map(|count| asks(&semaphore, count, &noted));
        let asked = asked.into_iter().collect::<Result<Vec<_>, _>>()?;
        turns(5).await?;
        assert_eq!(*noted.borrow(), [1]); // it was free
        assert_eq!(semaphore.value(), 1); // but the next one wants three
        assert!(semaphore.locked() && semaphore.try_acquire().is_none());
        drop(held);
        gather(asked).await
    })
    .unwrap();
    assert_eq!(*served.borrow(), [1, 3, 1, 2, 1]);
}

#[test]
fn while_a_large_request_waits_it_holds_nothing_and_if_it_leaves_the_next_ones_are_served() {
    let served = Served::default();
    let noted = served.clone();
    run(async move {
        let semaphore = Semaphore::new(3);
        let held = at_once(semaphore.acquire());
        let large = asks(&semaphore, 3, &noted)?;
        let small = [asks(&semaphore, 1, &noted)?, asks(&semaphore, 1, &noted)?];
        turns(2).await?;
        assert!(noted.borrow().is_empty());
        large.cancel();
        turns(2).await?;
        assert_eq!(*noted.borrow(), [1, 1]); // in the round after the one in which it left
        gather(small).await?;
        drop(held);
        assert_eq!(semaphore.value(), 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_large_request_that_is_dropped_or_was_woken_gives_nothing_away() {
    run(async {
        let semaphore = Semaphore::new(3);
        let held = at_once(semaphore.acquire());
        assert!(dropped_after(1, semaphore.acquire_many(3)).await.is_none());
        assert_eq!(semaphore.value(), 2);
        let large = spawn(semaphore.acquire_many(3).map_permit())?;
        turns(1).await?;
        drop(held); // now it has all three, and is about to run
        assert_eq!(semaphore.value(), 0);
        large.cancel();
        assert_eq!(large.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(semaphore.value(), 3);
        drop(at_once(semaphore.acquire_many(3)));
        Ok(())
    })
    .unwrap();
}

trait MapPermit {
    /// The number of permits, which are released.
    fn map_permit(self) -> impl Future<Output = Result<usize, Exception>>;
}

impl<F: Future<Output = Result<Permit, Exception>>> MapPermit for F {
    async fn map_permit(self) -> Result<usize, Exception> {
        self.await.map(|permit| permit.count())
    }
}

#[test]
fn permits_without_waiting_are_had_only_if_nobody_waits() {
    let semaphore = Semaphore::new(3);
    let two = semaphore.try_acquire_many(2).unwrap();
    assert_eq!((two.count(), semaphore.value()), (2, 1));
    assert!(semaphore.try_acquire_many(2).is_none());
    let one = semaphore.try_acquire().unwrap();
    assert_eq!(semaphore.try_acquire_many(0).unwrap().count(), 0);
    assert!(semaphore.try_acquire().is_none());
    drop((one, two));
    assert_eq!(semaphore.value(), 3);
}

#[test]
fn nothing_is_had_at_once_whoever_waits() {
    run(async {
        let semaphore = Semaphore::new(1);
        let held = at_once(semaphore.acquire());
        let waits = spawn(semaphore.acquire().map_permit())?;
        turns(1).await?;
        assert_eq!(at_once(semaphore.acquire_many(0)).count(), 0);
        drop(held);
        assert!(semaphore.try_acquire().is_none()); // it is on its way
        assert_eq!(waits.await?, 1);
        assert!(semaphore.try_acquire().is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_bounded_semaphore_refuses_what_it_never_has() {
    let bounded = BoundedSemaphore::new(2);
    let refused = run({
        let bounded = bounded.clone();
        async move { bounded.acquire_many(3).map_permit().await }
    });
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), Kind::ValueError);
    assert_eq!(
        refused.message(),
        "cannot acquire 3 permits of a semaphore that has 2"
    );
    assert!(bounded.try_acquire_many(3).is_none());
    bounded.try_acquire_many(2).unwrap().forget();
    assert_eq!(
        bounded.release_many(3).unwrap_err().kind(),
        Kind::ValueError
    );
    assert_eq!(bounded.value(), 0); // none of them
    bounded.release_many(2).unwrap();
    assert_eq!(bounded.value(), 2);
}

#[test]
fn another_semaphore_waits_for_permits_that_are_added() {
    run(async {
        let semaphore = Semaphore::new(0);
        let waits = spawn(semaphore.acquire_many(3).map_permit())?;
        turns(1).await?;
        semaphore.release_many(2)?;
        turns(2).await?;
        assert!(!waits.done());
        semaphore.release()?;
        assert_eq!(waits.await?, 3);
        assert_eq!(semaphore.value(), 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_request_that_outlives_its_task_is_in_nobodys_way_once_it_is_polled_or_dropped() {
    run(async {
        let semaphore = Semaphore::new(3);
        let held = at_once(semaphore.acquire());
        let kept = Rc::new(RefCell::new(Some(Box::pin(semaphore.acquire_many(3)))));
        let polled = kept.clone();
        spawn(async move {
            let mut large = polled.borrow_mut().take().unwrap();
            assert!(futures::poll!(&mut large).is_pending());
            polled.borrow_mut().replace(large);
            Ok(())
        })?
        .await?;
        let small = spawn(semaphore.acquire().map_permit())?;
        turns(1).await?;
        let large = kept.take().unwrap();
        let large = spawn(large.map_permit())?; // it begins to wait again, after the small one
        turns(2).await?;
        assert!(small.done());
        assert_eq!(small.await?, 1);
        drop(held);
        assert_eq!(large.await?, 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_deadlock_names_what_is_missing() {
    for (count, words) in [
        (1, "a permit of a semaphore"),
        (2, "several permits of a semaphore"),
    ] {
        let event_loop = new_loop();
        let semaphore = Semaphore::new(count);
        let stuck = event_loop.run_until_complete(async move {
            let _held = semaphore.acquire().await?;
            spawn_named("fuels", async move {
                semaphore.acquire_many(count).map_permit().await
            })?
            .await
        });
        let stuck = stuck.unwrap_err();
        assert!(stuck.is::<Deadlock>());
        let report = stuck.to_string();
        assert!(report.contains(words), "{report}");
        assert_eq!(event_loop.time(), ms(0));
    }
}
