//! A loop that is dropped or closed leaves nothing of what waited in it, and what was held is free.

use std::rc::Rc;

use tminus::{
    EventLoop, Exception, sleep,
    sync::{Barrier, Condition, Event, Lock, Queue, Semaphore},
    yield_now,
};

use crate::{at_once, ms, new_loop};

type Pending = std::pin::Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// A body of each kind that never ends, and that has the payload.
fn bodies(payload: &Rc<()>, lock: &Lock, semaphore: &Semaphore) -> Vec<Pending> {
    let (condition, barrier) = (Condition::new(), Barrier::new(9).unwrap());
    let (full, empty) = (Queue::with_maxsize(1), Queue::new());
    full.put_nowait(payload.clone()).unwrap();
    let (held, permits, queue) = (lock.clone(), semaphore.clone(), full.clone());
    let holds = async move {
        let _both = (held.acquire().await?, permits.acquire().await?);
        sleep(ms(3_600_000)).await
    };
    let notified = async move {
        let _guard = condition.acquire().await?;
        condition.wait().await
    };
    let put = payload.clone();
    let (lock, semaphore) = (lock.acquire(), semaphore.acquire());
    let bodies: Vec<Pending> = vec![
        Box::pin(holds),
        Box::pin(async move { lock.await.map(drop) }),
        Box::pin(async move { semaphore.await.map(drop) }),
        Box::pin(notified),
        Box::pin(async move { barrier.wait().await.map(drop) }),
        Box::pin(async { Event::new().wait().await }),
        Box::pin(async move { full.put(put).await }),
        Box::pin(async move { empty.get().await.map(|item: Rc<()>| drop(item)) }),
        Box::pin(async move { queue.join().await }),
    ];
    let with = |body: Pending| {
        let payload = payload.clone();
        let body: Pending = Box::pin(async move {
            let _payload = payload;
            body.await
        });
        body
    };
    bodies.into_iter().map(with).collect()
}

fn is_gone_after(end: impl Fn(EventLoop)) {
    let payload = Rc::new(());
    let (lock, semaphore) = (Lock::new(), Semaphore::new(1));
    let event_loop = new_loop();
    for body in bodies(&payload, &lock, &semaphore) {
        event_loop.create_task(body).unwrap();
    }
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
    assert_eq!(
        (event_loop.all_tasks().len(), Rc::strong_count(&payload)),
        (9, 12)
    );
    assert!(lock.locked() && semaphore.locked());
    end(event_loop);
    assert_eq!(Rc::strong_count(&payload), 1);
    drop(at_once(lock.acquire()));
    drop(at_once(semaphore.acquire()));
}

#[test]
fn a_loop_that_is_dropped_drops_what_waits_in_it() {
    is_gone_after(drop);
}

#[test]
fn a_loop_that_is_closed_drops_what_waits_in_it_though_there_are_handles() {
    is_gone_after(|event_loop| event_loop.close().unwrap());
}

#[test]
fn what_was_cancelled_is_gone_while_the_loop_runs_on() {
    is_gone_after(|event_loop| {
        assert!(event_loop.all_tasks().iter().all(|task| task.cancel()));
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
        assert_eq!(event_loop.all_tasks().len(), 0);
    });
}

#[test]
fn what_is_in_a_queue_lives_as_long_as_that_and_not_as_the_loop() {
    let (payload, queue) = (Rc::new(()), Queue::new());
    let event_loop = new_loop();
    event_loop.create_task(queue.put(payload.clone())).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    drop(event_loop);
    assert_eq!(Rc::strong_count(&payload), 2);
    drop(queue);
    assert_eq!(Rc::strong_count(&payload), 1);
}
