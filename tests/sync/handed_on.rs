//! Permits that are released together, and waiters whose futures move to other tasks or leave.

use std::pin::Pin;

use tminus::{
    Exception, Task, spawn,
    sync::{BoundedSemaphore, Condition, Event, Lock, Queue, Semaphore},
};

use crate::{at_once, run, support::reported, turns};

#[test]
fn permits_that_are_released_together_go_to_as_many_waiters_immediately() {
    run(async {
        let semaphore = Semaphore::new(0);
        let waiter = || {
            let semaphore = semaphore.clone();
            spawn(async move {
                semaphore.acquire().await?.forget();
                Ok(())
            })
        };
        let waiters = [waiter()?, waiter()?, waiter()?];
        turns(1).await?;
        semaphore.release_many(2)?;
        assert_eq!(semaphore.value(), 0); // both are on their way
        turns(1).await?;
        assert_eq!(waiters.map(|waiter| waiter.done()), [true, true, false]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn permits_that_fill_a_bounded_semaphore_are_released_without_a_report() {
    let semaphore = BoundedSemaphore::new(2);
    let errors = reported(|| {
        drop(at_once(semaphore.acquire_many(2)));
        drop(at_once(semaphore.acquire()));
    });
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(semaphore.value(), 2);
}

/// As in asyncio: a waiter that is woken for nothing would wait again after the others.
#[test]
fn a_getter_that_leaves_an_empty_queue_wakes_nobody() {
    run(async {
        let queue = Queue::new();
        let getters: [Task<u32>; 3] = [(); 3].map(|()| spawn(queue.get()).unwrap());
        turns(1).await?;
        queue.put_nowait(0)?; // it wakes the first
        assert_eq!(queue.get_nowait()?, 0);
        getters[0].cancel();
        turns(3).await?;
        for (getter, n) in getters[1..].iter().zip(1..) {
            queue.put_nowait(n)?;
            assert_eq!(getter.await?, n);
        }
        Ok(())
    })
    .unwrap();
}

type Waits = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A future that this task has polled, and that another one polls now, is woken when its turn comes.
#[test]
fn a_wait_that_another_task_has_taken_over_is_woken() {
    type Acts = Box<dyn Fn() -> Result<(), Exception>>;
    async fn is_woken(mut waits: Waits, acts: Acts) -> Result<(), Exception> {
        assert!(futures::poll!(&mut waits).is_pending());
        turns(1).await?;
        let other = spawn(waits)?;
        turns(2).await?;
        assert!(!other.done());
        acts()?;
        turns(4).await?;
        assert!(other.done());
        other.await
    }
    run(async {
        let event = Event::new();
        let same = event.clone();
        let waits: Waits = Box::pin(async move { same.wait().await.map(drop) });
        is_woken(
            waits,
            Box::new(move || {
                event.set();
                Ok(())
            }),
        )
        .await?;

        let semaphore = Semaphore::new(0);
        let same = semaphore.clone();
        let waits: Waits = Box::pin(async move { same.acquire().await.map(drop) });
        is_woken(waits, Box::new(move || semaphore.release())).await?;

        let queue = Queue::new();
        let same = queue.clone();
        let waits: Waits = Box::pin(async move { same.get().await.map(drop) });
        is_woken(waits, Box::new(move || queue.put_nowait(()))).await?;

        let full = Queue::with_maxsize(1);
        full.put_nowait(())?;
        let same = full.clone();
        let waits: Waits = Box::pin(async move { same.put(()).await });
        is_woken(waits, Box::new(move || full.get_nowait())).await?;

        let work = Queue::new();
        work.put_nowait(())?;
        let same = work.clone();
        let waits: Waits = Box::pin(async move { same.join().await });
        is_woken(waits, Box::new(move || work.task_done())).await?;

        let lock = Lock::new();
        let guard = std::cell::Cell::new(Some(at_once(lock.acquire())));
        let waits: Waits = Box::pin(async move { lock.acquire().await.map(drop) });
        is_woken(
            waits,
            Box::new(move || {
                drop(guard.take());
                Ok(())
            }),
        )
        .await?;

        let condition = Condition::new();
        let same = condition.clone();
        let waits: Waits = Box::pin(async move {
            let _guard = same.acquire().await?;
            same.wait().await
        });
        is_woken(
            waits,
            Box::new(move || {
                let _guard = at_once(condition.acquire());
                condition.notify(1)
            }),
        )
        .await
    })
    .unwrap();
}
