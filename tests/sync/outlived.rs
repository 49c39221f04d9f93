//! A wait whose task has ended, while somebody else still has its future. It is in nobody's way, and can be continued.

use std::{cell::RefCell, future::poll_fn, pin::Pin, rc::Rc, task::Poll};

use tminus::{
    Exception, Task, gather, spawn,
    sync::{Condition, Event, Lock, Queue, Semaphore},
    yield_now,
};

use crate::{at_once, run, turns};

type Waits<T> = Pin<Box<dyn Future<Output = Result<T, Exception>>>>;

/// A future that several tasks can poll.
struct Shared<T>(Rc<RefCell<Waits<T>>>);

impl<T: 'static> Shared<T> {
    /// Lets a task begin to wait, and end. Returns the future, and the task, which must not be dropped before.
    async fn outlives(
        wait: impl Future<Output = Result<T, Exception>> + 'static,
    ) -> Result<(Self, Task<()>), Exception> {
        let wait: Waits<T> = Box::pin(wait);
        let shared = Rc::new(RefCell::new(wait));
        let polled = shared.clone();
        let task = spawn(poll_fn(move |cx| {
            assert!(polled.borrow_mut().as_mut().poll(cx).is_pending());
            Poll::Ready(Ok(()))
        }))?;
        task.clone().await?;
        Ok((Self(shared), task))
    }

    /// Continues the wait in the running task.
    async fn continues(&self) -> Result<T, Exception> {
        poll_fn(|cx| self.0.borrow_mut().as_mut().poll(cx)).await
    }
}

#[test]
fn a_lock_goes_to_the_next_task_that_can_take_it() {
    run(async {
        let lock = Lock::new();
        let guard = at_once(lock.acquire());
        let (wait, _ended) = Shared::outlives(lock.acquire()).await?;
        let locks = |lock: Lock| async move { lock.acquire().await.map(drop) };
        let next = spawn(locks(lock.clone()))?;
        let after_next = spawn(locks(lock.clone()))?;
        yield_now().await?;
        drop(guard);
        next.await?;
        after_next.await?;
        drop(wait);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_free_lock_or_permit_is_acquired_immediately() {
    run(async {
        let (lock, semaphore) = (Lock::new(), Semaphore::new(1));
        let held = (at_once(lock.acquire()), at_once(semaphore.acquire()));
        let (locked, _ended) = Shared::outlives(lock.acquire()).await?;
        let (limited, _ended_too) = Shared::outlives(semaphore.acquire()).await?;
        drop(held);
        assert!(!semaphore.locked() && !lock.locked());
        drop((at_once(lock.acquire()), at_once(semaphore.acquire())));
        drop((locked.continues().await?, limited.continues().await?));
        assert_eq!((lock.locked(), semaphore.value()), (false, 1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_item_or_room_that_is_there_is_taken_immediately() {
    let items = run(async {
        let queue = Queue::with_maxsize(1);
        let (get, _ended) = Shared::outlives(queue.get()).await?;
        queue.put_nowait(1)?;
        let (put, _ended_too) = Shared::outlives(queue.put(2)).await?;
        let first = get.continues().await?;
        put.continues().await?;
        Ok([first, queue.get_nowait()?])
    });
    assert_eq!(items.unwrap(), [1, 2]);
}

#[test]
fn an_event_that_was_set_and_work_that_was_done_are_seen() {
    run(async {
        let (event, queue) = (Event::new(), Queue::new());
        queue.put_nowait(())?;
        let (set, _ended) = Shared::outlives(event.wait()).await?;
        let (done, _ended_too) = Shared::outlives(queue.join()).await?;
        event.set();
        queue.task_done()?;
        set.continues().await?;
        done.continues().await
    })
    .unwrap();
}

#[test]
fn a_notification_goes_to_the_next_task_and_the_continued_wait_to_the_end_of_the_line() {
    run(async {
        let condition = Condition::new();
        let wait = |condition: Condition| async move {
            let _guard = condition.acquire().await?;
            condition.wait().await
        };
        let (lost, _ended) = Shared::outlives(wait(condition.clone())).await?;
        let next = spawn(wait(condition.clone()))?;
        yield_now().await?;
        at_once(condition.acquire()).forget();
        condition.notify(1)?;
        condition.release()?;
        next.await?;

        let continued = spawn(async move { lost.continues().await })?;
        let other = spawn(wait(condition.clone()))?;
        turns(2).await?;
        assert!(!continued.done() && !other.done());
        at_once(condition.acquire()).forget();
        condition.notify_all()?;
        condition.release()?;
        continued.await?;
        other.await
    })
    .unwrap();
}

/// The places of those that were cancelled or dropped, or whose task has ended, are anywhere in the line.
#[test]
fn waiters_leave_from_any_place_and_the_others_keep_their_order() {
    let order = run(async {
        let lock = Lock::new();
        let guard = at_once(lock.acquire());
        let order = Rc::new(RefCell::new(Vec::new()));
        let waits = |number: u32| {
            let (lock, order) = (lock.clone(), order.clone());
            spawn(async move {
                let _guard = lock.acquire().await?;
                order.borrow_mut().push(number);
                Ok(())
            })
        };
        let tasks = (0..6).map(waits).collect::<Result<Vec<_>, _>>()?;
        yield_now().await?;
        let (lost, _ended) = Shared::outlives(lock.acquire()).await?;
        let last = waits(6)?;
        yield_now().await?;
        for left in [0, 3, 5] {
            tasks[left].cancel();
        }
        yield_now().await?;
        let late = waits(7)?;
        yield_now().await?;
        drop(guard);
        last.await?;
        late.await?;
        drop(lost);
        Ok(order.take())
    });
    assert_eq!(order.unwrap(), [1, 2, 4, 6, 7]);
}

#[test]
fn a_wait_that_another_task_continues_keeps_its_place() {
    let order = run(async {
        let lock = Lock::new();
        let guard = at_once(lock.acquire());
        let order = Rc::new(RefCell::new(Vec::new()));
        let waits = |number: u32| -> Waits<()> {
            let (lock, order) = (lock.clone(), order.clone());
            Box::pin(async move {
                let _guard = lock.acquire().await?;
                order.borrow_mut().push(number);
                Ok(())
            })
        };
        let (mut first, mut second) = (waits(1), waits(2));
        assert!(futures::poll!(&mut first).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        let third = spawn(waits(3))?;
        yield_now().await?;
        let (second, first) = (spawn(second)?, spawn(first)?); // this task lives on, and no longer polls them
        yield_now().await?;
        drop(guard);
        gather([first, second, third]).await?;
        Ok(order.take())
    });
    assert_eq!(order.unwrap(), [1, 2, 3]);
}
